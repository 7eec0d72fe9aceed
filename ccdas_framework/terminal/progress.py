"""Progress of a run: lines and bars that renew themselves on a terminal, otherwise plain lines."""

from __future__ import annotations

import sys
from typing import TextIO

from ..core.result import Iteration
from ..experiment.monitor import Monitor
from ..problem.work_progress import Work
from ..report.format import clock
from .work_display import WorkDisplay


class Console(Monitor):
    """Stages, work in progress and iterations on a stream of text.

    Args:
        stream: standard error by default, so that the final table can be piped.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream: TextIO = sys.stderr if stream is None else stream
        self.terminal = self.stream.isatty()
        self.first: dict[str, tuple[float, int]] = {}  # label -> seconds and number, first line
        self.open = False  # whether the line on the terminal has no end yet
        self.display = WorkDisplay(self.stream, self.terminal, self._end_line)

    def work(self, work: Work) -> None:
        """Take note of work in parts that begins, goes on or ends."""
        self.display.update(work)

    def stage(self, text: str) -> None:
        """A line with the name of the next stage."""
        self._end_line()
        self.first.clear()  # the next optimisation is another problem
        self._write(f"{text} ...\n")

    def done(self, text: str) -> None:
        """A line about a piece of work that is complete."""
        self._end_line()
        self._write(f"  {text}\n")

    def iteration(self, iteration: Iteration, seconds: float, most: int | None) -> None:
        """Iteration, cost by term, gradient norm, and how long the rest may take."""
        self.write_line(iteration, seconds, most)

    def labelled(self, label: str) -> Monitor:
        """Lines that begin with the name of what is optimised beside others."""
        return _Labelled(self, f"{label}  ")

    def write_line(
        self, iteration: Iteration, seconds: float, most: int | None, label: str = ""
    ) -> None:
        """A line of one start."""
        terms = "  ".join(f"{name} {value:.5g}" for name, value in iteration.terms.items())
        size = iteration.gradient_norm
        norm, left = "" if size is None else f"|gradient| {size:.3g}  ", ""
        if label not in self.first:
            self.first[label] = seconds, iteration.number
            if label:
                self._end_line()
        elif (
            most is not None
            and self.first[label][1] < iteration.number <= most
            and not (iteration.counts.get("jacobian") and iteration.counts.get("gradient"))
        ):  # steps by gradients cost less than those that `most` limits
            began, number = self.first[label]
            each = (seconds - began) / (iteration.number - number)
            left = f"  at most {clock(each * (most - iteration.number))} left"
        text = (
            f"  {label}{iteration.number:3d}  cost {iteration.cost:.6g}  ({terms})  "
            f"{norm}{clock(seconds)}{left}"
        )
        self._write(f"\r\x1b[2K{text}" if self.terminal else f"{text}\n")
        self.open = self.terminal
        if most == iteration.number:
            self._end_line()

    def _end_line(self) -> None:
        if self.open:
            self.open = False
            self._write("\n")

    def _write(self, text: str) -> None:
        with self.display.lock:
            self.display.hide()
            self.stream.write(text)
            self.stream.flush()


class _Labelled(Monitor):
    """The iterations of one of several optimisations."""

    def __init__(self, console: Console, label: str) -> None:
        self.console, self.label = console, label

    def iteration(self, iteration: Iteration, seconds: float, most: int | None) -> None:
        """A line with its label."""
        self.console.write_line(iteration, seconds, most, self.label)
