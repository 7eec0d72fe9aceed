"""Documented keys of a configuration, for `ccdas config` and the tables of the documentation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from attrs import frozen

from .keys import Table, Value
from .reader import joined
from .section import defaults_of, keys_of, remaining_of
from .sections import Config


@frozen
class DocumentedKey:
    """One key with its documentation.

    Args:
        name: of the key within its section; "*" stands for settings of a component.
        default: TOML value, or in words the value that is taken where the key is left out.
        doc: meaning of the key.
    """

    name: str
    default: str
    doc: str


@frozen
class DocumentedSection:
    """A section with its documentation.

    Args:
        name: heading without brackets, "time" or "streams.NAME".
        doc: meaning of the section.
        keys: in the order of the class.
    """

    name: str
    doc: str
    keys: tuple[DocumentedKey, ...]


def documented_keys(
    cls: type = Config, name: str = "", doc: str = ""
) -> Iterator[DocumentedSection]:
    """A section class and the sections within it, in the order of their fields."""
    keys, defaults, (_, others) = keys_of(cls), defaults_of(cls), remaining_of(cls)
    rows = [
        DocumentedKey(key, _default(about, defaults[key]), about.doc)
        for key, about in keys.items()
        if isinstance(about, Value)
    ]
    if isinstance(others, Value):
        rows.append(DocumentedKey("*", "", others.doc))
    if rows:
        yield DocumentedSection(name, doc, tuple(rows))
    for key, about in keys.items():
        if isinstance(about, Table):
            place = joined(joined(name, key), about.item) if about.item else joined(name, key)
            yield from documented_keys(about.section, place, about.doc)
    if isinstance(others, Table):
        yield from documented_keys(others.section, joined(name, others.item), others.doc)


def _default(facts: Value, default: Any) -> str:
    if facts.required:
        return "required"
    # JSON writes these defaults as TOML does
    return facts.otherwise if default is None else json.dumps(default, ensure_ascii=False)
