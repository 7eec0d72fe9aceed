"""Executors by name: what each does with work, errors and what is left over."""

import os
import subprocess
import sys
import threading
import time

import pytest
from findings import raises_finding

from ccdas_framework.core.errors import UnknownComponent
from ccdas_framework.execution import EXECUTORS, executor_of, shares_memory


def here():
    return os.getpid()


def test_serial_does_the_work_where_and_when_it_is_submitted():
    order = []
    with executor_of("serial", 4) as executor:
        futures = [executor.submit(lambda n=n: order.append((n, threading.get_ident()))) for n in
                   range(3)]  # fmt: skip
        assert order == [(n, threading.get_ident()) for n in range(3)]
        assert all(future.done() for future in futures)


def test_serial_keeps_an_error_for_whoever_asks():
    with executor_of("serial", 1) as executor:
        future = executor.submit(lambda: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            future.result()


def test_an_interruption_is_not_put_off():
    def interrupted():
        raise KeyboardInterrupt

    with executor_of("serial", 1) as executor, pytest.raises(KeyboardInterrupt):
        executor.submit(interrupted)


def test_threads_work_at_the_same_time():
    meeting = threading.Barrier(2, timeout=10)
    with executor_of("threads", 2) as executor:
        arrived = list(executor.map(lambda _: meeting.wait(), range(2)))
    assert sorted(arrived) == [0, 1]  # one alone would have waited in vain


def test_processes_are_others():
    with executor_of("processes", 1) as executor:
        assert executor.submit(here).result() != here()


def test_only_threads_and_serial_share_memory():
    for name, shared in (("serial", True), ("threads", True), ("processes", False)):
        with executor_of(name, 1) as executor:
            assert shares_memory(executor) is shared


def test_dask_is_used_where_it_is_installed_and_missed_elsewhere():
    try:
        import distributed  # noqa: F401
    except ImportError:
        with raises_finding("missing-package", "dask"), executor_of("dask", 1):
            pass
        return
    with executor_of("dask", 1) as executor:
        assert executor.submit(here).result() != here()
        assert not shares_memory(executor)


def test_an_unknown_name_is_refused():
    with (
        raises_finding("unknown-executor", "compute.executor", UnknownComponent),
        executor_of("thread", 1),
    ):
        pass
    assert EXECUTORS == ("serial", "threads", "processes", "dask")


BEATING = """
import sys, time
from pathlib import Path
from ccdas_framework.execution import executor_of

def beat(path):
    for count in range(2000):
        Path(path).write_text(str(count))
        time.sleep(0.05)

if __name__ == "__main__":
    with executor_of("processes", 1) as executor:
        executor.submit(beat, sys.argv[1]).result()
"""


BEATING_BLOCK = (
    BEATING.replace("executor_of", "BlockWorkers, ProcessWorkers")
    .replace("def beat(path)", "def beat(parts, path)")
    .split("    with ")[0]
    + """
    workers = BlockWorkers(ProcessWorkers(1))
    workers.run_tasks("beats", [workers.task("a beat", 0, beat, (sys.argv[1],), {})])
"""
)


@pytest.mark.parametrize("text", [BEATING, BEATING_BLOCK], ids=["pool", "blocks"])
def test_a_process_ends_with_the_one_that_started_it(tmp_path, text):
    script, path = tmp_path / "beating.py", tmp_path / "count"
    script.write_text(text, "utf-8")
    with subprocess.Popen([sys.executable, script, path]) as parent:
        until(lambda: path.exists())
        parent.kill()
    counts = []

    def still():
        counts.append(path.read_text())
        return len(counts) > 10 and len(set(counts[-10:])) == 1

    until(still)


def until(condition, seconds=30.0):
    """Wait until the condition holds; ten tries a second."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)
