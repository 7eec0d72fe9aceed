"""A named check, and the comparisons that say what was found where."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest import SkipTest

import numpy as np
from attrs import field, frozen, validators

from .places import told

STAGES = (
    "loads", "metadata", "units and dims", "values", "derivatives", "blocks add up",
    "missing values", "both engines",
)  # fmt: skip


class ExpectedFailure(SkipTest):
    """A check that fails as its author said it would; the text is the reason."""


@frozen(eq=False, repr=False)
class Check:
    """One thing that has to be true of a component; calling it raises where it is not.

    Args:
        name: what is true, in words; also its `repr`.
        stage: of `STAGES`.
        run: the check.
        engine: name of the engine it needs, "" where plain numpy does.
        expected: why it is known to fail; "" where it has to pass.
    """

    name: str
    stage: str = field(validator=validators.in_(STAGES))
    run: Callable[[], None]
    engine: str = ""
    expected: str = ""

    def __call__(self) -> None:
        """Pass, or raise AssertionError with what was found and where.

        Raises:
            AssertionError: the check fails, or passes although it is known to fail.
            ExpectedFailure: it fails as expected; test runners count it as skipped.
        """
        problem = self._problem()
        if not self.expected:
            if problem is not None:
                raise problem
        elif problem is None:
            raise AssertionError(
                f"'{self.name}' passes, but was expected to fail ({self.expected}). Take it out "
                "of the expected failures."
            )
        else:
            raise ExpectedFailure(self.expected) from problem

    def _problem(self) -> AssertionError | None:
        try:
            self.run()
        except SkipTest:
            raise
        except AssertionError as problem:
            return problem
        except Exception as cause:  # a stranger's component may raise anything
            found = AssertionError(told(cause))
            found.__cause__ = cause
            return found
        return None

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
