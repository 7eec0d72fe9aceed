"""Freed memory goes back to the system."""

import os
from pathlib import Path

import numpy as np
import pytest
from toy import toy_problem

from ccdas_framework.problem import assembled_problem
from ccdas_framework.problem.freed_memory import release_freed_memory


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


def test_nothing_happens_where_the_c_library_cannot(monkeypatch):
    def no_library(name):
        raise AssertionError

    monkeypatch.setattr("ctypes.CDLL", no_library)
    monkeypatch.setattr("sys.platform", "darwin")
    release_freed_memory()


def test_memory_is_released_after_each_jacobian(autograd, monkeypatch):
    released = []
    monkeypatch.setattr(assembled_problem, "release_freed_memory", lambda: released.append(1))
    problem = toy_problem(autograd)
    x = np.zeros(len(problem.control))
    for point in (x, x, x + 0.1):
        problem.derivatives(point)
    assert len(released) == 2
