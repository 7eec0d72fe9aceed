"""The no-U-turn sampler by blackjax."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from attrs import evolve, field, frozen
from attrs.validators import in_

from ccdas_framework import (
    Budget,
    BudgetSpent,
    Ensemble,
    SampledProblem,
    Sampler,
    SamplingStart,
    in_range,
    is_flag,
)

from .chain_diagnostics import chain_diagnostics, undefined_reasons
from .nuts_kernel import (
    FAST,
    FIXED,
    MOST_STEPS,
    KernelSettings,
    Space,
    finite_density,
    initial_chain,
    required_packages,
)
from .nuts_process import Kernels
from .nuts_record import NutsRecord
from .starting_points import covariance_factor, inner_limits, no_start, starting_points


@frozen
class Nuts(Sampler):
    """Independent chains of the no-U-turn sampler.

    The warm-up adapts the step size and the metric in windows. The metric begins as the covariance
    at the start, which is that of the Hessian at an optimum. A chain that meets a bound is
    reflected there. A step into a region without density is refused and counted as divergent.
    Chains start in pairs on either side of the mean of the start. From an optimum they hardly find
    another one. From the prior they do, and R-hat is large if they stay apart.

    Where JAX can trace the log density, it is compiled with the sampler, which then counts its own
    leapfrog steps. Near the end of a budget, for a small budget, and for any other problem, the
    steps run in a process of their own, which asks for `log_density_and_gradient`. If a budget
    limits the search, the warm-up ends when half of it is spent.

    Args:
        chains: number of independent chains.
        warm_up: first steps of each chain, which are counted and not kept.
        draws: kept steps of each chain.
        metric: adapted correction of the covariance at the start: "diagonal", "dense", or "fixed"
            for none.
        target_acceptance: acceptance rate to which the step size is adapted.
        doublings: most doublings of a trajectory, of 2^doublings steps.
        trace: whether to compile the log density where that is possible.

    Source: Hoffman and Gelman (2014), J. Mach. Learn. Res. 15, 1593-1623; Betancourt (2017),
    arXiv:1701.02434. Reflection: the chain moves in a density that is even about each bound.
    """

    chains: int = field(default=4, validator=in_range(1, 1000, whole=True))
    warm_up: int = field(default=500, validator=in_range(0, 10_000_000, whole=True))
    draws: int = field(default=1000, validator=in_range(1, 10_000_000, whole=True))
    metric: str = field(default="diagonal", validator=in_(("diagonal", "dense", "fixed")))
    target_acceptance: float = field(default=0.8, validator=in_range(0.1, 0.999))
    doublings: int = field(default=10, validator=in_range(1, 15, whole=True))
    trace: bool = field(default=True, validator=is_flag)
    needs: ClassVar[frozenset[str]] = frozenset({"gradient"})
    exact: ClassVar[bool] = True
    resumes: ClassVar[bool] = True

    def sample(
        self,
        problem: SampledProblem,
        start: SamplingStart,
        callback: Callable[[Ensemble], None],
        generator: np.random.Generator,
        budget: Budget,
        earlier: Ensemble | None = None,
    ) -> Ensemble:
        """Draws of all chains; see `Sampler.sample`.

        Raises:
            CcdasError: JAX or blackjax is not installed, or the covariance at the start is
                singular.
        """
        required_packages()
        record = NutsRecord(problem, budget, self.chains)
        try:
            return self._sampled(record, start, callback, generator, earlier)
        except KeyboardInterrupt:
            message = "stopped by Ctrl-C; these are the draws so far"
            return self._concluded(record, "interrupted", message)
        except BudgetSpent:
            message = (
                f"the budget ended after {record.steps} of {self.warm_up + self.draws} steps of "
                f"each chain, of which {record.warm_up} were warm-up"
            )
            return self._concluded(record, "budget spent", message)

    def _sampled(
        self,
        record: NutsRecord,
        start: SamplingStart,
        callback: Callable[[Ensemble], None],
        generator: np.random.Generator,
        earlier: Ensemble | None,
    ) -> Ensemble:
        problem, budget = record.problem, record.budget
        space = Space(start.mean, covariance_factor(start), inner_limits(problem.control))
        settings = KernelSettings(self.metric != "dense", self.doublings)
        if earlier is not None and earlier.state:
            nothing = np.zeros(len(start.mean))
            record.resume(earlier, initial_chain(nothing, 0.0, nothing, settings))
        else:
            message = self._begin(record, start, space, settings, generator)
            if message:
                return self._concluded(record, "failed", message)
        kernels = Kernels.of(problem, settings, self.trace and self._worth_compiling(budget))
        schedule = self._schedule()
        while record.steps < record.warm_up + self.draws:
            first = record.steps
            warming = first < record.warm_up
            end = record.warm_up if warming else record.warm_up + self.draws
            fits = budget.affordable("gradient", self._most_each_round) == self._most_each_round
            count = min(MOST_STEPS if fits else 1, end - first)
            stages = np.full((MOST_STEPS, 2), (FIXED, False), dtype=int)
            if warming:
                stages[:count] = schedule[first : first + count]
            record.advance(kernels, space, count, stages, self.target_acceptance)
            over = warming and budget.used > record.warm_up_until
            if record.steps == record.warm_up or over:
                record.end_warm_up(settings)
            callback(record.ensemble())
        return self._concluded(record, "completed", "all draws were made")

    def _begin(
        self,
        record: NutsRecord,
        start: SamplingStart,
        space: Space,
        settings: KernelSettings,
        generator: np.random.Generator,
    ) -> str:
        """Put the chains at their starting points; the reason why they could not start, or ''."""
        problem = record.problem
        streams = generator.spawn(self.chains)
        record.keys = np.array([s.integers(0, 2**32, 2, dtype=np.uint32) for s in streams])
        left = record.budget.left
        record.warm_up_until = record.budget.used + left / 2.0
        record.warm_up = self.warm_up
        gradients: dict[tuple[float, ...], np.ndarray] = {}

        def densities(x: np.ndarray) -> np.ndarray:
            pairs = [finite_density(problem.log_density_and_gradient, each) for each in x]
            gradients.update({tuple(e): pair[1] for e, pair in zip(x, pairs, strict=True)})
            return np.array([pair[0] for pair in pairs])

        points = starting_points(problem, start, streams, densities, mirrored=True)
        record.drawn_anew = points.drawn_anew
        if points.missing:
            return no_start(points, problem)
        z = np.linalg.solve(space.factor, (points.x - space.mean).T).T
        record.chains = [
            initial_chain(zi, value, space.factor.T @ gradients[tuple(x)], settings)
            for zi, x, value in zip(z, points.x, points.log_density, strict=True)
        ]
        if not self.warm_up:
            record.end_warm_up(settings)
        return ""

    def _schedule(self) -> np.ndarray:
        """Stage of each step of the warm-up, and whether a window of the metric ends there."""
        from blackjax.adaptation.window_adaptation import build_schedule

        if self.metric == "fixed" or not self.warm_up:
            return np.full((self.warm_up, 2), (FAST, False), dtype=int)
        return np.array(build_schedule(self.warm_up), dtype=int)

    @property
    def _most_each_round(self) -> int:
        """Gradients that a round of all chains may take at most."""
        return int(self.chains * MOST_STEPS * 2**self.doublings)

    def _worth_compiling(self, budget: Budget) -> bool:
        """Whether the whole budget holds a round. What is left of it would change on resuming."""
        return budget.model_runs >= self._most_each_round * budget.weight("gradient")

    def _concluded(self, record: NutsRecord, status: Any, message: str) -> Ensemble:
        """The ensemble with its diagnostics and remarks."""
        ensemble = record.ensemble()
        draws = ensemble.x
        remarks = undefined_reasons(draws, record.problem.control.names) if draws.size else ()
        diverging = int(ensemble.numbers["divergences"])
        if diverging:
            remarks += (
                f"{diverging} of {draws.shape[0] * draws.shape[1]} draws are of divergent "
                "trajectories, so that the chains may miss regions where the density curves "
                "strongly. Raise target_acceptance, or choose other transforms of the parameters.",
            )
        longest = int(np.sum(ensemble.statistics["tree_depth"] >= self.doublings))
        if longest:
            remarks += (f"{longest} draws have trajectories of the largest length.",)
        return evolve(
            ensemble,
            status=status,
            message=message,
            diagnostics=chain_diagnostics(draws),
            remarks=remarks,
            doubts=("divergences",) if diverging else (),
        )
