"""Zip files of data products."""

from __future__ import annotations

import zipfile
from pathlib import Path


def member_names(path: Path) -> list[str] | None:
    """Names of the members; None for a file that is no zip file, empty for a damaged one."""
    if not zipfile.is_zipfile(path):
        return None
    try:
        with zipfile.ZipFile(path) as packed:
            return packed.namelist()
    except (OSError, zipfile.BadZipFile):
        return []
