"""The one reader of tables: from what a file holds to a section, and findings about mistakes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any, TypeVar

from ..core.errors import Findings, did_you_mean
from .keys import Remaining, Table, Tables, Value
from .section import Facts, Section, facts_of

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
    facts = facts_of(cls)
    values: dict[str, Any] = {}
    further: dict[str, Any] = {}
    field = next((name for name, f in facts.items() if isinstance(f, Remaining)), "")
    for key, value in table.items():
        place = joined(where, key)
        about = facts.get(key)
        if about is None or isinstance(about, Remaining):
            accepted, read = _read_further(facts.get(field), value, place, source, findings)
            if accepted:
                further[key] = read
            else:
                _add_unknown_key(key, where, _keys(facts), source, findings)
        else:
            accepted, read = _read_key(about, value, place, source, findings)
            if accepted:
                values[key] = read
    for key, about in facts.items():
        if isinstance(about, Value) and about.required and key not in table:
            findings.add(
                "missing-key", joined(where, key), f"[{where}] in {source} lacks the key '{key}'."
            )
    if field:
        values[field] = further
    specified = tuple(key for key in table if key in values or key in further)
    return cls(**values, specified=specified)


def joined(where: str, key: str) -> str:
    """Dotted key of a key within a table."""
    return f"{where}.{key}" if where else str(key)


def frozen_value(value: Any) -> Any:
    """A copy of a value with tuples in place of lists."""
    if isinstance(value, (list, tuple)):
        return tuple(frozen_value(each) for each in value)
    return deepcopy(value)


def _read_key(
    facts: Facts, value: Any, where: str, source: str, findings: Findings
) -> tuple[bool, Any]:
    """Whether a value is accepted, and the value as the section holds it."""
    if isinstance(facts, Value):
        if facts.test(value):
            return True, frozen_value(value)
        _add_wrong_value(where, value, facts.expected, source, findings)
        return False, None
    if isinstance(facts, Table):
        if facts.shorthand and isinstance(value, str):
            value = {facts.shorthand: value}
        return True, read_section(facts.section, value, where, source, findings)
    if not isinstance(value, Mapping):
        _add_wrong_value(where, value, "a table", source, findings)
        return False, None
    assert isinstance(facts, Tables)
    tables: dict[str, Section] = {}
    for name, table in value.items():
        if isinstance(table, Mapping):
            place = joined(where, name)
            tables[name] = read_section(facts.section, table, place, source, findings)
        else:
            _add_wrong_value(joined(where, name), table, "a table", source, findings)
    return True, tables


def _read_further(
    facts: Facts | None, value: Any, where: str, source: str, findings: Findings
) -> tuple[bool, Any]:
    """The same of a key that has no field."""
    if not isinstance(facts, Remaining):
        return False, None
    if facts.section is None:
        return True, deepcopy(value)
    if not isinstance(value, Mapping):
        return False, None
    return True, read_section(facts.section, value, where, source, findings)


def _keys(facts: Mapping[str, Facts]) -> list[str]:
    return [name for name, about in facts.items() if not isinstance(about, Remaining)]


def _add_wrong_value(
    where: str, value: Any, expected: str, source: str, findings: Findings
) -> None:
    findings.add(
        "wrong-value", where, f"'{where}' in {source} is {value!r}; {expected} was expected."
    )


def _add_unknown_key(
    key: str, where: str, keys: Iterable[str], source: str, findings: Findings
) -> None:
    keys = list(keys)
    kind, owner = ("key", f"Keys of [{where}]") if where else ("section", "Sections")
    place = joined(where, key)
    findings.add(
        f"unknown-{kind}",
        place,
        f"unknown {kind} '{place}' in {source}.{did_you_mean(key, keys)} "
        f"{owner}: {', '.join(keys)}.",
    )
