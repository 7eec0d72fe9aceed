"""Gross errors: observations too far from the run at the prior mean to be assimilated."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from attrs import evolve, frozen

from ..core.errors import CcdasError
from .stream_data import GrossError, StreamData

AT_LIMIT = 1e-9  # share of the limit by which rounding may exceed it
ALIKE = 0.9  # share of the largest ratio from which values are left out together
REASON = "gross errors"

Select = Callable[[np.ndarray], StreamData]  # positions among the observations as read -> stream
Simulate = Callable[[StreamData], np.ndarray]  # H(x_b) of its values, shape (obs,)


@frozen
class GrossCheck:
    """Leave out each observation with |y - H(x_b)| > N sqrt(R + s^2), with x_b of the table.

    x_b is the mean of the parameter table, x = 0, also where an earlier run is the prior. So
    all stages of an experiment select the same observations, and neither the optimiser, the engine,
    the choice of active parameters nor another stream changes the selection.

    Args:
        limit: N. A value at the limit is kept; N is widened by 1e-9 of itself against rounding.
        spread: s, sd of H(x_b) - H(truth), in the unit of the stream.

    Source: background check of operational analyses, Lorenc and Hammon (1988), Q. J. R. Meteorol.
        Soc. 114, 515-543; Järvinen and Undén (1997), ECMWF Technical Memorandum 236.
    """

    limit: float
    spread: float = 0.0

    def ratios(self, stream: StreamData, simulated: np.ndarray) -> np.ndarray:
        """|y - H(x_b)| / sqrt(R + s^2), shape (obs,); NaN where y is."""
        return np.asarray(np.abs(stream.values - simulated) / np.hypot(stream.sd, self.spread))

    def exceeded(self, ratio: np.ndarray) -> np.ndarray:
        """Whether each ratio is too large, shape (obs,); false for NaN."""
        return np.asarray(ratio > self.limit * (1.0 + AT_LIMIT))

    def selection(
        self, count: int, prepare: Select, simulate: Simulate
    ) -> tuple[np.ndarray, tuple[GrossError, ...]]:
        """Positions of the observations that pass, and the others, farthest first.

        `prepare` may scale values by their mean and variance, which a gross error spoils for all
        of them. So the farthest are left out first, and the others are prepared and tested again.

        Args:
            count: number of observations as read.
            prepare: the stream of some of them.
            simulate: run at x = 0.

        Raises:
            CcdasError: more than half of the prepared observations would be left out.
        """
        positions, errors = np.arange(count), list[GrossError]()
        stream = prepare(positions)
        prepared = len(stream.values)
        while len(stream.values):
            simulated = simulate(stream)
            ratio = self.ratios(stream, simulated)
            far = self.exceeded(ratio)
            if not far.any():
                break
            farthest = far & (ratio >= ALIKE * np.max(ratio[far]))
            if np.any(far & ~farthest):
                others = prepare(np.delete(positions, stream.index[farthest]))
                if not _unchanged(stream, ~farthest, positions, others):
                    far = farthest
            errors += self.errors(stream, simulated, far)
            self.require_half(stream.name, len(errors), prepared)
            positions = np.delete(positions, stream.index[far])
            stream = prepare(positions)
        return positions, tuple(errors)

    def errors(
        self, stream: StreamData, simulated: np.ndarray, far: np.ndarray
    ) -> list[GrossError]:
        """Records of the values at `far`, shape (obs,), the farthest first."""
        ratio = self.ratios(stream, simulated)
        return [
            GrossError(
                str(stream.labels[n]), stream.start[n], float(stream.values[n]),
                float(simulated[n]), float(ratio[n]),
            )
            for n in np.argsort(-ratio, kind="stable")
            if far[n]
        ]  # fmt: skip

    def require_half(self, stream: str, count: int, prepared: int) -> None:
        """Raise CcdasError where more than half of the prepared observations would be left out."""
        if count <= prepared / 2:
            return
        raise CcdasError(
            f"{count} of {prepared} observations are farther than gross_error = {self.limit:g} "
            "times sqrt(R + s^2) from the run at the prior mean; at most half may be left out. "
            "Check values, units and errors of the file, or give the distance of the prior run "
            f"from the truth in gross_error_spread, which is {self.spread:g}.",
            code="too-many-gross-errors",
            where=f"streams.{stream}.gross_error",
        )


def _unchanged(
    stream: StreamData, kept: np.ndarray, positions: np.ndarray, others: StreamData
) -> bool:
    """Whether values and errors at `kept`, shape (obs,), are the same without the others."""
    left = np.delete(positions, stream.index[~kept])
    return (
        np.array_equal(left[others.index], positions[stream.index[kept]])
        and np.array_equal(others.values, stream.values[kept], equal_nan=True)
        and np.array_equal(others.sd, stream.sd[kept])
    )


def with_gross_errors(stream: StreamData, errors: tuple[GrossError, ...]) -> StreamData:
    """The stream that names and counts what was left out of it."""
    if not errors:
        return stream
    dropped = {**stream.dropped, REASON: stream.dropped.get(REASON, 0) + len(errors)}
    return evolve(stream, dropped=dropped, gross_errors=(*stream.gross_errors, *errors))
