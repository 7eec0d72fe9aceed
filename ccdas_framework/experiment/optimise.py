"""Optimisation from all starting points, in turn or side by side."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor, Future
from contextlib import AbstractContextManager, nullcontext
from threading import Event

from ..core.errors import CcdasError
from ..core.result import FINAL, OptimisationResult
from ..execution import OuterLevel, Serial, executor_of, shares_memory
from ..outputs.checkpoints import History
from ..outputs.run_folder import RunFolder
from ..problem.assembled_problem import Problem
from .experiment_data import ExperimentData
from .monitor import Monitor
from .remote_starts import solve_remotely
from .run_log import RunLog
from .single_start import finished_start, search_inputs, solved_start
from .starts import Start, Starts, starting_points

SAME_PROBLEM = 1e-6  # relative difference of a cost in two processes


def executor_for(
    experiment: ExperimentData, executor: Executor | None
) -> AbstractContextManager[Executor]:
    """Executor of the starting points: the argument, or that of the configuration."""
    starts, compute = experiment.config.experiment.starts, experiment.config.compute
    if executor is not None:
        alone = starts == 1 or isinstance(executor, Serial)
        return nullcontext(executor if alone else OuterLevel(executor))
    threaded = compute.executor == "threads" and compute.workers == 1
    alone = starts == 1 or threaded
    return executor_of("serial" if alone else compute.executor, min(compute.workers, starts))


def optimise(
    experiment: ExperimentData,
    problem: Problem,
    folder: RunFolder,
    monitor: Monitor,
    began: float,
    executor: Executor | None = None,
    earlier: Mapping[int, History] | None = None,
) -> Starts:
    """Results of all starting points; each accepted point is logged and checkpointed.

    Args:
        executor: runs the starts; where memory is not shared, each builds the problem anew from the
            configuration, and is logged at its end.
        earlier: iterations of each start of an interrupted run.

    Raises:
        CcdasError: no start could be optimised.
    """
    executor = executor or Serial()
    configured = experiment.config.experiment
    points = starting_points(problem, configured.starts, configured.seed)
    most = getattr(experiment.optimiser, "iterations", None)
    earlier = earlier or {}
    log = RunLog(folder, problem.control.names, len(points), monitor, began, most, dict(earlier))
    final = {number: past for number, past in earlier.items() if past.status in FINAL}
    finished = [finished_start(p, final[p.number]) for p in points if p.number in final]
    waiting = [point for point in points if point.number not in final]
    if shares_memory(executor):
        futures = [
            executor.submit(solved_start, point, experiment.optimiser, problem, log,
                            *search_inputs(experiment.config, point.number, len(problem.control)))
            for point in waiting
        ]  # fmt: skip
        solved = _gathered(futures, log.stop)
    else:
        solved = solve_remotely(experiment, waiting, executor, log)
    results = sorted([*finished, *solved], key=lambda start: start.number)
    starts = Starts(tuple(results), interrupted=log.stop.is_set())
    if not starts.ended:
        raise KeyboardInterrupt if starts.interrupted else _no_success(starts)
    if not shares_memory(executor):
        _require_same(problem, starts.best)
    return starts


def _gathered(futures: list[Future[Start]], stop: Event) -> list[Start]:
    """Results of all starts; on Ctrl-C each ends with its next point."""
    while True:
        try:
            return [future.result() for future in futures]
        except KeyboardInterrupt:
            if stop.is_set():
                raise
            stop.set()


def _require_same(problem: Problem, best: OptimisationResult) -> None:
    cost = problem.cost(best.x)
    if not abs(cost - best.cost) <= SAME_PROBLEM * max(abs(cost), 1.0):
        raise CcdasError(
            f"the best start has the cost {best.cost:.10g} in its process and {cost:.10g} in this "
            "one: the configuration is not that of the experiment, or files or versions differ. "
            "Use threads, or the same files and versions.",
            code="cost-differs-elsewhere",
            where="compute.executor",
        )


def _no_success(starts: Starts) -> CcdasError:
    failures = "; ".join(f"start {s.number}: {s.problem}" for s in starts.starts)
    message = f"none of the {len(starts.starts)} starting points could be optimised: {failures}"
    return CcdasError(message, code="no-start-succeeded", where="experiment.starts")
