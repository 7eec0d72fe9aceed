"""The cache of kernels is right without locks, tried before it is loaded, and needs no compiler."""

import json
import os
import signal
import subprocess
import sys
import time
from threading import Event, Thread

import numpy as np
import pytest
from attrs import evolve
from ccdas_native import compiler as module
from ccdas_native.cache_files import SUFFIX, checksum, is_whole
from ccdas_native.compiler import (
    COUNTS,
    Limits,
    find_compiler,
    library,
    library_key,
    recorded_compiler,
)
from ccdas_native.engine import NativeEngine, native_error
from ccdas_native.loop import NativeLoop
from ccdas_native.trial import trial_problem

from ccdas_framework import CcdasError, CcdasWarning
from ccdas_framework.config.engine_choice import engine_choice

problem = native_error()
if problem is not None and problem.code == "missing-compiler":
    pytest.skip(str(problem), allow_module_level=True)

LIMITS = Limits(60.0, 8.0)
TRIVIAL = (
    "static long long scratch_size(const Call&) { return 0; }\n"
    "static void tile(const Call&, long long, vec*) {}\n"
)
DAYS, COLUMNS = 3, 4
# a run of one loop in another process: its result, hits and misses of the cache
RUN = """
import json, sys, warnings
import numpy as np
from ccdas_framework import CcdasWarning
from ccdas_native.compiler import COUNTS
from ccdas_native.engine import NativeEngine

def step(state, today, parameters, xp):
    store = state["store"] * parameters["k"] + today["rain"]
    return {"store": store}, {"store": store}

engine = NativeEngine()

def run(v):
    days = {"rain": np.ones((3, 4))}
    return engine.xp.scan(step, {"store": v}, days, {"k": 0.5 + 0.0 * v})[1]["store"]

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    found = engine.compile(run)(np.arange(4.0))
codes = [w.message.code for w in caught if isinstance(w.message, CcdasWarning)]
print(json.dumps([found.tolist(), COUNTS.hits, COUNTS.misses, codes]))
"""


def started(folder, **environment):
    """A process that runs a loop with the cache in a folder."""
    given = {**os.environ, "CCDAS_CACHE": str(folder), "JAX_ENABLE_COMPILATION_CACHE": "0"}
    return subprocess.Popen(
        [sys.executable, "-c", RUN], env={**given, **environment}, stdout=subprocess.PIPE,
        text=True,
    )  # fmt: skip


def ended(process):
    """Values of the loop, hits, misses, and codes of the warnings."""
    text = process.communicate(timeout=300)[0]
    assert process.returncode == 0
    return json.loads(text.splitlines()[-1])


EXPECTED = [[0.5 * x + 1.0 for x in range(4)]]


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A cache that a process has filled."""
    folder = tmp_path_factory.mktemp("filled")
    values, hits, misses, codes = ended(started(folder))
    assert values[:1] == EXPECTED and (hits, misses, codes) == (0, 1, [])
    return folder


def test_two_processes_that_start_with_an_empty_cache_agree(tmp_path):
    both = [started(tmp_path) for _ in range(2)]
    results = [ended(process) for process in both]
    assert results[0][0] == results[1][0] and not results[0][3] and not results[1][3]
    assert ended(started(tmp_path))[1:3] == [1, 0]
    assert not [path for path in (tmp_path / "native").iterdir() if path.is_dir()]


def test_another_process_translates_and_compiles_nothing(filled, monkeypatch):
    monkeypatch.setenv("CCDAS_CACHE", str(filled))
    monkeypatch.setattr(NativeLoop, "kernel", lambda *_, **__: pytest.fail("translated again"))
    misses, engine = COUNTS.misses, NativeEngine()

    def step(state, today, parameters, xp):
        store = state["store"] * parameters["k"] + today["rain"]
        return {"store": store}, {"store": store}

    def run(v):
        days = {"rain": np.ones((DAYS, COLUMNS))}
        return engine.xp.scan(step, {"store": v}, days, {"k": 0.5 + 0.0 * v})[1]["store"]

    assert engine.compile(run)(np.arange(4.0))[:1].tolist() == EXPECTED
    assert COUNTS.misses == misses


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root writes anywhere")
def test_a_cache_that_is_read_only_is_read(filled):
    folders = [filled, *(path for path in filled.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    try:
        assert ended(started(filled))[1:] == [1, 0, []]
    finally:
        for folder in folders:
            folder.chmod(0o755)


def test_a_machine_without_a_compiler_reads_the_cache(filled, tmp_path):
    without = {"PATH": str(tmp_path), "CXX": ""}
    values, hits, misses, codes = ended(started(filled, **without))
    assert values[:1] == EXPECTED and (hits, misses, codes) == (1, 0, [])


def test_a_kernel_that_the_cache_lacks_leaves_the_loop_to_jax(tmp_path, filled):
    folder = tmp_path / "native"
    folder.mkdir()
    for path in (filled / "native").glob("compiler-*"):
        (folder / path.name).write_bytes(path.read_bytes())
    values, hits, misses, codes = ended(started(tmp_path, PATH=str(tmp_path), CXX=""))
    assert values[:1] == EXPECTED and (hits, misses, codes) == (0, 0, ["missing-compiler"])


def test_auto_takes_the_cache_where_there_is_no_compiler(filled, tmp_path, monkeypatch):
    monkeypatch.setattr(NativeEngine, "auto_rank", 3.0)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CXX", "")
    find_compiler.cache_clear()
    try:
        monkeypatch.setenv("CCDAS_CACHE", str(filled))
        assert engine_choice("auto", []).name == "native"
        monkeypatch.setenv("CCDAS_CACHE", str(tmp_path))
        notes = []
        choice = engine_choice("auto", notes)
    finally:
        find_compiler.cache_clear()
    assert choice.name == "jax" and "not native" in choice.text
    assert [(note.code, note.where) for note in notes] == [("missing-compiler", "engine.name")]


@pytest.mark.parametrize("contents", [{"level": 3}, {}, [], "no record"])
def test_a_record_of_another_form_counts_as_none(tmp_path, contents):
    library(TRIVIAL, find_compiler(), tmp_path, LIMITS)
    (path,) = tmp_path.glob("compiler-*.json")
    before = recorded_compiler(tmp_path)
    assert before == evolve(find_compiler(), absent=True)
    text = json.dumps({**json.loads(path.read_text()), **contents} if contents == {"level": 3}
                      else contents)  # fmt: skip
    path.write_text(text)
    (tmp_path / f"{path.name}{SUFFIX}").write_text(checksum(text.encode()))
    assert recorded_compiler(tmp_path) is None


def test_auto_tries_an_engine_with_the_settings_that_it_has(tmp_path, monkeypatch):
    monkeypatch.setattr(NativeEngine, "auto_rank", 3.0)
    compiler = find_compiler().path
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CXX", "")
    monkeypatch.setenv("CCDAS_CACHE", str(tmp_path))
    find_compiler.cache_clear()
    try:
        notes = []
        choice = engine_choice("auto", notes, settings={"compiler": compiler, "of_another": 1})
        assert choice.name == "native" and not notes
        assert engine_choice("auto", [], settings={"compiler": "none"}).name == "jax"
        assert engine_choice("auto", []).name == "jax"
    finally:
        find_compiler.cache_clear()


def test_auto_is_native_where_it_starts(monkeypatch):
    monkeypatch.setattr(NativeEngine, "auto_rank", 3.0)
    notes = []
    choice = engine_choice("auto", notes)
    assert choice.name == "native" and choice.text and not notes


def test_auto_leaves_an_accelerator_to_jax(monkeypatch):
    import jax

    monkeypatch.setattr(NativeEngine, "auto_rank", 3.0)
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    notes = []
    choice = engine_choice("auto", notes)
    assert choice.name == "jax" and "gpu" in choice.text and not notes


@pytest.mark.parametrize("damage", ["short", "empty", "flipped", "without checksum", "other"])
def test_a_damaged_library_is_compiled_again(tmp_path, damage):
    found = find_compiler()
    key = library(TRIVIAL, found, tmp_path, LIMITS)[1]
    path = tmp_path / f"{key}.so"
    contents = path.read_bytes()
    changed = {
        "short": contents[: len(contents) // 2],
        "empty": b"",
        "flipped": contents[:1000] + bytes([contents[1000] ^ 1]) + contents[1001:],
        "other": b"another file",
    }
    path.unlink()  # a process may have it mapped
    path.write_bytes(changed.get(damage, contents))
    if damage == "without checksum":
        (tmp_path / f"{key}.so{SUFFIX}").unlink()
    hits, misses = COUNTS.hits, COUNTS.misses
    library(TRIVIAL, found, tmp_path, LIMITS)
    assert (COUNTS.hits, COUNTS.misses) == (hits, misses + 1)
    assert is_whole(path)
    library(TRIVIAL, found, tmp_path, LIMITS)
    assert (COUNTS.hits, COUNTS.misses) == (hits + 1, misses + 1)


def test_a_file_of_the_cache_is_replaced_and_never_changed(tmp_path):
    key = library(TRIVIAL, find_compiler(), tmp_path, LIMITS)[1]
    path = tmp_path / f"{key}.so"
    with path.open("rb") as before:  # as a process that has it mapped
        contents = before.read()
        (tmp_path / f"{key}.so{SUFFIX}").unlink()
        library(TRIVIAL, find_compiler(), tmp_path, LIMITS)
        before.seek(0)
        assert before.read() == contents
        assert os.fstat(before.fileno()).st_ino != path.stat().st_ino


@pytest.mark.skipif(sys.platform != "linux", reason="compiles for the machine at hand")
def test_a_library_with_unknown_instructions_leaves_the_loop_to_jax(filled, tmp_path):
    source = tmp_path / "illegal.cc"
    source.write_text(
        'extern "C" int ccdas_native(void*) { return 0; }\n'
        'extern "C" int ccdas_native_trial() { __builtin_trap(); }\n'
    )
    folder = tmp_path / "native"
    folder.mkdir()
    for path in (filled / "native").iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    (path,) = folder.glob("*.so")
    path.unlink()
    command = [find_compiler().path, "-shared", "-fPIC", str(source), "-o", str(path)]
    subprocess.run(command, check=True)
    (folder / f"{path.name}{SUFFIX}").write_text(checksum(path.read_bytes()))
    assert trial_problem(path) == f"ends a process with {signal.Signals.SIGILL.name}"
    values, _, _, codes = ended(started(tmp_path))
    assert values[:1] == EXPECTED and codes == ["unusable-library"]


def test_the_name_of_a_library_has_all_that_its_code_depends_on(monkeypatch):
    found = find_compiler()
    others = [
        found, evolve(found, version="another"), evolve(found, flags=(*found.flags, "-DMORE")),
        evolve(found, processor="another"), evolve(found, path="/another"),
    ]  # fmt: skip
    names = [library_key("source", each) for each in others]
    names.append(library_key("another source", found))
    monkeypatch.setattr(module, "_system", lambda: ("x86_64", "glibc", "1.0"))
    names.append(library_key("source", found))
    assert len(set(names)) == len(names)


def test_other_instructions_make_a_worker_compile_its_own(tmp_path, monkeypatch):
    found = find_compiler()
    first = library(TRIVIAL, found, tmp_path, LIMITS)[1]
    flags = tuple(f for f in found.flags if not f.startswith("-m"))
    second = library(TRIVIAL, evolve(found, flags=flags), tmp_path, LIMITS)[1]
    assert first != second and len(list(tmp_path.glob("*.so"))) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits processor time here")
def test_a_compilation_has_a_limit_of_processor_time(tmp_path):
    path = tmp_path / "c++"
    text = 'if [ "$1" = --version ]; then echo busy 1.0; exit 0; fi\nwhile :; do :; done\n'
    path.write_text(f"#!/bin/sh\n{text}")
    path.chmod(0o755)
    start = time.monotonic()
    with pytest.raises(CcdasError) as error:
        library(TRIVIAL, find_compiler(str(path)), tmp_path / "cache", Limits(1.0, 8.0))
    assert error.value.code == "slow-compiler" and time.monotonic() - start < 60.0


def test_other_threads_run_while_a_kernel_runs_and_compiles(tmp_path, monkeypatch):
    monkeypatch.setenv("CCDAS_CACHE", str(tmp_path))
    engine, stop, beats = NativeEngine(), Event(), []

    def step(state, today, parameters, xp):
        x = state["x"]
        for _ in range(30):
            x = xp.exp(-x) + today["t"]
        return {"x": x}, {}

    def run(v):
        return engine.xp.scan(step, {"x": v}, {"t": np.ones(2000)}, {})[0]["x"]

    def beat():
        while not stop.wait(0.05):
            beats.append(time.monotonic())

    heart = Thread(target=beat)
    heart.start()
    try:
        compiled = engine.compile(run)
        compiled(np.ones(2000))  # compiles
        compiled(np.ones(2000))
    finally:
        stop.set()
        heart.join()
    assert len(beats) > 3 and np.diff(beats).max() < 5.0


def test_an_unwritable_cache_keeps_no_kernel_and_says_so(tmp_path, monkeypatch):
    (tmp_path / "native").write_text("no folder")
    monkeypatch.setenv("CCDAS_CACHE", str(tmp_path))
    engine = NativeEngine()

    def run(v):
        step = lambda state, today, parameters, xp: ({"x": state["x"] + today["t"]}, {})  # noqa: E731
        return engine.xp.scan(step, {"x": v}, {"t": np.ones(2)}, {})[0]["x"]

    with pytest.warns(CcdasWarning) as caught:
        np.testing.assert_array_equal(engine.compile(run)(np.ones(3)), 3.0)
    assert [w.message.code for w in caught] == ["unwritable-cache"]
