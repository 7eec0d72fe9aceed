"""Workers of a Dask cluster: that of an address, or one started on this machine.

The cluster receives one task at a time for each worker. Dask counts the death of a worker against
every task that the worker had been given, so that a task that waits must not be among them.
"""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any
from uuid import uuid4

from attrs import define, field

from ..core.errors import CcdasError, CcdasWarning
from .block_work import WorkerLost, forget
from .main_guard import require_guard
from .silent_workers import SilentWorkers
from .thread_variables import thread_limits, threads_of_worker
from .worker_facts import (
    WorkerFacts,
    changed_code,
    facts_here,
    require_same,
    settings_that_travel,
)

FIRST_WORD = 30.0  # without a worker, until the run says so (s)
EACH = 60.0  # between two such messages (s)
LOST = 20.0  # without a connection to the scheduler, until the run ends (s)
STOPPED = 30.0  # without an answer of a scheduler that is connected, until the run ends (s)
ANSWER = 5.0  # longest wait for one answer, and for the end of a connection (s)
WAIT_MINUTES = 30.0
_logger = logging.getLogger(__name__)


@contextmanager
def dask_client(workers: int, threads: int) -> Iterator[Any]:
    """Client of the cluster that Dask is configured for, else of one started on this machine.

    Args:
        workers: of a cluster on this machine.
        threads: most threads of a library in each.

    Raises:
        CcdasError: Dask is not installed, or nobody answers at the address.
    """
    try:
        dask: Any = import_module("dask")
        distributed: Any = import_module("distributed")
    except ImportError as cause:
        raise CcdasError(
            f"executor 'dask' needs {cause.name}, which is not installed; "
            '`pip install "ccdas-framework[dask]"`, or set compute.executor to "processes".',
            code="missing-package",
            where="dask",
        ) from cause
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # each event is told by the run
    address = dask.config.get("scheduler-address", None)
    if address is not None:
        try:
            client = distributed.Client(address, timeout=LOST)
        except (OSError, TimeoutError) as cause:
            raise lost_scheduler(address, "does not answer") from cause
        try:
            yield client
        finally:
            client.close(timeout=ANSWER)
        return
    require_guard()
    limits = thread_limits(threads)
    # libraries read these variables before the first line of a worker runs
    with dask.config.set({"distributed.nanny.pre-spawn-environ": limits}):
        cluster = distributed.LocalCluster(
            n_workers=workers,
            threads_per_worker=1,  # of Dask, each of which computes one piece of work
            memory_limit=0,  # compute.memory is the limit
            dashboard_address=":0",  # any free port
            silence_logs=logging.CRITICAL,
            preload="ccdas_framework.execution.dask_preload",
            env=limits,
        )
    with cluster, distributed.Client(cluster) as client:
        yield client


def lost_scheduler(address: str, what: str) -> CcdasError:
    """Error of a scheduler that does not answer."""
    return CcdasError(
        f"the scheduler at {address} {what}. Start it again, or unset DASK_SCHEDULER_ADDRESS for a "
        "cluster on this machine. `ccdas resume` continues from the last accepted point.",
        code="lost-scheduler",
        where="compute.executor",
    )


@define(eq=False)
class DaskWorkers:
    """Workers of a cluster, which may come and go.

    Args:
        workers: at the same time, of those that the cluster has.
        wait_minutes: longest time without any worker.
        threads: most threads of a worker that is started here.
        packages, engine: what all workers have in common with this process; see `expect`.
        address: of the scheduler.
    """

    workers: int
    wait_minutes: float = WAIT_MINUTES
    threads: int | None = None
    packages: set[str] = field(factory=set, init=False)
    engine: bytes = field(default=b"", init=False)
    moves: bool = field(default=True, init=False)
    pause: float = field(default=0.5, init=False)
    _opened: Any = field(default=None, init=False)
    _client: Any = field(default=None, init=False)
    _running: dict[Any, tuple[str, Future[Any]]] = field(factory=dict, init=False)
    _greeted: dict[str, Any] = field(factory=dict, init=False)  # futures of facts by worker
    _facts: dict[str, WorkerFacts] = field(factory=dict, init=False)
    _refused: set[str] = field(factory=set, init=False)
    _processors: set[str] = field(factory=set, init=False)
    _here: WorkerFacts | None = field(default=None, init=False)
    address: str = field(default="", init=False)
    _silent: SilentWorkers = field(factory=SilentWorkers, init=False)
    _last_seen: float = field(default=0.0, init=False)  # of any worker
    _last_word: float = field(default=0.0, init=False)
    _unanswered: float | None = field(default=None, init=False)  # time of the first question (s)

    def expect(self, packages: Sequence[str], engine: bytes) -> None:
        """State what all workers must have in common with this process.

        Args:
            packages: whose code computes.
            engine: pickled.
        """
        if engine != self.engine or not set(packages) <= self.packages:
            self.packages |= set(packages)
            self.engine, self._here = engine, None
            self._greeted.clear()
            self._facts.clear()

    def members(self) -> Sequence[str]:
        """Addresses of the workers that can compute.

        Raises:
            CcdasError: no scheduler, no worker for too long, or a first worker that is refused.
        """
        present, now = self._present(), time.monotonic()
        if present is None:  # nobody knows: tasks go on, and none is given out
            return ()
        for inner, (worker, outer) in list(self._running.items()):
            if worker not in present and self._running.pop(inner, None) is not None:
                outer.set_exception(WorkerLost(""))
        for worker in present:
            if worker not in self._greeted and worker not in self._refused:
                self._greet(worker)
        for worker, inner in list(self._greeted.items()):
            if worker not in present:
                self._greeted.pop(worker)
                self._facts.pop(worker, None)
            elif worker not in self._facts and inner.done():
                self._admit(worker, inner)
        self._warn_of_silent_workers(now)
        admitted = [worker for worker in present if worker in self._facts]
        if admitted or any(worker in self._greeted for worker in present):
            self._last_seen = self._last_word = now
        else:
            self._say_what_it_waits_for(now)
        busy = [worker for worker, _ in list(self._running.values())]
        return sorted(admitted, key=lambda name: name not in busy)[: self.workers]

    def submit(self, worker: str, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Future of `function` of the arguments; it raises `WorkerLost` where the worker ends."""
        outer: Future[Any] = Future()
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Sending large graph")  # the parts of a block
            inner = self._client.submit(
                function,
                *arguments,
                key=f"ccdas-{uuid4().hex}",
                pure=False,
                workers=[worker],
                allow_other_workers=False,
            )
        self._running[inner] = (worker, outer)
        inner.add_done_callback(self._received)
        return outer

    def abandon(self, running: Sequence[Future[Any]]) -> None:
        """Cancel tasks; one that a worker computes ends there, and nobody hears of it."""
        given = list(self._running.items())  # a callback may take one away meanwhile
        abandoned = [inner for inner, (_, outer) in given if outer in running]
        for inner in abandoned:
            self._running.pop(inner, None)
            with suppress(Exception):  # of a scheduler that is gone
                inner.cancel()

    def end(self, run: str) -> None:
        """Leave the cluster, or end that of this machine."""
        if self._opened is None:
            return
        opened, client = self._opened, self._client
        with suppress(Exception):  # of a scheduler or a worker that is gone
            if client.status == "running" and client.cluster is None:
                self._asked("ncores", workers=None)  # a stopped one would be waited for
                client.run(forget, run, on_error="ignore")
        self._opened = self._client = self._unanswered = None
        with suppress(Exception):
            opened.__exit__(None, None, None)
        for state in (self._running, self._greeted, self._facts, self._refused):
            state.clear()

    def _received(self, inner: Any) -> None:
        _, outer = self._running.pop(inner, (None, None))
        if outer is None:  # lost or abandoned
            return
        try:
            outer.set_result(inner.result())
        except Exception as error:
            cause = _death(error)
            outer.set_exception(error if cause is None else cause)

    def _present(self) -> tuple[str, ...] | None:
        """Addresses of all workers of the cluster, in order; None where the scheduler is silent.

        Raises:
            CcdasError: no answer for too long.
        """
        if self._client is None:
            self._open()
        status = self._client.status
        began = time.monotonic()
        if status == "running":
            with suppress(Exception):  # of a connection that breaks, or of a stopped scheduler
                present = tuple(self._asked("ncores", workers=None))
                self._unanswered = None
                return present
        if self._unanswered is None:
            self._unanswered = began
        silence = time.monotonic() - self._unanswered
        if status == "running" and silence > STOPPED:
            raise lost_scheduler(self.address, "does not answer")
        if status == "closed" or (status != "running" and silence > LOST):
            raise lost_scheduler(self.address, "is gone")
        return None

    def _asked(self, question: str, **arguments: Any) -> Any:
        """Answer of the scheduler; raises an exception where none comes in time."""
        scheduler = self._client.scheduler
        return self._client.sync(getattr(scheduler, question), **arguments, callback_timeout=ANSWER)

    def _warn_of_silent_workers(self, now: float) -> None:
        computing = {worker for worker, _ in list(self._running.values())}
        if not computing or not self._silent.due(now):
            return
        signs: dict[str, float] = {}
        with suppress(Exception):  # of a connection that breaks; the next look at it says so
            there = self._asked("identity")["workers"]
            signs = {worker: about["last_seen"] for worker, about in there.items()}
        for warning in self._silent.warnings(signs, computing, now):
            warnings.warn(warning, stacklevel=2)

    def _open(self) -> None:
        threads = self.threads or threads_of_worker(self.workers)
        self._opened = dask_client(self.workers, threads)
        self._client = self._opened.__enter__()
        self.address = str(self._client.scheduler.address)
        self._last_seen = self._last_word = time.monotonic()
        _logger.info("scheduler %s, %d workers", self.address, len(self._client.nthreads()))

    def _greet(self, worker: str) -> None:
        """Ask a new worker for its facts."""
        self._greeted[worker] = self._client.submit(
            facts_here,
            sorted(self.packages),
            self.engine,
            settings_that_travel(),
            key=f"ccdas-facts-{uuid4().hex}",
            pure=False,
            workers=[worker],
            allow_other_workers=False,
        )

    def _admit(self, worker: str, inner: Any) -> None:
        """Take a worker, or refuse it: with an error where none has been taken yet."""
        if self._here is None:
            self._here = facts_here(sorted(self.packages), self.engine, {})
        if self._here.changed:  # no worker would be like this process
            raise changed_code(self._here.changed)
        try:
            there = self._answer(worker, inner)
            if there is None:
                del self._greeted[worker]  # it is greeted again where it is still there
                return
            require_same(worker, there, self._here)
        except CcdasError as error:
            if not self._processors:
                raise
            self._refused.add(worker)
            message = f"{error} The run goes on without this worker."
            warnings.warn(CcdasWarning(message, code=error.code, where=error.where), stacklevel=2)
            return
        self._facts[worker] = there
        _logger.info("worker %s on %s: %s", worker, there.host, there.processor)
        if self._processors and there.processor not in self._processors:
            message = (
                f"workers have different processors: {there.processor} of {worker}, and "
                f"{', '.join(sorted(self._processors))}. The last digits of a block depend on the "
                "one that computes it."
            )
            warning = CcdasWarning(message, code="other-processor", where="compute.executor")
            warnings.warn(warning, stacklevel=2)
        self._processors.add(there.processor)

    def _answer(self, worker: str, inner: Any) -> WorkerFacts | None:
        """Facts of a worker; None where it ended before.

        Raises:
            CcdasError: the framework cannot be loaded there.
        """
        try:
            facts: WorkerFacts = inner.result()
            return facts
        except Exception as error:
            if _death(error) is not None:
                return None
            raise CcdasError(
                f"worker {worker} cannot load the framework ({type(error).__name__}: {error}). "
                "Give the workers the environment of this process, and restart the workers.",
                code="other-version",
                where="compute.executor",
            ) from error

    def _say_what_it_waits_for(self, now: float) -> None:
        waited = now - self._last_seen
        if waited > 60.0 * self.wait_minutes:
            raise CcdasError(
                f"the scheduler at {self.address} had no worker for {self.wait_minutes:g} minutes "
                "(compute.wait). `ccdas resume` continues from the last accepted point when there "
                "are workers.",
                code="no-workers",
                where="compute.executor",
            )
        if now - self._last_word > (FIRST_WORD if self._last_word == self._last_seen else EACH):
            self._last_word = now
            message = (
                f"the scheduler at {self.address} has had no worker for {waited:.0f} s of at most "
                f"{60.0 * self.wait_minutes:.0f}. The run waits for one. Look whether the jobs of "
                "the workers wait in a queue, and whether they reach this address: the option "
                "`--interface` of scheduler and workers chooses the network."
            )
            warning = CcdasWarning(message, code="no-workers", where="compute.executor")
            warnings.warn(warning, stacklevel=2)


def _death(error: Exception) -> WorkerLost | None:
    """`WorkerLost` for the errors by which Dask reports that worker or scheduler went away."""
    names = {cls.__name__ for cls in type(error).__mro__}
    gone = {"KilledWorker", "CancelledError", "FutureCancelledError", "FuturesCancelledError"}
    return WorkerLost("") if names & gone else None
