"""Validators of settings, for the fields of a component.

`in_range` gives a setting its valid range. The others stand before those of attrs,
`field(default=1.0, validator=[is_number, gt(0.0)])`, which compare values of any type.
"""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral, Real
from typing import Any


def is_flag(instance: Any, attribute: Any, value: Any) -> None:
    """Validator that accepts true and false only."""
    if not isinstance(value, bool):
        raise TypeError(_sentence(attribute, value, "true or false, without quotation marks"))


def is_number(instance: Any, attribute: Any, value: Any) -> None:
    """Validator that accepts numbers only; true, false and NaN are not numbers."""
    if isinstance(value, bool) or not isinstance(value, Real) or value != value:
        raise TypeError(_sentence(attribute, value, "a number"))


def is_whole_number(instance: Any, attribute: Any, value: Any) -> None:
    """Validator that accepts whole numbers only; true, false and 2.0 are not."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(_sentence(attribute, value, "a whole number"))


def in_range(lower: float, upper: float, *, whole: bool = False) -> Callable[[Any, Any, Any], None]:
    """Validator that accepts numbers from `lower` to `upper`, both included.

    Args:
        lower, upper: finite limits, in the unit of the setting.
        whole: accept whole numbers only.
    """
    kind, expected = (Integral, "a whole number") if whole else (Real, "a number")

    def within(instance: Any, attribute: Any, value: Any) -> None:
        if isinstance(value, bool) or not isinstance(value, kind):
            raise TypeError(_sentence(attribute, value, expected))
        if not lower <= float(value) <= upper:
            limits = f"{expected} from {lower:.12g} to {upper:.12g}"
            raise ValueError(_sentence(attribute, value, limits))

    return within


def _sentence(attribute: Any, value: Any, expected: str) -> str:
    return f"'{attribute.name}' is {value!r}; expected {expected}."
