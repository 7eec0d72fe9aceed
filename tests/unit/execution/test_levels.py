"""One level of work runs side by side: the outermost that is there."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from ccdas_framework.execution import (
    OuterLevel,
    Serial,
    block_executor,
    cores,
    executor_of,
    in_worker,
    row_executor,
    shares_memory,
    thread_limits,
    threads_of_worker,
)
from ccdas_framework.execution.thread_variables import THREAD_VARIABLES


def environment():
    return {name: os.environ.get(name) for name in THREAD_VARIABLES}


def thread_here(_=None):
    return threading.get_ident()


def levels_inside(_=None):
    """Whether a piece of work is a worker, and which executors the levels inside it have."""
    with executor_of("processes", 2) as starts:
        return in_worker(), type(starts).__name__, block_executor("threads", 2)


def libraries(size):
    """Threads that numpy and JAX bring into a process, by what they are for."""
    import jax

    # of numpy, and this one; Python has another that waits for the end of the parent
    before = len(os.listdir("/proc/self/task")) - threading.active_count() + 1
    jax.jit(lambda a: a @ a)(np.ones((size, size))).block_until_ready()
    tasks = [f"/proc/self/task/{task}/comm" for task in os.listdir("/proc/self/task")]
    names = [Path(task).read_text().strip() for task in tasks]
    return before, names.count("tf_XLAEigen")


# -- inside a worker ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["threads", "processes"])
def test_levels_inside_a_worker_have_no_pool(name):
    with executor_of(name, 2) as executor:
        inside = executor.submit(levels_inside).result()
    assert inside == (True, "Serial", None)
    assert not in_worker()


def test_one_row_at_a_time_leaves_the_inner_levels_their_pools():
    with row_executor(1) as rows:
        assert rows.submit(in_worker).result() is False
        assert rows.submit(lambda: block_executor("threads", 2) is None).result() is False


def test_two_rows_at_a_time_are_processes_without_pools_inside():
    with row_executor(2) as rows:
        found = [rows.submit(levels_inside), rows.submit(os.getpid)]
        assert found[0].result() == (True, "Serial", None)
        assert found[1].result() != os.getpid()
        assert not shares_memory(rows)


def test_blocks_run_side_by_side_only_outside_a_worker():
    blocks = block_executor("threads", 2)
    meeting = threading.Barrier(2, timeout=10)
    assert sorted(blocks.map(lambda _: meeting.wait(), range(2))) == [0, 1]
    with executor_of("threads", 1) as starts:
        own, those_of_blocks = starts.submit(
            lambda: (thread_here(), set(blocks.map(thread_here, range(4))))
        ).result()
    assert those_of_blocks == {own} and own != thread_here()
    blocks.shutdown()


def test_a_worker_that_fails_leaves_no_mark():
    def failing():
        assert in_worker()
        raise ArithmeticError

    marked = OuterLevel(Serial())  # so that the mark would stay in this thread
    with pytest.raises(ArithmeticError):
        marked.submit(failing).result()
    assert not in_worker()


def test_an_unknown_executor_is_refused_in_a_worker_too():
    from ccdas_framework.core.errors import UnknownComponent

    def wrong():
        with executor_of("thread", 1):
            pass

    with pytest.raises(UnknownComponent):
        OuterLevel(Serial()).submit(wrong).result()


@pytest.mark.parametrize(("name", "workers"), [("serial", 4), ("threads", 1)])
def test_blocks_without_workers_have_no_pool(name, workers):
    assert block_executor(name, workers) is None


def test_marked_executors_share_memory_as_those_they_mark():
    with ThreadPoolExecutor(1) as pool:
        assert shares_memory(OuterLevel(OuterLevel(pool)))


def test_one_row_with_a_limit_is_a_process_too(monkeypatch):
    for name in THREAD_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for workers in (1, 2):
        with row_executor(workers, threads=1) as rows:
            assert rows.submit(environment).result() == dict.fromkeys(THREAD_VARIABLES, "1")


# -- shares of the machine ------------------------------------------------------------------------


def test_workers_share_the_cores(monkeypatch):
    monkeypatch.setattr("ccdas_framework.execution.thread_variables.cores", lambda: 8)
    assert [threads_of_worker(workers) for workers in (1, 2, 3, 8, 20)] == [8, 4, 2, 1, 1]


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no affinity on this system")
def test_cores_are_those_that_the_process_may_use():
    allowed = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(allowed)})
        assert cores() == 1
    finally:
        os.sched_setaffinity(0, allowed)
    assert cores() == len(allowed)


@pytest.mark.parametrize(
    ("limit", "expected"), [("", "3"), ("1", "1"), ("16", "3"), ("many", "3"), ("0", "3")]
)
def test_a_lower_limit_of_the_user_stays(monkeypatch, limit, expected):
    monkeypatch.setenv("OMP_NUM_THREADS", limit)
    assert thread_limits(3)["OMP_NUM_THREADS"] == expected


def test_a_process_has_the_limits_and_this_one_keeps_its_environment(monkeypatch):
    for name in THREAD_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("ccdas_framework.execution.thread_variables.cores", lambda: 6)
    before = dict(os.environ)
    with executor_of("processes", 2) as executor:
        assert executor.submit(environment).result() == dict.fromkeys(THREAD_VARIABLES, "3")
    assert dict(os.environ) == before


@pytest.mark.science  # a process that imports JAX
@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="counts threads in /proc")
def test_numpy_and_jax_have_no_more_threads_than_the_limit(monkeypatch):
    pytest.importorskip("jax")
    for name in THREAD_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    counted = {}
    for share in (1, 3):
        monkeypatch.setattr("ccdas_framework.execution.thread_variables.cores", lambda s=share: s)
        with executor_of("processes", 1) as executor:
            counted[share] = executor.submit(libraries, 64).result()
    assert {share: jax for share, (_, jax) in counted.items()} == {1: 1, 3: 3}
    assert counted[1][0] == 1  # numpy adds none to the one that computes


def test_blocks_inside_a_start_on_a_cluster_have_no_workers():
    pytest.importorskip("distributed")

    def inside():  # sent by value, as a worker has no tests
        from ccdas_framework.execution import block_executor, executor_of, in_worker

        with executor_of("dask", 2) as starts:
            return in_worker(), type(starts).__name__, block_executor("dask", 2)

    with executor_of("dask", 1) as executor:
        assert executor.submit(inside).result() == (True, "Serial", None)
