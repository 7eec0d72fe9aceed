"""Files and folders that are written completely or not at all."""

from __future__ import annotations

import os
import platform
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from os import PathLike
from pathlib import Path
from threading import get_ident

TEMPORARY = re.compile(
    r"\.(?P<stem>.+)\.(?P<host>[\w-]*)\.(?P<process>\d+)\.\d+"
    r"\.(?P<word>unfinished|former)(?P<suffix>(\..*)?)"
)
ABANDONED = 86_400.0  # s, age of a temporary file whose process this machine cannot look for


@contextmanager
def atomic_write(path: str | PathLike[str]) -> Iterator[Path]:
    """Temporary file name, renamed to `path` when the block ends without an error.

    After an error the temporary file is removed, and an earlier file of that name remains.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_path(target, "unfinished")
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
    temporary, former = temporary_path(target, "unfinished"), temporary_path(target, "former")
    try:
        yield temporary
        for written in filter(Path.is_file, temporary.rglob("*")):
            with open(written, "rb") as file:
                os.fsync(file.fileno())
        if target.is_dir():
            os.replace(target, former)
            with suppress(OSError):  # the folder of another user; its age is that of the move
                os.utime(former)
        try:
            os.replace(temporary, target)
        except BaseException:  # Ctrl-C as well
            if former.is_dir() and not target.exists():
                os.replace(former, target)
            raise
        if former.is_dir():
            os.replace(former, temporary)  # a former folder is a whole one, also after a kill
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def temporary_path(target: Path, word: str) -> Path:
    """Hidden name of this thread beside a target; some writers choose the format by its suffix."""
    owner = f"{_host()}.{os.getpid()}.{get_ident()}"
    return target.with_name(f".{target.stem}.{owner}.{word}{target.suffix}")


def write_text(path: str | PathLike[str], text: str) -> None:
    """Write a text file completely or not at all."""
    with atomic_write(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def remove_unfinished(folder: Path, name: str | None = None) -> None:
    """Remove the temporary files and folders that killed processes left in a folder.

    Those of a process that lives stay. Those of another machine, which may share the folder, are
    removed when they are a day old. An earlier folder returns to its name where a process was
    killed before the new one had taken its place.

    Args:
        folder: where they are.
        name: of the file or folder that was written; None for any.
    """
    for path in folder.glob(".*"):
        of = TEMPORARY.fullmatch(path.name)
        if of is None or name not in (None, of["stem"] + of["suffix"]):
            continue
        target = folder / (of["stem"] + of["suffix"])
        if os.name == "posix" and of["host"] == _host():
            abandoned = not _lives(int(of["process"]))
        else:
            abandoned = _age(path) > ABANDONED
        if not abandoned:
            continue
        if of["word"] == "former" and not target.exists():
            with suppress(OSError):  # another process was faster
                os.replace(path, target)
        elif path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
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
