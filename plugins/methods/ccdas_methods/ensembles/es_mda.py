"""Ensemble smoother with multiple data assimilation (ES-MDA)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np
from attrs import field, frozen

from ccdas_framework import Budget, Ensemble, Sampler, SamplingStart

from .settings import (
    absurd_setting,
    inflation_setting,
    least_share_setting,
    localisation_setting,
    members_setting,
    threshold_setting,
)
from .smoothing import smoothed

SUM_TOLERANCE = 1e-6  # of the sum of 1 / alpha


def _factors(values: Any) -> tuple[float, ...]:
    if isinstance(values, (str, bytes)) or not isinstance(values, Sequence):
        raise TypeError(f"'alpha' is {values!r}; expected a list of numbers.")
    return tuple(values)


def _sum_of_inverses(instance: Any, attribute: Any, values: tuple[Any, ...]) -> None:
    if any(isinstance(v, bool) or not isinstance(v, (int, float)) for v in values):
        raise TypeError(f"'alpha' is {list(values)!r}; expected a list of numbers.")
    if not values or not all(np.isfinite(v) and v > 0.0 for v in values):
        raise ValueError(f"'alpha' is {list(values)!r}; expected one or more positive numbers.")
    total = sum(1.0 / v for v in values)
    if abs(total - 1.0) > SUM_TOLERANCE:
        raise ValueError(
            f"'alpha' is {list(values)!r}, whose inverses add up to {total:.6g}; expected 1, so "
            "that the observations are used once. For n equal steps each is n."
        )


@frozen
class EsMda(Sampler):
    """Ensemble smoother with multiple data assimilation.

    Each step runs all members from the start and updates them with perturbed observations and the
    error covariance alpha R. R itself stays fixed.

    Args:
        members: of the ensemble.
        alpha: factor on R of each step; their inverses add up to 1.
        localisation: "none", "threshold" or "taper", by correlations.
        threshold: least correlation that counts, in sampling errors 1 / sqrt(N - 1).
        inflation: factor on the spread after each step; no sd exceeds that of the prior by it.
        absurd: a member with a root mean square residual above this many times the median failed.
        least_share: share of the members that has to be left.

    Source: Emerick and Reynolds (2013), Comput. Geosci. 55, 3-15.
    """

    members: int = members_setting()
    alpha: tuple[float, ...] = field(
        default=(4.0, 4.0, 4.0, 4.0), converter=_factors, validator=_sum_of_inverses
    )
    localisation: str = localisation_setting()
    threshold: float = threshold_setting()
    inflation: float = inflation_setting()
    absurd: float = absurd_setting()
    least_share: float = least_share_setting()
    needs: ClassVar[frozenset[str]] = frozenset({"simulate"})
    exact: ClassVar[bool] = False
    resumes: ClassVar[bool] = True

    def sample(
        self,
        problem: Any,
        start: SamplingStart,
        callback: Callable[[Ensemble], None],
        generator: np.random.Generator,
        budget: Budget,
        earlier: Ensemble | None = None,
    ) -> Ensemble:
        """Members after all steps; see `Sampler.sample`. They start from the prior always.

        Raises:
            InvalidInput: errors or prior are not Gaussian.
        """
        lengths = [1.0 / alpha for alpha in self.alpha]
        return smoothed(
            self, problem, lambda state, runs: lengths[state.step], True,
            callback, generator, budget, earlier, most_steps=len(lengths),
        )  # fmt: skip
