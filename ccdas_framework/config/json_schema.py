"""JSON schema (draft 2020-12) of an experiment file, for editors."""

from __future__ import annotations

from typing import Any

from .keys import Remaining, Table, Tables, Value
from .section import Facts, defaults_of, facts_of
from .sections import Config

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """The schema of an experiment file."""
    return {"$schema": DRAFT, "title": "ccdas experiment", **section_schema(Config)}


def section_schema(cls: type, doc: str = "") -> dict[str, Any]:
    """The schema of a table with a section class."""
    facts, defaults = facts_of(cls), defaults_of(cls)
    remaining = next((about for about in facts.values() if isinstance(about, Remaining)), None)
    further: Any = False
    if remaining is not None:
        further = (
            True if remaining.section is None else section_schema(remaining.section, remaining.doc)
        )
    schema: dict[str, Any] = {
        "type": "object",
        "description": doc or (cls.__doc__ or "").splitlines()[0],
        "properties": {
            key: _key_schema(about, defaults[key])
            for key, about in facts.items()
            if not isinstance(about, Remaining)
        },
        "additionalProperties": further,
    }
    required = [k for k, about in facts.items() if isinstance(about, Value) and about.required]
    return {**schema, "required": required} if required else schema


def _key_schema(facts: Facts, default: Any) -> dict[str, Any]:
    if isinstance(facts, Table):
        table = section_schema(facts.section, facts.doc)
        if not facts.shorthand:
            return table
        return {"description": facts.doc, "anyOf": [{"type": "string"}, table]}
    if isinstance(facts, Tables):
        of_each = section_schema(facts.section)
        return {"type": "object", "description": facts.doc, "additionalProperties": of_each}
    assert isinstance(facts, Value)
    schema = {**facts.schema, "description": facts.doc}
    return schema if default is None else {**schema, "default": default}
