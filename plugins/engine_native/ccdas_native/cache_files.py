"""Files of the cache: written aside and renamed, never changed, each with a checksum beside it.

Nothing is locked. A reader that finds a short, empty or wrong file acts as if there were none, and
whoever writes the same file again replaces it by an equal one.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

SUFFIX = ".sha256"


def is_whole(path: Path) -> bool:
    """Whether a file is there and has the checksum that stands beside it."""
    try:
        return checksum(path.read_bytes()) == _beside(path).read_text().strip()
    except (OSError, ValueError):
        return False


def read_whole(path: Path) -> bytes | None:
    """Contents of a file, or None where it is missing or differs from its checksum."""
    try:
        contents = path.read_bytes()
        return contents if checksum(contents) == _beside(path).read_text().strip() else None
    except (OSError, ValueError):
        return None


def checksum(contents: bytes) -> str:
    """SHA-256 of the contents of a file, in hexadecimal."""
    return hashlib.sha256(contents).hexdigest()


def move_in(made: Path, path: Path) -> None:
    """Give a file that was made in the same file system its name in the cache."""
    aside = made.with_name(made.name + SUFFIX)
    aside.write_text(checksum(made.read_bytes()) + "\n")
    os.replace(made, path)
    os.replace(aside, _beside(path))


def _beside(path: Path) -> Path:
    return path.with_name(path.name + SUFFIX)
