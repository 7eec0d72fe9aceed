"""The one reader of tables: from what a file holds to a section, and findings about mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any, TypeVar

from ..core.errors import Findings, did_you_mean
from .keys import Table, Value
from .section import Section, keys_of, remaining_of

S = TypeVar("S", bound=Section)


def read_section(cls: type[S], table: Any, where: str, source: str, findings: Findings) -> S:
    """A section from its table; each key that is wrong keeps its default.

    Args:
        cls: section class.
        table: as TOML gives it.
        where: dotted key of the table, "" for a whole file.
        findings: receives "unknown-key" ("unknown-section" at the top of a file), "wrong-value"
            and "missing-key", each at its dotted key.
    """
    if not isinstance(table, Mapping):
        _add_wrong_value(where, table, "a table", source, findings)
        return cls()
    table = _with_new_names(cls, table, where, source, findings)
    keys, (field, others) = keys_of(cls), remaining_of(cls)
    values: dict[str, Any] = {}
    further: dict[str, Any] = {}
    for key, value in table.items():
        place = joined(where, key)
        if key in keys:
            content = _read_key(keys[key], value, place, source, findings)
            if content is not None:
                values[key] = content
        elif isinstance(others, Value):
            further[key] = deepcopy(value)
        elif isinstance(others, Table) and isinstance(value, Mapping):
            further[key] = read_section(others.section, value, place, source, findings)
        else:
            kind, owner = ("key", f"Keys of [{where}]") if where else ("section", "Sections")
            findings.add(
                f"unknown-{kind}",
                place,
                f"unknown {kind} '{place}' in {source}.{did_you_mean(key, keys)} "
                f"{owner}: {', '.join(keys)}.",
            )
    for key, about in keys.items():
        if isinstance(about, Value) and about.required and key not in table:
            findings.add(
                "missing-key", joined(where, key), f"[{where}] in {source} lacks the key '{key}'."
            )
    if field:
        values[field] = further
    specified = tuple(key for key in table if key in values or key in further)
    return cls(**values, specified=specified)


def _with_new_names(
    cls: type[Section], table: Mapping[str, Any], where: str, source: str, findings: Findings
) -> dict[str, Any]:
    """The table with keys under their names of today; a key under both names is a finding."""
    for before, now in cls.renamed.items():
        if before in table and now in table and table[before] != table[now]:
            findings.add(
                "renamed-key",
                joined(where, before),
                f"'{joined(where, before)}' in {source} is the earlier name of "
                f"'{joined(where, now)}', and both are given. Remove it.",
            )
    return {
        cls.renamed.get(key, key): value
        for key, value in table.items()
        if not (key in cls.renamed and cls.renamed[key] in table)
    }


def joined(where: str, key: str) -> str:
    """Dotted key of a key within a table."""
    return f"{where}.{key}" if where else str(key)


def frozen_value(value: Any) -> Any:
    """A copy of a value with tuples in place of lists."""
    if isinstance(value, (list, tuple)):
        return tuple(frozen_value(each) for each in value)
    return deepcopy(value)


def _read_key(facts: Value | Table, value: Any, where: str, source: str, findings: Findings) -> Any:
    """A value as the section holds it, or None and a finding."""
    if isinstance(facts, Value):
        if facts.test(value):
            return frozen_value(value)
        _add_wrong_value(where, value, facts.expected, source, findings)
        return None
    if not facts.item:
        if facts.shorthand and _is_short(facts, value):
            value = {facts.shorthand: value}
        return read_section(facts.section, value, where, source, findings)
    if not isinstance(value, Mapping):
        _add_wrong_value(where, value, "a table", source, findings)
        return None
    sections: dict[str, Section] = {
        name: read_section(facts.section, table, joined(where, name), source, findings)
        for name, table in value.items()
    }
    return {name: s for name, s in sections.items() if isinstance(value[name], Mapping)}


def _is_short(facts: Table, value: Any) -> bool:
    """Whether a value stands for the table with its one key, a text also where it is wrong."""
    of_key = keys_of(facts.section)[facts.shorthand]
    allowed = isinstance(of_key, Value) and of_key.test(value)
    return isinstance(value, str) or (allowed and not isinstance(value, Mapping))


def _add_wrong_value(
    where: str, value: Any, expected: str, source: str, findings: Findings
) -> None:
    findings.add(
        "wrong-value", where, f"'{where}' in {source} is {value!r}; {expected} was expected."
    )
