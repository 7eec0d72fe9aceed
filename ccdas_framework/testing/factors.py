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


def told_by_part(derived: Derived, what: str, along: Any) -> str:
    """By what factor a derivative differs from differences, where there is one, by part.

    Args:
        derived: whose derivative it is.
        what: "tangent" or "adjoint".
        along: a direction in which it is wrong.
    """
    difference = _differences(derived)
    sentences = []
    for output, where in derived.function.outputs.items():
        of = f"The {what}" + f" of {output}" * bool(output)
        if _agrees(*_compared(derived, what, where, along, difference(None, along))):
            continue
        wrong = {}
        for name, t in derived.function.parts.items():
            found, expected = _compared(derived, what, where, t, difference(name, t))
            if not _agrees(found, expected):
                wrong[name] = factor(found, expected)
        whole = factor(*_compared(derived, what, where, along, difference(None, along)))
        sentences += _told(of, whole, wrong, len(derived.function.parts))
    return " ".join(sentences[:MOST])


def _told(of: str, whole: float, wrong: dict[str, float], parts: int) -> list[str]:
    """The factor of a derivative: one for all of it, or one for each part that is wrong."""
    factors = np.array(list(wrong.values()))
    if not wrong:
        return [_said(of, whole)]
    one = np.ptp(factors) <= ALIKE * np.abs(factors).max()
    if one and abs(whole - factors.mean()) <= ALIKE * abs(whole):
        return [_said(of, float(factors.mean()))]
    return [_said(f"{of} for {name}", value) for name, value in wrong.items()]


def _differences(derived: Derived) -> Callable[[str | None, Any], np.ndarray]:
    """Central differences along named directions, each computed once."""
    known: dict[str | None, np.ndarray] = {}

    def difference(name: str | None, t: Any) -> np.ndarray:
        if name not in known:
            known[name] = derived.function.difference(t, STEP)
        return known[name]

    return difference


def _compared(
    derived: Derived, what: str, where: slice, t: Any, difference: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """A derivative of some outputs along t, and the difference: all of a tangent, w J t of J."""
    if what == "tangent":
        return derived.along(t)[1][where], difference[where]
    weights = np.zeros_like(derived.weights)
    weights[where] = derived.weights[where]
    adjoint = derived.pulled[1](weights)
    pairs = zip(leaves(adjoint), leaves(t), strict=True)
    found = float(sum(np.sum(np.asarray(a) * b) for a, b in pairs))
    return np.array([found]), np.array([weights @ difference])


def _agrees(found: np.ndarray, expected: np.ndarray) -> bool:
    scale = float(np.abs(expected).max(initial=0.0))
    return bool(np.all(np.abs(found - expected) <= 1e-4 * scale + 1e-12))


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
