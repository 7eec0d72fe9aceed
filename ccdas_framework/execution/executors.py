"""Executors by name: in this process, of the standard library, or of a Dask cluster."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from ..core.errors import CcdasError, UnknownComponent, did_you_mean
from .block_workers import BlockWorkers
from .dask_workers import WAIT_MINUTES, DaskWorkers, dask_client
from .levels import InnerLevel, OuterLevel, Serial, in_worker
from .main_guard import require_guard
from .process_executor import ProcessExecutor
from .process_workers import ProcessWorkers
from .thread_variables import threads_of_worker

EXECUTORS = ("serial", "threads", "processes", "dask")


@contextmanager
def executor_of(name: str, workers: int, threads: int | None = None) -> Iterator[Executor]:
    """An executor that is shut down at the end of the block; pending work is cancelled.

    Its pieces of work are workers: levels of work inside them run one after the other. In a worker
    it is itself serial. A process that it starts has its share of the cores, cores / workers.

    Args:
        name: one of `EXECUTORS`.
        workers: pieces of work at the same time; "serial" has one.
        threads: most threads of a process instead of its share.

    Raises:
        UnknownComponent: no such name.
        CcdasError: a package that it needs is not installed.
    """
    if name not in EXECUTORS:
        hint = did_you_mean(name, EXECUTORS)
        raise UnknownComponent(
            f"no executor '{name}'.{hint} Executors: {', '.join(EXECUTORS)}.",
            code="unknown-executor",
            where="compute.executor",
        )
    if name == "serial" or in_worker():
        yield Serial()
    elif name == "threads":
        yield from _pool(ThreadPoolExecutor(workers, thread_name_prefix="ccdas"))
    elif name == "processes":
        require_guard()
        processes = ProcessExecutor(workers, threads)
        try:
            yield OuterLevel(processes)
        except CcdasError:  # nobody waits for the pieces of work that run
            processes.kill()
            raise
        finally:
            processes.shutdown(cancel_futures=True)
    else:
        with (
            dask_client(workers, threads or threads_of_worker(workers)) as client,
            client.get_executor() as executor,
        ):
            yield OuterLevel(executor)


@contextmanager
def row_executor(workers: int, threads: int | None = None) -> Iterator[Executor]:
    """Executor of the rows of a study, its outermost level; `executor_of` says what that means.

    One worker is this process, whose rows may divide their own work. Several are processes. The
    last digits of a matrix product depend on the number of threads, so that rows agree to the bit
    between numbers of workers only with `threads`; one worker is then a process too.

    Args:
        workers: rows at the same time.
        threads: most threads of a row, for any number of workers; by default its share, cores /
            workers.
    """
    alone = workers == 1 and threads is None
    with executor_of("serial" if alone else "processes", workers, threads) as executor:
        yield executor


def block_executor(
    name: str, workers: int, wait_minutes: float = WAIT_MINUTES
) -> Executor | BlockWorkers | None:
    """Executor of the blocks of a grid, the innermost level; None where they run in turn.

    While starting points run side by side, the blocks of each run in turn.

    Args:
        name: of the executor in the configuration.
        workers: blocks at the same time.
        wait_minutes: longest time without any worker of a cluster.
    """
    if workers == 1 or name == "serial" or in_worker():
        return None
    if name == "processes":
        return BlockWorkers(ProcessWorkers(workers))
    if name == "dask":
        return BlockWorkers(DaskWorkers(workers, wait_minutes))
    return InnerLevel(ThreadPoolExecutor(workers, thread_name_prefix="ccdas-block"))


@contextmanager
def block_processes(executor: Any) -> Iterator[None]:
    """End the workers of a block executor at the end of the block; threads stay.

    Args:
        executor: result of `block_executor`.
    """
    try:
        yield
    finally:
        if isinstance(executor, BlockWorkers):
            executor.shutdown()


def _pool(executor: Executor) -> Iterator[Executor]:
    try:
        yield OuterLevel(executor)
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def shares_memory(executor: Executor) -> bool:
    """Whether work sees the objects of this process; elsewhere only copies of data arrive."""
    while isinstance(executor, OuterLevel):
        executor = executor.executor
    return isinstance(executor, (Serial, ThreadPoolExecutor))
