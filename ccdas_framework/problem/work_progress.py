"""Progress of long pieces of work: how many of their parts are done."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import TypeVar

from attrs import define, field

LOGGED = 1.0  # seconds of work from which on it is logged
T = TypeVar("T")
_logger = logging.getLogger(__name__)


@define(eq=False)
class Work:
    """A piece of work in parts, such as a Jacobian by its tangent runs.

    Args:
        name: for people: "Jacobian".
        parts: number of its parts.
        began: time.monotonic() at its start.
        done: number of the parts that are done.
        ended: whether it has ended, also by an error.
    """

    name: str
    parts: int
    began: float = field(factory=time.monotonic)
    done: int = 0
    ended: bool = False
    _lock: Lock = field(factory=Lock, init=False, repr=False)

    def part_done(self) -> None:
        """Count one more part, from any thread, and report it."""
        with self._lock:
            self.done += 1
        _report(self)


Listener = Callable[[Work], None]  # called at the start of work, after each part and at the end
_listeners: list[Listener] = []
_open: list[Work] = []  # work that has not ended


@contextmanager
def listening_to_work(listener: Listener) -> Iterator[None]:
    """Report all work of this process to a listener, until the end of the block.

    A listener that hears it already hears it once. Work whose loop an error has left ends for
    the listener with the block.
    """
    if listener in _listeners:
        yield
        return
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)
        for work in tuple(_open):
            work.ended = True
            listener(work)


def open_work() -> tuple[Work, ...]:
    """Work of this process that has begun and not ended, in the order of its start."""
    return tuple(_open)


@contextmanager
def work_in_parts(name: str, parts: int) -> Iterator[Work]:
    """A piece of work whose progress is reported; `part_done` counts its parts.

    Args:
        name, parts: as of `Work`.
    """
    work = Work(name, parts)
    _open.append(work)
    _report(work)
    try:
        yield work
    finally:
        _open.remove(work)
        work.ended = True
        _report(work)
        if (seconds := time.monotonic() - work.began) >= LOGGED:
            _logger.debug("%s: %d of %d parts, %.1f s", name, work.done, work.parts, seconds)


def in_parts(name: str, items: Sequence[T]) -> Iterator[T]:
    """Items of a loop, each of which is a part of a piece of work.

    Args:
        name: as of `Work`.
    """
    with work_in_parts(name, len(items)) as work:
        for item in items:
            yield item
            work.part_done()


def _report(work: Work) -> None:
    for listener in tuple(_listeners):
        listener(work)
