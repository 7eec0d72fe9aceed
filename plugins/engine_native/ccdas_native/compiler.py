"""The C++ compiler, and libraries that are compiled once.

A library is named by the hash of its source, of the compiler and its version, and of all flags, in
which the instruction set is named. A file of the cache is written aside, renamed and never changed.
"""

from __future__ import annotations

import _ctypes
import ctypes
import hashlib
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
from pathlib import Path
from threading import Lock
from typing import Any

from attrs import define, field, frozen

from ccdas_framework import CcdasError, CcdasWarning

WHERE = "engine 'native'"
VERSION_SECONDS = 20.0  # longest answer of a compiler to --version
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
    """

    path: str
    version: str
    flags: tuple[str, ...]
    words: tuple[str, ...] = ()
    processor: str = ""


@frozen
class Limits:
    """How much a compilation may take.

    Args:
        seconds: of wall time.
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


def library(source: str, compiler: Compiler, folder: Path, limits: Limits) -> Any:
    """A loaded library of a source that includes `kernel.hh`, from the cache or compiled.

    Raises:
        CcdasError: the compiler failed, took too long or made no library.
    """
    header = files(__package__).joinpath("kernel.hh").read_text()
    text = f"{header}\n{source}"
    command = (compiler.path, *compiler.words)
    parts = (text, *command, compiler.version, *compiler.flags, compiler.processor)
    parts += (_ffi_version(),)
    key = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
    path = folder / f"{key}.so"
    if os.path.isfile(path):
        loaded = _loaded(path)
        if loaded is not None:
            COUNTS.add(hit=True)
            return loaded, key
    start = time.monotonic()
    with _aside(folder) as aside:
        made = Path(aside) / "kernel.so"
        _compile(text, compiler, Path(aside), limits)
        loaded = _loaded(made)
        if loaded is None:
            raise CcdasError(
                f"the compiler {compiler.path} ({compiler.version}) made a library that does not "
                "load.",
                code="unusable-library",
                where=WHERE,
            )
        if os.path.dirname(os.path.abspath(aside)) == os.path.abspath(folder):
            os.replace(made, path)
    COUNTS.add(hit=False, seconds=time.monotonic() - start)
    return loaded, key


def _loaded(path: Path) -> Any:
    """A library with its function, or None where it does not load or lacks that."""
    try:
        loaded = ctypes.CDLL(str(path))
    except OSError:
        return None
    if hasattr(loaded, "ccdas_native"):
        return loaded
    _ctypes.dlclose(loaded._handle)  # else the next file of this name is not read
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


def _ffi_version() -> str:
    import jaxlib

    return str(jaxlib.__version__)


def _compile(text: str, compiler: Compiler, folder: Path, limits: Limits) -> None:
    import jax.ffi

    (folder / "kernel.cc").write_text(text)
    limited = ["/bin/sh", "-c", 'ulimit -v "$0" 2>/dev/null; exec "$@"']
    command = [*limited, str(int(limits.gigabytes * 2**20)), compiler.path]
    command += [*compiler.words, *compiler.flags]
    command += ["-I", jax.ffi.include_dir(), "kernel.cc"]
    command += ["-o", "kernel.so", "-lm", "-lpthread"]
    what, code = "", "failed-compiler"
    running = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    try:
        _, text = running.communicate(timeout=limits.seconds)
        if running.returncode:
            what = f"failed ({_reason(text)})"
    except subprocess.TimeoutExpired:
        what, code = f"took more than {limits.seconds:g} s", "slow-compiler"
    finally:
        if running.poll() is None:  # with the programs that it started
            os.killpg(running.pid, signal.SIGKILL)
            running.communicate()
    if what:
        raise CcdasError(
            f"the compiler {compiler.path} ({compiler.version}) {what}.", code=code, where=WHERE
        )
