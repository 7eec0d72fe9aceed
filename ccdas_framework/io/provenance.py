"""What a result was made with, so that it can be made again."""

from __future__ import annotations

import hashlib
import platform
import subprocess
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib import metadata
from os import PathLike
from pathlib import Path
from typing import Any

FRAMEWORK = "ccdas-framework"
LIBRARIES = (
    "numpy", "scipy", "autograd", "jax", "jaxlib", "xarray", "netCDF4", "cftime", "attrs",
    "pluggy", "pint", "cf-xarray",
)  # fmt: skip
ENTRY_POINTS = "ccdas_framework"


def provenance(
    *,
    inputs: Iterable[str | PathLike[str]] = (),
    seed: int | None = None,
    command: Iterable[str] | None = None,
    further: Mapping[str, Any] | None = None,
    folder: Path | None = None,
) -> dict[str, Any]:
    """Versions, plugins, checksums of inputs, seed, command line, date and platform.

    Args:
        inputs: files that were read.
        seed: of the random numbers.
        command: as typed; by default this process's.
        further: added as it is (engine, seconds ...).
        folder: temporary one of input files, which are named relative to it.
    """
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": list(sys.argv if command is None else command),
        "seed": seed,
        "framework": {"version": _version(FRAMEWORK), "git_commit": git_commit()},
        "python": platform.python_version(),
        "platform": platform.platform(),
        "libraries": {n: v for n in LIBRARIES if (v := _version(n)) is not None},
        "plugins": plugin_versions(),
        "inputs": {_name(Path(path), folder): sha256(path) for path in inputs},
        **(further or {}),
    }


def _name(path: Path, folder: Path | None) -> str:
    if folder is None or not path.is_relative_to(folder):
        return str(path)
    return path.relative_to(folder).as_posix()


def plugin_versions() -> dict[str, dict[str, str]]:
    """Every installed plugin: name -> its distribution and version."""
    found = {}
    for entry in metadata.entry_points(group=ENTRY_POINTS):
        if entry.dist is not None:
            found[entry.name] = {"distribution": entry.dist.name, "version": entry.dist.version}
    return found


def sha256(path: str | PathLike[str]) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def git_commit() -> str | None:
    """Commit of the working copy the framework runs from, None where it is installed from a wheel.

    '-modified' is added where tracked files differ from it.
    """
    here = Path(__file__).resolve().parent
    try:
        tracked = _git(here, "ls-files", "--error-unmatch", Path(__file__).name)
        commit = _git(here, "rev-parse", "HEAD")
        changes = _git(here, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.SubprocessError):
        return None
    return (commit + ("-modified" if changes else "")) if tracked else None


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=folder, capture_output=True, text=True, check=True, timeout=10
    )
    return done.stdout.strip()


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None
