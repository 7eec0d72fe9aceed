"""What a worker says about itself before its first task, and what a run expects of it."""

from __future__ import annotations

import hashlib
import os
import pickle
import platform
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from attrs import frozen

from ..core.errors import CcdasError
from .thread_variables import THREAD_VARIABLES

LOADED = time.time()  # about when the code of this process was read
_LOADED_EARLY = frozenset(name.partition(".")[0] for name in sys.modules)  # at that time
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
        code: package, or module without a package -> hash of its files.
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
    packages = tuple(packages)
    return WorkerFacts(
        host=platform.node(),
        versions={"python": platform.python_version(), **_versions()},
        code=code_here(packages),
        changed=changed_here(packages),
        processor=" ".join([processor(), *(str(details[k]) for k in COMPILATION if k in details)]),
        problem=problem,
        threads={name: os.environ.get(name, "") for name in THREAD_VARIABLES},
    )


def code_here(packages: Iterable[str]) -> dict[str, str]:
    """Package -> hash of its files, of those that this process can import."""
    found = {name: _places(name) for name in packages}
    return {name: code_hash(*places) for name, places in found.items() if places}


def changed_here(packages: Iterable[str]) -> tuple[str, ...]:
    """Loaded packages with files that have changed since this process loaded its code."""
    return tuple(name for name in packages if name in sys.modules and _has_changed(name))


_FIRST: dict[str, str] = {}  # package that was loaded late -> hash when it was first looked at


def _has_changed(package: str) -> bool:
    """Whether files of a loaded package are newer than this process.

    A package that was loaded later may be newer. Its files are compared with those at the first
    look.
    """
    places = _places(package)
    if package in _LOADED_EARLY:
        now = time.time()  # a file from the future, of a clock that is wrong, has not changed
        return any(LOADED < changed <= now for changed in _times(places))
    if not places:
        return False
    hash_now = code_hash(*places)
    return _FIRST.setdefault(package, hash_now) != hash_now


def code_hash(*places: Path) -> str:
    """Hash of the names and contents of modules, and of all Python files below folders."""
    digest = hashlib.sha256()
    for place in places:
        for path in _files(place):
            name = path.name if path == place else path.relative_to(place).as_posix()
            digest.update(name.encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


_COMPARED: dict[str, str] = {}  # of this process: package -> hash that it was found to have


def with_same_code(code: Mapping[str, str], function: Callable[..., Any], *arguments: Any) -> Any:
    """`function` of the arguments, in a process that has the code of the run.

    The process compares the files when it begins, before it loads them.

    Args:
        code: package -> hash, of the process of the run.

    Raises:
        CcdasError: files have changed since the run began, with the code "other-code".
    """
    new = {name: hash_ for name, hash_ in code.items() if _COMPARED.get(name) != hash_}
    here = code_here(new)
    other = [name for name, hash_ in new.items() if here.get(name) != hash_]
    if other:
        raise changed_code(other)
    _COMPARED.update(new)
    return function(*arguments)


def require_unchanged(packages: Iterable[str]) -> None:
    """Raise an error where this process computes with other code than its workers would load.

    Raises:
        CcdasError: files of loaded packages have changed, with the code "other-code".
    """
    changed = changed_here(packages)
    if changed:
        raise changed_code(changed)


def changed_code(packages: Iterable[str]) -> CcdasError:
    """Error of files that changed under a process that had loaded them."""
    return CcdasError(
        f"files of {', '.join(packages)} have changed since this process loaded them, so that "
        "workers that start now would compute with other code. Start this process again. `ccdas "
        "resume` continues a run from the last accepted point.",
        code="other-code",
        where="compute.executor",
    )


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
    if here.changed:
        raise changed_code(here.changed)
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


def _places(package: str) -> list[Path]:
    """Folder of a package, or the file of a module; [] where it cannot be imported.

    [] also for a namespace package: its folders depend on the path of the process.
    """
    if package == "__main__":  # a script, which has another name in a worker
        return []
    try:
        spec = find_spec(package)
    except (ImportError, ValueError):
        return []
    if spec is None or spec.origin is None or not spec.has_location:
        return []
    return [Path(place) for place in spec.submodule_search_locations or (spec.origin,)]


def _files(place: Path) -> list[Path]:
    """Files of code; hidden ones are those of editors and notebooks."""
    if place.is_file():
        return [place]
    found = sorted(p for kind in ("*.py", "*.hh") for p in place.rglob(kind))
    return [
        path
        for path in found
        if path.is_file() and not any(w.startswith(".") for w in path.relative_to(place).parts)
    ]


def _times(places: Iterable[Path]) -> list[float]:
    return [path.stat().st_mtime for place in places for path in _files(place)]
