"""Lower and upper limits of the elements of x, and elements that a limit holds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from attrs import frozen

AT_LIMIT = 1e-6  # distance from a limit, in units of x, within which an element is at it


@frozen(eq=False)
class Box:
    """Limits of x that follow from the bounds of the parameters; infinite where there are none.

    Args:
        lower, upper: limits, shape (control,). x is inside the bounds at both.
    """

    lower: np.ndarray
    upper: np.ndarray

    def clipped(self, x: np.ndarray) -> np.ndarray:
        """The nearest point inside, shape (control,)."""
        return np.asarray(np.clip(x, self.lower, self.upper))

    def held(self, x: np.ndarray, gradient: np.ndarray) -> np.ndarray:
        """True where x is at a limit beyond which the cost falls, shape (control,).

        Args:
            x: shape (control,).
            gradient: dJ/dx, shape (control,).
        """
        below = (x <= self.lower + AT_LIMIT) & (gradient > 0.0)
        above = (x >= self.upper - AT_LIMIT) & (gradient < 0.0)
        return np.asarray(below | above)

    def projected(self, x: np.ndarray, gradient: np.ndarray) -> np.ndarray:
        """The gradient, with 0 for elements that a limit holds, shape (control,)."""
        return np.where(self.held(x, gradient), 0.0, gradient)


def moved_inside(
    limit: np.ndarray, rounding: np.ndarray, within: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """Limits of x, moved by a few rounding errors until they are inside the bounds.

    Args:
        limit: shape (control,); infinite ones stay.
        rounding: rounding error with the sign of the way inside, shape (control,).
        within: whether each element of an x is inside, shape (control,) -> (control,).
    """
    finite, unit = np.isfinite(limit), rounding * (1.0 + np.abs(limit))
    moved, beyond = limit, finite
    for count in (0.0, 1.0, 2.0, 4.0, 8.0, 16.0):
        trial = np.where(finite, limit + count * np.where(finite, unit, 0.0), 0.0)
        moved = np.where(beyond, trial, moved)
        beyond = beyond & ~within(trial)
        if not beyond.any():
            break
    return moved
