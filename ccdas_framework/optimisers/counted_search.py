"""One minimisation with its evaluations counted, ended where its budget is spent."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
from attrs import evolve

from ..core.budget import Budget, BudgetSpent
from ..core.cost_problem import CostProblem
from ..core.errors import CcdasError
from ..core.interfaces import Optimiser
from ..core.result import Iteration, OptimisationResult, Status
from ..problem.component_results import require_results
from ..problem.control_numbers import control_numbers
from ..problem.counted_problem import CountedProblem
from ..problem.method_results import optimisation_findings


def minimise(
    optimiser: Optimiser,
    problem: CostProblem,
    x0: np.ndarray,
    callback: Callable[[Iteration], None],
    earlier: tuple[Iteration, ...] = (),
    *,
    budget: Budget | None = None,
    generator: np.random.Generator | None = None,
    evaluated: Callable[[Budget], None] = lambda budget: None,
) -> OptimisationResult:
    """`Optimiser.minimise` after earlier points, with the evaluations counted.

    An optimiser that cannot resume starts anew from the last of them. Where the budget is spent,
    the result is the best point that was evaluated, with its cost evaluated outside the budget.

    Args:
        budget: of the search; by default one without a limit.
        generator: of what the optimiser draws; by default one of seed 1.
        evaluated: called after each evaluation.

    Raises:
        InvalidInput: it returns no result, or one of wrong shape; x0 has a NaN.
    """
    x0 = np.array(control_numbers(x0, problem))  # the prior mean itself, if a method writes into it
    budget = Budget() if budget is None else budget
    budget.resume(earlier[-1].counts if earlier else {})
    resumed = earlier[-1].x if earlier else None
    if isinstance(problem, CountedProblem):
        counted = problem
    else:
        counted = CountedProblem(problem, budget, evaluated, resumed)
    points = list(earlier)
    last = 0 if optimiser.resumes or not earlier else len(earlier) - 1

    def accepted(iteration: Iteration) -> None:
        if last and not iteration.number:  # the point that an optimiser starts anew from
            return
        points.append(_counted(iteration, budget, last))
        callback(points[-1])

    further = named_arguments(optimiser, generator or np.random.default_rng(1), budget)
    arguments: tuple[Any, ...] = (x0, accepted)
    if earlier:
        arguments = (x0, accepted, earlier) if optimiser.resumes else (earlier[-1].x, accepted)
    try:
        result = optimiser.minimise(counted, *arguments, **further)
    except BudgetSpent:
        if counted.best is None and not points:
            raise CcdasError(
                f"the budget is spent before the first point ({budget.spent})",
                code="budget-too-small",
                where=budget.key,
            ) from None
        return ended_at_budget(counted, points, callback)
    except KeyboardInterrupt:
        if not points:
            raise
        message = "stopped by Ctrl-C; this is the last accepted point"
        return _ended(points, "interrupted", message, budget)
    place = f"optimiser '{type(optimiser).__name__}'"
    require_results(optimisation_findings(result, len(x0)), optimiser, place)
    return evolve(result, iterations=points or result.iterations, counts=budget.record)


def _counted(iteration: Iteration, budget: Budget, last: int) -> Iteration:
    return evolve(iteration, number=last + iteration.number, counts=budget.record)


def named_arguments(
    optimiser: Optimiser, generator: np.random.Generator, budget: Budget
) -> dict[str, Any]:
    """Those of generator and budget that the signature of `minimise` names."""
    named = inspect.signature(optimiser.minimise).parameters
    further = {"generator": generator, "budget": budget}
    return {name: value for name, value in further.items() if name in named}


def ended_at_budget(
    counted: CountedProblem, points: list[Iteration], callback: Callable[[Iteration], None]
) -> OptimisationResult:
    """Result at the best evaluated point, which becomes the last accepted one."""
    problem, budget, best = counted.problem, counted.budget, counted.best
    if best is not None and not (points and points[-1].cost <= best.cost):
        terms = problem.cost_terms(best.x)
        points.append(
            Iteration(len(points), best.x, float(sum(terms.values())), terms,
                      counts=budget.record, state=points[-1].state if points else {})
        )  # fmt: skip
        callback(points[-1])
    message = f"the budget is spent ({budget.spent}); this is the best point that was evaluated"
    return _ended(points, "budget spent", message, budget)


def _ended(
    points: list[Iteration], status: Status, message: str, budget: Budget
) -> OptimisationResult:
    return OptimisationResult(points[-1].x, status, message, points, budget.record)
