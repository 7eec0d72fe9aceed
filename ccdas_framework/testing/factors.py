"""By what factor a derivative is wrong, and of what."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..engines.namespace import leaves

if TYPE_CHECKING:
    from .derivatives import Derived

STEP = 1e-4  # of the central differences that are compared with
ALIKE = 0.01  # factors that differ by less are one
MOST = 5  # parts named in a message


def told_by_part(
    derived: Derived,
    what: str,
    found: np.ndarray,
    seen: Callable[[np.ndarray], np.ndarray],
    along: Any,
) -> str:
    """A sentence: the factor between a derivative and the differences, if there is one, by part.

    Args:
        derived: whose derivative it is.
        what: "tangent" or "adjoint".
        found: the derivative along `along`.
        seen: what of a difference is compared.
        along: the direction.
    """
    function = derived.function
    wrong: dict[str, float] = {}
    for name, t in function.parts.items():
        expected = seen(function.difference(t, STEP))
        by_engine = found_along(derived, what, t)
        scale = float(np.abs(expected).max(initial=0.0))
        if np.any(np.abs(by_engine - expected) > 1e-4 * scale + 1e-12):
            wrong[name] = factor(by_engine, expected)
    whole = factor(found, seen(function.difference(along, STEP)))
    if not wrong:
        return _said(f"The {what}", whole)
    factors = np.array(list(wrong.values()))
    if len(wrong) == len(function.parts) and np.ptp(factors) <= ALIKE * np.abs(factors).max():
        return _said(f"The {what}", float(np.mean(factors)))
    named = [_said(f"That of {name}", value) for name, value in list(wrong.items())[:MOST]]
    return " ".join(named)


def found_along(derived: Derived, what: str, t: Any) -> np.ndarray:
    """The derivative by the engine along t, as `seen` gives differences."""
    if what == "tangent":
        return derived.along(t)[1]
    pairs = zip(leaves(derived.adjoint), leaves(t), strict=True)
    return np.array([float(sum(np.sum(np.asarray(a) * b) for a, b in pairs))])


def factor(found: np.ndarray, expected: np.ndarray) -> float:
    """a of the best found = a expected; NaN where they are not proportional."""
    square = float(expected @ expected)
    if square == 0.0:
        return float("nan")
    ratio = float(found @ expected) / square
    left = float(np.linalg.norm(found - ratio * expected))
    return ratio if left <= ALIKE * max(abs(ratio), 1.0) * square**0.5 else float("nan")


def _said(what: str, factor: float) -> str:
    if np.isnan(factor):
        return f"{what} is wrong by no common factor."
    if abs(factor) < ALIKE:
        return f"{what} is lost: zero where differences are not."
    return f"{what} is {factor:.4g} times what differences give."
