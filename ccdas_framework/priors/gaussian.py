"""A Gaussian prior in control space."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from attrs import field, frozen

from ..core.control import Control
from ..core.covariance import Covariance, Dense, Diagonal, half_square
from ..core.errors import InvalidInput, did_you_mean
from ..core.interfaces import Array, Prior
from ..core.observations import floats


def _correlation(pair: Any) -> bool:
    """Whether it is two names and a number between -1 and 1."""
    return (
        isinstance(pair, (list, tuple))
        and [type(part) for part in pair[:2]] == [str, str]
        and len(pair) == 3
        and isinstance(pair[2], (int, float))
        and -1.0 <= pair[2] <= 1.0
    )


@frozen(eq=False)
class Gaussian(Prior):
    """x ~ N(mean, covariance); a transform makes the physical prior log-normal or bounded.

    Args:
        mean: x_b, shape (control,).
        covariance: B of x.
    """

    mean: np.ndarray = field(converter=floats)
    covariance: Covariance

    @classmethod
    def for_control(
        cls, control: Control, correlations: Sequence[tuple[str, str, float]] = ()
    ) -> Gaussian:
        """N(0, C) with unit variances, as the prior means and sd of the parameters define x.

        Args:
            control: whose prior it is.
            correlations: (name, name, correlation) of pairs that are not independent.

        Raises:
            InvalidInput: an unknown name, or correlations that no Gaussian can have.
        """
        count = len(control)
        if not correlations:
            return cls(np.zeros(count), Diagonal(np.ones(count)))
        matrix = np.eye(count)
        position = {name: n for n, name in enumerate(control.names)}
        for pair in correlations:
            if not _correlation(pair):
                raise InvalidInput(
                    f"prior correlations hold {pair!r}; expected [name, name, correlation] with a "
                    "correlation between -1 and 1."
                )
            first, second, value = pair
            for name in (first, second):
                if name not in position:
                    raise InvalidInput(
                        f"prior correlation names '{name}', which is not an optimised parameter."
                        f"{did_you_mean(name, position)}"
                    )
            matrix[position[first], position[second]] = value
            matrix[position[second], position[first]] = value
        try:
            return cls(np.zeros(count), Dense(matrix))
        except ValueError as problem:
            raise InvalidInput(f"prior correlations: {problem}") from None

    def sample(self, generator: np.random.Generator, draws: int) -> np.ndarray:
        """Random control vectors, shape (draws, control)."""
        return generator.multivariate_normal(self.mean, self.covariance.dense(), size=draws)

    def negative_log_density(self, x: Array, xp: Any) -> Array:
        """|x - x_b|^2 / 2 in B."""
        return half_square(self.covariance.whiten(x - self.mean, xp), xp)
