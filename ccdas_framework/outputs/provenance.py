"""Versions, inputs and seed of a result, for its reproduction."""

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

from ..core.errors import Finding, Findings

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
        **versions(),
        "inputs": checksums(inputs, folder),
        **(further or {}),
    }


def versions() -> dict[str, Any]:
    """Of the framework, Python, the platform, libraries and plugins."""
    return {
        "framework": {"version": _version(FRAMEWORK), "git_commit": git_commit()},
        "python": platform.python_version(),
        "platform": platform.platform(),
        "libraries": {n: v for n in LIBRARIES if (v := _version(n)) is not None},
        "plugins": plugin_versions(),
    }


def checksums(inputs: Iterable[str | PathLike[str]], folder: Path | None = None) -> dict[str, str]:
    """SHA-256 of each file by its name, relative to `folder` inside it."""
    return {_name(Path(path), folder): sha256(path) for path in inputs}


def changed_inputs(
    before: Mapping[str, Any], inputs: Iterable[str | PathLike[str]], folder: Path | None = None
) -> list[Finding]:
    """A finding for each input file that differs from an earlier run; its place is the file.

    Args:
        before: provenance of an earlier run.
        inputs, folder: of the same experiment now, as `provenance` takes them.
    """
    return inputs_that_differ(before, checksums(inputs, folder))


def inputs_that_differ(before: Mapping[str, Any], now: Mapping[str, str]) -> list[Finding]:
    """The same from the checksums of the files now, as `checksums` returns them."""
    then, findings = dict(before.get("inputs", {})), Findings()
    for name in dict.fromkeys([*then, *now]):
        if name not in now:
            findings.add("input-not-read", name, f"input {name} was read then and is not now.")
        elif name not in then:
            findings.add("input-added", name, f"input {name} is read now and was not then.")
        elif then[name] != now[name]:
            sums = f"SHA-256 {then[name][:12]}... then, {now[name][:12]}... now"
            text = f"input {name} has changed since that run ({sums})."
            findings.add("input-changed", name, text)
    return list(findings)


def versions_that_differ(before: Mapping[str, Any]) -> list[Finding]:
    """A finding for each version that differs from an earlier run's provenance."""
    now = versions()
    then = _flat({key: before.get(key) for key in now})
    present = _flat(now)
    return [
        Finding(
            "version-changed",
            name,
            f"{name}: {then.get(name) or 'none'} then, {present.get(name) or 'none'} now",
        )
        for name in dict.fromkeys([*then, *present])
        if then.get(name) != present.get(name)
    ]


def _flat(tree: Mapping[str, Any], start: str = "") -> dict[str, Any]:
    """Leaves of nested tables by their dotted names."""
    leaves: dict[str, Any] = {}
    for key, value in tree.items():
        if isinstance(value, Mapping):
            leaves |= _flat(value, f"{start}{key}.")
        else:
            leaves[f"{start}{key}"] = value
    return leaves


def _name(path: Path, folder: Path | None) -> str:
    if folder is None or not path.is_relative_to(folder):
        return str(path)
    return path.relative_to(folder).as_posix()


def plugin_versions() -> dict[str, dict[str, str]]:
    """Every installed plugin: name -> its distribution and version."""
    return {
        entry.name: {"distribution": entry.dist.name, "version": entry.dist.version}
        for entry in metadata.entry_points(group=ENTRY_POINTS)
        if entry.dist is not None
    }


def sha256(path: str | PathLike[str]) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def git_commit() -> str | None:
    """Commit of the working copy the framework runs from, None where it is installed from a wheel.

    '-modified' is added where tracked files differ from it.
    """
    folder = Path(__file__).resolve().parent
    try:
        tracked = _git(folder, "ls-files", "--error-unmatch", Path(__file__).name)
        commit = _git(folder, "rev-parse", "HEAD")
        changes = _git(folder, "status", "--porcelain", "--untracked-files=no")
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
