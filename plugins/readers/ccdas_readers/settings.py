"""Conversion of settings of readers."""

from __future__ import annotations

from typing import Any


def several(value: Any) -> tuple[Any, ...]:
    """A tuple from a list, a tuple, text with commas or a single value."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return tuple(value) if isinstance(value, (list, tuple)) else (value,)


def not_empty(instance: Any, attribute: Any, value: tuple[Any, ...]) -> None:
    """Validator of a setting of several words.

    Raises:
        ValueError: there is none.
    """
    if not value:
        raise ValueError(f"'{attribute.name}' is empty; expected at least one")


def only_numbers(instance: Any, attribute: Any, value: tuple[Any, ...]) -> None:
    """Validator of a setting of several numbers.

    Raises:
        ValueError: one of them is no number.
    """
    for part in value:
        try:
            float(part)
        except (TypeError, ValueError) as cause:
            raise ValueError(
                f"'{attribute.name}' has '{part}'; expected numbers with commas between them"
            ) from cause
