"""Signals of the terminal and of a queue, which reach workers together with the run."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker

from .parent_end import end_with_parent

LEFT = (signal.SIGINT, signal.SIGTERM)  # to the process that started a worker


@contextmanager
def held_signals() -> Iterator[None]:
    """Processes that start within the block hold these signals until `leave_signals`.

    A signal would otherwise end a process that imports its modules, with a traceback.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # its start would release the signals of this thread
    earlier = signal.pthread_sigmask(signal.SIG_BLOCK, LEFT)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, earlier)


def leave_signals() -> None:
    """Leave signals to the process that started this one, and end with it."""
    end_with_parent()
    if hasattr(signal, "pthread_sigmask"):
        if signal.sigpending() & set(LEFT):
            os._exit(1)  # the run was interrupted while this process started
        signal.pthread_sigmask(signal.SIG_UNBLOCK, LEFT)
    for number in LEFT:
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def interrupted_afterwards() -> Iterator[None]:
    """Ctrl-C takes effect after the block, within which a process may start.

    A process complains where this one ends before it has read what it needs. The mask of one
    thread does not hold the signal: another thread receives it, and Python calls the handler in
    the main thread.
    """
    handler = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or handler is None:
        yield
        return
    arrived: list[int] = []
    signal.signal(signal.SIGINT, lambda number, frame: arrived.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        if arrived:
            signal.raise_signal(signal.SIGINT)
