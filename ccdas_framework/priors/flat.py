"""No prior term: the observations alone decide."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np
from attrs import field, frozen

from ..core.control import Control
from ..core.covariance import Covariance
from ..core.errors import InvalidInput
from ..core.interfaces import Array, Prior
from ..core.observations import floats


@frozen(eq=False)
class Boundless(Covariance):
    """Infinite variances: nothing whitens to anything."""

    count: int

    @property
    def sd(self) -> np.ndarray:
        return np.full(self.count, np.inf)

    def whiten(self, residual: Array, xp: Any) -> Array:
        return 0.0 * residual

    def dense(self) -> np.ndarray:
        return np.diag(self.sd)


@frozen(eq=False)
class Flat(Prior):
    """Every control vector is as likely as any other; x keeps its scale, prior mean and sd.

    A twin without the prior term shows which directions the observations alone determine (Zhu et
    al. 2024, Geosci. Model Dev. 17, 6337). The others have no posterior.

    Args:
        mean: where an optimisation starts, shape (control,).
    """

    mean: np.ndarray = field(converter=floats)
    covariance: Covariance = field(init=False)

    @covariance.default
    def _boundless(self) -> Covariance:
        return Boundless(len(self.mean))

    @classmethod
    def for_control(cls, control: Control) -> Flat:
        """A flat prior of a control vector, started from its prior mean."""
        return cls(np.zeros(len(control)))

    def sample(self, generator: np.random.Generator, draws: int) -> NoReturn:
        """There is nothing to draw from.

        Raises:
            InvalidInput: always.
        """
        raise InvalidInput(
            "a flat prior has no samples, because every control vector is as likely as any other. "
            'Take [prior] name = "gaussian".'
        )

    def negative_log_density(self, x: Array, xp: Any) -> Array:
        """0."""
        return 0.0 * xp.sum(x)
