"""How much of a long computation is done: a line that renews itself on a terminal, else lines."""

from __future__ import annotations

import time

STEP = 0.1  # share after which a plain line follows


class Share:
    """Called with the share that is done, 0 to 1; writes it with the time gone and the time left.

    Args:
        stream: of text, such as standard error.
    """

    def __init__(self, stream):
        self.stream = stream
        self.terminal = stream.isatty()
        self.began = time.monotonic()
        self.next = STEP

    def __call__(self, done):
        """Say it, where it is worth a line."""
        if not self.terminal and done < self.next:
            return
        self.next = (int(done / STEP + 1e-9) + 1) * STEP
        gone = time.monotonic() - self.began
        left = gone * (1.0 - done) / done if done > 0.0 else 0.0
        text = f"  {100.0 * done:3.0f} %  {_clock(gone)}  about {_clock(left)} left"
        end = "\n" if not self.terminal or done >= 1.0 else ""
        self.stream.write(f"\r\x1b[2K{text}{end}" if self.terminal else f"{text}\n")
        self.stream.flush()


def _clock(seconds):
    whole = round(max(seconds, 0.0))
    return f"{whole // 60}:{whole % 60:02d}"
