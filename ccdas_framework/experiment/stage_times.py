"""Seconds of the stages of a run."""

from __future__ import annotations

import logging
import time

from attrs import define, field

from ..core.budget import Budget
from ..core.result import Iteration
from ..problem.work_progress import Work
from .monitor import Monitor

_logger = logging.getLogger(__name__)
EARLIER = "earlier parts of the run"  # stage of a resumed run


@define(eq=False)
class StageTimes(Monitor):
    """Passes the progress of a run on, and measures its stages.

    Args:
        monitor: receives the progress.
        began: time.monotonic() at the start of the run.
        first: name of the first stage.
        earlier: seconds of the parts of a resumed run before this one, which the first stage
            follows.
    """

    monitor: Monitor
    began: float
    first: str
    earlier: float = 0.0
    _starts: list[tuple[str, float]] = field(init=False)

    @_starts.default
    def _first_stage(self) -> list[tuple[str, float]]:
        before = [(EARLIER, self.began)] if self.earlier > 0.0 else []
        return [*before, (self.first, self.began + self.earlier)]

    def stage(self, text: str) -> None:
        """See `Monitor`."""
        self._starts.append((text, time.monotonic()))
        _logger.info("%s, %.1f s after the start", text, time.monotonic() - self.began)
        self.monitor.stage(text)

    def done(self, text: str) -> None:
        """See `Monitor`."""
        self.monitor.done(text)

    def work(self, work: Work) -> None:
        """See `Monitor`."""
        self.monitor.work(work)

    def iteration(self, iteration: Iteration, seconds: float, most: int | None) -> None:
        """See `Monitor`."""
        self.monitor.iteration(iteration, seconds, most)

    def evaluated(self, budget: Budget, seconds: float) -> None:
        """See `Monitor`."""
        self.monitor.evaluated(budget, seconds)

    def labelled(self, label: str) -> Monitor:
        """See `Monitor`."""
        return self.monitor.labelled(label)

    @property
    def seconds(self) -> dict[str, float]:
        """Seconds of each stage so far, by its name."""
        ends = [start for _, start in self._starts[1:]] + [time.monotonic()]
        seconds: dict[str, float] = {}
        for (name, start), end in zip(self._starts, ends, strict=True):
            seconds[name] = seconds.get(name, 0.0) + end - start
        return seconds
