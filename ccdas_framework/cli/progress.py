"""What a run says while it works: a line that renews itself on a terminal, else plain lines."""

from __future__ import annotations

import sys
from typing import TextIO

from ..core.result import Iteration
from ..experiment.run import Monitor


class Console(Monitor):
    """Stages and iterations on a stream of text.

    Args:
        stream: standard error by default, so that the final table can be piped.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = sys.stderr if stream is None else stream
        self.terminal = self.stream.isatty()
        self.first: float | None = None

    def stage(self, text: str) -> None:
        """Say what comes next."""
        self._end_line()
        self._write(f"{text} ...\n")

    def iteration(self, iteration: Iteration, seconds: float, most: int | None) -> None:
        """Iteration, cost by term, gradient norm, and how long the rest may take."""
        terms = "  ".join(f"{name} {value:.5g}" for name, value in iteration.terms.items())
        left = ""
        if self.first is None:
            self.first = seconds
        elif most is not None and iteration.number:
            each = (seconds - self.first) / iteration.number
            left = f"  at most {_clock(each * (most - iteration.number))} left"
        text = (
            f"  {iteration.number:3d}  cost {iteration.cost:.6g}  ({terms})  "
            f"|gradient| {iteration.gradient_norm:.3g}  {_clock(seconds)}{left}"
        )
        self._write(f"\r\x1b[2K{text}" if self.terminal else f"{text}\n")
        if self.terminal and most == iteration.number:
            self._end_line()

    def _end_line(self) -> None:
        if self.terminal and self.first is not None:
            self._write("\n")

    def _write(self, text: str) -> None:
        self.stream.write(text)
        self.stream.flush()


def _clock(seconds: float) -> str:
    whole = round(max(seconds, 0.0))
    return f"{whole // 60}:{whole % 60:02d}"
