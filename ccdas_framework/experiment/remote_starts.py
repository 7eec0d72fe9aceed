"""Starting points that other processes optimise, from the configuration alone."""

from __future__ import annotations

import tempfile
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from pathlib import Path

import numpy as np
from attrs import define, evolve, field

from ..core.errors import CcdasError
from ..core.result import Iteration, OptimisationResult
from ..execution.block_work import MOST_DEATHS, WorkerLost, death, died
from ..io.toml_text import toml_text
from ..optimisers.counted_search import minimise
from .build import build
from .component_errors import attach_component_error
from .experiment_data import ExperimentData
from .load import load_experiment_data
from .run_log import RunLog
from .single_start import FAILURES, search_inputs
from .starts import Start


def solve_remotely(
    experiment: ExperimentData, starts: Sequence[Start], executor: Executor, log: RunLog
) -> list[Start]:
    """The starts with their results; each is logged when it and those before it have ended.

    A start whose process ends is given out again, at most `MOST_DEATHS` times.

    Args:
        experiment: whose configuration the processes receive.
        executor: runs them where memory is not shared.

    Raises:
        CcdasError: a start ended `MOST_DEATHS` processes, with the code "worker-died".
    """
    text = toml_text(experiment.config.to_dict())

    def submit(s: Start) -> Future[OptimisationResult | None]:
        points = log.points(s.number)
        return executor.submit(solve_from_text, text, s.number, s.x, points, log.names)

    running = _RunningStarts(submit, log, starts)
    logged: list[Start] = []
    try:
        for start in starts:
            logged.append(_logged(start, running.ended, log))
    except CcdasError:  # results that are there are kept for `ccdas resume`
        for start in starts[len(logged) :]:
            if running.has_result(start.number):
                _logged(start, running.futures.__getitem__, log)
        raise
    return logged


@define(eq=False)
class _RunningStarts:
    """Starts in other processes.

    Args:
        submit: gives a start to a process.
        starts: all of them.
        futures: of their results by number.
        deaths: number -> processes that ended while they computed it.
    """

    submit: Callable[[Start], Future[OptimisationResult | None]]
    log: RunLog
    starts: Sequence[Start]
    futures: dict[int, Future[OptimisationResult | None]] = field(init=False)
    deaths: Counter[int] = field(factory=Counter, init=False)

    def __attrs_post_init__(self) -> None:
        self.futures = {start.number: self.submit(start) for start in self.starts}

    def ended(self, number: int) -> Future[OptimisationResult | None]:
        """Future of a start that has ended; one that Ctrl-C kept from its result is cancelled."""
        while True:
            try:
                self._give_out_again()
                if self.futures[number].done():
                    return self.futures[number]
                if any(_death_of(future) for future in self.futures.values()):  # just now
                    continue
                unfinished = [f for f in self.futures.values() if not f.done()]
                wait(unfinished, return_when=FIRST_COMPLETED)
            except KeyboardInterrupt:  # a terminal interrupts the other processes as well
                if self.log.stop.is_set():
                    raise
                self.log.stop.set()
                for future in self.futures.values():
                    future.cancel()

    def has_result(self, number: int) -> bool:
        """Whether a start has ended with a result."""
        future = self.futures[number]
        return future.done() and not future.cancelled() and future.exception() is None

    def _give_out_again(self) -> None:
        """Submit the starts again whose process has died."""
        for start in self.starts:
            lost = _death_of(self.futures[start.number])
            if lost is None:
                continue
            if self.log.stop.is_set():
                self.futures[start.number] = Future()
                self.futures[start.number].cancel()
                continue
            name = f"start {start.number} of {self.log.count}"
            self.deaths[start.number] += 1
            if self.deaths[start.number] == MOST_DEATHS:
                raise died(name, str(lost)) from None
            warning = death(name, self.deaths[start.number], "It begins again in another one.")
            warnings.warn(warning, stacklevel=2)
            self.futures[start.number] = self.submit(start)


def _death_of(future: Future[OptimisationResult | None]) -> WorkerLost | None:
    """The death of the process that computed a start, where it has died."""
    if not future.done() or future.cancelled():
        return None
    error = future.exception()
    return error if isinstance(error, WorkerLost) else None


def _logged(
    start: Start, ended: Callable[[int], Future[OptimisationResult | None]], log: RunLog
) -> Start:
    monitor, earlier = log.begin(start), log.points(start.number)
    future = ended(start.number)
    try:
        result = None if future.cancelled() else future.result()
    except (*FAILURES, BrokenExecutor) as error:
        return log.failed(start, error)
    if result is None:
        log.stop.set()
        return evolve(start, problem="interrupted before its first point")
    for iteration in result.iterations[len(earlier) :]:
        log.accepted(start.number, iteration, monitor, stopping=False)
    return log.ended(start, result)


def solve_from_text(
    text: str, number: int, x0: np.ndarray, earlier: tuple[Iteration, ...], names: tuple[str, ...]
) -> OptimisationResult | None:
    """One start in another process, from the configuration alone; None where it was interrupted.

    Args:
        text: of experiment.toml, as run.
        number: of the start.
        x0: starting point, shape (control,).
        earlier: points accepted before an interruption.
        names: of the control vector.

    Raises:
        CcdasError: the problem has another control vector.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="ccdas-start-") as folder:
            path = Path(folder) / "experiment.toml"
            path.write_text(text, encoding="utf-8")
            experiment = load_experiment_data(path)
        problem = build(experiment)
        if problem.control.names != tuple(names):
            raise CcdasError(
                f"the configuration gives {len(problem.control)} other parameters in the process "
                f"of this start than the {len(names)} of the run; install the same plugins there",
                code="other-parameters",
                where="parameters",
            )
        budget, generator = search_inputs(experiment.config, number, len(names))
        result = minimise(
            experiment.optimiser,
            problem,
            x0,
            lambda _: None,
            earlier,
            budget=budget,
            generator=generator,
        )
    except KeyboardInterrupt:
        return None
    except Exception as error:
        attach_component_error(error)
        raise
    return evolve(result, jacobian=None)  # large, and computed again if needed
