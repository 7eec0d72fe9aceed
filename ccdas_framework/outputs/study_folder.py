"""Folders of results: whether one can be written to, and its files."""

from __future__ import annotations

import errno
import json
from collections.abc import Collection, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from ..core.errors import Finding
from ..io.atomic import atomic_write, write_text
from ..io.netcdf_lock import netcdf_lock
from ..io.toml_text import toml_text


def study_folder_problem(
    path: str | PathLike[str], files: Collection[str], overwrite: bool
) -> Finding | None:
    """The reason why results cannot be written to a folder, or None.

    Args:
        files: names of results, or patterns such as "*/experiment.toml".
    """
    path = Path(path)
    code = message = ""
    if path.exists() and not path.is_dir():
        code, message = "output-is-a-file", "is a file. Choose a folder with --out."
    elif path.exists() and any(path.iterdir()):
        if not any(result for name in files for result in path.glob(name)):
            code, message = (
                "not-a-results-folder",
                "exists and holds files that are no such results. Choose another --out. "
                "--overwrite replaces results only.",
            )
        elif not overwrite:
            code, message = (
                "results-exist",
                "already holds results. Choose another --out, or replace them with --overwrite.",
            )
    return Finding(code, str(path), f"The output {path} {message}") if code else None


def write_groups(path: Path, groups: Mapping[str | None, Any]) -> Path:
    """A netCDF file of datasets by group, None for its root.

    Raises:
        OSError: the file cannot be written, such as on a full disk.
    """
    with atomic_write(path) as temporary, netcdf_lock:
        try:
            for number, (group, dataset) in enumerate(groups.items()):
                dataset.to_netcdf(temporary, mode="a" if number else "w", group=group)
        except RuntimeError as error:  # as the netCDF library says it
            raise OSError(errno.EIO, str(error), str(path)) from error
    return path


def write_toml(path: Path, values: Mapping[str, Any]) -> Path:
    """A nested dict as a TOML file."""
    write_text(path, toml_text(values))
    return path


def write_json(path: Path, values: Mapping[str, Any]) -> Path:
    """A nested dict as a JSON file."""
    write_text(path, json.dumps(values, indent=2, default=plain, ensure_ascii=False) + "\n")
    return path


def plain(value: Any) -> Any:
    """numpy numbers, arrays, dates and paths as JSON has them."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return str(value) if isinstance(value, np.datetime64) else value.item()
    return str(value)
