"""Blocks of a grid on several workers: which one computes what, and what a death costs."""

from __future__ import annotations

import logging
import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future
from concurrent.futures import wait as wait_for
from threading import Lock
from time import sleep
from typing import Any, Protocol
from uuid import uuid4

from attrs import define, field

from ..core.errors import CcdasWarning
from .block_work import (
    MOST_DEATHS,
    Computed,
    Missing,
    Task,
    WorkerLost,
    death,
    died,
    work,
)
from .levels import in_worker

BEHIND = 2  # tasks that wait for a worker, of which an idle one takes the last
_logger = logging.getLogger(__name__)


class Workers(Protocol):
    """Workers of one kind, each of which computes one task at a time."""

    moves: bool  # whether an idle worker may take a block of another
    pause: float  # longest time between two looks at the members (s)

    def expect(self, packages: Sequence[str], engine: bytes) -> None:
        """State the packages and the pickled engine that workers have in common."""

    def members(self) -> Sequence[str]:
        """Names of the workers that are there; may be none for a while."""

    def submit(self, worker: str, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Future of `function` of the arguments; it raises `WorkerLost` where the worker ends."""

    def abandon(self, running: Sequence[Future[Any]]) -> None:
        """Give up tasks that run."""

    def end(self, run: str) -> None:
        """Release workers and the parts of a run; a later task starts again."""


@define(eq=False)
class _Progress:
    """Tasks of one call: results, deaths and errors by number of the task."""

    tasks: Sequence[Task]
    waiting: list[int]
    results: dict[int, Any] = field(factory=dict)
    running: dict[Future[Any], tuple[int, str]] = field(factory=dict)
    deaths: Counter[int] = field(factory=Counter)
    errors: dict[int, Exception] = field(factory=dict)


class BlockWorkers:
    """Workers for the blocks of a grid; they start with their first task.

    Results come in the order of the tasks, whichever worker computes them. A block prefers the
    worker that has it.

    Args:
        workers: of one kind, each of which computes one task at a time.
    """

    def __init__(self, workers: Workers) -> None:
        self.workers = workers
        self.run = uuid4().hex
        self.builds: Counter[str] = Counter()  # name of a part -> workers that received it
        self._homes: dict[int, str] = {}  # place -> worker
        self._compiled: set[Any] = set()
        self._warned: set[str] = set()
        self._lock = Lock()

    @property
    def available(self) -> bool:
        """Whether work goes to the workers: inside a worker it stays in this process."""
        return not in_worker()

    @property
    def rebuilt(self) -> int:
        """How many times a worker built a block that another had built before."""
        return sum(n - 1 for part, n in self.builds.items() if part.startswith("block "))

    def task(self, *fields: Any) -> Task:
        """A task from its fields."""
        return Task(*fields)

    def expect(self, packages: Sequence[str], engine: bytes) -> None:
        """State what all workers have in common with this process, before the first task.

        Args:
            packages: whose code computes.
            engine: pickled.
        """
        self.workers.expect(packages, engine)

    def run_tasks(self, kind: Any, tasks: Sequence[Task]) -> list[Any]:
        """Results of the tasks, in order.

        Args:
            kind: of the tasks. The first task of a kind runs alone, so that it compiles what the
                others then find on disk.
            tasks: to compute.

        Raises:
            CcdasError: a task ended `MOST_DEATHS` workers, with the code "worker-died".
        """
        told: Counter[str] = Counter()
        first: dict[str, Warning] = {}
        with self._lock:
            computed: list[Computed] = []
            if kind not in self._compiled and tasks:
                computed = self._side_by_side(tasks[:1])
                self._compiled.add(kind)
            computed += self._side_by_side(tasks[len(computed) :])
        for warning in (w for each in computed for w in each.warnings):
            told[str(warning)] += 1
            first.setdefault(str(warning), warning)
        for text in [text for text in told if text not in self._warned]:
            self._warned.add(text)
            warnings.warn(counted(first[text], told[text]), stacklevel=2)
        return [each.value for each in computed]

    def shutdown(self) -> None:
        """End or release the workers, with their parts. A later task starts again."""
        self.workers.end(self.run)
        self._homes.clear()
        self._compiled.clear()

    def _side_by_side(self, tasks: Sequence[Task]) -> list[Computed]:
        progress = _Progress(tasks, list(range(len(tasks))))
        try:
            while progress.waiting or progress.running:
                members = self.workers.members()
                self._give_out(progress, members)
                if not progress.running:
                    sleep(min(self.workers.pause, 1.0))  # until a worker comes
                    continue
                done = wait_for(progress.running, self.workers.pause, FIRST_COMPLETED).done
                for future in done:
                    self._receive(progress, future)
        except BaseException:  # Ctrl-C, or the end of all workers: nobody waits for the tasks
            self.workers.abandon(list(progress.running))
            raise
        if progress.errors:
            raise progress.errors[min(progress.errors)]
        return [progress.results[n] for n in range(len(tasks))]

    def _give_out(self, progress: _Progress, members: Sequence[str]) -> None:
        busy = {worker for _, worker in progress.running.values()}
        for worker in members:
            number = None if worker in busy else self._next(worker, progress, members)
            if number is not None:
                progress.waiting.remove(number)
                self._send(progress, number, worker, {})

    def _next(self, worker: str, progress: _Progress, members: Sequence[str]) -> int | None:
        """Number of the waiting task that a worker computes next: its own, or one of another."""
        homes = [self._home(progress.tasks[n].place, members) for n in progress.waiting]
        for number, home in zip(progress.waiting, homes, strict=True):
            if home == worker:
                return number
        slowest, count = Counter(homes).most_common(1)[0] if homes else ("", 0)
        if not self.workers.moves or count < BEHIND:
            return None
        return progress.waiting[len(homes) - 1 - homes[::-1].index(slowest)]  # it is not moved

    def _home(self, place: int, members: Sequence[str]) -> str:
        """Worker of a place, the one with fewest places where that has none."""
        if self._homes.get(place) not in members:
            self._homes.pop(place, None)
            held = Counter(self._homes.values())
            self._homes[place] = min(members, key=lambda name: held[name])
        return self._homes[place]

    def _send(
        self, progress: _Progress, number: int, worker: str, sent: Mapping[str, bytes]
    ) -> None:
        task = progress.tasks[number]
        call = (self.run, tuple(task.parts), sent, task.function, task.arguments)
        progress.running[self.workers.submit(worker, work, *call)] = (number, worker)

    def _receive(self, progress: _Progress, future: Future[Any]) -> None:
        number, worker = progress.running.pop(future)
        task = progress.tasks[number]
        try:
            result = future.result()
        except WorkerLost as lost:
            progress.deaths[number] += 1
            if progress.errors:
                return
            if progress.deaths[number] == MOST_DEATHS:
                raise died(task.name, str(lost)) from None
            progress.waiting.insert(0, number)
            return
        except Exception as error:  # of this block; those that run end first
            error.add_note(f"It was raised in {worker}, by {task.name}.")
            progress.errors[number] = error
            progress.waiting.clear()
            return
        if isinstance(result, Missing):
            self._count(worker, task, result.tokens)
            parts = {token: task.parts[token]() for token in result.tokens}
            self._send(progress, number, worker, parts)
            return
        progress.results[number] = result
        if progress.deaths[number]:
            again = "Another one has built the block again."
            warnings.warn(death(task.name, progress.deaths[number], again), stacklevel=2)

    def _count(self, worker: str, task: Task, tokens: Sequence[str]) -> None:
        """Count the parts that a worker builds, and write blocks into the log."""
        self.builds.update(tokens)
        blocks = [token for token in tokens if token.startswith("block ")]
        if blocks:
            again = ", which another had built" if any(self.builds[b] > 1 for b in blocks) else ""
            _logger.info("%s builds %s%s", worker, task.name, again)


def counted(warning: Warning, times: int) -> Warning:
    """A warning of workers with the number of times that it was raised."""
    if times == 1:
        return warning
    text = f"{warning} ({times} blocks say so.)"
    if isinstance(warning, CcdasWarning):
        return CcdasWarning(text, code=warning.code, where=warning.where)
    return UserWarning(text) if isinstance(warning, UserWarning) else type(warning)(text)
