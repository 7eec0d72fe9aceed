"""Distance from the minimum by the pairs of steps and gradient changes of a minimisation."""

from __future__ import annotations

from collections import deque

import numpy as np
from attrs import define, field

from ..core.covariance import Covariance, Diagonal

CURVED = 1e-12  # share of |s| |y| that s^T y has to exceed, for a positive definite estimate


@define(eq=False)
class DistanceEstimate:
    """Estimate of sqrt(g^T H^-1 g), the distance in posterior sd, without a Hessian.

    H^-1 is that of limited-memory BFGS from B, the prior covariance. The observations make the
    true one smaller in directions that no step explored, so that the estimate is rather too large.

    Args:
        prior: gives B; where a variance is infinite, the last pair scales the identity.
        most: number of pairs that are kept.

    Source: Nocedal and Wright (2006), Numerical Optimization, algorithm 7.4.
    """

    prior: Covariance
    most: int
    _pairs: deque[tuple[np.ndarray, np.ndarray]] = field(init=False)
    _last: tuple[np.ndarray, np.ndarray] | None = field(default=None, init=False)

    @_pairs.default
    def _no_pairs(self) -> deque[tuple[np.ndarray, np.ndarray]]:
        return deque(maxlen=self.most)

    def accept(self, x: np.ndarray, gradient: np.ndarray) -> None:
        """Take account of an accepted point and its gradient, shape (control,) each."""
        if self._last is not None:
            step, change = x - self._last[0], gradient - self._last[1]
            curved = CURVED * np.linalg.norm(step) * np.linalg.norm(change)
            if float(step @ change) > curved:
                self._pairs.append((step, change))
        self._last = np.array(x), np.array(gradient)

    def distance(self, gradient: np.ndarray) -> float:
        """sqrt(g^T H^-1 g) of a gradient; infinite where nothing is known of H."""
        direction, shares = np.array(gradient, float), []
        for step, change in reversed(self._pairs):
            share = float(step @ direction) / float(step @ change)
            direction = direction - share * change
            shares.append(share)
        direction = self._first(direction)
        for (step, change), share in zip(self._pairs, reversed(shares), strict=True):
            direction += step * (share - float(change @ direction) / float(step @ change))
        return float(np.sqrt(max(float(gradient @ direction), 0.0)))

    def _first(self, vector: np.ndarray) -> np.ndarray:
        """The first estimate of H^-1 times a vector, shape (control,)."""
        if not np.isfinite(self.prior.sd).all():
            if not self._pairs:
                return np.where(vector == 0.0, 0.0, np.sign(vector) * np.inf)
            step, change = self._pairs[-1]
            return np.asarray(float(step @ change) / float(change @ change) * vector)
        if isinstance(self.prior, Diagonal):
            return np.asarray(self.prior.sd**2 * vector)
        return np.asarray(self.prior.dense() @ vector)
