"""The name of a product: where it may be written, and what it may replace."""

from __future__ import annotations

import json
import re
import tempfile
from contextlib import suppress
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..core.errors import Findings
from ..io.atomic import temporary_path
from ..io.netcdf_lock import netcdf_lock

ZARR = ".zarr"  # suffix of a product that is a folder
OF_ZARR = {"zarr.json", ".zgroup", ".zarray", ".zattrs", ".zmetadata"}  # files of metadata
MADE_BY = "ccdas product of the run "  # in `history` of each product, after the time


def name_findings(path: Path) -> Findings:
    """Findings about the name of a product, before one is computed.

    They are a package that is missing, a name or folder that takes no file, and a file or folder
    of this name that is no product.
    """
    findings = Findings()
    if path.suffix == ZARR and find_spec("zarr") is None:
        text = f'--out {path} needs zarr: pip install "ccdas-framework[zarr]".'
        findings.add("missing-package", "--out", text)
    if path.suffix == ZARR:
        of_name = _folder_findings(path, "--out")
        if not of_name:
            _add_of_folder(of_name, path)
    else:
        of_name = file_findings(path, "--out", "netCDF")
        if not of_name and path.exists() and not _is_product_file(path):
            text = (
                f"--out {path} exists and is no file of `ccdas product`. Choose another name, or "
                "move the file."
            )
            of_name.add("foreign-file", "--out", text)
    findings.extend(of_name)
    return findings


def file_findings(path: Path, option: str, kind: str) -> Findings:
    """Findings about the name of a file of an option, before its contents are computed.

    Args:
        kind: of the file, for the message.
    """
    findings = _folder_findings(path, option)
    if not findings and path.exists() and not path.is_file():
        found = "a folder" if path.is_dir() else "a device or a pipe"
        text = f"{option} {path} is {found}; expected the name of a {kind} file."
        findings.add("wrong-option", option, text)
    return findings


def history_line(folder: Path) -> str:
    """The line of `history` that a product of a run has from now on."""
    name = " ".join(folder.name.splitlines())
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {MADE_BY}{name}"


def written_path(path: Path) -> Path:
    """Absolute path of a product; a zarr folder is written where a link leads."""
    return path.resolve() if path.suffix == ZARR else path.absolute()


def _folder_findings(path: Path, option: str) -> Findings:
    """Findings about a name that the disk refuses, and a folder that takes no file."""
    findings = Findings()
    if cause := _unusable(path):
        text = f"{option} {path} cannot be the name of a file ({cause}). Choose another name."
        findings.add("wrong-option", option, text)
        return findings
    parent = written_path(path).parent
    if not parent.is_dir():
        text = f"{option} {path}: there is no folder {parent}. Make it, or name another one."
        findings.add("missing-folder", option, text)
    elif cause := _refusal(parent):
        text = f"{option} {path}: the folder {parent} cannot be written to ({cause})."
        findings.add("folder-not-writable", option, text)
    return findings


def _unusable(path: Path) -> str:
    """Why a path is the name of no file, such as a loop of links; "" where it may be one.

    The name of the temporary file is longer, and has to be possible as well.
    """
    # A folder that is missing or closed has a finding of its own.
    elsewhere = (FileNotFoundError, NotADirectoryError, PermissionError)
    try:
        with suppress(*elsewhere):
            path.stat()
        with suppress(*elsewhere):
            temporary_path(written_path(path), "unfinished").stat()
    except (OSError, RuntimeError, ValueError) as cause:
        return getattr(cause, "strerror", "") or str(cause)
    return ""


def _refusal(folder: Path) -> str:
    """Why a folder takes no file; "" where it does."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return ""
    except OSError as cause:
        return cause.strerror or str(cause)


def _add_of_folder(findings: Findings, path: Path) -> None:
    if path.is_dir() and (others := _outside_zarr(path)):
        text = (
            f"--out {path} is a folder with files other than those of a zarr store, such as "
            f"'{others[0]}'. Choose another name, or move the folder."
        )
        findings.add("foreign-folder", "--out", text)
    elif path.is_dir() and any(path.iterdir()) and not _is_product(_history_of_folder(path)):
        text = (
            f"--out {path} exists and is no zarr store of `ccdas product`. Choose another name, or "
            "move the folder."
        )
        findings.add("foreign-folder", "--out", text)
    elif path.exists() and not path.is_dir():
        text = f"--out {path} is no folder; expected the name of a zarr folder."
        findings.add("wrong-option", "--out", text)


def _is_product(history: Any) -> bool:
    """Whether a history is that of a product alone.

    Other programs, such as cdo and NCO, add a line before or after it, and their files are not
    replaced.
    """
    return re.fullmatch(rf"\S+Z {re.escape(MADE_BY)}.*", str(history)) is not None


def _is_product_file(path: Path) -> bool:
    """Whether a netCDF file is a product; an empty file may become one."""
    import netCDF4  # slow to import

    try:
        if not path.stat().st_size:
            return True
        with netcdf_lock, netCDF4.Dataset(path) as data:
            return _is_product(getattr(data, "history", ""))
    except OSError:  # of another kind, or unreadable
        return False


def _history_of_folder(folder: Path) -> Any:
    """Attribute `history` of a zarr store of format 3 or 2."""
    for name, keys in (("zarr.json", ("attributes", "history")), (".zattrs", ("history",))):
        try:
            value = json.loads((folder / name).read_text(encoding="utf-8"))
            for key in keys:
                value = value[key]
        except (OSError, ValueError, KeyError, TypeError):
            continue
        return value
    return ""


def _outside_zarr(folder: Path) -> list[str]:
    """Names in a folder that are no part of a zarr store; all of them where it is none."""
    names = sorted(path.name for path in folder.iterdir())
    if not any((folder / name).is_file() for name in OF_ZARR):
        return names
    outside = []
    for path in map(folder.joinpath, names):
        if path.is_dir() and not any((path / name).is_file() for name in OF_ZARR):
            outside.append(path.name)
        elif path.is_dir():
            outside += [f"{path.name}/{name}" for name in _files_outside_array(path)]
        elif path.name not in OF_ZARR:
            outside.append(path.name)
    return outside


def _files_outside_array(folder: Path) -> list[str]:
    """Files below an array of a zarr store that are neither metadata nor numbered chunks."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return sorted(
        path.relative_to(folder).as_posix()
        for path in files
        if path.name not in {*OF_ZARR, "c"} and not path.name.replace(".", "").isdigit()
    )
