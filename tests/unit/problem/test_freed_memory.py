"""Freed memory goes back to the system."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from toy import toy_problem

from ccdas_framework.problem import assembled_problem
from ccdas_framework.problem.freed_memory import (
    release_freed_memory,
    return_large_arrays,
)


def resident():
    pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1])
    return pages * os.sysconf("SC_PAGESIZE")


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads /proc")
def test_memory_between_arrays_that_stay_is_released():
    small = [np.ones(2000) for _ in range(20_000)]  # 16 kB each, on the heap
    kept = small[::100]
    before = resident()
    del small
    release_freed_memory()
    assert before - resident() > 0.5 * 20_000 * 16_000
    assert all(values.sum() == 2000.0 for values in kept)


ARRAYS = """
import os
import numpy as np
from ccdas_framework.problem.freed_memory import return_large_arrays

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")

return_large_arrays()
np.ones(30 * 2**17)  # 30 MB: the limit of the C library rises to it
large, small = [], []
for _ in range(20):
    large.append(np.ones(2**20))  # 8 MB
    small.append(np.ones(2000))  # stays between them
before = resident()
del large
print((before - resident()) / (20 * 2**23))
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads /proc")
def test_large_arrays_return_when_they_are_freed():
    """In a process of its own, as the limit stays for the life of a process."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MALLOC_")}
    call = [sys.executable, "-c", ARRAYS]
    end = subprocess.run(call, env=environment, capture_output=True, text=True, check=True)
    assert float(end.stdout) > 0.95


def test_a_limit_of_the_user_stays(monkeypatch):
    def no_library(name):
        raise AssertionError

    monkeypatch.setattr("ctypes.CDLL", no_library)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("MALLOC_MMAP_THRESHOLD_", "131072")
    return_large_arrays()


def test_nothing_happens_where_the_c_library_cannot(monkeypatch):
    def no_library(name):
        raise AssertionError

    monkeypatch.setattr("ctypes.CDLL", no_library)
    monkeypatch.setattr("sys.platform", "darwin")
    release_freed_memory()
    return_large_arrays()


def test_memory_is_released_after_each_jacobian(autograd, monkeypatch):
    released = []
    monkeypatch.setattr(assembled_problem, "release_freed_memory", lambda: released.append(1))
    problem = toy_problem(autograd)
    x = np.zeros(len(problem.control))
    for point in (x, x, x + 0.1):
        problem.derivatives(point)
    assert len(released) == 2
