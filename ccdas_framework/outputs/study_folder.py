"""Folders of studies that hold several runs or none: comparisons, designs."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from ..core.errors import Finding
from ..io.atomic import atomic_write, write_text
from ..io.toml_text import toml_text
from .run_folder import plain


def study_folder_problem(
    path: str | Path, files: Collection[str], overwrite: bool
) -> Finding | None:
    """The reason why the files of a study cannot go here, or None.

    Args:
        path: folder of the results.
        files: that the study writes; names or patterns such as "*/experiment.toml".
        overwrite: replace those of an earlier study.
    """
    path = Path(path)
    if path.exists() and not path.is_dir():
        return Finding(
            "output-is-a-file",
            str(path),
            f"The output {path} is a file; expected a folder. Choose another --out.",
        )
    if not path.exists() or not any(path.iterdir()):
        return None
    if not any(found for name in files for found in path.glob(name)):
        return Finding(
            "not-a-results-folder",
            str(path),
            f"The output folder {path} exists and holds other things than such results. Choose "
            "another --out; --overwrite replaces results only.",
        )
    if not overwrite:
        return Finding(
            "results-exist",
            str(path),
            f"The output folder {path} already holds results. "
            "Choose another --out, or give --overwrite to replace them.",
        )
    return None


def write_groups(path: Path, groups: Mapping[str | None, Any]) -> Path:
    """A netCDF file of datasets by group, None for its root."""
    with atomic_write(path) as temporary:
        for number, (group, dataset) in enumerate(groups.items()):
            dataset.to_netcdf(temporary, mode="a" if number else "w", group=group)
    return path


def write_toml(path: Path, values: Mapping[str, Any]) -> Path:
    """A nested dict as a TOML file."""
    write_text(path, toml_text(values))
    return path


def write_json(path: Path, values: Mapping[str, Any]) -> Path:
    """A nested dict as a JSON file."""
    write_text(path, json.dumps(values, indent=2, default=plain, ensure_ascii=False) + "\n")
    return path
