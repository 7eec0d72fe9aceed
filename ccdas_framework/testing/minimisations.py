"""Minimisations of the small problems: recorded, interrupted, resumed, with bounds and NaN."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from math import inf
from typing import Any

import numpy as np
from attrs import evolve

from ..core.budget import Budget, BudgetSpent
from ..core.errors import CcdasError
from ..core.interfaces import Optimiser
from ..core.result import Iteration, OptimisationResult
from ..optimisers.counted_search import ended_at_budget, named_arguments
from ..problem.assembled_problem import Problem
from ..problem.counted_problem import CountedProblem
from .check import CheckFailure, require, require_close
from .derivatives import engine_named
from .known_curved_problems import BOUND_AT_OPTIMUM
from .known_problem_statement import known_problem
from .problems import small_problem

NEAR = 1e-3  # of the fall of a cost: as far above the minimum as a converged result may be
LEFT_BY_COSTS = 0.1  # the same of a search by costs only that has not converged
RUNS = 8000.0  # of the model, 2000 for each parameter, for a search that evaluates costs only


def silent(point: Iteration) -> None:
    """Callback that ignores the point."""


class Trials:
    """Minimisations of the small problems, counted as in a run, each computed once.

    An optimiser that evaluates costs only, `needs` = {"simulate"}, has a budget of `RUNS`.
    """

    def __init__(self, optimiser: Optimiser) -> None:
        self.optimiser = optimiser
        self.minimised = cache(self._minimised)
        self.problem = cache(
            lambda shape, engine="autograd": small_problem(engine_named(engine), shape)
        )

    @property
    def by_costs(self) -> bool:
        """Whether the optimiser evaluates costs only."""
        return set(self.optimiser.needs) == {"simulate"}

    def minimise(
        self,
        problem: Any,
        callback: Callable[[Iteration], None] = silent,
        earlier: Sequence[Iteration] = (),
        budget: Budget | None = None,
        seed: int = 1,
        start: np.ndarray | None = None,
    ) -> OptimisationResult:
        """Result of the optimiser from `start`; the best point at the end of the budget."""
        budget = self.budget() if budget is None else budget
        counted, points = CountedProblem(problem, budget), list(earlier)

        def accepted(point: Iteration) -> None:
            points.append(point)
            callback(point)

        start = self.start() if start is None else start
        arguments: tuple[Any, ...] = (start, accepted, *([earlier] if earlier else []))
        further = named_arguments(self.optimiser, np.random.default_rng(seed), budget)
        try:
            return self.optimiser.minimise(counted, *arguments, **further)
        except BudgetSpent:
            return ended_at_budget(counted, points, callback)

    def budget(self) -> Budget:
        """Budget of one minimisation."""
        return Budget(RUNS if self.by_costs else inf)

    def share_left(self, result: OptimisationResult) -> float:
        """Share of the possible fall of a cost that may be left at the end.

        A search by costs only that does not claim to have converged may end farther away.
        """
        return LEFT_BY_COSTS if self.by_costs and result.status != "converged" else NEAR

    def start(self) -> np.ndarray:
        """Away from the prior mean."""
        return np.array([0.5, -0.6, 0.4, -0.5])

    def _minimised(
        self, shape: str, engine: str = "autograd"
    ) -> tuple[OptimisationResult, list[Iteration]]:
        reported: list[Iteration] = []
        budget = self.budget()

        def accepted(point: Iteration) -> None:
            reported.append(evolve(point, counts=budget.record))

        result = self.minimise(self.problem(shape, engine), accepted, budget=budget)
        message = f"minimise returns {type(result).__name__}; expected an OptimisationResult."
        require(isinstance(result, OptimisationResult), "wrong-type", "minimise", message)
        return result, reported


# evaluation -> its word of `Optimiser.needs`
EVALUATIONS = {
    **dict.fromkeys(("simulate", "cost", "cost_terms", "residuals", "values_of"), "simulate"),
    "value_and_gradient": "gradient",
    **dict.fromkeys(
        ("jacobian", "simulate_and_jacobian", "derivatives", "hessian_vector", "hessian_vectors"),
        "jacobian",
    ),
}


class CallRecorder:
    """A problem that records the kinds of evaluation that an optimiser requests."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._kinds: set[str] = set()

    @property
    def kinds(self) -> set[str]:
        """Requested words of `Optimiser.needs`; a gradient and a Jacobian imply 'simulate'."""
        return self._kinds - {"simulate"}

    @property
    def evaluated(self) -> bool:
        """Whether any evaluation was requested."""
        return bool(self._kinds)

    def __getattr__(self, name: str) -> Any:
        if name in EVALUATIONS:
            self._kinds.add(EVALUATIONS[name])
        return getattr(self._problem, name)


def is_interruptible(trials: Trials) -> None:
    """KeyboardInterrupt from the callback: status 'interrupted' and the last accepted point."""
    problem = trials.problem("curved")

    def stop(point: Iteration) -> None:
        if point.number == 1:
            raise KeyboardInterrupt

    try:
        result = trials.minimise(problem, stop)
    except KeyboardInterrupt:
        message = "a KeyboardInterrupt passes through minimise; the accepted points are lost."
        raise CheckFailure("lost-interruption", "minimise", message) from None
    if len(result.iterations) > 1:  # else there was nothing to interrupt
        message = f"after a KeyboardInterrupt the status is '{result.status}'."
        require(result.status == "interrupted", "wrong-status", "status", message)
        lowest = min(point.cost for point in result.iterations)
        text = "the cost after an interruption and the lowest so far"
        require_close(problem.cost(result.x), lowest, "wrong-cost", "x", text, 1e-8)


def is_resumable(trials: Trials) -> None:
    """A minimisation resumed from its first points keeps them and ends at the same cost."""
    result, first = trials.minimised("curved")
    earlier = result.iterations[:2]
    budget = trials.budget()
    budget.resume(first[len(earlier) - 1].counts)
    numbers = [point.number for point in earlier]
    reported: list[Iteration] = []
    resumed = trials.minimise(trials.problem("curved"), reported.append, earlier, budget)
    same = [point.number for point in resumed.iterations[: len(earlier)]] == numbers
    message = "the result does not begin with the earlier points."
    require(same, "wrong-iterations", "iterations", message)
    repeated = {point.number for point in reported} & set(numbers)
    message = "the callback receives the earlier points again."
    require(not repeated, "wrong-callback", "callback", message)
    tolerance = NEAR * (result.iterations[0].cost - result.cost)
    text = "the cost after an interruption and without one"
    require_close(resumed.cost, result.cost, "another-minimum", "earlier", text, atol=tolerance)


def steps_back(trials: Trials) -> None:
    """A model that breaks between start and minimum: all points are finite, the cost falls."""
    start = trials.start()
    problem = small_problem(engine_named("autograd"), "straight", breaks_at=1.5)
    result = trials.minimise(problem)
    costs = [*(point.cost for point in result.iterations), problem.cost(result.x)]
    message = "a point whose cost is NaN was accepted; step back from it."
    require(np.all(np.isfinite(costs)), "nan-accepted", "iterations", message)
    message = "the cost rises where the model breaks."
    require(result.cost <= problem.cost(start), "cost-rises", "cost", message)


def stays_inside(trials: Trials) -> None:
    """Bounds between start and minimum: no accepted point is beyond them."""
    problem = small_problem(engine_named("autograd"), "straight", rail=1.5)
    result = trials.minimise(problem)
    for x in (*(point.x for point in result.iterations), result.x):
        outside = ", ".join(problem.control.outside(x))
        message = f"an accepted point is outside the bounds of {outside}; see `control.outside`."
        require(not outside, "out-of-bounds", outside, message)


def minimises(trials: Trials) -> None:
    """Two parameters, each observed: the end is at their minimum, not far out on the rim."""
    known = known_problem(np.eye(2), [1.0, -2.0], sd=0.5, prior_mean=[0.0, 0.0])
    problem = known.problem("autograd")
    result = trials.minimise(problem, start=known.start)
    first, last = problem.cost(known.start), problem.cost(result.x)
    message = f"the cost of a bowl rises from {first:.6g} to {last:.6g}; the minimum is 2."
    require(last < first, "cost-rises", "bowl", message)
    message = f"a bowl has the minimum 2, and the optimiser ends at {last:.6g}."
    require(
        last - 2.0 <= trials.share_left(result) * (first - 2.0), "not-minimised", "bowl", message
    )


def ends_at_a_bound(trials: Trials) -> None:
    """The gradient at the minimum points out of a bound, which holds one of two parameters."""
    answer, problem = BOUND_AT_OPTIMUM.answer, BOUND_AT_OPTIMUM.problem("autograd")
    start = BOUND_AT_OPTIMUM.start
    result = trials.minimise(problem, start=start)
    outside = ", ".join(problem.control.outside(result.x))
    message = f"the result is outside the bounds of {outside}; see `control.x_bounds`."
    require(not outside, "out-of-bounds", outside, message)
    height = problem.cost(result.x) - answer.cost
    message = (
        f"the minimum lies at a bound, and the optimiser ends {height:.3g} above it: status "
        f"'{result.status}'; keep to `control.x_bounds` and go on in the other parameters."
    )
    fall = problem.cost(start) - answer.cost
    share = trials.share_left(result)
    require(height <= share * fall, "not-minimised", "bound", message)
    if share > NEAR:  # a search by costs that has not converged
        return
    named = ", ".join(answer.at_bound)
    message = f"at_bound is {result.at_bound!r}; expected {named}. `MinimisationRecord` finds it."
    require(tuple(result.at_bound) == answer.at_bound, "not-named", "at_bound", message)


def refuses_nan(trials: Trials) -> None:
    """NaN in x0: an error, and no evaluation."""
    recorder = CallRecorder(trials.problem("straight"))
    start = trials.start()
    start[1] = np.nan
    try:
        further = named_arguments(trials.optimiser, np.random.default_rng(1), Budget())
        trials.optimiser.minimise(recorder, start, silent, **further)
    except CcdasError:
        message = "the model was run with a NaN in x; test x0 first, as `control.outside` does."
        require(not recorder.evaluated, "nan-evaluated", "x0", message)
        return
    message = "a start with a NaN is accepted; raise an error, as `MinimisationRecord.refuse` does."
    raise CheckFailure("nan-accepted", "x0", message)
