"""Keys of a configuration: one attrs field holds default, test and documentation of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import attrs
from attrs import frozen

from .values import YEARS, is_date, matches

# in the metadata of an attrs field: facts about its key, or about each key that has no field
METADATA, REMAINING = "ccdas_key", "ccdas_remaining_keys"
LARGEST = 2**53 - 1  # whole number that JSON keeps exactly
NUMBER, TEXT = {"type": "number"}, {"type": "string"}
TEXTS: Mapping[str, Any] = {"type": "array", "items": TEXT}
PAIR: Mapping[str, Any] = {"type": "array", "items": NUMBER, "minItems": 2, "maxItems": 2}


@frozen
class Value:
    """Facts about a key that holds a value.

    Args:
        doc: meaning of the key.
        test: whether a value is allowed.
        expected: allowed values in words.
        schema: JSON schema of the value.
        otherwise: in words, the value that is taken where the key is left out without a default.
        required: whether a table without the key is wrong.
    """

    doc: str
    test: Callable[[Any], bool]
    expected: str
    schema: Mapping[str, Any]
    otherwise: str = ""
    required: bool = False


@frozen
class Table:
    """Facts about a key that holds a table with a section class of its own, or several by name.

    Args:
        section: class of each table.
        doc: meaning of the table.
        shorthand: key of the table that a plain value stands for, as in `prior = "runs/first"`.
        item: of tables under names of the user's choice, the placeholder of a name in the
            documentation; "" for a single table.
    """

    section: type
    doc: str
    shorthand: str = ""
    item: str = ""


def matching(
    doc: str,
    expected: str,
    schema: Mapping[str, Any],
    default: Any = None,
    otherwise: str = "",
    required: bool = False,
    *,
    test: Callable[[Any], bool] | None = None,
) -> Any:
    """A key that holds a value of a JSON schema, or one that passes `test`; see `Value`."""
    facts = Value(
        doc, test or partial(matches, schema=schema), expected, schema, otherwise, required
    )
    return attrs.field(default=default, metadata={METADATA: facts})


def integer(
    doc: str,
    *,
    least: int = 0,
    most: int = LARGEST,
    default: int | None = None,
    otherwise: str = "",
) -> Any:
    """A key that holds a whole number, `least` to `most`."""
    schema = {"type": "integer", "minimum": least, "maximum": most}
    return matching(doc, f"a whole number, {least} to {most}", schema, default, otherwise)


def number(
    doc: str,
    *,
    least: float | None = None,
    above: float | None = None,
    most: float | None = None,
    default: float | None = None,
    otherwise: str = "",
) -> Any:
    """A key that holds a finite number, `least` or greater than `above`, and at most `most`."""
    schema: dict[str, Any] = {"type": "number"}
    limits = []
    for keyword, word, limit in (
        ("minimum", "at least", least),
        ("exclusiveMinimum", "above", above),
        ("maximum", "at most", most),
    ):
        if limit is not None:
            schema[keyword] = limit
            limits.append(f"{word} {limit:g}")
    expected = " ".join(["a finite number", *([", ".join(limits)] if limits else [])])
    return matching(doc, expected, schema, default, otherwise)


def flag(doc: str, *, default: bool | None = None, otherwise: str = "") -> Any:
    """A key that holds true or false."""
    return matching(doc, "true or false", {"type": "boolean"}, default, otherwise)


def text(
    doc: str,
    *,
    default: str | None = None,
    expected: str = "a text",
    otherwise: str = "",
    required: bool = False,
) -> Any:
    """A key that holds a text."""
    return matching(doc, expected, TEXT, default, otherwise, required)


def path(doc: str, *, kind: str = "a file", otherwise: str = "none") -> Any:
    """A key that holds the path of a file or folder."""
    return text(doc, expected=kind, otherwise=otherwise)


def one_of(
    doc: str, values: Sequence[str], *, default: str | None = None, otherwise: str = ""
) -> Any:
    """A key that holds one of several texts."""
    schema = {"type": "string", "enum": list(values)}
    return matching(doc, f"one of {', '.join(values)}", schema, default, otherwise)


def texts(
    doc: str,
    *,
    default: tuple[str, ...] | None = None,
    expected: str = "a list of names",
    least: int = 0,
) -> Any:
    """A key that holds a list of at least so many texts."""
    schema = {**TEXTS, "minItems": least} if least else TEXTS
    return matching(doc, expected, schema, default)


def date(doc: str, *, otherwise: str = "") -> Any:
    """A key that holds a date, as a text or as TOML writes dates."""
    schema = {"type": "string", "format": "date"}
    expected = f"a date such as 2010-01-01, of the years {YEARS[0]} to {YEARS[1]},"
    return matching(doc, expected, schema, otherwise=otherwise, test=is_date)


def by_name(
    doc: str,
    plural: str,
    schema: Mapping[str, Any],
    *,
    otherwise: str,
    test: Callable[[Any], bool] | None = None,
) -> Any:
    """A key that holds a table of values of one JSON schema, by names of the user's choice.

    Args:
        doc, schema, otherwise: as in `Value`.
        plural: the values in words.
        test: of each value, in place of the schema.
    """
    of_table = {"type": "object", "additionalProperties": schema}
    expected = f"a table of {plural} by name"
    if test is None:
        return matching(doc, expected, of_table, otherwise=otherwise)

    def tables(value: Any) -> bool:
        return isinstance(value, Mapping) and all(map(test, value.values()))

    return matching(doc, expected, of_table, otherwise=otherwise, test=tables)


def mapping(doc: str) -> Any:
    """A key that holds a table whose keys belong to a recipe or a component."""
    return matching(doc, "a table", {"type": "object"}, default=attrs.Factory(dict))


def one_or_several(single: Any) -> Any:
    """A key that holds what `single` holds, or a list of alternatives."""
    facts = single.metadata[METADATA]

    def test(value: Any) -> bool:
        if isinstance(value, (list, tuple)):
            return len(value) > 0 and all(facts.test(each) for each in value)
        return bool(facts.test(value))

    schema = {"anyOf": [facts.schema, {"type": "array", "items": facts.schema, "minItems": 1}]}
    expected = f"{facts.expected}, or a list of such"
    several = attrs.evolve(facts, test=test, expected=expected, schema=schema)
    return attrs.field(default=None, metadata={METADATA: several})


def section(cls: type, doc: str, *, shorthand: str = "", optional: bool = False) -> Any:
    """A table with a section class of its own; an optional one is None where it is left out."""
    metadata = {METADATA: Table(cls, doc, shorthand)}
    if optional:
        return attrs.field(default=None, metadata=metadata)
    return attrs.field(factory=cls, metadata=metadata)


def sections(cls: type, doc: str, *, item: str = "NAME") -> Any:
    """Tables of one section class, under names of the user's choice."""
    return attrs.field(factory=dict, metadata={METADATA: Table(cls, doc, item=item)})


def remaining(doc: str, cls: type | None = None) -> Any:
    """All keys of a table that have no field: tables by name, or settings of a component.

    The component itself checks its settings.
    """
    setting = Value(doc, lambda v: True, "a setting", {})
    facts = setting if cls is None else Table(cls, doc, item="NAME")
    return attrs.field(factory=dict, metadata={REMAINING: facts})
