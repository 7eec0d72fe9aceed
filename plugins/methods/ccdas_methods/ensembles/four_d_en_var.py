"""Four-dimensional ensemble-variational assimilation (4DEnVar)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from attrs import evolve, field, frozen

from ccdas_framework import Budget, Ensemble, Sampler, SamplingStart, in_range

from .ensemble_state import EnsembleState
from .inflation import inflated, prior_sd
from .kalman_update import Anomalies, increments, transformed
from .localisation import localisation_weights
from .member_draws import MemberStreams, clip_to_bounds, prior_factor
from .member_runs import MemberRuns, run_members
from .settings import (
    UpdateRules,
    absurd_setting,
    flag_setting,
    inflation_setting,
    least_share_setting,
    localisation_setting,
    members_setting,
    threshold_setting,
)
from .smoothing import failed


@frozen
class FourDEnVar(Sampler):
    """Ensemble-variational estimate: the least cost in the space of the ensemble.

    Perturbations drawn from the prior stand around a centre, at first the prior mean. Regression
    of the outputs on them replaces the Jacobian, and the minimum of the cost in their space is the
    next centre. The members at the end are its perturbations, transformed by the symmetric root
    of the posterior covariance in this space.

    Args:
        members: of the ensemble.
        iterations: number of centres after the prior mean, each with a run of all members.
        redraw: whether each iteration draws perturbations anew, or uses the first ones again.
        localisation, threshold, absurd, least_share: as those of `EsMda`.
        inflation: factor on the spread of the members at the end; no sd exceeds that of the prior
            by it.

    Source: Liu, Xiao and Wang (2008), Mon. Weather Rev. 136, 3363-3373; Bocquet and Sakov (2014),
    Q. J. R. Meteorol. Soc. 140, 1521-1535 (iterations); Pinnington et al. (2020), Geosci. Model
    Dev. 13, 55-69 (parameters of a land model).
    """

    members: int = members_setting()
    iterations: int = field(default=3, validator=in_range(1, 1000, whole=True))
    redraw: bool = flag_setting(False)
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
        """Members around the last centre; see `Sampler.sample`. The first centre is x_b always.

        Raises:
            InvalidInput: errors or prior are not Gaussian.
        """
        from ccdas_framework import require_suitable  # slow to import

        require_suitable(self, problem)
        rules, numbers = UpdateRules.of(self), {"perturbed": 0.0}
        if earlier is not None and earlier.state:
            state, latest = EnsembleState.resumed(earlier, ("centre",)), earlier
        else:
            root, latest = MemberStreams.drawn(generator).root, None
            centre = np.asarray(problem.prior.mean, float)
            state = EnsembleState(
                np.zeros((0, len(centre))), root, self.members, arrays={"centre": centre}
            )
        try:
            while state.step < self.iterations:
                members, clipped = self._members(state, problem)
                before = evolve(state, x=members, clipped=state.clipped + clipped)
                runs = run_members(problem, members, rules.absurd)
                budget.fail(runs.absurd)
                left = before.after_runs(runs)
                if not left.enough(rules.least_share):
                    return failed(evolve(left, x=members), problem, runs, numbers)
                state = estimated(left, problem, runs, rules)
                latest = state.ensemble(problem, numbers=numbers)
                callback(latest)
        except KeyboardInterrupt:
            if latest is None:
                raise
            message = "stopped by Ctrl-C; the members of the last iteration"
            return evolve(latest, status="interrupted", message=message)
        return state.ensemble(problem, numbers=numbers)

    def _members(self, state: EnsembleState, problem: Any) -> tuple[np.ndarray, int]:
        """Perturbations from the prior around the centre, shape (member, control)."""
        step = state.step if self.redraw else 0
        count = len(state.arrays["centre"])
        noise = state.streams.normal(step, np.arange(self.members), count)
        return clip_to_bounds(
            problem.control, state.arrays["centre"] + noise @ prior_factor(problem).T
        )


def estimated(
    state: EnsembleState, problem: Any, runs: MemberRuns, rules: UpdateRules
) -> EnsembleState:
    """The state with the next centre, and members around it.

    With x = x_b + A^T w the cost is |w|^2 / 2 + |d - S^T w|^2 / 2. d are the whitened residuals at
    the prior mean, as the regression at the centre of the members predicts them.

    Args:
        state: with the usable members.
        runs: of these members.
        rules: localisation and inflation.
    """
    anomalies = Anomalies.of(state.x, runs.residuals)
    weights = localisation_weights(anomalies, rules.localisation, rules.threshold)
    prior_mean = np.asarray(problem.prior.mean, float)
    away = state.x.mean(axis=0) - prior_mean
    back, *_ = np.linalg.lstsq(anomalies.x.T, away, rcond=None)  # away = A^T back
    residuals = anomalies.misfit + back @ anomalies.outputs
    centre = prior_mean + increments(anomalies, residuals[None], 1.0, weights)
    (centre,), clipped = clip_to_bounds(problem.control, centre)
    x = centre + np.sqrt(len(state.x) - 1.0) * transformed(anomalies, 1.0, weights)
    x = inflated(x, rules.inflation, prior_sd(problem))
    x, clipped_members = clip_to_bounds(problem.control, x)
    state = state.without_spread_named(problem, anomalies)
    return evolve(
        state,
        x=x,
        step=state.step + 1,
        time=1.0,
        clipped=state.clipped + clipped + clipped_members,
        arrays={"centre": centre},
    )
