"""All processes of a run compute a loop by its kernel, or all by JAX."""

import os
import pickle
import stat
import subprocess
import sys

import numpy as np
import pytest
from ccdas_native import agreement as choices
from ccdas_native import compiler as module
from ccdas_native.agreement import JAX, KERNEL, Agreement
from ccdas_native.compiler import Limits, find_compiler
from ccdas_native.engine import NativeEngine, native_error
from ccdas_native.targets import target

from ccdas_framework import CcdasError, CcdasWarning

problem = native_error()
if problem is not None and problem.code == "missing-compiler":
    pytest.skip(str(problem), allow_module_level=True)

SOURCE = (
    "static long long scratch_size(const Call&) { return 0; }\n"
    "static void tile(const Call&, long long, vec*) {}\n"
)
# a loop in a process that received the engine: its compiler warns, or does not
RUN = """
import pickle, sys, warnings
import numpy as np
from ccdas_native.compiler import COUNTS

engine = pickle.loads(bytes.fromhex(sys.argv[1]))

def step(state, today, parameters, xp):
    return {"store": 0.5 * state["store"] + today["rain"]}, {}

def run(v):
    return engine.xp.scan(step, {"store": v}, {"rain": np.ones((3, 4))}, {})[0]["store"]

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    engine.compile(run)(np.arange(4.0))
print([w.message.code for w in caught if hasattr(w.message, "code")], COUNTS.misses)
"""


@pytest.fixture
def process(tmp_path, monkeypatch):
    """The target of a source in a process of a run, which can or cannot use the library."""

    def called(run, usable=True, received=True):
        monkeypatch.setattr(choices, "_choices", {})  # as in another process
        monkeypatch.setattr(module, "trial_problem", lambda path: "" if usable else "stops here")
        agreement = Agreement(run, tmp_path, received)
        return target(SOURCE, find_compiler(), tmp_path, Limits(60.0, 8.0), agreement)

    return called


def test_a_kernel_that_fails_for_one_process_is_left_by_all(process):
    with pytest.warns(CcdasWarning) as caught:
        assert process("first", usable=False) is None
    assert [w.message.code for w in caught] == ["unusable-library"]
    assert process("first") is None
    assert process("second") is not None  # another run tries again
    with pytest.warns(CcdasWarning):  # with the kernel in the cache, as of SIGILL
        assert process("third", usable=False) is None
    assert process("third") is None


def test_a_process_that_cannot_use_the_kernel_of_the_others_is_refused(process):
    assert process("run") is not None
    with pytest.raises(CcdasError) as error:
        process("run", usable=False)
    assert (error.value.code, error.value.where) == ("other-engine", "engine 'native'")
    with pytest.warns(CcdasWarning):  # a row or a start of its own
        assert process("row", usable=False, received=False) is None


def test_the_first_choice_counts(tmp_path):
    run = Agreement("run", tmp_path, received=True)
    assert run.choice(SOURCE) == ""
    assert run.chosen(SOURCE, KERNEL) == run.chosen(SOURCE, JAX) == run.choice(SOURCE) == KERNEL
    assert run.choice("another") == ""


def test_the_processes_of_a_run_take_jax_where_the_compiler_of_one_fails(tmp_path, monkeypatch):
    monkeypatch.setenv("CCDAS_CACHE", str(tmp_path))
    broken = tmp_path / "c++"
    broken.write_text('#!/bin/sh\n[ "$1" = --version ] || exit 1\necho broken 1.0\n')
    broken.chmod(broken.stat().st_mode | stat.S_IXUSR)
    engine = NativeEngine()
    sent = pickle.dumps(engine).hex()
    told = []
    for compiler in (str(broken), find_compiler().path):
        command = [sys.executable, "-c", RUN, sent]
        given = {**os.environ, "CXX": compiler}
        told.append(subprocess.run(command, env=given, capture_output=True, text=True).stdout)
    assert told == ["['failed-compiler'] 0\n", "[] 0\n"]
    links = list((tmp_path / "native").glob("run-*"))
    assert [os.readlink(link) for link in links] == [JAX]
    choices._forget(tmp_path / "native", engine.agreement.run)
    assert not list((tmp_path / "native").glob("run-*"))


def test_a_run_in_one_process_keeps_its_choice(tmp_path, monkeypatch):
    monkeypatch.setenv("CCDAS_CACHE", str(tmp_path))
    engine = NativeEngine()

    def run(v):
        step = lambda state, today, parameters, xp: ({"x": state["x"] + today["t"]}, {})  # noqa: E731
        return engine.xp.scan(step, {"x": v}, {"t": np.ones(2)}, {})[0]["x"]

    with monkeypatch.context() as failing:
        failing.setattr(module, "trial_problem", lambda path: "stops here")
        with pytest.warns(CcdasWarning):
            first = engine.compile(run)(np.ones(3))
    np.testing.assert_array_equal(engine.compile(run)(np.ones(3)), first)
    assert not list((tmp_path / "native").glob("*.so"))
