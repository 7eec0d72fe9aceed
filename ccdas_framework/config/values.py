"""Tests of values against the JSON schema of their key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np


def matches(value: Any, schema: Mapping[str, Any]) -> bool:
    """Whether a value matches a JSON schema of the keywords below, its type first."""
    return all(KEYWORDS[keyword](value, operand) for keyword, operand in schema.items())


def is_integer(value: Any) -> bool:
    """Whether a value is a whole number; true and false are none."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: Any) -> bool:
    """Whether a value is a number; true and false are none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_date(value: Any) -> bool:
    """Whether a value is a date, or a text that is one."""
    try:
        return not np.isnat(np.datetime64(str(value), "D"))
    except ValueError:
        return False


TYPES: Mapping[str, Callable[[Any], bool]] = {
    "boolean": lambda v: isinstance(v, bool),
    "integer": is_integer,
    "number": is_number,
    "string": lambda v: isinstance(v, str),
    "array": lambda v: isinstance(v, (list, tuple)),
    "object": lambda v: isinstance(v, Mapping),
}
KEYWORDS: Mapping[str, Callable[[Any, Any], bool]] = {
    "type": lambda v, name: TYPES[name](v),
    "anyOf": lambda v, schemas: any(matches(v, schema) for schema in schemas),
    "enum": lambda v, values: v in values,
    "minimum": lambda v, least: v >= least,
    "maximum": lambda v, most: v <= most,
    "exclusiveMinimum": lambda v, limit: v > limit,
    "minItems": lambda v, least: len(v) >= least,
    "maxItems": lambda v, most: len(v) <= most,
    "items": lambda v, schema: all(matches(each, schema) for each in v),
    "additionalProperties": lambda v, schema: all(matches(each, schema) for each in v.values()),
}
