"""Documented keys of a configuration, for `ccdas config` and the tables of the documentation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from attrs import frozen

from .keys import Remaining, Table, Tables, Value
from .section import defaults_of, facts_of
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
    facts, defaults = facts_of(cls), defaults_of(cls)
    keys = [
        DocumentedKey(key, _default(about, defaults[key]), about.doc)
        for key, about in facts.items()
        if isinstance(about, Value)
    ]
    keys += [
        DocumentedKey("*", "", about.doc)
        for about in facts.values()
        if isinstance(about, Remaining) and about.section is None
    ]
    if keys:
        yield DocumentedSection(name, doc, tuple(keys))
    for key, about in facts.items():
        place = f"{name}.{key}" if name else key
        if isinstance(about, Table):
            yield from documented_keys(about.section, place, about.doc)
        elif isinstance(about, Tables):
            yield from documented_keys(about.section, f"{place}.{about.item}", about.doc)
        elif isinstance(about, Remaining) and about.section is not None:
            yield from documented_keys(about.section, f"{name}.NAME", about.doc)


def _default(facts: Value, default: Any) -> str:
    if facts.required:
        return "required"
    return facts.otherwise if default is None else toml_value(default)


def toml_value(value: Any) -> str:
    """A default as TOML writes it."""
    return json.dumps(value, ensure_ascii=False)
