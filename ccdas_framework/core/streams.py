"""One stream of observations over all blocks of the grid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import frozen

from .interfaces import ObservationOperator
from .observations import Observations, Stream

Array = Any


@frozen(eq=False)
class StreamData:
    """One stream over all blocks, in the order its simulated values have.

    Args:
        name: of the stream.
        operator: its H.
        observations: as read.
        parts: what `prepare` made of them, a block each (a domain-scope operator keeps the same
            observations in every block).
        index: position of each kept value among the observations as read, shape (obs,).
        dropped: reason -> count.
    """

    name: str
    operator: ObservationOperator
    observations: Observations
    parts: tuple[Stream, ...]
    index: np.ndarray
    dropped: Mapping[str, int]

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
