"""The name of a product: where it may be written, and what it may replace."""

from __future__ import annotations

import json
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..core.errors import Findings
from ..io.netcdf_lock import netcdf_lock

ZARR = ".zarr"  # suffix of a product that is a folder
OF_ZARR = {"zarr.json", ".zgroup", ".zarray", ".zattrs", ".zmetadata"}  # files of metadata
MADE_BY = "ccdas product"  # in `history` of each product


def name_findings(path: Path) -> Findings:
    """Findings about the name of a product, before one is computed.

    They are a package that is missing, a parent folder that is missing or cannot be written to,
    and a file or folder of this name that is no product.
    """
    findings = Findings()
    if path.suffix == ZARR and find_spec("zarr") is None:
        text = f'--out {path} needs zarr: pip install "ccdas-framework[zarr]".'
        findings.add("missing-package", "--out", text)
    parent = written_path(path).parent
    if not parent.is_dir():
        text = f"--out {path}: there is no folder {parent}. Make it, or name another one."
        findings.add("missing-folder", "--out", text)
    elif cause := _refusal(parent):
        text = f"--out {path}: the folder {parent} cannot be written to ({cause})."
        findings.add("folder-not-writable", "--out", text)
    elif path.suffix == ZARR:
        _add_of_folder(findings, path)
    else:
        _add_of_file(findings, path)
    return findings


def written_path(path: Path) -> Path:
    """Absolute path of a product; a zarr folder is written where a link leads."""
    return path.resolve() if path.suffix == ZARR else path.absolute()


def _refusal(folder: Path) -> str:
    """Why a folder takes no file; "" where it does."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return ""
    except OSError as cause:
        return cause.strerror or str(cause)


def _add_of_file(findings: Findings, path: Path) -> None:
    if path.is_dir():
        text = f"--out {path} is a folder; expected the name of a netCDF file."
        findings.add("wrong-option", "--out", text)
    elif path.exists() and not _is_product(_history_of_file(path)):
        text = (
            f"--out {path} exists and is no file of `ccdas product`. Choose another name, or move "
            "the file."
        )
        findings.add("foreign-file", "--out", text)


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
        text = f"--out {path} is a file; expected the name of a zarr folder."
        findings.add("wrong-option", "--out", text)


def _is_product(history: Any) -> bool:
    """Whether a history has the line of a product; cdo and NCO add theirs before or after it."""
    return MADE_BY in str(history)


def _history_of_file(path: Path) -> Any:
    """Attribute `history` of a netCDF file; that of a product for an empty file."""
    import netCDF4  # slow to import

    try:
        if not path.stat().st_size:
            return MADE_BY
        with netcdf_lock, netCDF4.Dataset(path) as data:
            return getattr(data, "history", "")
    except OSError:  # of another kind, or unreadable
        return ""


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
