"""Rows of a study, or runs, in processes, each of which stays with one problem while it has some.

A process keeps the problem that it has built and compiled, so that rows of one problem cost one
compilation for each process that takes some. A process holds one row at a time: if it dies, that
row fails and the others go on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from contextlib import AbstractContextManager, ExitStack
from typing import Any, Protocol, TypeVar

from attrs import define

from ..core.errors import CcdasError
from ..execution import row_executor
from .study_row import computed_row, failed_row

WORKER_DIED = "worker-died"  # code of a row whose process ended; it is computed again
INTERRUPTED = "interrupted"


class Task(Protocol):
    """A row of a study, or a run: its name, and the problem that it shares with others."""

    @property
    def name(self) -> str:
        """Name, for messages."""

    @property
    def problem_id(self) -> str:
        """Hash or name of its problem."""


T = TypeVar("T", bound=Task)


@define(eq=False)
class _Worker:
    """A process with the problem that it holds."""

    opened: AbstractContextManager[Executor] | None = None
    executor: Executor | None = None
    problem: str = ""

    def begin(self, row: T, compute: Callable[[T], Any]) -> Future[Any]:
        if self.executor is None:
            self.opened = row_executor(1, threads=1)
            self.executor = self.opened.__enter__()
        self.problem = row.problem_id
        return self.executor.submit(compute, row)

    def close(self) -> None:
        if self.opened is not None:
            self.opened.__exit__(None, None, None)
        self.opened = self.executor = None
        self.problem = ""


def computed_rows(
    rows: Sequence[T],
    workers: int,
    compute: Callable[[Any], Any] = computed_row,
    failed: Callable[[Any, CcdasError], Any] = failed_row,
) -> Iterator[tuple[T, Any]]:
    """Each row and its dataset, in the order in which they end.

    Each row has one thread, in a process of its own kind for any number of workers, so that the
    numbers do not depend on it.

    Args:
        rows: to compute.
        workers: rows at the same time.
        compute: dataset of a row, called in the process.
        failed: dataset of a row whose process ended.

    Raises:
        KeyboardInterrupt: a method was interrupted by Ctrl-C, here or in a process.
    """
    waiting = list(rows)
    idle = [_Worker() for _ in range(min(workers, len(rows)))]
    running: dict[Future[Any], tuple[_Worker, T]] = {}
    with ExitStack() as stack:
        for worker in idle:
            stack.callback(worker.close)
        while waiting or running:
            while idle and waiting:
                worker = idle.pop()
                row = _next_row(waiting, worker.problem, [w.problem for w, _ in running.values()])
                waiting.remove(row)
                running[worker.begin(row, compute)] = worker, row
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                worker, row = running.pop(future)
                dataset = _result(future, worker, row, failed)
                idle.append(worker)
                yield row, dataset


def _next_row(waiting: Sequence[T], held: str, elsewhere: Sequence[str]) -> T:
    """A row of the problem that a process holds, else of one that no other process holds."""
    for row in waiting:
        if row.problem_id == held:
            return row
    for row in waiting:
        if row.problem_id not in elsewhere:
            return row
    return waiting[0]


def _result(
    future: Future[Any], worker: _Worker, row: T, failed: Callable[[T, CcdasError], Any]
) -> Any:
    try:
        dataset = future.result()
    except BrokenExecutor:
        worker.close()
        return failed(row, died(row))
    if dataset.attrs.get("status") == INTERRUPTED:
        raise KeyboardInterrupt
    return dataset


def died(row: Task) -> CcdasError:
    """The reason why a row whose process ended has no result."""
    return CcdasError(
        "the process ended without a result; it may have had too little memory. The same command "
        "computes it again.",
        code=WORKER_DIED,
        where=row.name,
    )
