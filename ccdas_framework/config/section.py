"""Base of the section classes, and their conversion to the plain tables that are written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any, ClassVar

import attrs
from attrs import field, frozen

from .keys import METADATA, Remaining, Table, Tables, Value

Facts = Value | Table | Tables | Remaining


@frozen(kw_only=True)
class Section:
    """A table of a configuration, read and checked; its fields are made by `keys`.

    Args:
        specified: keys that the table of the file has, in its order.
    """

    complete: ClassVar[bool] = True  # whether defaults are written where a key is left out

    specified: tuple[str, ...] = field(default=(), eq=False, repr=False)


def facts_of(cls: type) -> dict[str, Facts]:
    """Key of a section class -> facts about it, in the order of the fields."""
    fields = attrs.fields(cls)
    return {f.name: f.metadata[METADATA] for f in fields if METADATA in f.metadata}


def defaults_of(cls: type) -> dict[str, Any]:
    """Key of a section class -> its default as written; None where it has none."""
    return {name: plain(getattr(cls(), name)) for name in facts_of(cls)}


def to_dict(section: Section) -> dict[str, Any]:
    """The table as it is written: defaults, then further keys in the order of the file."""
    return {key: plain(value) for key, value in _entries(section)}


def _entries(section: Section) -> Iterator[tuple[str, Any]]:
    facts, default = facts_of(type(section)), type(section)()
    names = [n for n in facts if not isinstance(facts[n], Remaining)]
    usual = [n for n in names if _is_written(section, n, facts[n], getattr(default, n))]
    for name in dict.fromkeys((*usual, *(n for n in section.specified if n in names), *names)):
        value = getattr(section, name)
        if value is None:
            continue
        if name in usual or name in section.specified or value != getattr(default, name):
            yield name, value
    for name, about in facts.items():
        if isinstance(about, Remaining):
            yield from getattr(section, name).items()


def _is_written(section: Section, name: str, facts: Facts, default: Any) -> bool:
    """Whether a key is written although the file leaves it out."""
    if isinstance(facts, Table):
        return default is not None and facts.section.complete  # type: ignore[attr-defined]
    return section.complete and default is not None


def plain(value: Any) -> Any:
    """Sections and tuples as the tables and lists of TOML."""
    if isinstance(value, Section):
        return to_dict(value)
    if isinstance(value, Mapping):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    return deepcopy(value)
