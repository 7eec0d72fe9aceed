"""JSON schema (draft 2020-12) of an experiment file, for editors."""

from __future__ import annotations

from typing import Any

from .keys import Table, Value
from .section import Section, defaults_of, keys_of, remaining_of
from .sections import Config

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """The schema of an experiment file."""
    return {"$schema": DRAFT, "title": "ccdas experiment", **section_schema(Config)}


def section_schema(cls: type[Section], doc: str = "") -> dict[str, Any]:
    """The schema of a table with a section class."""
    keys, defaults, (_, others) = keys_of(cls), defaults_of(cls), remaining_of(cls)
    further: Any = others is not None
    if isinstance(others, Table):
        further = section_schema(others.section, others.doc)
    schema: dict[str, Any] = {
        "type": "object",
        "description": doc or (cls.__doc__ or "").splitlines()[0],
        "properties": {key: _key_schema(about, defaults[key]) for key, about in keys.items()},
        "additionalProperties": further,
    }
    for before, now in cls.renamed.items():
        schema["properties"][before] = {**schema["properties"][now], "deprecated": True}
    required = [k for k, about in keys.items() if isinstance(about, Value) and about.required]
    return {**schema, "required": required} if required else schema


def _key_schema(facts: Value | Table, default: Any) -> dict[str, Any]:
    if isinstance(facts, Value):
        schema = {**facts.schema, "description": facts.doc}
        return schema if default is None else {**schema, "default": default}
    if facts.item:
        of_each = section_schema(facts.section)
        return {"type": "object", "description": facts.doc, "additionalProperties": of_each}
    table = section_schema(facts.section, facts.doc)
    if facts.shorthand:
        of_key = keys_of(facts.section)[facts.shorthand]
        short = of_key.schema if isinstance(of_key, Value) else {"type": "string"}
        return {"description": facts.doc, "anyOf": [short, table]}
    return table
