"""Copies and pickles of records that hold compiled functions: by their fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs


class ByFields:
    """An attrs record that is copied and pickled by the fields of its `__init__`.

    Compiled functions and other derived values are not part of a copy, which makes its own.
    """

    __slots__ = ()

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return rebuilt, (type(self), fields_of(self))


def fields_of(record: Any) -> dict[str, Any]:
    """Arguments of `__init__` by name that make an equal attrs record."""
    return {str(f.alias): getattr(record, f.name) for f in attrs.fields(type(record)) if f.init}


def rebuilt(cls: type, fields: Mapping[str, Any]) -> Any:
    """A record of this class from the arguments of its `__init__`."""
    return cls(**fields)
