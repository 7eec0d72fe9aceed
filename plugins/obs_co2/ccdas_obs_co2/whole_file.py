"""Files that appear whole or not at all."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path

from ccdas_framework import InvalidInput


@contextmanager
def replacing(path):
    """A temporary name to write to, renamed to `path` when the block ends without an error.

    Raises:
        InvalidInput: the folder cannot be made or written to.
    """
    target = Path(path)
    check_folder(target)
    unfinished = target.with_name(f".{target.stem}.{os.getpid()}.unfinished.nc")
    try:
        yield unfinished
        os.replace(unfinished, target)
    finally:
        unfinished.unlink(missing_ok=True)


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
