"""Starting points in processes: what the death of a process costs."""

import os
import signal
import time
from concurrent.futures import Executor, Future
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from findings import raises_finding

from ccdas_framework.core.errors import CcdasError, CcdasWarning
from ccdas_framework.core.result import Iteration, OptimisationResult
from ccdas_framework.execution import executor_of, shares_memory
from ccdas_framework.execution.block_work import WorkerLost
from ccdas_framework.experiment.monitor import Monitor
from ccdas_framework.experiment.remote_starts import solve_remotely
from ccdas_framework.experiment.run_log import RunLog
from ccdas_framework.experiment.starts import Start

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
EXPERIMENT = SimpleNamespace(config=SimpleNamespace(to_dict=dict))


class NoFolder:
    """A run folder that keeps nothing."""

    def __getattr__(self, name):
        return lambda *_, **__: None


def result_of(number):
    x = np.array([float(number)])
    iteration = Iteration(0, x, 1.0, {"prior": 1.0}, 1.0)
    return OptimisationResult(x, "converged", "", (iteration,))


def deadly(folder, deaths, number):
    """Result of a start, which kills its process so many times before."""
    tried = len(list(Path(folder).glob(f"{number}-*")))
    (Path(folder) / f"{number}-{tried}").touch()
    if tried < deaths.get(number, 0):
        os.kill(os.getpid(), signal.SIGKILL)
    return result_of(number)


class Deadly(Executor):
    """Computes `deadly` in place of a start."""

    def __init__(self, executor, folder, deaths):
        self.executor, self.call = executor, (deadly, str(folder), deaths)

    def submit(self, function, text, number, *_):
        return self.executor.submit(*self.call, number)


def solved(executor, count=3):
    log = RunLog(NoFolder(), ("a",), count, Monitor(), 0.0)
    starts = [Start(number, np.zeros(1)) for number in range(1, count + 1)]
    return solve_remotely(EXPERIMENT, starts, executor, log), log


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    """A process starts without the paths of pytest."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))


def test_a_start_whose_process_dies_begins_again_and_the_others_go_on(tmp_path):
    with executor_of("processes", 2) as executor, pytest.warns(CcdasWarning) as told:
        assert not shares_memory(executor)
        starts, _ = solved(Deadly(executor, tmp_path, {2: 2}))
    assert [start.result.x[0] for start in starts] == [1.0, 2.0, 3.0]
    assert [w.message.code for w in told] == ["worker-died"] * 2
    assert all("start 2 of 3" in str(w.message) for w in told)
    tried = sorted(path.name for path in tmp_path.iterdir())
    assert tried == ["1-0", "2-0", "2-1", "2-2", "3-0"]  # nothing else is computed twice


def test_three_deaths_of_a_start_end_the_run_by_its_name(tmp_path):
    with (
        pytest.warns(CcdasWarning),
        raises_finding("worker-died", "compute.executor") as raised,
        executor_of("processes", 2) as executor,
    ):
        solved(Deadly(executor, tmp_path, {2: 99}))
    text = str(raised.value)
    assert text.startswith("start 2 of 3 ") and "SIGKILL" in text and "ccdas resume" in text
    assert len(list(tmp_path.glob("2-*"))) == 3


class Ended(Executor):
    """Start 1 still runs, start 2 has its result, and start 3 dies whenever it begins."""

    def submit(self, function, text, number, *_):
        future = Future()
        if number == 2:
            future.set_result(result_of(2))
        if number == 3:
            future.set_exception(WorkerLost("SIGKILL"))
        return future


def test_results_that_are_there_are_kept_where_another_start_ends_the_run():
    log = RunLog(NoFolder(), ("a",), 3, Monitor(), 0.0)
    starts = [Start(number, np.zeros(1)) for number in (1, 2, 3)]
    with pytest.warns(CcdasWarning), raises_finding("worker-died", "compute.executor"):
        solve_remotely(EXPERIMENT, starts, Ended(), log)
    assert log.points(1) == () and [point.x[0] for point in log.points(2)] == [2.0]


class Lost(Executor):
    """Whose first start gets Ctrl-C, of which its process dies."""

    def __init__(self, log):
        self.log, self.submitted = log, []

    def submit(self, function, text, number, *_):
        self.submitted.append(number)
        future = Future()
        if number == 1:
            self.log.stop.set()
            future.set_exception(WorkerLost("SIGINT"))
        return future


def test_a_start_that_ctrl_c_ends_does_not_begin_again():
    log = RunLog(NoFolder(), ("a",), 1, Monitor(), 0.0)
    executor = Lost(log)
    (start,) = solve_remotely(EXPERIMENT, [Start(1, np.zeros(1))], executor, log)
    assert executor.submitted == [1] and "interrupted" in start.problem


def test_an_error_ends_the_pieces_of_work_that_nobody_waits_for():
    began = time.monotonic()
    with pytest.raises(CcdasError), executor_of("processes", 1) as executor:
        executor.submit(time.sleep, 600.0)
        raise CcdasError("of another piece", code="other")
    assert time.monotonic() - began < 300.0
