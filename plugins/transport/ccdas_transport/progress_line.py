"""Progress of a long computation: a line that renews itself on a terminal, else plain lines."""

from __future__ import annotations

import time
from typing import TextIO

PLAIN_LINE_STEP = 0.1  # fraction between two plain lines


class ProgressLine:
    """Writes the completed fraction with the elapsed and the remaining time.

    Args:
        stream: stream of text, such as standard error.
    """

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.terminal = stream.isatty()
        self.start = time.monotonic()
        self.next_fraction = PLAIN_LINE_STEP

    def __call__(self, fraction: float) -> None:
        """Write a line for the completed fraction (0 to 1), if one is due."""
        if not self.terminal and fraction < self.next_fraction:
            return
        self.next_fraction = (int(fraction / PLAIN_LINE_STEP + 1e-9) + 1) * PLAIN_LINE_STEP
        elapsed = time.monotonic() - self.start
        remaining = elapsed * (1.0 - fraction) / fraction if fraction > 0.0 else 0.0
        text = f"  {100.0 * fraction:3.0f} %  {_clock(elapsed)}  about {_clock(remaining)} left"
        end = "\n" if not self.terminal or fraction >= 1.0 else ""
        self.stream.write(f"\r\x1b[2K{text}{end}" if self.terminal else f"{text}\n")
        self.stream.flush()


def _clock(seconds: float) -> str:
    """Minutes and seconds, '2:05'."""
    total = round(max(seconds, 0.0))
    return f"{total // 60}:{total % 60:02d}"
