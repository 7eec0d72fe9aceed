"""Processes that keep parts of a problem and compute with them.

Each process is a pool of its own, so that the death of one costs its task alone. What a task needs
beside its arguments is a part: it is sent once to each process that computes with it, and again to
one that takes the place of a dead one.
"""

from __future__ import annotations

import pickle
import signal
import warnings
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import (
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)  # fmt: skip
from threading import Event, Lock
from time import sleep
from typing import Any

from attrs import define, field, frozen

from ..core.errors import CcdasError, CcdasWarning
from .levels import as_worker, in_worker
from .parent_end import end_with_parent
from .thread_variables import limited_context, threads_of_worker

MOST_DEATHS = 3  # processes that one task may kill
PAUSE = 0.1  # between two looks at tasks or processes that end (s)
LOOKS = 100  # at a dead process, until its exit code is there
_PARTS: dict[str, Any] = {}  # of this process, by token


@frozen(eq=False)
class Task:
    """A piece of work for a process.

    Args:
        name: of the task in messages.
        place: tasks of one place go to one process.
        function: of the parts that the process keeps, by token, and of `arguments`; found by name
            in its module.
        arguments: numbers, arrays and names.
        parts: token -> function that makes the pickled part.
    """

    name: str
    place: int
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    parts: Mapping[str, Callable[[], bytes]]


@frozen
class _Missing:
    """Tokens of parts that a process does not have."""

    tokens: tuple[str, ...]


@frozen(eq=False)
class _Computed:
    """A result and the warnings on its way."""

    value: Any
    warnings: tuple[Warning, ...]


class BlockWorkers:
    """Processes for the blocks of a grid; they start with their first task.

    Results come in the order of the tasks, whichever process computes them.

    Args:
        workers: how many processes.
        threads: most threads of each; by default its share of the cores.
    """

    def __init__(self, workers: int, threads: int | None = None) -> None:
        self.workers = workers
        self._places = [_Place(threads or threads_of_worker(workers)) for _ in range(workers)]
        self._threads = self._new_threads()
        self._compiled: set[Any] = set()
        self._warned: set[str] = set()
        self._lock = Lock()

    @property
    def available(self) -> bool:
        """Whether work goes to the processes: inside a worker it stays in this one."""
        return not in_worker()

    def task(self, *fields: Any) -> Task:
        """A task from its fields."""
        return Task(*fields)

    def run_tasks(self, kind: Any, tasks: Sequence[Task]) -> list[Any]:
        """Results of the tasks, in order.

        Args:
            kind: of the tasks. The first task of a kind runs alone, so that it compiles what the
                others then find on disk.
            tasks: to compute.

        Raises:
            CcdasError: a task ended `MOST_DEATHS` processes, with the code "worker-died".
        """
        results: list[Any] = []
        if kind not in self._compiled and tasks:
            results = self._side_by_side(tasks[:1])
            self._compiled.add(kind)
        return results + self._side_by_side(tasks[len(results) :])

    def shutdown(self) -> None:
        """End the processes, with their parts. A later task starts others."""
        for place in self._places:
            place.end()
        self._threads.shutdown(wait=True, cancel_futures=True)
        self._threads = self._new_threads()

    def _new_threads(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self.workers, thread_name_prefix="ccdas-block")

    def _side_by_side(self, tasks: Sequence[Task]) -> list[Any]:
        results: list[Any] = [None] * len(tasks)
        stop = Event()

        def at_place(number: int) -> None:
            place = self._places[number]
            for n, task in enumerate(tasks):
                if task.place % self.workers == number and not stop.is_set():
                    try:
                        results[n] = self._received(place, task, stop)
                    except BaseException:
                        stop.set()
                        raise

        futures = [self._threads.submit(at_place, n) for n in range(self.workers)]
        try:
            for future in futures:
                future.result()
        except BaseException as error:
            stop.set()
            if not isinstance(error, Exception):  # Ctrl-C does not wait for the tasks
                self._abort(futures)
            raise
        return results

    def _abort(self, futures: Sequence[Future[None]]) -> None:
        """Kill the processes until no task runs; later tasks start others."""
        while wait(futures, PAUSE).not_done:
            for place in self._places:
                place.kill()

    def _received(self, place: _Place, task: Task, stop: Event) -> Any:
        """Result of a task, with its warnings once in this process."""
        computed, deaths = place.compute(task, stop)
        with self._lock:
            new = [w for w in computed.warnings if str(w) not in self._warned]
            self._warned |= {str(w) for w in new}
        if deaths:
            message = (
                f"a process that computed {task.name} ended before its result, {deaths} of at most "
                f"{MOST_DEATHS} times. Another one has built the block again."
            )
            new.append(CcdasWarning(message, code="worker-died", where="compute.executor"))
        for warning in new:
            warnings.warn(warning, stacklevel=2)
        return computed.value


@define(eq=False)
class _Place:
    """A process, and the next one where it dies.

    Args:
        threads: most threads of a library.
    """

    threads: int
    _pool: Executor | None = field(default=None, init=False)
    _process: Any = field(default=None, init=False)
    _lock: Any = field(factory=Lock, init=False)

    def compute(self, task: Task, stop: Event) -> tuple[_Computed, int]:
        """Result of a task, and the number of processes that died on the way.

        Args:
            stop: set where nobody waits for the result, so that a dead process ends the task.
        """
        with self._lock:  # a task of an evaluation that failed elsewhere may still run
            return self._computed(task, stop)

    def _computed(self, task: Task, stop: Event) -> tuple[_Computed, int]:
        sent: dict[str, bytes] = {}
        tokens, deaths = tuple(task.parts), 0
        while True:
            try:
                future = self._started().submit(work, tokens, sent, task.function, task.arguments)
            except BrokenExecutor:  # it died between two tasks
                self._pool = None
                continue
            processes = getattr(self._pool, "_processes", None) or {}
            self._process = next(iter(processes.values()), None)
            try:
                result = future.result()
            except BrokenExecutor as error:
                self._pool, sent, deaths = None, {}, deaths + 1
                if deaths == MOST_DEATHS or stop.is_set():
                    raise _died(task, self._process) from error
                continue
            if not isinstance(result, _Missing):
                return result, deaths
            sent = {token: task.parts[token]() for token in result.tokens}

    def end(self) -> None:
        """End the process."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None

    def kill(self) -> None:
        """Kill the process, also while it computes."""
        for process in list((getattr(self._pool, "_processes", None) or {}).values()):
            process.kill()

    def _started(self) -> Executor:
        if self._pool is None:
            context = limited_context(self.threads)
            self._pool = ProcessPoolExecutor(1, mp_context=context, initializer=_begin)
        return self._pool


def _died(task: Task, process: Any) -> CcdasError:
    code = None
    for _ in range(LOOKS if process is not None else 0):
        # its exit code comes after the end of its pool, and a thread of the pool may read it first
        if (code := process.exitcode) is not None:
            break
        sleep(PAUSE)
    number = -code if code is not None and code < 0 else 0
    reason = f" ({signal.Signals(number).name})" if number in set(signal.Signals) else ""
    hint = " A signal KILL often means that memory was short: set more compute.blocks, or fewer "
    return CcdasError(
        f"{task.name} ended {MOST_DEATHS} processes that computed it, one after the other{reason}."
        f"{hint}compute.workers. `ccdas resume` continues from the last accepted point.",
        code="worker-died",
        where="compute.executor",
    )


def _begin() -> None:
    """A worker leaves signals of the terminal to the process that started it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    end_with_parent()


def work(
    tokens: Sequence[str],
    sent: Mapping[str, bytes],
    function: Callable[..., Any],
    arguments: tuple[Any, ...],
) -> _Computed | _Missing:
    """Compute a task in this process, or say which parts it lacks."""
    for token, part in sent.items():
        _PARTS[token] = pickle.loads(part)
    missing = tuple(token for token in tokens if token not in _PARTS)
    if missing:
        return _Missing(missing)
    with warnings.catch_warnings(record=True) as raised:
        warnings.simplefilter("default")
        try:
            value = as_worker(function, _PARTS, *arguments)
        except Exception as error:
            raise sendable(error) from None
    return _Computed(value, tuple(w.message for w in raised if isinstance(w.message, Warning)))


def _place(error: Exception) -> tuple[Any, Any]:
    return getattr(error, "code", None), getattr(error, "where", None)


def sendable(error: Exception) -> Exception:
    """The error, or one with its text where it does not arrive in another process as it is."""
    try:
        arrived = pickle.loads(pickle.dumps(error))
        if str(arrived) == str(error) and _place(arrived) == _place(error):
            return error
    except Exception:  # whatever its constructor or its contents raise
        pass
    return CcdasError(
        f"{type(error).__name__}: {error}",
        code=getattr(error, "code", "worker-error"),
        where=getattr(error, "where", "compute.executor"),
    )
