"""Conversion of settings of readers."""

from __future__ import annotations

from typing import Any


def several(value: Any) -> tuple[Any, ...]:
    """A tuple from a list, a tuple, text with commas or a single value."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return tuple(value) if isinstance(value, (list, tuple)) else (value,)
