"""Starting points that other processes optimise, from the configuration alone."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from pathlib import Path
from threading import Event

import numpy as np
from attrs import evolve

from ..core.errors import CcdasError
from ..core.result import Iteration, OptimisationResult
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
    """The starts with their results; each is logged when it has ended.

    Args:
        experiment: whose configuration the processes receive.
        executor: runs them where memory is not shared.
    """
    text = toml_text(experiment.config.to_dict())
    futures = [
        executor.submit(solve_from_text, text, s.number, s.x, log.points(s.number), log.names)
        for s in starts
    ]
    return [_logged(start, future, log) for start, future in zip(starts, futures, strict=True)]


def _logged(start: Start, future: Future[OptimisationResult | None], log: RunLog) -> Start:
    monitor, earlier = log.begin(start), log.points(start.number)
    try:
        result = _received(future, log.stop)
    except (*FAILURES, BrokenExecutor) as error:
        return log.failed(start, error)
    if result is None:
        return evolve(start, problem="interrupted before its first point")
    for iteration in result.iterations[len(earlier) :]:
        log.accepted(start.number, iteration, monitor, stopping=False)
    return log.ended(start, result)


def _received(future: Future[OptimisationResult | None], stop: Event) -> OptimisationResult | None:
    """Result of a start, or None for one that Ctrl-C cancels."""
    while True:
        try:
            result = future.result() if not (stop.is_set() and future.cancel()) else None
        except KeyboardInterrupt:  # a terminal interrupts the other processes as well
            if stop.is_set():
                raise
            stop.set()
            continue
        if result is None:
            stop.set()
        return result


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
