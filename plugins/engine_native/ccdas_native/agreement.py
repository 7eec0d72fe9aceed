"""One choice for each kernel of a run, the same in all its processes: the kernel, or JAX.

The first process that needs a kernel makes the choice. Processes that received the engine from
another one keep it in the cache as a symbolic link, whose name has the run and the kernel and whose
text is the choice: a link is made whole or not at all.
"""

from __future__ import annotations

import atexit
import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

from attrs import frozen

KERNEL, JAX = "kernel", "jax"
_choices: dict[str, str] = {}  # of this process, by name of the link
_received: ContextVar[str] = ContextVar("ccdas_native_run", default="")


@frozen
class Agreement:
    """The choices of a run.

    Args:
        run: name of the run.
        folder: of the cache.
        received: whether this process received the run from another one.
    """

    run: str
    folder: Path
    received: bool = False

    @classmethod
    def of_process(cls, folder: Path) -> Agreement:
        """Of the run that is received, or of a new one."""
        run = _received.get()
        return cls(run or uuid4().hex, folder, bool(run))

    def choice(self, source: str) -> str:
        """The choice for a source; '' where there is none."""
        return _choices.get(self._name(source)) or self._link_text(source)

    def chosen(self, source: str, choice: str) -> str:
        """The choice for a source, which is `choice` where there was none.

        Returns:
            The choice; '' where other processes cannot read it, because the folder has no links.
        """
        if self.received:
            with suppress(OSError):  # it is there, or the folder cannot be written
                self.folder.mkdir(parents=True, exist_ok=True)
                os.symlink(choice, self.folder / self._name(source))
            choice = self._link_text(source)
        return _choices.setdefault(self._name(source), choice) if choice else ""

    def run_to_send(self) -> str:
        """The run, for other processes, whose links are removed when this process ends."""
        if not self.received:
            _forget_at_end(self.folder, self.run)
        return self.run

    def _link_text(self, source: str) -> str:
        if self.received:
            with suppress(OSError):
                return os.readlink(self.folder / self._name(source))
        return ""

    def _name(self, source: str) -> str:
        return f"run-{self.run}-{hashlib.sha256(source.encode()).hexdigest()[:32]}"


def received(run: str, make: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """Result of `make`, with the run of another process."""
    before = _received.set(run)
    try:
        return make(*arguments)
    finally:
        _received.reset(before)


@cache
def _forget_at_end(folder: Path, run: str) -> None:
    atexit.register(_forget, folder, run)


def _forget(folder: Path, run: str) -> None:
    with suppress(OSError):
        for path in folder.glob(f"run-{run}-*"):
            path.unlink()
