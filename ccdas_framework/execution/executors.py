"""Executors by name: in this process, of the standard library, or of a Dask cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any

from ..core.errors import CcdasError, UnknownComponent, did_you_mean

EXECUTORS = ("serial", "threads", "processes", "dask")


class Serial(Executor):
    """Runs each task when it is submitted; an interruption stops it at once."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """A future that is done already."""
        done: Future[Any] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except Exception as error:  # the future raises it, as that of any executor
            done.set_exception(error)
        return done


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
        with _dask_executor(workers) as executor:
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


@contextmanager
def _dask_executor(workers: int) -> Iterator[Executor]:
    """Executor of the cluster that Dask is configured for, else of one started on this machine."""
    try:
        import dask
        from distributed import Client
    except ImportError as cause:
        raise CcdasError(
            f"executor 'dask' needs {cause.name}, which is not installed; "
            '`pip install "ccdas-framework[dask]"`, or set compute.executor to "processes".',
            code="missing-package",
            where="dask",
        ) from cause
    has_scheduler = dask.config.get("scheduler-address", None) is not None
    local_cluster = {"n_workers": workers, "threads_per_worker": 1, "dashboard_address": None}
    with (
        Client(**({} if has_scheduler else local_cluster)) as client,
        client.get_executor() as executor,
    ):
        yield executor


def shares_memory(executor: Executor) -> bool:
    """Whether work sees the objects of this process; elsewhere only copies of data arrive."""
    return isinstance(executor, (Serial, ThreadPoolExecutor))
