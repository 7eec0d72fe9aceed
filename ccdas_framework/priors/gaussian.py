"""A Gaussian prior in control space."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from attrs import field, frozen

from ..core.control import Control
from ..core.covariance import Covariance, Dense, Diagonal, half_square
from ..core.errors import Findings, InvalidInput, did_you_mean
from ..core.interfaces import Array, Prior
from ..core.observations import floats

CORRELATIONS = "prior.correlations"


def _is_correlation(pair: Any) -> bool:
    """Whether it is two names and a number between -1 and 1."""
    return (
        isinstance(pair, (list, tuple))
        and [type(part) for part in pair[:2]] == [str, str]
        and len(pair) == 3
        and isinstance(pair[2], (int, float))
        and not isinstance(pair[2], bool)
        and -1.0 <= pair[2] <= 1.0
    )


def _correlation_findings(correlations: Sequence[Any], names: Sequence[str]) -> Findings:
    """Findings about entries of another form, unknown names, and pairs that are none or repeat."""
    findings, pairs = Findings(), set()
    for entry in correlations:
        if not _is_correlation(entry):
            findings.add(
                "wrong-value",
                CORRELATIONS,
                f"prior correlations hold {entry!r}; expected [name, name, correlation] with a "
                "correlation between -1 and 1.",
            )
            continue
        pair = frozenset(entry[:2])
        for name in [name for name in entry[:2] if name not in names]:
            findings.add(
                "unknown-parameter",
                CORRELATIONS,
                f"prior correlation names '{name}', which is not an optimised parameter."
                f"{did_you_mean(name, names)}",
            )
        if len(pair) == 1:
            findings.add(
                "correlated-with-itself",
                CORRELATIONS,
                f"prior correlation names '{entry[0]}' twice. A parameter has correlation 1 with "
                "itself; its sd in [parameters] sets its variance. Name two parameters.",
            )
        elif pair in pairs:
            findings.add(
                "repeated-pair",
                CORRELATIONS,
                f"prior correlations name the pair '{entry[0]}' and '{entry[1]}' more than once, "
                "in one order or the other. State each pair once.",
            )
        pairs.add(pair)
    return findings


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
            InvalidExperiment: an unknown name, a pair of a parameter with itself, or one pair
                twice.
            InvalidInput: correlations that no Gaussian can have.
        """
        count = len(control)
        if not correlations:
            return cls(np.zeros(count), Diagonal(np.ones(count)))
        _correlation_findings(correlations, control.names).raise_if_any()
        matrix = np.eye(count)
        position = {name: n for n, name in enumerate(control.names)}
        for first, second, value in correlations:
            matrix[position[first], position[second]] = value
            matrix[position[second], position[first]] = value
        try:
            return cls(np.zeros(count), Dense(matrix))
        except ValueError as problem:
            raise InvalidInput(
                f"prior correlations: {problem}", code="not-positive-definite", where=CORRELATIONS
            ) from None

    def sample(self, generator: np.random.Generator, draws: int) -> np.ndarray:
        """Random control vectors, shape (draws, control)."""
        return generator.multivariate_normal(self.mean, self.covariance.dense(), size=draws)

    def negative_log_density(self, x: Array, xp: Any) -> Array:
        """|x - x_b|^2 / 2 in B."""
        return half_square(self.covariance.whiten(x - self.mean, xp), xp)
