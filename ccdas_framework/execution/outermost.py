"""The outermost level of work that runs side by side; levels inside it run one after the other.

Rows of a study, starting points of a run and blocks of a grid are three levels. A worker of one of
them shares the machine with its neighbours, so that the levels inside it start no pool.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextvars import ContextVar
from typing import Any

_IN_WORKER: ContextVar[bool] = ContextVar("ccdas_in_worker", default=False)


def in_worker() -> bool:
    """Whether this thread computes a piece of work of an outer level."""
    return _IN_WORKER.get()


def as_worker(function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    """`function` of its arguments; `in_worker` is true until it returns."""
    token = _IN_WORKER.set(True)
    try:
        return function(*args, **kwargs)
    finally:
        _IN_WORKER.reset(token)


class Outermost(Executor):
    """An executor whose pieces of work run the levels inside them one after the other.

    Args:
        executor: runs the pieces side by side, in threads, processes or on a cluster.
    """

    def __init__(self, executor: Executor) -> None:
        self.executor = executor

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Future of `fn` of its arguments, computed in a worker."""
        return self.executor.submit(as_worker, fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Shut the executor down."""
        self.executor.shutdown(wait=wait, cancel_futures=cancel_futures)


class Inner(Executor):
    """An executor of an inner level: inside a worker each piece runs when it is submitted.

    Args:
        executor: runs the pieces side by side outside a worker.
    """

    def __init__(self, executor: Executor) -> None:
        self.executor = executor
