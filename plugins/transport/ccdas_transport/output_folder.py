"""The folder of an output file: created and checked before the computation."""

from __future__ import annotations

import os
from pathlib import Path

from ccdas_framework import InvalidInput


def create_folder_of(path: Path) -> None:
    """Create the folder of an output file, and check that it is writable.

    Raises:
        InvalidInput: the folder cannot be created or written to.
    """
    folder = Path(path).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as cause:
        raise InvalidInput(
            f"{path} cannot be written: the folder {folder} cannot be made ({cause.strerror}). "
            "Choose another.",
            code="folder-not-writable",
            where=str(path),
        ) from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise InvalidInput(
            f"the folder {folder} cannot be written to. Choose another.",
            code="folder-not-writable",
            where=str(path),
        )
