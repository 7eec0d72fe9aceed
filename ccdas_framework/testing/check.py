"""A named check, and the comparisons that say what was found where."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from attrs import frozen


@frozen(eq=False, repr=False)
class Check:
    """One thing that has to be true of a component; calling it raises where it is not.

    Args:
        name: what is true, in words; also its `repr`.
        engine: name of the engine it needs, "" where plain numpy does.
        run: the check.
    """

    name: str
    engine: str
    run: Callable[[], None]

    def __call__(self) -> None:
        """Pass, or raise AssertionError with what was found and where."""
        self.run()

    def __repr__(self) -> str:
        return self.name


def require(true: Any, message: str) -> None:
    """Raise AssertionError with the message unless `true`."""
    if not true:
        raise AssertionError(message)


def require_close(found: Any, expected: Any, *, rtol: float, atol: float, what: str) -> None:
    """Raise where |found - expected| > atol + rtol |expected|; NaN is never close.

    Args:
        found, expected: arrays of one shape.
        rtol, atol: tolerances.
        what: says what is compared: 'values of ... and of ...'.
    """
    found, expected = np.asarray(found, float), np.asarray(expected, float)
    require(
        found.shape == expected.shape,
        f"{what} have shapes {found.shape} and {expected.shape}; they should be equal.",
    )
    far = ~(np.abs(found - expected) <= atol + rtol * np.abs(expected))
    if np.any(far):
        excess = np.where(np.isfinite(found - expected), np.abs(found - expected), np.inf)
        worst = np.unravel_index(int(np.argmax(np.where(far, excess, -1.0))), found.shape)
        raise AssertionError(
            f"{what} differ in {int(far.sum())} of {far.size} elements; the worst is "
            f"{position(worst)}: {found[worst]:.12g} and {expected[worst]:.12g} "
            f"(tolerance {rtol:g} of the value, {atol:g} absolute)."
        )


def require_finite(values: Any, what: str) -> None:
    """Raise where an array holds NaN or infinity."""
    values = np.asarray(values, float)
    bad = ~np.isfinite(values)
    if np.any(bad):
        first = tuple(np.argwhere(bad)[0])
        raise AssertionError(
            f"{what}: {int(bad.sum())} of {bad.size} values are not finite, the first is "
            f"{position(first)}: {values[first]}."
        )


def require_inside(values: Any, valid_range: tuple[float, float] | None, what: str) -> None:
    """Raise where values leave the range that their declaration gives."""
    if valid_range is None:
        return
    lower, upper = valid_range
    values = np.asarray(values, float)
    require(
        values.size == 0 or (values.min() >= lower and values.max() <= upper),
        f"{what} lies in {values.min():g}..{values.max():g} but declares a valid_range of "
        f"{lower:g}..{upper:g}." if values.size else "",
    )  # fmt: skip


def position(index: tuple[Any, ...]) -> str:
    """'at [3, 0]' of an index, '' of that of a number."""
    return f"at [{', '.join(str(int(n)) for n in index)}]" if index else "the number itself"
