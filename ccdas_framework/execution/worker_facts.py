"""What a worker says about itself before its first task, and what a run expects of it."""

from __future__ import annotations

import hashlib
import os
import pickle
import platform
import sys
import time
from collections.abc import Iterable, Mapping
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from attrs import frozen

from ..core.errors import CcdasError
from .thread_variables import THREAD_VARIABLES

LOADED = time.time()  # about when the code of this process was read
LIBRARIES = ("numpy", "scipy", "autograd", "jax", "jaxlib")  # that compute
TRAVELLING = ("CCDAS_CACHE", "CCDAS_DATA", "CXX")  # settings that a worker takes over
_BORN = {name: os.environ.get(name) for name in TRAVELLING}  # before any run set them
COMPILATION = ("compiler", "flags")  # details of an engine that change rounding


@frozen(eq=False)
class WorkerFacts:
    """A process that computes blocks.

    Args:
        host: name of its machine.
        versions: of Python and the libraries that compute.
        code: package -> hash of its files.
        changed: packages with files that are newer than the process.
        processor: its name, its widest instruction set, and what the engine compiles for it.
        problem: why the engine does not work there, or ''.
        threads: variables that limit the threads of libraries.
    """

    host: str
    versions: Mapping[str, str]
    code: Mapping[str, str]
    changed: tuple[str, ...]
    processor: str
    problem: str
    threads: Mapping[str, str]


def settings_that_travel() -> dict[str, str | None]:
    """Environment variables that workers take over, by name; None where this process has none."""
    given = {name: os.environ.get(name) or None for name in TRAVELLING}
    paths = ("CCDAS_CACHE", "CCDAS_DATA")
    return {n: str(Path(v).absolute()) if v and n in paths else v for n, v in given.items()}


def facts_here(
    packages: Iterable[str], engine: bytes, settings: Mapping[str, str | None]
) -> WorkerFacts:
    """What this process says about itself.

    Args:
        packages: whose code is compared.
        engine: pickled, which computes the blocks; empty where none does.
        settings: environment variables that this process takes over. None gives one the value
            that it had at the start, so that no setting of an earlier run remains.
    """
    for name, value in settings.items():
        value = _BORN.get(name) if value is None else value
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # of XLA: fatal messages only
    details: dict[str, Any] = {}
    problem = ""
    try:
        details = dict(getattr(pickle.loads(engine), "provenance", dict)()) if engine else {}
    except Exception as error:  # whatever a library raises that does not fit the machine
        problem = f"{type(error).__name__}: {error}"
    found = {name: folder for name in packages if (folder := _folder(name)) is not None}
    return WorkerFacts(
        host=platform.node(),
        versions={"python": platform.python_version(), **_versions()},
        code={name: code_hash(folder) for name, folder in found.items()},
        changed=tuple(n for n, f in found.items() if n in sys.modules and _newest(f) > LOADED),
        processor=" ".join([processor(), *(str(details[k]) for k in COMPILATION if k in details)]),
        problem=problem,
        threads={name: os.environ.get(name, "") for name in THREAD_VARIABLES},
    )


def code_hash(folder: Path) -> str:
    """Hash of the names and contents of all Python files below a folder."""
    digest = hashlib.sha256()
    for path in _files(folder):
        digest.update(path.relative_to(folder).as_posix().encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def require_same(worker: str, there: WorkerFacts, here: WorkerFacts) -> None:
    """Raise an error where a worker would compute something else than this process.

    Args:
        worker: its name.
        there: what it says.
        here: what this process says.

    Raises:
        CcdasError: other versions, other code, or an engine that does not work there.
    """
    place = f"worker {worker} on {there.host}"
    other = [
        f"{name} {there.versions.get(name) or 'none'} there, {version} here"
        for name, version in here.versions.items()
        if there.versions.get(name) != version
    ]
    if other:
        raise CcdasError(
            f"{place} has other versions: {', '.join(other)}. Give the workers the environment of "
            "this process, and restart the workers.",
            code="other-version",
            where="compute.executor",
        )
    differing = [name for name, code in here.code.items() if there.code.get(name) != code]
    stale = [name for name in there.changed if name not in differing]
    if differing or stale:
        raise CcdasError(
            f"{place} has other code of {', '.join(differing + stale)} than this process, with the "
            "same version. Install the same code there, and restart the workers.",
            code="other-code",
            where="compute.executor",
        )
    if there.problem:
        raise CcdasError(
            f"{place} cannot compute with the engine of this run ({there.problem}). All blocks of "
            "a run have one engine. Repair that worker, or choose an engine that all have with "
            "--engine.",
            code="other-engine",
            where="compute.executor",
        )


def processor() -> str:
    """Name of the processor and its widest instruction set."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    values = {line.split(":")[0].strip(): line.partition(":")[2].strip() for line in lines}
    flags = set(values.get("flags", "").split())
    widest = next((f for f in ("avx512f", "avx2", "avx", "sse4_2") if f in flags), "")
    return " ".join(t for t in (values.get("model name", platform.machine()), widest) if t)


def _versions() -> dict[str, str]:
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def _folder(package: str) -> Path | None:
    try:
        spec = find_spec(package)
    except (ImportError, ValueError):
        return None
    places = list(spec.submodule_search_locations or ()) if spec is not None else []
    return Path(places[0]) if places else None


def _files(folder: Path) -> list[Path]:
    return sorted(p for kind in ("*.py", "*.hh") for p in folder.rglob(kind))


def _newest(folder: Path) -> float:
    return max((path.stat().st_mtime for path in _files(folder)), default=0.0)
