"""Executor of independent pieces of work in processes, each of which may die alone."""

from __future__ import annotations

import signal
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import Any

from ..problem.component_package import loaded_packages
from .process_workers import ProcessWorkers


class ProcessExecutor(Executor):
    """Pieces of work in processes that start afresh; a forked copy of a compiled engine hangs.

    The death of a process costs the piece that it computes. The future of that piece raises
    `WorkerLost`, and the next piece starts another process. A piece receives Ctrl-C of the
    terminal. A process without a piece ignores it.

    Args:
        workers: pieces at the same time.
        threads: most threads of each process; by default its share of the cores.
    """

    def __init__(self, workers: int, threads: int | None = None) -> None:
        self.workers = ProcessWorkers(workers, threads)
        self.workers.expect(sorted(loaded_packages()), b"")
        self._idle: SimpleQueue[str] = SimpleQueue()
        for name in self.workers.members():
            self._idle.put(name)
        self._running: set[Future[Any]] = set()
        self._killed = False
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="ccdas-process")

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Future of `fn` of its arguments; it raises `WorkerLost` where the process ends."""
        return self._threads.submit(self._result, fn, args, kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes after the pieces that run; without `wait` no other piece begins."""
        self._threads.shutdown(wait=wait, cancel_futures=cancel_futures or not wait)
        self.workers.end("")

    def kill(self) -> None:
        """End the processes at once; nobody waits for their pieces of work."""
        self._killed = True
        self._threads.shutdown(wait=False, cancel_futures=True)
        self.workers.abandon(list(self._running))

    def _result(self, fn: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        name = self._idle.get()
        try:
            running = self.workers.submit(name, interruptible, fn, args, kwargs)
            self._running.add(running)
            if self._killed:  # it began meanwhile
                self.workers.abandon([running])
            try:
                return running.result()
            finally:
                self._running.discard(running)
        finally:
            self._idle.put(name)


def interruptible(fn: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """`fn` of its arguments, which Ctrl-C interrupts; it is ignored before and afterwards."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return fn(*args, **kwargs)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
