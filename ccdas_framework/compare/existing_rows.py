"""Rows of a study that exist already in its folder, and rows of another study there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..core.errors import Findings
from .row_workers import WORKER_DIED
from .study_file import Row, StudyFile
from .study_table import UNREADABLE, row_attributes, unreadable

ROWS = "rows"  # folder of their files
SHOWN = 5  # names of rows in a message


def row_path(folder: Path, row: Row) -> Path:
    """File of a row in the folder of its study."""
    return folder / ROWS / f"{row.name}.nc"


def row_files(folder: Path) -> list[Path]:
    """Files of all rows in the folder of a study, without unfinished ones."""
    return sorted(folder.glob(f"{ROWS}/[!.]*.nc"))


def finished_rows(
    file: StudyFile, folder: Path, overwrite: bool, findings: Findings
) -> frozenset[str]:
    """Names of rows whose files exist and are of the same definition.

    A finding names rows of another definition, and rows of another study, unless they may be
    overwritten.
    """
    finished, changed, readable = set(), [], not findings
    for row in file.rows:
        path = row_path(folder, row)
        about = _attributes(path, findings) if path.is_file() else None
        if about is None:
            continue
        if about.get("fingerprint") != row.fingerprint:
            changed.append(row.name)
        elif about.get("error_code") != WORKER_DIED:
            finished.add(row.name)
    if changed and not overwrite:
        findings.add(
            "changed-study",
            str(folder),
            f"{len(changed)} rows in {folder} have another definition than in the study file: "
            f"{_shown(changed)}. Choose another --out, or compute them again with --overwrite.",
        )
    # with a mistake in the study file it is not known which rows it has
    others = rows_of_another_study(file, folder, findings) if readable else []
    if others and not overwrite:
        findings.add(
            "another-study",
            str(folder),
            f"{len(others)} rows in {folder} are not in the study file: "
            f"{_shown([path.stem for path in others])}. Choose another --out, or remove them with "
            "--overwrite.",
        )
    return frozenset(finished)


def rows_of_another_study(file: StudyFile, folder: Path, findings: Findings) -> list[Path]:
    """Files of rows that a study does not have.

    A row whose definition the study has under another name is not among them: a second engine
    makes the engine a part of all names.
    """
    names = {row.name for row in file.rows}
    fingerprints = {row.fingerprint for row in file.rows}
    others = []
    for path in row_files(folder):
        if path.stem not in names:
            about = _attributes(path, findings)
            if about is None or about.get("fingerprint") not in fingerprints:
                others.append(path)
    return others


def _attributes(path: Path, findings: Findings) -> Mapping[str, Any] | None:
    """Attributes of the file of a row; None and a finding where it cannot be read."""
    try:
        return row_attributes(path)
    except (OSError, ValueError, RuntimeError) as error:  # as netCDF libraries raise them
        findings.add(UNREADABLE, str(path), unreadable(path, error))
        return None


def _shown(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (" ..." if len(names) > SHOWN else "")
