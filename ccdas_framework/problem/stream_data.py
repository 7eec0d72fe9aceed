"""One stream of observations over all blocks of the grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from attrs import evolve, frozen

from ..core.errors import InvalidInput
from ..core.interfaces import ObservationOperator
from ..core.observations import Observations, Stream

Array = Any


@frozen(eq=False)
class StreamData:
    """One stream over all blocks, in the order its simulated values have.

    Args:
        name: of the stream, and owner of the parameters its operator gets.
        operator: its H.
        observations: as read.
        parts: the streams that `prepare` returns, one for each block (a domain-scope operator
            keeps the same observations in every block).
        padded: number of values that `observe` returns in every block of a cell-scope operator, of
            which the first ones are real. One length in all blocks needs one compilation.
        index: position of each kept value among the observations as read, shape (obs,).
        dropped: reason -> count.
    """

    name: str
    operator: ObservationOperator
    observations: Observations
    parts: tuple[Stream, ...]
    index: np.ndarray
    dropped: Mapping[str, int]
    padded: int = 0

    @property
    def domain_scope(self) -> bool:
        """Whether an observation sums over all cells."""
        return self.operator.scope == "domain"

    @property
    def values(self) -> np.ndarray:
        """y after scaling, shape (obs,)."""
        if self.domain_scope:
            return self.parts[0].values
        return np.concatenate([part.values for part in self.parts])

    @property
    def sd(self) -> np.ndarray:
        """Error sd after scaling, shape (obs,)."""
        if self.domain_scope:
            return self.parts[0].covariance.sd
        return np.concatenate([part.covariance.sd for part in self.parts])

    @property
    def labels(self) -> np.ndarray:
        """Name of the place of each value, shape (obs,)."""
        if self.domain_scope:
            return self.parts[0].labels
        return np.concatenate([part.labels for part in self.parts])

    def summed(self, pieces: Sequence[Array], xp: Any) -> Array:
        """Contributions of all blocks, shape (obs,): added at domain scope, else in a row.

        Raises:
            InvalidInput: the operator does not return a number for each observation.
        """
        for piece, part in zip(pieces, self.parts, strict=True):
            shape, expected = np.shape(piece), max(self.padded, len(part.values))
            if shape[:1] != (expected,):
                raise InvalidInput(
                    f"stream '{self.name}': `observe` of its operator gives an array of shape "
                    f"{shape}; expected {expected} numbers, one for each observation that "
                    "`prepare` keeps. `ccdas check` shows more.",
                    code="wrong-shape",
                    where=f"stream '{self.name}'",
                )
        if self.domain_scope:
            total = pieces[0]
            for piece in pieces[1:]:
                total = total + piece
            return total
        real = [p[: len(part.values)] for p, part in zip(pieces, self.parts, strict=True)]
        return xp.concatenate(real)

    def split(self, values: Array) -> list[np.ndarray]:
        """The transpose of `summed`, a block each; padded to the length that blocks have."""
        values = np.asarray(values)
        if self.domain_scope:
            return [values] * len(self.parts)
        pieces, first = [], 0
        for part in self.parts:
            piece = values[first : first + len(part.values)]
            pieces.append(np.pad(piece, (0, self.padded - len(piece))))
            first += len(part.values)
        return pieces

    def whiten(self, misfit: Array, xp: Any) -> Array:
        """L^-1 of a misfit, shape of `misfit`; errors of different blocks are independent."""
        if self.domain_scope or len(self.parts) == 1:
            return self.parts[0].covariance.whiten(misfit, xp)
        pieces, first = [], 0
        for part in self.parts:
            last = first + len(part.values)
            if last > first:
                pieces.append(part.covariance.whiten(misfit[first:last], xp))
            first = last
        return xp.concatenate(pieces)

    def solve(self, values: np.ndarray) -> np.ndarray:
        """R^-1 v, shape of `values`, (obs,) or (obs, ...)."""
        if self.domain_scope or len(self.parts) == 1:
            return self.parts[0].covariance.solve(values)
        ends = np.cumsum([len(part.values) for part in self.parts])[:-1]
        pieces = zip(self.parts, np.split(values, ends), strict=True)
        return np.concatenate([part.covariance.solve(v) for part, v in pieces if len(v)])


def padded_alike(parts: Sequence[Stream]) -> tuple[tuple[Stream, ...], int]:
    """The parts of a cell-scope stream with `at` filled up to one shape, and its length.

    Arrays that run over the observations get copies of their last entry (zeros where there is
    none); the others stay as they are.
    """
    counts = [len(part.values) for part in parts]
    most = max(counts)
    over_observations = [
        key
        for key in parts[0].at
        if all(
            np.ndim(p.at[key]) and len(p.at[key]) == n for p, n in zip(parts, counts, strict=True)
        )
    ]

    def filled(values: np.ndarray) -> np.ndarray:
        missing = most - len(values)
        if not missing:
            return values
        last = values[-1:] if len(values) else np.zeros((1, *values.shape[1:]), values.dtype)
        return np.concatenate([values, np.repeat(last, missing, axis=0)])

    return tuple(
        evolve(
            part,
            at={
                k: filled(np.asarray(v)) if k in over_observations else v
                for k, v in part.at.items()
            },
        )
        for part in parts
    ), most
