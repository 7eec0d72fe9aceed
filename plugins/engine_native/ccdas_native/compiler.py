"""The C++ compiler, and libraries that are compiled once.

A library is named by the hash of its source, of the compiler and its version, of all flags, in
which the instruction set is named, and of the C library. A compilation is recorded in the cache, so
that a machine without a compiler reads what another one with the same instruction set compiled.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import platform
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
import warnings
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from math import ceil
from pathlib import Path
from threading import Lock
from typing import Any

from attrs import asdict, define, field, frozen

from ccdas_framework import CcdasError, CcdasWarning

from .cache_files import is_whole, move_in, read_whole
from .trial import trial_problem

WHERE = "engine 'native'"
WALL_TIMES = 5.0
VERSION_SECONDS = 20.0  # longest answer of a compiler to --version
RECORD = 1  # format of the record of a compiler
# A compiler with limits. It and the programs that it starts are killed when the pipe of the input
# closes, as it does at the end of the process that waits for it.
LIMITED = """ulimit -v "$0" 2>/dev/null; ulimit -S -t "$1" 2>/dev/null; shift
exec 3<&0 </dev/null
{ read -r end <&3; kill -KILL 0; } 2>/dev/null &
"$@" 3<&-
status=$?
exec 2>/dev/null
kill -KILL $!
exit $status"""
COMMON = ("-std=c++17", "-O2", "-fPIC", "-shared", "-w", "-fno-math-errno", "-fno-trapping-math",
          "-ffp-contract=fast")  # fmt: skip
# levels of x86-64 (System V ABI), best first, with the processor flags of Linux that stand for them
LEVELS = (
    ("x86-64-v4", {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"}),
    ("x86-64-v3", {"avx2", "bmi2", "fma", "f16c", "movbe"}),
    ("x86-64-v2", {"sse4_2", "ssse3", "popcnt"}),
)


@frozen
class Compiler:
    """A C++ compiler.

    Args:
        path: of the program.
        version: first line of what it says about itself.
        flags: of every compilation.
        words: further words of the command, before the flags, as in "ccache g++".
        processor: hash of its name and instructions, where no flag names the instruction set.
        absent: whether it is not here, and only its libraries can be read from the cache.
    """

    path: str
    version: str
    flags: tuple[str, ...]
    words: tuple[str, ...] = ()
    processor: str = ""
    absent: bool = False


@frozen
class Limits:
    """How much a compilation may take.

    Args:
        seconds: of processor time, so that a busy machine changes nothing. A compiler that waits
            ends after `WALL_TIMES` as much wall time.
        gigabytes: of address space, where the system can limit it.
    """

    seconds: float
    gigabytes: float


@define
class Counts:
    """Libraries that were found in the cache, and those that were compiled."""

    hits: int = 0
    misses: int = 0
    seconds: float = 0.0  # of all compilations
    lock: Any = field(factory=Lock, repr=False)

    def add(self, hit: bool, seconds: float = 0.0) -> None:
        """One more library."""
        with self.lock:
            self.hits += hit
            self.misses += not hit
            self.seconds += seconds

    @property
    def summary(self) -> dict[str, float]:
        """Libraries found and compiled, and seconds of the compilations."""
        seconds = round(self.seconds, 1)
        return {"found": self.hits, "compiled": self.misses, "seconds": seconds}


COUNTS = Counts()  # of this process


def instruction_set() -> tuple[str, ...]:
    """Flags that name the instructions of this processor; none where they are not known."""
    if platform.machine() not in ("x86_64", "AMD64"):
        return ()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return ("-march=x86-64-v2",)
    available = set(next((line for line in lines if line.startswith("flags")), "").split())
    for name, needed in LEVELS:
        if needed <= available:
            wide = ("-mprefer-vector-width=512",) if name == "x86-64-v4" else ()
            return (f"-march={name}", *wide)
    return ()


@cache
def find_compiler(name: str = "") -> Compiler:
    """The compiler of a name or a path, else that of $CXX, else c++, g++ or clang++.

    Raises:
        CcdasError: there is none.
    """
    chosen = os.environ.get("CXX", "")
    names = [name] if name else [n for n in (chosen, "c++", "g++", "clang++") if n]
    for candidate in names:
        found = _started(candidate)
        if found is not None:
            if chosen and not name and candidate != chosen:
                message = f"$CXX is '{chosen}', which does not start. {candidate} compiles instead."
                warning = CcdasWarning(message, code="missing-compiler", where=WHERE)
                warnings.warn(warning, stacklevel=2)
            return found
    raise CcdasError(
        f"engine 'native' needs a C++ compiler; {' or '.join(names)} was not found or does not "
        "start. Install g++ or clang++, name one by the setting 'compiler' or by $CXX, or use "
        "--engine jax.",
        code="missing-compiler",
        where=WHERE,
    )


def _started(name: str) -> Compiler | None:
    """The compiler of a name, a path or a command of several words, or None."""
    try:
        words = [name] if shutil.which(name) else shlex.split(name)
        path = shutil.which(words[0])
        if path is None:
            return None
        command = [path, *words[1:], "--version"]
        answer = subprocess.run(command, capture_output=True, text=True, timeout=VERSION_SECONDS)
    except (OSError, ValueError, IndexError, subprocess.TimeoutExpired):
        return None
    if answer.returncode:
        return None
    version = (answer.stdout or answer.stderr).splitlines()
    chosen, processor = instruction_set(), ""
    if chosen and not _knows([path, *words[1:]], chosen):  # GCC before 11
        chosen, processor = ("-march=native",), _processor()
    flags = (*COMMON, *chosen)
    name = version[0] if version else "unknown"
    return Compiler(path, name, flags, tuple(words[1:]), processor)


def _knows(command: Sequence[str], flags: Sequence[str]) -> bool:
    """Whether a compiler accepts flags."""
    try:
        empty = [*command, *flags, "-E", "-x", "c++", os.devnull]
        answer = subprocess.run(empty, capture_output=True, timeout=VERSION_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0


def _processor() -> str:
    """Name and instructions of this processor, as a hash."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = [f"model name {platform.processor()}"]
    telling = sorted({line for line in lines if line.startswith(("model name", "flags"))})
    return hashlib.sha256("\n".join(telling).encode()).hexdigest()[:16]


def library_key(text: str, compiler: Compiler) -> str:
    """Name of the library of a source: a hash of all that its contents depend on."""
    parts = (text, compiler.path, *compiler.words, compiler.version, *compiler.flags)
    parts += (compiler.processor, _ffi_version(), *_system())
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def library(source: str, compiler: Compiler, folder: Path, limits: Limits) -> Any:
    """A loaded library of a source that includes `kernel.hh`, and its key.

    It is that of the cache, or is compiled.

    Raises:
        CcdasError: the compiler is absent, failed, took too long or made no library, or the library
            cannot be used on this machine.
    """
    text = _with_header(source)
    key = library_key(text, compiler)
    path = folder / f"{key}.so"
    if is_whole(path):
        loaded = _loaded(path, compiler)
        COUNTS.add(hit=True)
        return loaded, key
    if compiler.absent:
        raise CcdasError(
            f"the cache {folder} has no library of this kernel, and there is no C++ compiler here. "
            "Run `ccdas compile` with this experiment where there is one",
            code="missing-compiler",
            where=WHERE,
        )
    start = time.monotonic()
    with _aside(folder) as aside:
        made = Path(aside) / "kernel.so"
        _compile(text, compiler, Path(aside), limits)
        loaded = _loaded(made, compiler)
        if os.path.dirname(os.path.abspath(aside)) == os.path.abspath(folder):
            move_in(made, path)
            _record(compiler, Path(aside), folder)
    COUNTS.add(hit=False, seconds=time.monotonic() - start)
    return loaded, key


def is_cached(source: str, compiler: Compiler, folder: Path) -> bool:
    """Whether the cache has the library of a source."""
    return is_whole(folder / f"{library_key(_with_header(source), compiler)}.so")


def _with_header(source: str) -> str:
    header = files(__package__).joinpath("kernel.hh").read_text()
    return f"{header}\n{source}"


def _loaded(path: Path, compiler: Compiler) -> Any:
    """A library that another process has tried.

    Raises:
        CcdasError: it cannot be used on this machine.
    """
    problem = trial_problem(path)
    if not problem:
        try:
            return ctypes.CDLL(str(path))
        except OSError as error:
            problem = f"does not load ({error})"
    raise CcdasError(
        f"the library {path.name} of the compiler {compiler.path} ({compiler.version}) {problem}.",
        code="unusable-library",
        where=WHERE,
    )


@cache
def _system() -> tuple[str, ...]:
    """Kind of processor and C library of this machine."""
    return platform.machine(), *platform.libc_ver()


def _record_name() -> str:
    """File of the compiler whose libraries this machine can use."""
    usable = instruction_set() or (_processor(),)
    name = hashlib.sha256("\0".join((*usable, *_system())).encode()).hexdigest()[:16]
    return f"compiler-{RECORD}-{name}.json"


def _record(compiler: Compiler, aside: Path, folder: Path) -> None:
    """Keep the compiler of the latest compilation for machines that have none."""
    made = aside / "compiler.json"
    made.write_text(json.dumps(asdict(compiler)))
    move_in(made, folder / _record_name())


def recorded_compiler(folder: Path) -> Compiler | None:
    """The compiler of the latest compilation in a cache, as an absent one.

    None without one, and where another version of this package wrote it in another form.
    """
    contents = read_whole(folder / _record_name())
    if contents is None:
        return None
    try:
        fields = json.loads(contents)
        listed = {name: tuple(fields.pop(name)) for name in ("flags", "words")}
        return Compiler(**{**fields, **listed, "absent": True})
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _aside(folder: Path) -> tempfile.TemporaryDirectory[str]:
    """A new folder within the cache, or elsewhere with a warning where that is not writable."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryDirectory(dir=folder)
    except OSError as error:
        message = (
            f"the folder {folder} cannot be written ({error.strerror}). Each process compiles "
            "again. Name another folder by $CCDAS_CACHE."
        )
        warnings.warn(CcdasWarning(message, code="unwritable-cache", where=WHERE), stacklevel=3)
        return tempfile.TemporaryDirectory()


def _reason(text: str) -> str:
    """The line of a compiler's messages that tells most."""
    lines = text.strip().splitlines() or ["no message"]
    telling = (line for line in lines if "error" in line.lower() or "memory" in line.lower())
    return next(telling, lines[-1])[:200]


def _out_of_time(status: int, text: str) -> bool:
    """Whether the limit of processor time ended a compiler or a program that it started."""
    return status in (-signal.SIGXCPU, 128 + signal.SIGXCPU) or "CPU time limit" in text


def _ffi_version() -> str:
    import jaxlib

    return str(jaxlib.__version__)


def _compile(text: str, compiler: Compiler, folder: Path, limits: Limits) -> None:
    import jax.ffi

    (folder / "kernel.cc").write_text(text)
    numbers = [str(int(limits.gigabytes * 2**20)), str(ceil(limits.seconds))]
    command = ["/bin/sh", "-c", LIMITED, *numbers, compiler.path]
    command += [*compiler.words, *compiler.flags]
    command += ["-I", jax.ffi.include_dir(), "kernel.cc"]
    command += ["-o", "kernel.so", "-lm", "-lpthread"]
    what, code = "", "failed-compiler"
    ours, held = os.pipe()  # `held` closes with this process, however it ends
    try:
        running = subprocess.Popen(
            command, cwd=folder, stdin=ours, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            text=True, start_new_session=True,
        )  # fmt: skip
        try:
            _, text = running.communicate(timeout=WALL_TIMES * limits.seconds)
            if running.returncode and _out_of_time(running.returncode, text):
                what = f"took more than {limits.seconds:g} s of processor time"
                code = "slow-compiler"
            elif running.returncode:
                what = f"failed ({_reason(text)})"
        except subprocess.TimeoutExpired:
            what, code = f"took more than {WALL_TIMES * limits.seconds:g} s", "slow-compiler"
        finally:
            if running.poll() is None:  # with the programs that it started
                os.killpg(running.pid, signal.SIGKILL)
                running.communicate()
    finally:
        os.close(ours)
        os.close(held)
    if what:
        raise CcdasError(
            f"the compiler {compiler.path} ({compiler.version}) {what}.", code=code, where=WHERE
        )
