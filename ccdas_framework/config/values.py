"""Tests of values against the JSON schema of their key."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from math import isfinite
from typing import Any

SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([MGT])(i?)B")  # number, prefix, binary or not
YEARS = (1583, 2999)  # of the Gregorian calendar


def matches(value: Any, schema: Mapping[str, Any]) -> bool:
    """Whether a value matches a JSON schema of the keywords below, its type first."""
    return all(KEYWORDS[keyword](value, operand) for keyword, operand in schema.items())


def is_integer(value: Any) -> bool:
    """Whether a value is a whole number; true and false are none."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: Any) -> bool:
    """Whether a value is a finite number; true, false, NaN and infinity are none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value)


def is_pair(value: Any) -> bool:
    """Whether a value is two numbers, each of which may be infinite."""
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        return False
    return all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in value)


def is_interval(value: Any) -> bool:
    """Whether a value is a lower and a larger upper limit; either may be infinite."""
    return is_pair(value) and value[0] < value[1]


def is_date(value: Any) -> bool:
    """Whether a value is a date, or a text YYYY-MM-DD, of the years `YEARS`."""
    if isinstance(value, datetime) and (value.time() != time() or value.tzinfo is not None):
        return False
    if isinstance(value, str):
        try:
            value = datetime.strptime(value.strip(), "%Y-%m-%d")
        except ValueError:
            return False
    return isinstance(value, date) and YEARS[0] <= value.year <= YEARS[1]


def is_size(value: Any) -> bool:
    """Whether a value is a size of memory, such as "4 GB"."""
    return isinstance(value, str) and SIZE.fullmatch(value.strip()) is not None


def size_bytes(text: str) -> float:
    """Bytes of a size of memory, such as "4 GB" or "512 MiB"."""
    match = SIZE.fullmatch(text.strip())
    assert match is not None, "a size is checked where it is read"
    return float(match[1]) * (1024.0 if match[3] else 1000.0) ** " KMGT".index(match[2])


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
