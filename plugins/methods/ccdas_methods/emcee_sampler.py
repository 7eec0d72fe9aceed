"""Ensemble MCMC by emcee: walkers that move along lines through each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from attrs import evolve, field, frozen
from attrs.validators import in_

from ccdas_framework import (
    Budget,
    BudgetSpent,
    CcdasError,
    Ensemble,
    SampledProblem,
    Sampler,
    SamplingStart,
    in_range,
)

from .chain_diagnostics import separate_walkers, undefined_reasons, walker_diagnostics
from .starting_points import no_start, starting_points
from .walker_record import WalkerRecord, Walkers

FEWEST_WALKERS = 16
REPORT = 10  # steps between two reports of the ensemble so far
WALKERS = "sampler.walkers"


@frozen
class Emcee(Sampler):
    """Independent ensembles of walkers of the affine-invariant sampler.

    Half of the walkers of an ensemble propose points on lines through walkers of the other half.
    Their stationary distribution is the posterior. A result has one chain for each ensemble, which
    contains the draws of its first walker, then those of the second, and so on: the walkers of an
    ensemble depend on each other, the ensembles do not.

    Where a budget ends the sampling early, the warm-up is at most half of the steps it allows.

    Args:
        ensembles: number of independent ensembles.
        walkers: of an ensemble, an even number of at least twice the number of parameters; 0 takes
            that number, and at least 16.
        warm_up: first steps, which are counted and not kept.
        draws: kept steps of each walker.
        thin: steps from one kept step to the next.
        moves: "stretch" or "differential_evolution", which passes between separate maxima.

    Source: Goodman and Weare (2010), Commun. Appl. Math. Comput. Sci. 5, 65-80; Foreman-Mackey et
    al. (2013), PASP 125, 306-312; ter Braak (2006), Stat. Comput. 16, 239-249; ter Braak and Vrugt
    (2008), Stat. Comput. 18, 435-446.
    """

    ensembles: int = field(default=2, validator=in_range(2, 1000, whole=True))
    walkers: int = field(default=0, validator=in_range(0, 1_000_000, whole=True))
    warm_up: int = field(default=500, validator=in_range(0, 10_000_000, whole=True))
    draws: int = field(default=1000, validator=in_range(1, 10_000_000, whole=True))
    thin: int = field(default=1, validator=in_range(1, 100_000, whole=True))
    moves: str = field(default="stretch", validator=in_(("stretch", "differential_evolution")))
    needs: ClassVar[frozenset[str]] = frozenset({"density"})
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
        """Draws of all ensembles; see `Sampler.sample`.

        Raises:
            CcdasError: fewer walkers than twice the number of parameters, an odd number of them,
                or a start whose covariance is singular.
        """
        count = self._walkers(len(problem.control))
        if earlier is None or not earlier.state:
            record = WalkerRecord.empty(problem.control, self.ensembles, count, self.thin)
        else:
            record = WalkerRecord.resumed(earlier, self.ensembles, count, self.thin)
        try:
            return self._sampled(record, problem, start, callback, generator, budget)
        except KeyboardInterrupt:
            message = "stopped by Ctrl-C; these are the draws so far"
            return _concluded(record, problem, budget, "interrupted", message)
        except BudgetSpent:
            steps = record.warm_up + self.draws * self.thin
            message = (
                f"the budget ended after {record.steps} of {steps} steps, of which "
                f"{min(record.warm_up, record.steps)} were warm-up"
            )
            return _concluded(record, problem, budget, "budget spent", message)

    def _walkers(self, parameters: int) -> int:
        least = 2 * parameters
        count = self.walkers or max(least, FEWEST_WALKERS)
        if count < least or count % 2:
            raise CcdasError(
                f"emcee needs an even number of walkers, at least {least} for {parameters} "
                f"parameters, and `walkers` is {count}. Leave it out, or set it to {least}.",
                code="wrong-walkers",
                where=WALKERS,
            )
        return count

    def _sampled(
        self,
        record: WalkerRecord,
        problem: SampledProblem,
        start: SamplingStart,
        callback: Callable[[Ensemble], None],
        generator: np.random.Generator,
        budget: Budget,
    ) -> Ensemble:
        if record.walkers is None:
            record.warm_up = self._affordable_warm_up(record.shape, budget)
            streams = generator.spawn(self.ensembles)
            streams_of_walkers = [s for s in streams for _ in range(record.shape[1])]
            points = starting_points(problem, start, streams_of_walkers, problem.log_densities)
            if points.missing:
                record.walkers_started(None, points)
                message = no_start(points, problem)
                return _concluded(record, problem, budget, "failed", message)
            record.walkers_started(Walkers.starting_at(points, record.shape, streams), points)
        movers = [_mover(problem, record.shape, self.moves) for _ in range(self.ensembles)]
        steps = record.warm_up + self.draws * self.thin
        while record.steps < steps:
            record.advance(movers)
            if record.steps % REPORT == 0:
                callback(record.ensemble(problem, budget))
        return _concluded(record, problem, budget, "completed", "all draws were made")

    def _affordable_warm_up(self, shape: tuple[int, int, int], budget: Budget) -> int:
        """The warm-up, at most half of the steps that the budget allows."""
        each = shape[0] * shape[1]
        steps = self.warm_up + self.draws * self.thin
        affordable = budget.affordable("cost", each * (steps + 1)) // each - 1
        return self.warm_up if affordable >= steps else min(self.warm_up, max(affordable, 0) // 2)


def _mover(problem: SampledProblem, shape: tuple[int, int, int], moves: str) -> Any:
    """The sampler of one ensemble."""
    import emcee

    mixture: Any = {
        "stretch": [(emcee.moves.StretchMove(), 1.0)],
        "differential_evolution": [
            (emcee.moves.DEMove(), 0.7),
            (emcee.moves.DEMove(gamma0=1.0), 0.1),  # from one maximum to another
            (emcee.moves.DESnookerMove(), 0.2),
        ],
    }[moves]
    mover = emcee.EnsembleSampler(
        shape[1], shape[2], problem.log_densities, vectorize=True, moves=mixture
    )
    mover.log_prob_fn = problem.log_densities  # without a wrapper that prints each exception
    return mover


def _concluded(
    record: WalkerRecord, problem: SampledProblem, budget: Budget, status: Any, message: str
) -> Ensemble:
    """The ensemble with its diagnostics and remarks."""
    ensemble = record.ensemble(problem, budget)
    diagnostics = walker_diagnostics(record.draws)
    remarks = undefined_reasons(ensemble.x, problem.control.names) if ensemble.x.size else ()
    stuck, sentences = record.stuck_walkers()
    separate = separate_walkers(record.draws)
    if separate.any():
        names = [n for n, s in zip(problem.control.names, separate, strict=True) if s]
        sentences += (
            f"Walkers stay in places of their own in {', '.join(names)}, as between separate "
            'maxima. Make more draws, or take moves = "differential_evolution".',
        )
    doubts = ("stuck-walkers",) if stuck else ()
    return evolve(
        ensemble,
        status=status,
        message=message,
        diagnostics=diagnostics,
        remarks=(*remarks, *sentences),
        doubts=(*doubts, *(("separate-walkers",) if separate.any() else ())),
        numbers={**ensemble.numbers, "stuck_walkers": float(stuck)},
    )
