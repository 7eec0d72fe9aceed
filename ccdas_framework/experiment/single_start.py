"""One starting point, optimised in this process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from attrs import evolve

from ..core.errors import CcdasError
from ..core.interfaces import Optimiser
from ..core.result import Iteration, OptimisationResult
from ..outputs.checkpoints import History
from ..problem.assembled_problem import Problem
from ..problem.component_results import optimisation_findings, require_results
from .run_log import RunLog
from .starts import Start

FAILURES = (CcdasError, ArithmeticError, np.linalg.LinAlgError)  # of one start


def minimise(
    optimiser: Optimiser,
    problem: Problem,
    x0: np.ndarray,
    callback: Callable[[Iteration], None],
    earlier: tuple[Iteration, ...] = (),
) -> OptimisationResult:
    """`Optimiser.minimise` after earlier points.

    An optimiser that cannot resume starts anew from the last of them.

    Raises:
        InvalidInput: it returns no result, or one of wrong shape.
    """

    def minimised(*arguments: Any) -> OptimisationResult:
        result = optimiser.minimise(problem, *arguments)
        place = f"optimiser '{type(optimiser).__name__}'"
        require_results(optimisation_findings(result, len(x0)), optimiser, place)
        return result

    if not earlier:
        return minimised(x0, callback)
    if optimiser.resumes:
        return minimised(x0, callback, earlier)
    last = len(earlier) - 1

    def renumbered(iteration: Iteration) -> Iteration:
        return evolve(iteration, number=last + iteration.number)

    def further(iteration: Iteration) -> None:
        if iteration.number:
            callback(renumbered(iteration))

    result = minimised(earlier[-1].x, further)
    new = (renumbered(iteration) for iteration in result.iterations[1:])
    return evolve(result, iterations=(*earlier, *new))


def solved_start(start: Start, optimiser: Optimiser, problem: Problem, log: RunLog) -> Start:
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
