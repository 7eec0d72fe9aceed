"""Ensemble Kalman inversion to time 1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from attrs import field, frozen

from ccdas_framework import Budget, Ensemble, Sampler, SamplingStart, in_range

from .ensemble_state import EnsembleState
from .member_runs import MemberRuns
from .settings import (
    absurd_setting,
    flag_setting,
    inflation_setting,
    least_share_setting,
    localisation_setting,
    members_setting,
    threshold_setting,
)
from .smoothing import smoothed


@frozen
class EnsembleKalmanInversion(Sampler):
    """Ensemble Kalman inversion, which stops at time 1.

    At time t the likelihood has the power t, so that the ensemble goes from the prior to the
    posterior. Beyond time 1 it would go on to the fit without prior, with a spread of zero.

    Args:
        members: of the ensemble.
        adaptive: whether the misfit sets the length of each step, or all steps are equal.
        steps: number of equal steps.
        most_steps: number of adaptive steps after which it ends before time 1.
        perturbed: whether each member has perturbed observations, or all are transformed together.
        localisation, threshold, inflation, absurd, least_share: as those of `EsMda`.

    Source: Iglesias, Law and Stuart (2013), Inverse Probl. 29, 045001; Iglesias and Yang (2021),
    Inverse Probl. 37, 025008, eq. 43 (adaptive steps).
    """

    members: int = members_setting()
    adaptive: bool = flag_setting(True)
    steps: int = field(default=4, validator=in_range(1, 10_000, whole=True))
    most_steps: int = field(default=100, validator=in_range(1, 100_000, whole=True))
    perturbed: bool = flag_setting(True)
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
        """Members at time 1; see `Sampler.sample`. They start from the prior always.

        Raises:
            InvalidInput: errors or prior are not Gaussian.
        """

        def length(state: EnsembleState, runs: MemberRuns) -> float:
            return adaptive_length(runs.residuals) if self.adaptive else 1.0 / self.steps

        most = self.most_steps if self.adaptive else self.steps
        return smoothed(
            self, problem, length, self.perturbed, callback, generator, budget, earlier, most
        )


def adaptive_length(residuals: np.ndarray) -> float:
    """Length of the next step, which bounds the change of the likelihood.

        h = max(M / (2 mean(Phi)), sqrt(M / (2 var(Phi)))),     Phi = |R^-1/2 (y - H)|^2 / 2

    Args:
        residuals: whitened, shape (member, M).

    Source: Iglesias and Yang (2021), Inverse Probl. 37, 025008, eq. 43.
    """
    count = residuals.shape[1]
    misfit = 0.5 * np.sum(residuals**2, axis=1)
    mean, variance = float(np.mean(misfit)), float(np.var(misfit))
    if mean <= 0.0 or variance <= 0.0:
        return 1.0
    return float(max(count / (2.0 * mean), np.sqrt(count / (2.0 * variance))))
