"""One stream of observations over all blocks of the grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

import numpy as np
from attrs import evolve, frozen

from ..core.covariance import half_square
from ..core.interfaces import ObservationOperator
from ..core.observations import Observations, Stream
from .component_results import require_results, value_findings
from .robust_errors import RobustErrors

Array = Any


@frozen
class GrossError:
    """An observation that the gross check leaves out.

    Args:
        place: its label.
        day: first day that it stands for.
        observed, simulated: y and H(x_b), in the unit of the stream.
        ratio: |y - H(x_b)| / sqrt(R + s^2).
    """

    place: str
    day: np.datetime64
    observed: float
    simulated: float
    ratio: float

    def text(self, units: str) -> str:
        """The observation in words; units of its values."""
        misfit = misfit_text(self.place, self.day, self.observed, self.simulated, units)
        return f"{misfit}, ratio {self.ratio:.3g}"


def misfit_text(place: object, day: object, observed: float, simulated: float, units: str) -> str:
    """An observation in words, with place, day, observed and simulated value."""
    unit = "" if units == "1" else f" {units}"
    return f"'{place}' on {day}, observed {observed:.4g}{unit}, simulated {simulated:.4g}"


@frozen(eq=False)
class StreamData:
    """One stream over all blocks, in the order its simulated values have.

    Args:
        name: of the stream, and owner of the parameters its operator gets.
        operator: its H.
        observations: as read, without those that reading leaves out, or with the values of
            `with_values`.
        parts: the streams that `prepare` returns, one for each block (a domain-scope operator
            keeps the same observations in every block).
        padded: number of values that `observe` returns in every block of a cell-scope operator, of
            which the first ones are real. One length in all blocks needs one compilation.
        index: position of each kept value in `observations`, shape (obs,).
        dropped: reason -> number, of observations left out by reading, `prepare` and gross check.
        gross_errors: those among `dropped` that the gross check left out.
        robust: robust errors, which need a diagonal R; None where the errors are Gaussian.
    """

    name: str
    operator: ObservationOperator
    observations: Observations
    parts: tuple[Stream, ...]
    index: np.ndarray
    dropped: Mapping[str, int]
    padded: int = 0
    gross_errors: tuple[GrossError, ...] = ()
    robust: RobustErrors | None = None

    @property
    def domain_scope(self) -> bool:
        """Whether an observation sums over all cells."""
        return self.operator.scope == "domain"

    @property
    def _distinct(self) -> tuple[Stream, ...]:
        """Parts with observations of their own: all of them, or one at domain scope."""
        return self.parts[:1] if self.domain_scope else self.parts

    @property
    def values(self) -> np.ndarray:
        """y after scaling, shape (obs,)."""
        return np.concatenate([part.values for part in self._distinct])

    @property
    def sd(self) -> np.ndarray:
        """Error sd after scaling, shape (obs,)."""
        return np.concatenate([part.covariance.sd for part in self._distinct])

    @property
    def labels(self) -> np.ndarray:
        """Name of the place of each value, shape (obs,)."""
        return np.concatenate([part.labels for part in self._distinct])

    @property
    def start(self) -> np.ndarray:
        """First day of each value, datetime64[D], shape (obs,)."""
        return np.asarray(self.observations.start[self.index])

    def pieces(self, values: Array) -> list[Array]:
        """Those of each part, from values of all observations, shape (obs, ...)."""
        if self.domain_scope:
            return [values] * len(self.parts)
        lengths = [len(part.values) for part in self.parts]
        ends = accumulate(lengths)
        return [values[end - length : end] for end, length in zip(ends, lengths, strict=True)]

    def with_values(self, values: np.ndarray) -> StreamData:
        """The stream with other values y, shape (obs,)."""
        pairs = zip(self.parts, self.pieces(values), strict=True)
        parts = tuple(evolve(part, values=piece) for part, piece in pairs)
        as_read = self.observations.values.copy()
        as_read[self.index] = values
        return evolve(self, parts=parts, observations=self.observations.with_values(as_read))

    def without_inputs(self) -> StreamData:
        """The stream without what only the whole grid or one block needs."""
        nothing = np.zeros(0, int)
        parts = tuple(evolve(part, at={}) for part in self.parts)
        return evolve(
            self, parts=parts, observations=self.observations.take(nothing), index=nothing
        )

    @property
    def read(self) -> int:
        """Number of observations that were read, with the dropped ones."""
        return len(self.values) + sum(self.dropped.values())

    @property
    def reasons(self) -> str:
        """Counts of the dropped observations by reason, in words; "" where there are none."""
        return reasons_of(self.dropped)

    @property
    def unscaled(self) -> Observations:
        """The observations with their values before scaling, in the order of `values`."""
        return self.observations.take(self.index)

    def require_values(self, values: Array, method: str) -> None:
        """Refuse simulated values of a block that are not one float for each observation.

        Raises:
            InvalidInput: a wrong type or shape, with stream, operator and package.
        """
        findings = value_findings(values, max(self.padded, len(self.parts[0].values)), method)
        require_results(findings, self.operator, f"stream '{self.name}'")

    def summed(self, pieces: Sequence[Array], xp: Any) -> Array:
        """Contributions of all blocks, shape (obs,): added at domain scope, else in a row."""
        if self.domain_scope:
            return sum(pieces[1:], start=pieces[0])
        real = [p[: len(part.values)] for p, part in zip(pieces, self.parts, strict=True)]
        return xp.concatenate(real)

    def split(self, values: Array) -> list[np.ndarray]:
        """The transpose of `summed`, a block each; padded to the length that blocks have."""
        pieces = self.pieces(np.asarray(values))
        if self.domain_scope:
            return pieces
        return [np.pad(piece, (0, self.padded - len(piece))) for piece in pieces]

    def whiten(self, misfit: Array, xp: Any) -> Array:
        """L^-1 of a misfit, shape of `misfit`; errors of different blocks are independent."""
        if len(self._distinct) == 1:
            return self.parts[0].covariance.whiten(misfit, xp)
        pairs = zip(self.parts, self.pieces(misfit), strict=True)
        return xp.concatenate(
            [part.covariance.whiten(piece, xp) for part, piece in pairs if len(part.values)]
        )

    def cost(self, misfit: Array, xp: Any) -> Array:
        """|r|^2 / 2, or sum rho(r), of the whitened misfit r = R^-1/2 (y - H(x)); a scalar."""
        whitened = self.whiten(misfit, xp)
        if self.robust is None:
            return half_square(whitened, xp)
        return xp.sum(self.robust.costs(whitened, xp))

    def solve(self, values: np.ndarray) -> np.ndarray:
        """R^-1 v, shape of `values`, (obs,) or (obs, ...)."""
        if len(self._distinct) == 1:
            return self.parts[0].covariance.solve(values)
        pairs = zip(self.parts, self.pieces(values), strict=True)
        return np.concatenate([part.covariance.solve(piece) for part, piece in pairs if len(piece)])


def reasons_of(dropped: Mapping[str, int]) -> str:
    """Counts of dropped observations by reason, in words."""
    return "; ".join(f"{count} {reason}" for reason, count in dropped.items())


def padded_alike(parts: Sequence[Stream]) -> tuple[tuple[Stream, ...], int]:
    """The parts of a cell-scope stream with `at` filled up to one shape, and its length.

    Arrays that run over the observations get copies of their last entry (zeros where there is
    none); the others stay as they are.
    """
    counts = [len(part.values) for part in parts]
    most = max(counts)
    over_observations = {
        key
        for key in parts[0].at
        if all(np.shape(p.at[key])[:1] == (n,) for p, n in zip(parts, counts, strict=True))
    }

    def filled(key: str, values: np.ndarray) -> np.ndarray:
        if key not in over_observations:
            return values
        if not len(values):
            return np.zeros((most, *np.shape(values)[1:]), np.asarray(values).dtype)
        return np.take(values, np.arange(most), axis=0, mode="clip")

    return tuple(
        evolve(part, at={key: filled(key, values) for key, values in part.at.items()})
        for part in parts
    ), most
