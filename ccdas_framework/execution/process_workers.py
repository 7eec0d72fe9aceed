"""Workers that are processes of this machine.

Each one is a pool of one process, so that the death of one costs its task alone.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from concurrent.futures import wait as wait_for
from time import sleep
from typing import Any

from .block_work import WorkerLost
from .main_guard import require_guard
from .thread_variables import limited_context, threads_of_worker
from .worker_facts import code_here, require_unchanged, with_same_code
from .worker_signals import interrupted_afterwards, leave_signals

PAUSE = 0.1  # between two looks at processes that end (s)
LOOKS = 100  # at a dead process, until its exit code is there


class ProcessWorkers:
    """Processes that start with their first task, and again after their death.

    Args:
        workers: how many.
        threads: most threads of each; by default its share of the cores.
    """

    moves = False  # a block stays with its process
    pause = 60.0  # between two looks at them while tasks run (s); a death ends its task

    def __init__(self, workers: int, threads: int | None = None) -> None:
        self.names = tuple(f"process {n + 1}" for n in range(workers))
        self.threads = threads or threads_of_worker(workers)
        self.pools: dict[str, ProcessPoolExecutor] = {}
        self.code: dict[str, str] = {}  # package -> hash of its files when the run began

    def expect(self, packages: Sequence[str], engine: bytes) -> None:
        """State the packages whose code each process compares when it begins.

        Raises:
            CcdasError: their files have changed since this process loaded them.
        """
        new = [name for name in packages if name not in self.code]
        require_unchanged(new)
        self.code |= code_here(new)

    def members(self) -> Sequence[str]:
        """Names of the workers: a dead one has a successor of its name."""
        return self.names

    def submit(self, worker: str, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Future of `function` of the arguments; it raises `WorkerLost` where the process dies."""
        while True:
            pool = self.pools.get(worker) or self._started(worker)
            try:
                with interrupted_afterwards():  # `abandon` then finds a process that starts
                    inner = pool.submit(with_same_code, dict(self.code), function, *arguments)
                break
            except BrokenExecutor:  # it died between two tasks
                del self.pools[worker]
        process = next(iter((getattr(pool, "_processes", None) or {}).values()), None)
        outer: Future[Any] = Future()

        def done(inner: Future[Any]) -> None:
            error = inner.exception()
            if isinstance(error, BrokenExecutor):
                if self.pools.get(worker) is pool:
                    del self.pools[worker]
                outer.set_exception(WorkerLost(_signal_of(process)))
            elif error is not None:
                outer.set_exception(error)
            else:
                outer.set_result(inner.result())

        inner.add_done_callback(done)
        return outer

    def abandon(self, running: Sequence[Future[Any]]) -> None:
        """Kill all processes, until no task runs; later tasks start others."""
        while True:  # a task may be among none of them, where an interruption came before
            for pool in list(self.pools.values()):
                for process in list((getattr(pool, "_processes", None) or {}).values()):
                    process.kill()
            if not wait_for(running, PAUSE).not_done:
                return

    def end(self, run: str) -> None:
        """End the processes, with their parts. A later task starts others."""
        for pool in list(self.pools.values()):
            pool.shutdown(wait=True, cancel_futures=True)
        self.pools.clear()

    def _started(self, worker: str) -> ProcessPoolExecutor:
        require_guard()
        context = limited_context(self.threads)
        pool = ProcessPoolExecutor(1, mp_context=context, initializer=leave_signals)
        self.pools[worker] = pool
        return pool


def _signal_of(process: Any) -> str:
    """Name of the signal that ended a process, or ''."""
    code = None
    for _ in range(LOOKS if process is not None else 0):
        # its exit code comes after the end of its pool, and a thread of the pool may read it first
        if (code := process.exitcode) is not None:
            break
        sleep(PAUSE)
    number = -code if code is not None and code < 0 else 0
    return signal.Signals(number).name if number in set(signal.Signals) else ""
