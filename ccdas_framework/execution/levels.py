"""Levels of work that can run side by side: rows of a study, starting points, blocks of a grid.

One level at a time does, the outermost that is there. A worker of it shares the machine with its
neighbours, so that the levels inside it run one after the other.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextvars import ContextVar
from typing import Any

_IN_WORKER: ContextVar[bool] = ContextVar("ccdas_in_worker", default=False)


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


class OuterLevel(Executor):
    """An executor whose pieces of work run the levels inside them one after the other.

    Args:
        executor: runs the pieces side by side in threads, in processes or on a cluster.
    """

    def __init__(self, executor: Executor) -> None:
        self.executor = executor

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Future of `fn` of its arguments, computed as a worker."""
        return self.executor.submit(as_worker, fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Shut the executor down."""
        self.executor.shutdown(wait=wait, cancel_futures=cancel_futures)


class InnerLevel(Executor):
    """An executor of a level that others may enclose: in a worker, pieces run when submitted.

    Args:
        executor: runs the pieces side by side outside a worker.
    """

    def __init__(self, executor: Executor) -> None:
        self.executor = executor

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Future of `fn` of its arguments; in a worker it is done already."""
        return (Serial() if in_worker() else self.executor).submit(fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Shut the executor down."""
        self.executor.shutdown(wait=wait, cancel_futures=cancel_futures)
