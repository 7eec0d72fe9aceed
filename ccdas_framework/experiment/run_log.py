"""Log and checkpoints of starting points while they are optimised."""

from __future__ import annotations

import logging
import time
from threading import Event, Lock

from attrs import define, evolve, field

from ..core.budget import Budget
from ..core.ensemble import Ensemble
from ..core.result import Iteration, OptimisationResult
from ..outputs.checkpoints import History, write_draws, write_histories
from ..outputs.run_folder import RunFolder
from .monitor import Monitor
from .starts import Start

_logger = logging.getLogger(__name__)


@define(eq=False)
class RunLog:
    """Log, checkpoint and monitor of starts that may run side by side.

    Args:
        names: of the control vector.
        count: of starting points.
        began: time.monotonic() at the start of the run.
        most: largest number of iterations, where the optimiser has a limit.
        histories: number of a start -> its iterations so far.
        stop: set on Ctrl-C; each start then ends with its next point.
    """

    folder: RunFolder
    names: tuple[str, ...]
    count: int
    monitor: Monitor
    began: float
    most: int | None = None
    histories: dict[int, History] = field(factory=dict)
    stop: Event = field(factory=Event)
    _lock: Lock = field(factory=Lock, init=False)

    def points(self, number: int) -> tuple[Iteration, ...]:
        """Points that a start has accepted so far."""
        return tuple(self.histories[number].iterations) if number in self.histories else ()

    def begin(self, start: Start) -> Monitor:
        """Monitor of a start that begins or resumes."""
        with self._lock:
            self.histories.setdefault(start.number, History(start.x))
        if self.count == 1:
            return self.monitor
        return self.monitor.labelled(f"start {start.number} of {self.count}")

    def accepted(
        self, number: int, iteration: Iteration, monitor: Monitor, stopping: bool = True
    ) -> None:
        """Record an accepted point; without `stopping`, after the start has ended.

        Raises:
            KeyboardInterrupt: the run is interrupted, and `stopping` is true.
        """
        seconds = time.monotonic() - self.began
        with self._lock:
            past = self.histories[number]
            self.histories[number] = evolve(past, iterations=(*past.iterations, iteration))
            norm = iteration.gradient_norm
            self.folder.log({
                "start": number, "iteration": iteration.number, "cost": iteration.cost,
                "terms": dict(iteration.terms),
                **({} if norm is None else {"gradient_norm": norm}),
                "counts": dict(iteration.counts),
                "seconds": seconds,
            })  # fmt: skip
            write_histories(self.folder, self.names, self.histories)
            terms = ", ".join(f"{name} {value:.6g}" for name, value in iteration.terms.items())
            _logger.info("start %d, iteration %d: cost %.8g (%s), %.1f s",
                         number, iteration.number, iteration.cost, terms, seconds)  # fmt: skip
            monitor.iteration(iteration, seconds, self.most if stopping else None)
        if stopping and self.stop.is_set():
            raise KeyboardInterrupt

    def evaluated(self, budget: Budget, monitor: Monitor) -> None:
        """Show how many evaluations there were, between accepted points."""
        monitor.evaluated(budget, time.monotonic() - self.began)

    def drawn(self, ensemble: Ensemble) -> None:
        """Record the progress of a sampler."""
        seconds = time.monotonic() - self.began
        chains, draws = ensemble.x.shape[:2]
        with self._lock:
            self.folder.log({
                "event": "drawn", "chains": chains, "draws": draws,
                "counts": dict(ensemble.counts), "seconds": seconds,
            })  # fmt: skip
            write_draws(self.folder, ensemble)
        self.monitor.done(f"{chains} x {draws} draws")

    def ended(self, start: Start, result: OptimisationResult) -> Start:
        """The start with its result; an interruption of one stops all."""
        if result.status == "interrupted":
            self.stop.set()
        self._close(start.number, result.status, result.message)
        return evolve(start, result=result)

    def failed(self, start: Start, error: Exception) -> Start:
        """The start with the reason of its failure, which ends the run of a single start."""
        self._close(start.number, "failed", str(error))
        if self.count == 1:
            raise error
        return evolve(start, problem=str(error))

    def _close(self, number: int, status: str, message: str) -> None:
        _logger.info("start %d ended: %s: %s", number, status, message)
        with self._lock:
            past = self.histories[number]
            self.histories[number] = evolve(past, status=status, message=message)
            write_histories(self.folder, self.names, self.histories)
            if self.count > 1:
                self.folder.log({"start": number, "event": "ended", "status": status})
