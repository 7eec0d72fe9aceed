"""Files that are written completely or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from threading import get_ident


@contextmanager
def atomic_write(path: str | PathLike[str]) -> Iterator[Path]:
    """Temporary file name, renamed to `path` when the block ends without an error.

    After an error the temporary file is removed, and an earlier file of that name remains.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    # the suffix is kept, because some writers choose the format by it
    temporary = target.with_name(
        f".{target.stem}.{os.getpid()}.{get_ident()}.unfinished{target.suffix}"
    )
    try:
        yield temporary
        with open(temporary, "rb") as written:
            os.fsync(written.fileno())
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: str | PathLike[str], text: str) -> None:
    """Write a text file completely or not at all."""
    with atomic_write(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
