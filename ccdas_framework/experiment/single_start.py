"""One starting point, optimised in this process."""

from __future__ import annotations

import numpy as np
from attrs import evolve

from ..config import Config
from ..core.budget import Budget
from ..core.cost_problem import CostProblem
from ..core.errors import CcdasError
from ..core.interfaces import Optimiser
from ..core.result import OptimisationResult
from ..optimisers.counted_search import minimise
from ..outputs.checkpoints import History
from .run_log import RunLog
from .starts import Start

FAILURES = (CcdasError, ArithmeticError, np.linalg.LinAlgError)  # of one start


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
