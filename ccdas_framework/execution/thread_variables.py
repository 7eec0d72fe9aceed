"""Environment variables that limit the threads of a process.

BLAS libraries read them when numpy is imported, JAX when it starts. They therefore belong to the
environment that a process is born with. JAX has one thread for each core unless NPROC (PJRT_NPROC
in later versions) has another number; no option of XLA_FLAGS changes that.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from multiprocessing.context import SpawnContext, SpawnProcess
from threading import Lock
from typing import Any

from .machine_limits import cores
from .worker_signals import held_signals

THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NPROC",
    "PJRT_NPROC",
)
_ENVIRONMENT = Lock()  # one process at a time is born with other variables than this one has


def threads_of_worker(workers: int) -> int:
    """Threads of each of `workers` processes: its share of the cores, at least one."""
    return max(1, cores() // workers)


def thread_limits(threads: int) -> dict[str, str]:
    """Variables that limit a process to `threads`; a lower limit of this process stays."""
    return {name: str(_lower(threads, os.environ.get(name, ""))) for name in THREAD_VARIABLES}


def limited_context(threads: int) -> SpawnContext:
    """Processes that start afresh with at most `threads` for each library."""
    context: Any = SpawnContext()
    context.Process = partial(_LimitedProcess, limits=thread_limits(threads))
    limited: SpawnContext = context
    return limited


def hold_starts(seconds: float) -> bool:
    """Let no more processes with limits start; those that began to are then among the children.

    A process that is killed while this one writes to it complains about half a message.

    Args:
        seconds: longest time to wait for a start that is on its way.

    Returns:
        Whether no start is on its way.
    """
    return _ENVIRONMENT.acquire(timeout=seconds)


class _LimitedProcess(SpawnProcess):
    """A process that is born with variables of its own, and holds signals for `leave_signals`."""

    def __init__(self, *args: Any, limits: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.limits = limits

    def start(self) -> None:
        """Start it; it takes over the environment of this process."""
        with _environment(self.limits), held_signals():
            super().start()


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """This process with other environment variables until the block ends."""
    with _ENVIRONMENT:
        earlier = {name: os.environ.get(name) for name in variables}
        os.environ.update(variables)
        try:
            yield
        finally:
            for name, value in earlier.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value


def _lower(threads: int, limit: str) -> int:
    return min(threads, int(limit)) if limit.isdecimal() and int(limit) > 0 else threads
