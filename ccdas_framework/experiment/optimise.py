"""From starting points to the best point found: one after the other, or side by side."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import numpy as np
from attrs import evolve, frozen

from ..core.errors import CcdasError
from ..core.interfaces import Optimiser
from ..core.problem import Problem
from ..core.result import FINAL, Iteration, OptimisationResult
from ..execution import Serial, executor_of, shares_memory
from ..io.checkpoints import History
from ..io.results import RunFolder
from ..io.toml_text import toml_text
from .fault import keep_fault
from .journal import Journal
from .starts import Start, Starts, starting_points

if TYPE_CHECKING:
    from .load import Experiment
    from .run import Monitor

FAILURES = (CcdasError, ArithmeticError, np.linalg.LinAlgError)  # of one start, not of the program
SAME_PROBLEM = 1e-6  # relative difference of a cost here and where it was found


@contextmanager
def executor_for(experiment: Experiment, given: Executor | None) -> Iterator[Executor]:
    """Where the starting points of an experiment run: the given executor, or that of its config."""
    compute, count = experiment.config["compute"], experiment.config["experiment"]["starts"]
    alone = count == 1 or (compute["executor"] == "threads" and compute["workers"] == 1)
    if given is not None:
        yield given
        return
    with executor_of("serial" if alone else compute["executor"], compute["workers"]) as executor:
        yield executor


def optimise(
    experiment: Experiment,
    problem: Problem,
    folder: RunFolder,
    monitor: Monitor,
    began: float,
    executor: Executor | None = None,
    earlier: Mapping[int, History] | None = None,
) -> Starts:
    """Minimise from every starting point; each accepted point is logged and checkpointed.

    Args:
        experiment: gives the optimiser, how many starts, and the seed.
        problem: built from it.
        folder: of the results.
        monitor: told what is going on.
        began: time.monotonic() at the start of the run.
        executor: where starts run; one that does not share memory builds the problem anew from the
            configuration, and tells of a start when it has ended.
        earlier: how far each start of an interrupted run came.

    Raises:
        CcdasError: no start could be optimised.
    """
    executor = executor or Serial()
    seed = int(experiment.config["experiment"]["seed"])
    points = starting_points(problem, int(experiment.config["experiment"]["starts"]), seed)
    most = getattr(experiment.optimiser, "iterations", None)
    journal = Journal(folder, problem.control.names, len(points), monitor, began, most)
    journal.histories.update(earlier or {})
    if shares_memory(executor):
        solver = _Here(experiment.optimiser, problem, journal)
        starts = _gathered([executor.submit(solver.solve, point) for point in points], journal.stop)
    else:
        starts = _sent(experiment, points, executor, journal)
    found = Starts(tuple(starts), interrupted=journal.stop.is_set())
    if not found.ended:
        _refuse(found, journal)
    if not shares_memory(executor):
        _require_same(problem, found.best)
    return found


def minimise(
    optimiser: Optimiser,
    problem: Problem,
    x0: np.ndarray,
    callback: Callable[[Iteration], None],
    earlier: tuple[Iteration, ...] = (),
) -> OptimisationResult:
    """`Optimiser.minimise`, gone on with; one that cannot is started anew from the last point."""
    if not earlier:
        return optimiser.minimise(problem, x0, callback)
    if optimiser.resumes:
        return optimiser.minimise(problem, x0, callback, earlier)
    made = len(earlier) - 1

    def renumbered(iteration: Iteration) -> Iteration:
        return evolve(iteration, number=made + iteration.number)

    def further(iteration: Iteration) -> None:
        if iteration.number:
            callback(renumbered(iteration))

    found = optimiser.minimise(problem, earlier[-1].x, further)
    new = (renumbered(iteration) for iteration in found.iterations[1:])
    return evolve(found, iterations=(*earlier, *new))


@frozen(eq=False)
class _Here:
    """Solves starts of a problem that is at hand."""

    optimiser: Optimiser
    problem: Problem
    journal: Journal

    def solve(self, start: Start) -> Start:
        journal, number = self.journal, start.number
        if journal.stop.is_set():
            return evolve(start, problem="not begun, because the run was interrupted")
        past = journal.histories.get(number)
        if past is not None and past.status in FINAL:
            return _ended_before(start, past)
        monitor = journal.begin(start)
        try:
            found = minimise(
                self.optimiser,
                self.problem,
                start.x,
                lambda iteration: journal.accepted(number, iteration, monitor),
                () if past is None else tuple(past.iterations),
            )
        except KeyboardInterrupt:
            journal.stop.set()
            return evolve(start, problem="interrupted before its first point")
        except FAILURES as error:
            return journal.failed(start, error)
        return journal.ended(start, found)


def _ended_before(start: Start, past: History) -> Start:
    if past.status == "failed":
        return evolve(start, problem=past.message)
    found = OptimisationResult(
        x=past.iterations[-1].x,
        status=past.status,  # type: ignore[arg-type]
        message=past.message,
        iterations=past.iterations,
        counts=past.iterations[-1].counts,
    )
    return evolve(start, found=found)


def _gathered(futures: list[Future[Start]], stop: Event) -> list[Start]:
    """Results of all starts; on Ctrl-C each ends with its next point."""
    while True:
        try:
            return [future.result() for future in futures]
        except KeyboardInterrupt:
            if stop.is_set():
                raise
            stop.set()


# -- where memory is not shared -------------------------------------------------------------------


def _sent(
    experiment: Experiment, points: tuple[Start, ...], executor: Executor, journal: Journal
) -> list[Start]:
    text, pasts = toml_text(dict(experiment.config)), dict(journal.histories)
    waiting = {}
    starts = []
    for start in points:
        past = pasts.get(start.number)
        if past is not None and past.status in FINAL:
            starts.append(_ended_before(start, past))
            continue
        made = () if past is None else tuple(past.iterations)
        waiting[executor.submit(solve_there, text, start.x, made, journal.names)] = start, made
    for future, (start, made) in waiting.items():
        monitor = journal.begin(start)
        try:
            found = _received(future, journal.stop)
        except (*FAILURES, BrokenExecutor) as error:
            starts.append(journal.failed(start, error))
            continue
        if found is None:
            starts.append(evolve(start, problem="interrupted before its first point"))
            continue
        for iteration in found.iterations[len(made) :]:
            journal.accepted(start.number, iteration, monitor, stopping=False)
        starts.append(journal.ended(start, found))
    return sorted(starts, key=lambda start: start.number)


def _received(future: Future[OptimisationResult | None], stop: Event) -> OptimisationResult | None:
    while True:
        try:
            found = future.result() if not (stop.is_set() and future.cancel()) else None
        except KeyboardInterrupt:  # a terminal tells the other processes as well
            if stop.is_set():
                raise
            stop.set()
            continue
        if found is None:
            stop.set()
        return found


def solve_there(
    text: str, x0: np.ndarray, earlier: tuple[Iteration, ...], names: tuple[str, ...]
) -> OptimisationResult | None:
    """One start in another process, from the configuration alone; None where it was interrupted.

    Args:
        text: of experiment.toml, as run.
        x0: starting point, shape (control,).
        earlier: points accepted before an interruption.
        names: of the control vector; the problem built here must have the same.

    Raises:
        CcdasError: what is built here is another problem.
    """
    from .load import load_experiment

    try:
        with tempfile.TemporaryDirectory(prefix="ccdas-start-") as folder:
            path = Path(folder) / "experiment.toml"
            path.write_text(text, encoding="utf-8")
            experiment = load_experiment(path)
        problem = experiment.build()
        if problem.control.names != tuple(names):
            raise CcdasError(
                f"the configuration gives {len(problem.control)} other parameters where this start "
                f"was sent than the {len(names)} of the run; install the same plugins everywhere",
                code="other-parameters",
                where="parameters",
            )
        found = minimise(experiment.optimiser, problem, x0, lambda _: None, earlier)
    except KeyboardInterrupt:
        return None
    except Exception as error:
        keep_fault(error)
        raise
    return evolve(found, jacobian=None)  # large, and made again where it is wanted


def _require_same(problem: Problem, best: OptimisationResult) -> None:
    here = problem.cost(best.x)
    if not abs(here - best.cost) <= SAME_PROBLEM * max(abs(here), 1.0):
        raise CcdasError(
            f"the best start was sent elsewhere and found a cost of {best.cost:.10g}, which is "
            f"{here:.10g} here: the experiment is not what its configuration says, or files or "
            "versions differ. Use threads, or make them the same.",
            code="cost-differs-elsewhere",
            where="compute.executor",
        )


def _refuse(found: Starts, journal: Journal) -> None:
    """Raise what kept every start from its first point."""
    if found.interrupted:
        raise KeyboardInterrupt
    if len(found.starts) == 1:
        raise journal.errors[1]
    told = "; ".join(f"start {s.number}: {s.problem}" for s in found.starts)
    raise CcdasError(
        f"none of the {len(found.starts)} starting points could be optimised: {told}",
        code="no-start-succeeded",
        where="experiment.starts",
    )
