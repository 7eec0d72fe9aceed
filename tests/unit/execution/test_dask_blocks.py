"""Blocks on a Dask cluster: the same bits as here, whatever becomes of workers and scheduler."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import Future
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from attrs import evolve
from deadly import deadly_problem, divided
from findings import raises_finding
from process_groups import members_of

from ccdas_framework.core.errors import CcdasWarning
from ccdas_framework.execution import (
    BlockWorkers,
    DaskWorkers,
    block_executor,
    block_processes,
    dask_workers,
)

pytest.importorskip("distributed", reason="the extra `dask` is not installed")
TESTS = str(Path(__file__).parents[2])
X = np.linspace(-0.3, 0.3, 10)


@pytest.fixture(scope="module", autouse=True)
def importable():
    """A worker starts without the paths of pytest, and with the folder of these tests."""
    with pytest.MonkeyPatch.context() as patch:
        paths = [TESTS, os.environ.get("PYTHONPATH", "")]
        patch.setenv("PYTHONPATH", os.pathsep.join(paths))
        yield


@pytest.fixture(scope="module")
def here():
    from ccdas_framework.engines.autograd_engine import AutogradEngine

    problem = divided(AutogradEngine())
    cost, gradient = problem.value_and_gradient(X)
    return cost, gradient, problem.jacobian(X)


def same_bits(problem, expected):
    cost, gradient = problem.value_and_gradient(X)
    assert cost == expected[0]
    np.testing.assert_array_equal(gradient, expected[1])
    np.testing.assert_array_equal(problem.jacobian(X), expected[2])


class Silent:
    """Client of a cluster with one worker."""

    status = "running"

    class scheduler:
        ncores = None

    def sync(self, question, **arguments):
        return {"a": 1}


def plotting(dask_worker=None):
    return sorted({"matplotlib", "typer", "ccdas_framework.report"} & set(sys.modules))


def test_workers_of_this_machine_give_its_bits_also_after_a_death(autograd, here, tmp_path):
    executor = block_executor("dask", 2)
    assert not executor.workers.threads
    with block_processes(executor):
        problem = divided(autograd, executor)
        same_bits(problem, here)
        assert executor.rebuilt == 0
        client = executor.workers._client
        processes = client.run(os.getpid)
        assert os.getpid() not in processes.values()
        assert client.run(plotting) == {worker: [] for worker in processes}
        os.kill(next(iter(processes.values())), signal.SIGKILL)
        same_bits(problem, here)
        assert 1 <= executor.rebuilt <= 2
    for process in processes.values():
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)
    assert not Path("dask-worker-space").exists() and not Path("dask-scratch-space").exists()


def test_a_block_that_kills_three_workers_ends_the_run_by_its_name(autograd, tmp_path):
    executor = block_executor("dask", 2)
    with block_processes(executor), raises_finding("worker-died", "compute.executor") as raised:
        deadly_problem(autograd, executor, tmp_path, 99).cost(X)
    assert str(raised.value).startswith("block 3 ")
    assert len(list(tmp_path.iterdir())) == 3


def test_tasks_that_end_during_a_look_at_them_do_no_harm():
    """A thread of Dask calls back at any moment."""
    workers = DaskWorkers(2)
    workers._client, workers._facts["a"] = Silent(), None
    workers._greeted["a"] = Future()

    class Ending(tuple):
        def __iter__(self):
            workers._running[object()] = ("a", Future())
            return super().__iter__()

    workers._running[object()] = Ending(("a", Future()))
    assert workers.members() == ["a"]
    workers.abandon([])


# -- a cluster of its own, reached by its address -------------------------------------------------


class Cluster:
    """A scheduler and workers in processes of their own."""

    def __init__(self, folder):
        self.file, self.started = folder / "scheduler.json", []
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("CCDAS_")}
        scheduler = ["scheduler", "--port", "0", "--no-dashboard", "--no-jupyter"]
        self.scheduler = self._start(*scheduler, "--scheduler-file", str(self.file))
        until(self.file.exists)

    def _start(self, *arguments):
        process = subprocess.Popen(
            [sys.executable, "-m", "dask", *arguments], env=self.environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.started.append(process)
        return process

    @property
    def address(self):
        import json

        return json.loads(self.file.read_text())["address"]

    def worker(self, *arguments):
        options = ["--nthreads", "1", "--no-nanny", "--no-dashboard", *arguments]
        return self._start("worker", "--scheduler-file", str(self.file), *options)

    def end(self):
        for process in self.started:
            process.kill()
            process.wait()


@pytest.fixture
def cluster(tmp_path):
    import dask

    cluster = Cluster(tmp_path)
    with dask.config.set({"scheduler-address": cluster.address}):
        yield cluster
    cluster.end()


def until(condition, seconds=60.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_a_run_waits_for_workers_and_settings_travel(
    autograd, here, cluster, monkeypatch, tmp_path
):
    monkeypatch.setattr(dask_workers, "FIRST_WORD", 0.5)
    monkeypatch.setenv("CCDAS_CACHE", str(tmp_path / "cache"))
    executor = BlockWorkers(DaskWorkers(2, wait_minutes=2.0))
    with block_processes(executor):
        late = Thread(target=lambda: (time.sleep(2.0), cluster.worker(), cluster.worker()))
        late.start()
        with pytest.warns(CcdasWarning) as told:
            same_bits(divided(autograd, executor), here)
        assert {w.message.code for w in told} == {"no-workers"}
        assert cluster.address in str(told[0].message) and "--interface" in str(told[0].message)
        there = executor.workers._client.run(os.environ.get, "CCDAS_CACHE")
        assert set(there.values()) == {str(tmp_path / "cache")}
        late.join()
    # the workers of somebody else go on without the parts of the run
    assert all(process.poll() is None for process in cluster.started)


def test_without_workers_a_run_ends_after_the_time_that_is_set(autograd, cluster):
    executor = BlockWorkers(DaskWorkers(2, wait_minutes=0.03))
    with block_processes(executor), raises_finding("no-workers", "compute.executor") as raised:
        divided(autograd, executor).cost(X)
    assert "ccdas resume" in str(raised.value) and "compute.wait" in str(raised.value)


def test_a_lost_scheduler_ends_a_run_within_a_minute(autograd, cluster, monkeypatch):
    monkeypatch.setattr(dask_workers, "LOST", 3.0)
    cluster.worker()
    executor = BlockWorkers(DaskWorkers(2))
    with block_processes(executor):
        problem = divided(autograd, executor)
        problem.cost(X)
        cluster.scheduler.kill()
        began = time.monotonic()
        with raises_finding("lost-scheduler", "compute.executor") as raised:
            problem.value_and_gradient(X)
        assert time.monotonic() - began < 60.0
    assert cluster.address in str(raised.value) and "ccdas resume" in str(raised.value)


def test_a_stopped_scheduler_ends_a_run_within_a_minute(autograd, cluster, monkeypatch):
    """Its connection stands, and nobody answers."""
    monkeypatch.setattr(dask_workers, "STOPPED", 3.0)
    monkeypatch.setattr(dask_workers, "ANSWER", 1.0)
    cluster.worker()
    executor = BlockWorkers(DaskWorkers(2))
    began = None
    with block_processes(executor):
        problem = divided(autograd, executor)
        problem.cost(X)
        cluster.scheduler.send_signal(signal.SIGSTOP)
        began = time.monotonic()
        with raises_finding("lost-scheduler", "compute.executor") as raised:
            problem.value_and_gradient(X)
    assert time.monotonic() - began < 20.0  # also the end of the connection
    assert cluster.address in str(raised.value) and "ccdas resume" in str(raised.value)


def test_a_scheduler_that_is_silent_for_a_while_costs_no_task(monkeypatch):
    monkeypatch.setattr(dask_workers, "STOPPED", 0.5)
    workers, client, outer = DaskWorkers(2), Silent(), Future()
    workers._client, workers._facts["a"] = client, None
    workers._greeted["a"] = Future()
    workers._running[object()] = ("a", outer)

    def silent(question, **arguments):
        raise TimeoutError

    assert workers.members() == ["a"]
    time.sleep(0.6)  # nobody asks, as while the main process computes
    client.sync = silent
    assert not workers.members() and not outer.done()
    del client.sync
    assert workers.members() == ["a"] and not outer.done()
    client.sync = silent
    assert not workers.members()
    time.sleep(0.6)
    with raises_finding("lost-scheduler", "compute.executor"):
        workers.members()


def test_an_address_where_nobody_answers_is_named(autograd, monkeypatch):
    import dask

    monkeypatch.setattr(dask_workers, "LOST", 1.0)
    executor = BlockWorkers(DaskWorkers(2))
    with (
        dask.config.set({"scheduler-address": "tcp://127.0.0.1:9"}),
        block_processes(executor),
        raises_finding("lost-scheduler", "compute.executor"),
    ):
        divided(autograd, executor).cost(X)


def test_workers_of_other_code_are_refused(autograd, cluster):
    cluster.worker()
    workers = DaskWorkers(2)
    executor = BlockWorkers(workers)
    with block_processes(executor):
        problem = divided(autograd, executor)
        problem.cost(X)
        workers._here = evolve(workers._here, code={"ccdas_framework": "0" * 16})
        workers._facts.clear()
        workers._greeted.clear()
        workers._processors.clear()
        with raises_finding("other-code", "compute.executor") as raised:
            problem.cost(X)
    assert "ccdas_framework" in str(raised.value) and "restart the workers" in str(raised.value)


LOCAL = """
import sys, time
from pathlib import Path
from ccdas_framework.cli.termination import ended_by_term
from ccdas_framework.execution import BlockWorkers, DaskWorkers

def beat(parts, path):
    for count in range(2000):
        Path(path).write_text(str(count))
        time.sleep(0.05)

if __name__ == "__main__":
    with ended_by_term():
        workers = BlockWorkers(DaskWorkers(2))
        workers.run_tasks("beats", [workers.task("a beat", 0, beat, (sys.argv[1],), {})])
"""


@pytest.mark.parametrize("number", ["SIGKILL", "SIGTERM"])
def test_workers_of_this_machine_end_with_the_run(tmp_path, number):
    """SIGKILL reaches the run alone, and SIGTERM the whole group as a queue sends it."""
    script, path = tmp_path / "beating.py", tmp_path / "count"
    script.write_text(LOCAL, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, script, path], start_new_session=True, stderr=subprocess.PIPE, text=True,
        env=environment,
    ) as run:  # fmt: skip
        until(path.exists)
        began = time.monotonic()
        if number == "SIGKILL":
            run.kill()
        else:
            os.killpg(run.pid, signal.SIGTERM)
        code = run.wait(30.0)
        assert time.monotonic() - began < 10.0
        until(lambda: not members_of(run.pid), 10.0)
        said = run.stderr.read()
    assert code == (-signal.SIGKILL if number == "SIGKILL" else 128 + signal.SIGTERM)
    assert "Traceback" not in said
    assert said.count("ccdas: ") == (number == "SIGTERM")
