"""One starting point, optimised in this process."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
from attrs import evolve

from ..config import Config
from ..core.budget import Budget, BudgetSpent
from ..core.cost_problem import CostProblem
from ..core.errors import CcdasError
from ..core.interfaces import Optimiser
from ..core.result import Iteration, OptimisationResult, Status
from ..outputs.checkpoints import History
from ..problem.component_results import optimisation_findings, require_results
from ..problem.counted_problem import CountedProblem, require_numbers
from .run_log import RunLog
from .starts import Start

FAILURES = (CcdasError, ArithmeticError, np.linalg.LinAlgError)  # of one start


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
    require_numbers(x0)
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

    further: dict[str, Any] = {
        "generator": generator or np.random.default_rng(1), "budget": budget,
    }  # fmt: skip
    named = inspect.signature(optimiser.minimise).parameters
    further = {name: value for name, value in further.items() if name in named}
    arguments: tuple[Any, ...] = (x0, accepted)
    if earlier:
        arguments = (x0, accepted, earlier) if optimiser.resumes else (earlier[-1].x, accepted)
    try:
        result = optimiser.minimise(counted, *arguments, **further)
    except BudgetSpent:
        if counted.best is None and not points:
            raise CcdasError(
                f"the budget of {budget.model_runs:g} model runs is spent before the first point",
                code="budget-too-small",
                where="budget.model_runs",
            ) from None
        return _best(counted, points, callback)
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


def _best(
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
    message = (
        f"the budget is spent ({budget.used:g} of {budget.model_runs:g} model runs); this is the "
        "best point that was evaluated"
    )
    return _ended(points, "budget spent", message, budget)


def _ended(
    points: list[Iteration], status: Status, message: str, budget: Budget
) -> OptimisationResult:
    return OptimisationResult(points[-1].x, status, message, points, budget.record)


def search_inputs(
    config: Config, start: int, parameters: int
) -> tuple[Budget, np.random.Generator]:
    """Budget and random numbers of the search from one start.

    Args:
        start: its number.
        parameters: number of elements of the control vector.
    """
    # of the other streams of the seed, 3 are the starts and 4 the draws
    generator = np.random.default_rng([config.experiment.seed, 5, start])
    return config.budget.budget(parameters), generator


def solved_start(
    start: Start,
    optimiser: Optimiser,
    problem: CostProblem,
    log: RunLog,
    budget: Budget,
    generator: np.random.Generator,
) -> Start:
    """The start with its result, or with the reason why it has none."""
    number = start.number
    if log.stop.is_set():
        return evolve(start, problem="not begun, because the run was interrupted")
    monitor = log.begin(start)
    try:
        result = minimise(
            optimiser,
            problem,
            start.x,
            lambda iteration: log.accepted(number, iteration, monitor),
            log.points(number),
            budget=budget,
            generator=generator,
            evaluated=lambda spent: log.evaluated(spent, monitor),
        )
    except KeyboardInterrupt:
        log.stop.set()
        return evolve(start, problem="interrupted before its first point")
    except FAILURES as error:
        return log.failed(start, error)
    return log.ended(start, result)


def finished_start(start: Start, past: History) -> Start:
    """A start that ended before the interruption of its run, with its result."""
    if past.status == "failed":
        return evolve(start, problem=past.message)
    result = OptimisationResult(
        x=past.iterations[-1].x,
        status=past.status,  # type: ignore[arg-type]
        message=past.message,
        iterations=past.iterations,
        counts=past.iterations[-1].counts,
    )
    return evolve(start, result=result)
