"""Blocks in processes: the same bits as here, whatever becomes of a process."""

import os
import pickle
import signal
import threading
import time
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from attrs import evolve, frozen
from conftest import make_engine
from deadly import deadly_problem, divided
from findings import raises_finding
from toy import Reservoir

from ccdas_framework.core.errors import (
    CcdasError,
    CcdasWarning,
    Finding,
    InvalidExperiment,
    InvalidInput,
)  # fmt: skip
from ccdas_framework.execution import ProcessWorkers, block_executor, block_processes
from ccdas_framework.execution.block_work import sendable, sendable_warning
from ccdas_framework.execution.block_workers import BlockWorkers

TESTS = str(Path(__file__).parents[2])
X = np.linspace(-0.3, 0.3, 10)


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    """A process starts without the paths of pytest."""
    paths = [TESTS, str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))


@pytest.fixture(scope="module")
def workers():
    executor = BlockWorkers(ProcessWorkers(2))
    yield executor
    executor.shutdown()


@pytest.mark.parametrize("name", ["autograd", "jax"])
@pytest.mark.parametrize("held_bytes", [0, 2**28])
def test_processes_give_the_bits_of_this_one(workers, name, held_bytes):
    here = divided(make_engine(name), held_bytes=held_bytes)
    there = divided(make_engine(name), workers, held_bytes=held_bytes)
    for x in (X, -X):
        assert there.cost(x) == here.cost(x)
        cost, gradient = here.value_and_gradient(x)
        other_cost, other_gradient = there.value_and_gradient(x)
        assert other_cost == cost
        np.testing.assert_array_equal(other_gradient, gradient)
        np.testing.assert_array_equal(there.jacobian(x), here.jacobian(x))
    members = np.stack([X, -X])
    np.testing.assert_array_equal(there.costs(members), here.costs(members))
    for mine, other in zip(there.gradients(members), here.gradients(members), strict=True):
        np.testing.assert_array_equal(mine, other)
    np.testing.assert_array_equal(
        there.hessian_vector(X, np.ones(10)), here.hessian_vector(X, np.ones(10))
    )


def single_precision():
    """Switch double precision off in the process of a worker, as another library may."""
    import jax

    jax.config.update("jax_enable_x64", False)


def test_a_worker_in_single_precision_is_refused_with_its_name():
    engine, executor = make_engine("jax"), BlockWorkers(ProcessWorkers(2))
    try:
        there = divided(engine, executor)
        cost = there.cost(X)
        worker = executor.workers.names[1]
        executor.workers.submit(worker, single_precision).result()
        with raises_finding("single-precision", "engine 'jax'") as raised:
            there.cost(-X)
        assert f"in {worker}, " in "".join(raised.value.__notes__)
        assert divided(engine).cost(X) == cost  # this process computes as before
    finally:
        executor.shutdown()


def test_other_streams_of_a_problem_use_the_same_blocks(workers, autograd):
    here, there = divided(autograd), divided(autograd, workers)
    name = next(iter(here.streams))
    for problem in (here, there):
        problem.cost(X)
    here, there = (p.with_streams({name: p.streams[name]}, {}) for p in (here, there))
    assert there.cost(X) == here.cost(X)
    np.testing.assert_array_equal(there.jacobian(X), here.jacobian(X))


def processes(executor):
    pools = executor.workers.pools
    return [next(iter(pools[name]._processes.values())) for name in executor.workers.names]


def test_a_killed_process_costs_its_blocks(autograd):
    here, executor = divided(autograd), BlockWorkers(ProcessWorkers(2))
    try:
        there = divided(autograd, executor)
        expected = here.value_and_gradient(X)
        assert there.value_and_gradient(X)[0] == expected[0]
        killed, other = processes(executor)
        os.kill(killed.pid, signal.SIGKILL)
        killed.join()
        cost, gradient = there.value_and_gradient(X)
        assert cost == expected[0]
        np.testing.assert_array_equal(gradient, expected[1])
        assert processes(executor)[1] is other and processes(executor)[0] is not killed
    finally:
        executor.shutdown()


@pytest.mark.parametrize("times", [1, 2])
def test_a_block_that_kills_a_process_is_tried_again(autograd, tmp_path, times):
    executor = BlockWorkers(ProcessWorkers(2))
    try:
        problem = deadly_problem(autograd, executor, tmp_path, times)
        with pytest.warns(CcdasWarning, match=f" {times} of at most 3 ") as warned:
            cost, gradient = problem.value_and_gradient(X)
        assert [w.message.code for w in warned] == ["worker-died"]
        expected = divided(autograd).value_and_gradient(X)
        assert cost == expected[0]
        np.testing.assert_array_equal(gradient, expected[1])
    finally:
        executor.shutdown()


def test_a_block_that_kills_three_processes_ends_the_run_by_its_name(autograd, tmp_path):
    executor = BlockWorkers(ProcessWorkers(2))
    try:
        problem = deadly_problem(autograd, executor, tmp_path, 99)
        with raises_finding("worker-died", "compute.executor") as raised:
            problem.cost(X)
        assert "block 3 " in str(raised.value) and "SIGKILL" in str(raised.value)
        assert len(list(tmp_path.iterdir())) == 3
    finally:
        executor.shutdown()


class Unsendable(Exception):
    """It holds what no other process can have."""

    def __init__(self, first, second):
        super().__init__(f"{first} and {second}")
        self.lock = threading.Lock()


class Forgetful(CcdasError):
    """It loses its code on its way to another process."""

    def __reduce__(self):
        return type(self), (str(self),)


def subclasses(kind):
    return {kind} | {c for direct in kind.__subclasses__() for c in subclasses(direct)}


def test_errors_arrive_with_their_text_code_and_place():
    for kind in subclasses(CcdasError):
        if kind.__module__.startswith("ccdas_framework") and kind is not InvalidExperiment:
            error = kind("no such thing", where="time.days")
            copy = pickle.loads(pickle.dumps(error))
            assert (str(copy), copy.code, copy.where) == (str(error), error.code, "time.days")
            assert sendable(error) is error
    several = InvalidExperiment([Finding("a", "x", "one"), Finding("b", "y", "two")])
    assert sendable(several) is several
    assert pickle.loads(pickle.dumps(several)).findings == several.findings
    arrived = sendable(Forgetful("one", code="wrong-soil"))
    assert (str(arrived), arrived.code) == ("Forgetful: one", "wrong-soil")
    arrived = sendable(Unsendable("one", "two"))
    assert str(arrived) == "Unsendable: one and two" and arrived.code == "worker-error"


class UnsendableWarning(UserWarning):
    """It holds what no other process can have."""

    def __init__(self, first, second):
        super().__init__(f"{first} and {second}")
        self.lock = threading.Lock()


def test_warnings_arrive_with_their_text():
    warning = UserWarning("one")
    assert sendable_warning(warning) is warning
    own = CcdasWarning("one", code="wrong-soil", where="time.days")
    assert sendable_warning(own) is own
    copy = pickle.loads(pickle.dumps(own))
    assert (str(copy), copy.code, copy.where) == ("one", "wrong-soil", "time.days")
    arrived = sendable_warning(UnsendableWarning("one", "two"))
    assert isinstance(arrived, CcdasWarning) and "one and two" in str(arrived)
    assert str(pickle.loads(pickle.dumps(arrived))) == str(arrived)


def slow(parts, file, seconds):
    """A task that says when it has begun."""
    Path(file).touch()
    time.sleep(seconds)
    return seconds


def test_ctrl_c_ends_running_tasks_and_later_tasks_start_again(tmp_path):
    executor, files = BlockWorkers(ProcessWorkers(2)), [tmp_path / "0", tmp_path / "1"]

    def tasks(seconds):
        return [
            executor.task(f"task {n}", n, slow, (str(file), seconds), {})
            for n, file in enumerate(files)
        ]

    assert executor.run_tasks("slow", tasks(0.0)) == [0.0, 0.0]
    running = processes(executor)
    for file in files:
        file.unlink()

    def interrupt():
        while not all(file.exists() for file in files):
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    earlier = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        Thread(target=interrupt, daemon=True).start()
        began = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            executor.run_tasks("slow", tasks(120.0))
        assert time.monotonic() - began < 30.0
        for process in running:
            process.join(10.0)
        assert not any(process.is_alive() for process in running)
        assert executor.run_tasks("slow", tasks(0.0)) == [0.0, 0.0]
    finally:
        signal.signal(signal.SIGINT, earlier)
        executor.shutdown()


def test_processes_end_with_their_run_and_start_again_with_a_later_task(autograd):
    executor = block_executor("processes", 2)
    problem = divided(autograd, executor)
    with block_processes(executor):
        cost = problem.cost(X)
        running = processes(executor)
    assert not any(process.is_alive() for process in running)
    with block_processes(executor):
        assert problem.cost(X) == cost


@frozen
class Failing(Reservoir):
    """A model that refuses to run in a process of workers."""

    def run(self, parameters, drivers, xp):
        raise InvalidInput("no such soil", code="wrong-soil", where="model 'toy'")


def test_an_error_of_a_block_arrives_as_it_is(workers, autograd):
    problem = divided(autograd, workers)
    problem = evolve(problem, forward=problem.forward.with_model(model=Failing()))
    with raises_finding("wrong-soil", "model 'toy'"):
        problem.cost(X)


def test_work_inside_a_worker_stays_in_this_process(autograd):
    from ccdas_framework.execution import OuterLevel, Serial

    executor = BlockWorkers(ProcessWorkers(2))
    problem = divided(autograd, executor)
    cost = OuterLevel(Serial()).submit(problem.cost, X).result()
    assert cost == divided(autograd).cost(X)
    assert not executor.workers.pools
