"""Whether a file can be written, before it is made."""

from __future__ import annotations

import os
from pathlib import Path

from ccdas_framework import InvalidInput


def check_folder(path):
    """Make the folder of a file that is to be written.

    Raises:
        InvalidInput: it cannot be made or written to.
    """
    folder = Path(path).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as cause:
        raise InvalidInput(
            f"{path} cannot be written: the folder {folder} cannot be made ({cause.strerror}). "
            "Choose another."
        ) from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise InvalidInput(f"the folder {folder} cannot be written to. Choose another.")
