"""Libraries are compiled once, and a compiler that fails leaves the loop to JAX."""

import pickle
import signal
import stat
import subprocess
import sys
import time

import numpy as np
import pytest
from ccdas_native import compiler as module
from ccdas_native.compiler import COUNTS, Limits, find_compiler, library
from ccdas_native.engine import NativeEngine, native_error

from ccdas_framework import CcdasError, CcdasWarning, JaxEngine

problem = native_error()
if problem is not None and problem.code == "missing-compiler":
    pytest.skip(str(problem), allow_module_level=True)

LIMITS = Limits(60.0, 8.0)
TRIVIAL = (
    "static long long scratch_size(const Call&) { return 0; }\n"
    "static void tile(const Call&, long long, vec*) {}\n"
)


def decay(xp):
    """A loop of one carry."""

    def step(state, today, parameters, xp):
        store = state["store"] * parameters["k"] + today["rain"]
        return {"store": store}, {"store": store}

    def run(v):
        return xp.scan(step, {"store": v}, {"rain": np.ones((3, 4))}, {"k": 0.5 + 0.0 * v})[1]

    return run


def program(folder, text):
    """An executable that answers --version and runs `text` otherwise."""
    path = folder / "c++"
    path.write_text(f'#!/bin/sh\nif [ "$1" = --version ]; then echo fake 1.0; exit 0; fi\n{text}\n')
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def counts():
    return COUNTS.hits, COUNTS.misses


def test_a_library_is_compiled_once(tmp_path):
    hits, misses = counts()
    first = library(TRIVIAL, find_compiler(), tmp_path, LIMITS)[1]
    (path,) = tmp_path.glob("*.so")
    written = path.stat().st_mtime_ns
    assert library(TRIVIAL, find_compiler(), tmp_path, LIMITS)[1] == first
    assert counts() == (hits + 1, misses + 1)
    assert list(tmp_path.glob("*.so")) == [path]
    assert path.stat().st_mtime_ns == written


def test_the_name_of_a_library_has_source_compiler_and_flags(tmp_path):
    from attrs import evolve

    found = find_compiler()
    others = [
        evolve(found, version="another"),
        evolve(found, flags=(*found.flags, "-DANOTHER")),
    ]
    names = [library(TRIVIAL, c, tmp_path, LIMITS)[1] for c in (found, *others)]
    names.append(library(TRIVIAL + "// more\n", found, tmp_path, LIMITS)[1])
    assert len(set(names)) == len(names)


def test_two_processes_that_compile_at_once_agree(tmp_path):
    code = (
        "from pathlib import Path\n"
        "from ccdas_native.compiler import Limits, find_compiler, library\n"
        f"folder, limits = Path({str(tmp_path)!r}), Limits(60.0, 8.0)\n"
        f"print(library({TRIVIAL!r}, find_compiler(), folder, limits)[1])"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    names = {process.communicate(timeout=120)[0].strip() for process in running}
    assert len(names) == 1
    assert [path.stem for path in tmp_path.glob("*.so")] == list(names)


@pytest.mark.parametrize(
    "text, code",
    [("echo 'error: no space' >&2; exit 1", "failed-compiler"), ("sleep 30", "slow-compiler")],
)
def test_a_compiler_that_fails_leaves_the_loop_to_jax(tmp_path, monkeypatch, text, code):
    monkeypatch.setenv("CCDAS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(module, "VERSION_SECONDS", 1.0)
    engine = NativeEngine(compiler=program(tmp_path, text), compile_seconds=1.0)
    x = np.arange(4.0)
    with pytest.warns(CcdasWarning, match=str(tmp_path)) as caught:
        found = engine.compile(decay(engine.xp))(x)
    (warning,) = (w.message for w in caught if isinstance(w.message, CcdasWarning))
    assert (warning.code, warning.where) == (code, "engine 'native'")
    jax = JaxEngine()
    np.testing.assert_array_equal(found["store"], jax.compile(decay(jax.xp))(x)["store"])
    assert not list((tmp_path / "cache" / "native").glob("*.so"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_compiler_ends_with_the_process_that_waits_for_it(tmp_path, number):
    text = (
        f"case $* in *' -E '*) exit 0;; esac\ncd {tmp_path}\n"
        "sh -c 'echo $$ > part; mv part pid; exec sleep 100'\nexit 0"
    )
    compiler = program(tmp_path, text)
    code = (
        "from pathlib import Path\n"
        "from ccdas_native.compiler import Limits, find_compiler, library\n"
        f"folder, limits = Path({str(tmp_path / 'cache')!r}), Limits(60.0, 8.0)\n"
        f"library({TRIVIAL!r}, find_compiler({compiler!r}), folder, limits)"
    )
    process = subprocess.Popen([sys.executable, "-c", code])
    pid = tmp_path / "pid"
    wait_until(pid.exists)
    process.send_signal(number)
    assert process.wait(10.0) == -number
    wait_until(lambda: not is_alive(int(pid.read_text())))


def wait_until(holds, seconds=20.0):
    """Wait until a condition holds; fail where it does not in time."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def is_alive(pid):
    """Whether a process computes, and is neither gone nor waits to be counted as dead."""
    found = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)
    return found.stdout.strip()[:1] not in ("", "Z")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the address space")
def test_a_compilation_has_a_limit_of_memory(tmp_path):
    with pytest.raises(CcdasError) as error:
        library(TRIVIAL, find_compiler(), tmp_path, Limits(60.0, 0.03))
    assert error.value.code == "failed-compiler"
    assert not list(tmp_path.iterdir())


def test_a_broken_library_leaves_the_loop_to_jax(tmp_path, monkeypatch):
    monkeypatch.setenv("CCDAS_CACHE", str(tmp_path))
    engine, x = NativeEngine(), np.arange(4.0)
    monkeypatch.setattr(module, "_compile", lambda text, c, aside, s: (aside / "kernel.so").touch())
    with pytest.warns(CcdasWarning) as caught:
        found = engine.compile(decay(engine.xp))(x)
    codes = [w.message.code for w in caught if isinstance(w.message, CcdasWarning)]
    assert codes == ["unusable-library"]
    jax = JaxEngine()
    np.testing.assert_array_equal(found["store"], jax.compile(decay(jax.xp))(x)["store"])


def test_an_engine_survives_pickle():
    engine = pickle.loads(pickle.dumps(NativeEngine(compile_seconds=30.0)))
    assert engine.compile_seconds == 30.0
    found = engine.compile(decay(engine.xp))(np.arange(4.0))["store"]
    np.testing.assert_allclose(found[0], 0.5 * np.arange(4.0) + 1.0, rtol=1e-15)


def test_a_missing_compiler_is_an_error():
    with pytest.raises(CcdasError) as error:
        NativeEngine(compiler="no-such-compiler")
    assert (error.value.code, error.value.where) == ("missing-compiler", "engine 'native'")


def test_the_compiler_of_the_environment_comes_first(tmp_path, monkeypatch):
    path = program(tmp_path, "exit 1")
    monkeypatch.setenv("CXX", path)
    find_compiler.cache_clear()
    try:
        assert (find_compiler().path, find_compiler().version) == (path, "fake 1.0")
    finally:
        find_compiler.cache_clear()


def test_provenance_names_compiler_and_flags():
    record = NativeEngine().provenance()
    assert record["compiler"] == find_compiler().version
    assert "-std=c++17" in record["flags"]


def test_flags_name_an_instruction_set_that_the_processor_has(monkeypatch):
    text = "flags\t\t: fpu sse4_2 ssse3 popcnt avx2 bmi2 fma f16c movbe\n"
    monkeypatch.setattr(module.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(module.Path, "read_text", lambda self: text)
    assert module.instruction_set() == ("-march=x86-64-v3",)


@pytest.mark.parametrize("name", ["g++", "clang++"])
def test_each_compiler_gives_the_values_of_jax(name, tmp_path, monkeypatch):
    try:
        find_compiler(name)
    except CcdasError as error:
        pytest.skip(str(error))
    monkeypatch.setenv("CCDAS_CACHE", str(tmp_path))
    engine, jax, x = NativeEngine(compiler=name), JaxEngine(), np.arange(4.0)
    found = engine.compile(decay(engine.xp))(x)["store"]
    np.testing.assert_allclose(found, jax.compile(decay(jax.xp))(x)["store"], rtol=1e-15)
    assert len(list((tmp_path / "native").glob("*.so"))) == 1


@pytest.mark.parametrize("text", ["#!/no/such/interpreter\n", "#!/bin/sh\nexec sleep 30\n", ""])
def test_a_compiler_that_does_not_start_is_a_missing_one(tmp_path, monkeypatch, text):
    monkeypatch.setattr(module, "VERSION_SECONDS", 0.5)
    path = tmp_path / "c++"
    path.write_text(text or "#!/bin/sh\nexit 1\n")
    path.chmod(0o755)
    with pytest.raises(CcdasError) as error:
        NativeEngine(compiler=str(path))
    assert error.value.code == "missing-compiler"
    usual = find_compiler()
    monkeypatch.setenv("CXX", str(path))
    monkeypatch.setattr(module, "VERSION_SECONDS", 20.0 if "sleep" not in text else 2.0)
    find_compiler.cache_clear()
    try:
        with pytest.warns(CcdasWarning) as caught:
            assert find_compiler() == usual
        assert [w.message.code for w in caught] == ["missing-compiler"]
    finally:
        find_compiler.cache_clear()


def test_a_compiler_may_have_several_words(tmp_path, monkeypatch):
    usual = find_compiler().path
    monkeypatch.setenv("CXX", f"/usr/bin/env {usual}")
    find_compiler.cache_clear()
    try:
        found = find_compiler()
    finally:
        find_compiler.cache_clear()
    assert found.words == (usual,)
    assert library(TRIVIAL, found, tmp_path, LIMITS)[0].ccdas_native


def test_a_cache_that_cannot_be_written_is_named_and_not_needed(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("CCDAS_CACHE", str(tmp_path / "file"))
    engine, x = NativeEngine(), np.arange(4.0)
    with pytest.warns(CcdasWarning) as caught:
        found = engine.compile(decay(engine.xp))(x)["store"]
    assert [w.message.code for w in caught] == ["unwritable-cache"]
    np.testing.assert_allclose(found[0], 0.5 * x + 1.0, rtol=1e-15)


def test_a_compiler_that_knows_no_levels_compiles_for_this_processor(tmp_path, monkeypatch):
    path = program(tmp_path, 'case "$*" in *-march=x86-64-*) exit 1;; esac; exit 0')
    monkeypatch.setattr(module, "instruction_set", lambda: ("-march=x86-64-v3",))
    found = NativeEngine(compiler=path)
    assert "-march=native" in found.cxx.flags and "-march=x86-64-v3" not in found.cxx.flags
    assert found.provenance()["processor"] == found.cxx.processor != ""


def test_the_name_of_a_library_has_the_processor(tmp_path):
    from attrs import evolve

    found = find_compiler()
    others = [found, evolve(found, processor="another")]
    assert len({library(TRIVIAL, c, tmp_path, LIMITS)[1] for c in others}) == 2


def test_a_relative_folder_keeps_libraries(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = module.Path("some") / ".." / "cache"
    key = library(TRIVIAL, find_compiler(), folder, LIMITS)[1]
    assert [path.stem for path in (tmp_path / "cache").glob("*.so")] == [key]
