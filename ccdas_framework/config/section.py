"""Base of the section classes, and their conversion to the plain tables that are written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any, ClassVar

import attrs
from attrs import field, frozen

from .keys import METADATA, REMAINING, Table, Value


@frozen(kw_only=True)
class Section:
    """A table of a configuration, read and checked; its fields are made by `keys`.

    Args:
        specified: keys that the table of the file has, in its order.
    """

    complete: ClassVar[bool] = True  # whether defaults are written where a key is left out
    renamed: ClassVar[Mapping[str, str]] = {}  # earlier name of a key, still read -> its name

    specified: tuple[str, ...] = field(default=(), eq=False, repr=False)


def keys_of(cls: type) -> dict[str, Value | Table]:
    """Key of a section class -> facts about it, in the order of the fields."""
    return _with_metadata(cls, METADATA)


def remaining_of(cls: type) -> tuple[str, Value | Table | None]:
    """Field of a section class for all other keys, and facts about each; "" and None without."""
    return next(iter(_with_metadata(cls, REMAINING).items()), ("", None))


def _with_metadata(cls: type, name: str) -> dict[str, Value | Table]:
    return {f.name: f.metadata[name] for f in attrs.fields(cls) if name in f.metadata}


def defaults_of(cls: type) -> dict[str, Any]:
    """Key of a section class -> its default as written; None where it has none."""
    return {name: plain(getattr(cls(), name)) for name in keys_of(cls)}


def to_dict(section: Section) -> dict[str, Any]:
    """The table as it is written: defaults, then further keys in the order of the file."""
    return {key: plain(value) for key, value in _entries(section)}


def _entries(section: Section) -> Iterator[tuple[str, Any]]:
    keys, default = keys_of(type(section)), type(section)()
    usual = [n for n, about in keys.items() if _is_written(section, about, getattr(default, n))]
    for name in dict.fromkeys((*usual, *(n for n in section.specified if n in keys), *keys)):
        value = getattr(section, name)
        if value is None:
            continue
        if name in usual or name in section.specified or value != getattr(default, name):
            yield name, value
    field, _ = remaining_of(type(section))
    if field:
        yield from getattr(section, field).items()


def _is_written(section: Section, facts: Value | Table, default: Any) -> bool:
    """Whether a key is written although the file leaves it out."""
    owner = default if isinstance(default, Section) else section
    return default is not None and owner.complete


def plain(value: Any) -> Any:
    """Sections and tuples as the tables and lists of TOML."""
    if isinstance(value, Section):
        return to_dict(value)
    if isinstance(value, Mapping):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    return deepcopy(value)
