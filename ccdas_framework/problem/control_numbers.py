"""Control vectors whose elements are numbers, which is tested before the model runs."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from ..core.control import Control
from ..core.errors import InvalidInput


class OfControl(Protocol):
    """A problem, as far as it has a control vector."""

    @property
    def control(self) -> Control:
        """Names of the elements of x."""


def control_numbers(x: np.ndarray, problem: OfControl, infinite: bool = False) -> np.ndarray:
    """x as floats, shape (control,) or (member, control), if each element is a number.

    Args:
        x: control vector, or that of each member.
        problem: names the elements.
        infinite: whether an element may be infinite, as where a density is 0 outside the bounds.

    Raises:
        InvalidInput: an element is NaN, or infinite where it may not be.
    """
    x = np.asarray(x, float)
    wrong = np.isnan(x) if infinite else ~np.isfinite(x)
    if not wrong.any():
        return x
    *member, element = np.argwhere(wrong)[0]
    place, name = f" of member {member[0]}" if member else "", problem.control.names[element]
    raise InvalidInput(
        f"x{place} is {x[(*member, element)]} at '{name}' ({wrong.sum()} of {x.size} elements), so "
        "the model was not run. Search for its first such value in the method that made this x.",
        code="not-finite-control",
        where=name,
    )
