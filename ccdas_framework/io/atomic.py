"""Files and folders that are written completely or not at all."""

from __future__ import annotations

import os
import platform
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from threading import get_ident

UNFINISHED = re.compile(r"\..+\.(?P<host>[\w-]*)\.(?P<process>\d+)\.\d+\.unfinished")
ABANDONED = 86_400.0  # s, age of an unfinished file whose process this machine cannot look for


@contextmanager
def atomic_write(path: str | PathLike[str]) -> Iterator[Path]:
    """Temporary file name, renamed to `path` when the block ends without an error.

    After an error the temporary file is removed, and an earlier file of that name remains.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = _beside(target, "unfinished")
    try:
        yield temporary
        with open(temporary, "rb") as written:
            os.fsync(written.fileno())
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: str | PathLike[str]) -> Iterator[Path]:
    """Temporary folder name, renamed to `path` when the block ends without an error.

    The new folder takes the place of an earlier one, which remains after an error.
    """
    target = Path(path).resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary, former = _beside(target, "unfinished"), _beside(target, "former")
    try:
        yield temporary
        for written in filter(Path.is_file, temporary.rglob("*")):
            with open(written, "rb") as file:
                os.fsync(file.fileno())
        if target.is_dir():
            os.replace(target, former)
        try:
            os.replace(temporary, target)
        except BaseException:  # Ctrl-C as well
            if former.is_dir() and not target.exists():
                os.replace(former, target)
            raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    shutil.rmtree(former, ignore_errors=True)


def _beside(target: Path, word: str) -> Path:
    """Hidden name of this thread, with the suffix, by which some writers choose the format."""
    owner = f"{_host()}.{os.getpid()}.{get_ident()}"
    return target.with_name(f".{target.stem}.{owner}.{word}{target.suffix}")


def write_text(path: str | PathLike[str], text: str) -> None:
    """Write a text file completely or not at all."""
    with atomic_write(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def remove_unfinished(folder: Path) -> None:
    """Remove the temporary files and folders that killed processes left in a folder.

    Those of a process that lives stay. Those of another machine, which may share the folder, are
    removed when they are a day old.
    """
    for path in folder.glob(".*.unfinished*"):
        name = UNFINISHED.match(path.name)
        if name is None:
            continue
        if os.name == "posix" and name["host"] == _host():
            abandoned = not _lives(int(name["process"]))
        else:
            abandoned = _age(path) > ABANDONED
        if abandoned and path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif abandoned:
            path.unlink(missing_ok=True)


def _host() -> str:
    """Name of this machine, short and without what a file name may not have."""
    return re.sub(r"\W+", "-", platform.node())[:30]


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)  # no signal, a test alone
    except ProcessLookupError:
        return False
    except OSError:  # of another user
        return True
    return True


def _age(path: Path) -> float:
    """Seconds since a file was written; 0 where it is gone."""
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
