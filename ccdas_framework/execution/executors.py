"""Executors by name."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

from ..core.errors import UnknownComponent, did_you_mean
from .cluster import dask_executor
from .serial import Serial

EXECUTORS = ("serial", "threads", "processes", "dask")


@contextmanager
def executor_of(name: str, workers: int) -> Iterator[Executor]:
    """An executor that is shut down at the end of the block; pending work is cancelled.

    Args:
        name: one of `EXECUTORS`.
        workers: pieces of work at the same time; "serial" has one.

    Raises:
        UnknownComponent: no such name.
        CcdasError: a package that it needs is not installed.
    """
    if name == "serial":
        yield Serial()
    elif name == "threads":
        yield from _pool(ThreadPoolExecutor(workers, thread_name_prefix="ccdas"))
    elif name == "processes":
        # started afresh: a forked copy of a compiled engine hangs
        yield from _pool(ProcessPoolExecutor(workers, mp_context=get_context("spawn")))
    elif name == "dask":
        with dask_executor(workers) as executor:
            yield executor
    else:
        hint = did_you_mean(name, EXECUTORS)
        raise UnknownComponent(
            f"no executor '{name}'.{hint} Executors: {', '.join(EXECUTORS)}.",
            code="unknown-executor",
            where="compute.executor",
        )


def _pool(executor: Executor) -> Iterator[Executor]:
    try:
        yield executor
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def shares_memory(executor: Executor) -> bool:
    """Whether work sees the objects of this process; elsewhere only copies of data arrive."""
    return isinstance(executor, (Serial, ThreadPoolExecutor))
