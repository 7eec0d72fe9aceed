"""Whether chains that agree with each other left out another minimum of the cost.

Chains that start at an optimum, or that all fall to the same side, agree with each other whatever
lies elsewhere, so that R-hat says nothing about it.
"""

from __future__ import annotations

import numpy as np
from attrs import evolve

from ..core.budget import Budget
from ..core.ensemble import Ensemble
from ..core.errors import CcdasError
from ..core.result import OptimisationResult
from ..optimisers.counted_search import minimise
from ..optimisers.lbfgsb import Lbfgsb
from ..problem.counted_problem import CountedProblem

DOUBT = "another-minimum"
POINTS = 100  # drawn from the prior
SEARCHES = 4  # from the points of least cost among those far from the draws
ITERATIONS = 100  # of a search
FAR = 4.0  # distance of an element of x from the mean of the draws, in their sd
WEIGHTLESS = 6.0  # cost above the least of the draws; exp(-6) of the density is 0.25 %
STREAM = 1_000_003  # of random numbers, apart from those of the sampler


def with_missed_minimum(
    ensemble: Ensemble, problem: CountedProblem, generator: np.random.Generator
) -> Ensemble:
    """The ensemble with a doubt and a remark, if a search from the prior finds such a minimum.

    The evaluations are outside the budget of the sampler. Their number is `other_minima_runs`.

    Args:
        ensemble: draws of an exact sampler whose chains mixed; another one is returned as it is.
        problem: that was sampled.
        generator: of the sampler, whose numbers stay as they are.
    """
    if not (ensemble.exact and ensemble.mixed):
        return ensemble
    seeds = generator.bit_generator.seed_seq
    entropy, key = getattr(seeds, "entropy", 0), getattr(seeds, "spawn_key", ())
    own = np.random.default_rng(np.random.SeedSequence(entropy, spawn_key=(*key, STREAM)))
    budget = Budget(weights=problem.budget.weights)
    counted = CountedProblem(problem.problem, budget)
    found = _missed(ensemble, counted, own)
    numbers = {**ensemble.numbers, "other_minima_runs": budget.used}
    if found is None:
        return evolve(ensemble, numbers=numbers)
    distance = np.abs(found.x - ensemble.mean) / ensemble.sd
    n = int(np.nanargmax(distance))
    remark = (
        f"A search from the prior finds the cost {found.cost:.6g} where no draw is; the least of "
        f"the draws is {-ensemble.log_density.max():.6g}. {ensemble.control.names[n]} is "
        f"{distance[n]:.3g} sd of the draws from their mean there, so that the draws are a part of "
        'the posterior only. Start more chains, with start = "prior".'
    )
    return evolve(
        ensemble,
        numbers=numbers,
        doubts=(*ensemble.doubts, DOUBT),
        remarks=(*ensemble.remarks, remark),
    )


def _missed(
    ensemble: Ensemble, problem: CountedProblem, generator: np.random.Generator
) -> OptimisationResult | None:
    """A minimum far from the draws whose cost gives it weight."""
    least = -float(ensemble.log_density.max())
    mean, sd = ensemble.mean, ensemble.sd

    def far(x: np.ndarray) -> bool:
        return bool(np.any(np.abs(x - mean) > FAR * sd))

    sample = getattr(problem.prior, "sample", None)
    try:
        drawn = [] if sample is None else sample(generator, POINTS)
    except CcdasError:  # a flat prior has no draws
        return None
    inside = [x for x in drawn if not problem.control.outside(x)]
    points = [x for x in inside if far(x)]
    costs = np.array([_cost(problem, x) for x in points])
    for n in np.argsort(costs)[:SEARCHES]:
        if not np.isfinite(costs[n]):
            break
        try:
            search = Lbfgsb(iterations=ITERATIONS)
            end = minimise(search, problem, points[n], lambda _: None, budget=problem.budget)
        except (CcdasError, ArithmeticError, np.linalg.LinAlgError):
            continue
        if end.status == "interrupted":
            raise KeyboardInterrupt
        if end.cost < least + WEIGHTLESS and far(end.x):
            return end
    return None


def _cost(problem: CountedProblem, x: np.ndarray) -> float:
    try:
        cost = float(problem.cost(x))
    except (CcdasError, ArithmeticError):
        return np.inf
    return cost if np.isfinite(cost) else np.inf
