"""Progress of a run, for a terminal or a test."""

from __future__ import annotations

from typing import TextIO

from ..core.budget import Budget
from ..core.result import Iteration
from ..problem.work_progress import Work


class Monitor:
    """Receives the progress of a run and ignores it; subclasses show or record it.

    Attributes:
        stream: of text, where the progress is written; None where it is not.
    """

    stream: TextIO | None = None

    def stage(self, text: str) -> None:
        """A new stage begins."""

    def done(self, text: str) -> None:
        """A piece of work is complete."""

    def work(self, work: Work) -> None:
        """Work in parts begins, goes on or ends; may be called from any thread."""

    def iteration(self, iteration: Iteration, seconds: float, most: int | None) -> None:
        """A point was accepted after so many seconds; `most` iterations are allowed."""

    def evaluated(self, budget: Budget, seconds: float) -> None:
        """The problem is evaluated once more, so many seconds after the start."""

    def labelled(self, label: str) -> Monitor:
        """Monitor of the iterations of one of several optimisations side by side."""
        return self
