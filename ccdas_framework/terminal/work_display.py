"""Display of work in progress: bars on a terminal, otherwise a plain line now and then."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event, RLock, Thread
from typing import Any, TextIO

from ..problem.work_progress import Work
from ..report.format import clock

PATIENCE_BAR, PATIENCE_LINE = 1.0, 5.0  # seconds of work before it is shown
BETWEEN_LINES = 20.0  # seconds between two lines about the same work
TICK = 0.25  # seconds between two looks at the work


class WorkDisplay:
    """Work that takes long, with the share done and the seconds so far.

    A thread looks at the work, so that a long part is shown before it ends.

    Args:
        stream: receives the text.
        terminal: whether the stream is a terminal.
        before: called before a line or a bar is written.

    Attributes:
        lock: held while text is written; others that write to the stream hold it too.
    """

    def __init__(self, stream: TextIO, terminal: bool, before: Callable[[], None]) -> None:
        self.stream, self.before = stream, before
        self.bars = _Bars(stream) if terminal and _has_rich() else None
        self._open: list[Work] = []
        self._last: dict[int, float] = {}  # id of work -> time of its last line
        self.lock = RLock()
        self._none_open = Event()

    def update(self, work: Work) -> None:
        """Take note of work that begins, goes on or ends."""
        with self.lock:
            if work.ended:
                self._close(work)
            elif not any(work is each for each in self._open):
                self._open.append(work)
                if len(self._open) == 1:
                    self._none_open = Event()
                    Thread(target=self._watch, args=(self._none_open,), daemon=True).start()

    def hide(self) -> None:
        """Remove the bars, so that other text can be written; the next look shows them again."""
        if self.bars is not None:
            self.bars.hide()

    def show(self, now: float) -> None:
        """Show the work that has taken longer than the patience, at a time.monotonic()."""
        patience = PATIENCE_LINE if self.bars is None else PATIENCE_BAR
        shown = [work for work in self._open if now - work.began >= patience]
        if self.bars is not None:
            if shown:
                self.before()
                self.bars.show(shown)
            return
        for work in shown:
            if now - self._last.get(id(work), -BETWEEN_LINES) >= BETWEEN_LINES:
                self._last[id(work)] = now
                self._line(f"{_share(work)}, {clock(now - work.began)} so far")

    def _watch(self, none_open: Event) -> None:
        while not none_open.wait(TICK):
            with self.lock:
                if not none_open.is_set():
                    self.show(time.monotonic())

    def _close(self, work: Work) -> None:
        self._open = [each for each in self._open if each is not work]
        if self._last.pop(id(work), None) is not None:
            self._line(f"{_share(work)}, {clock(time.monotonic() - work.began)}")
        self.hide()
        if not self._open:
            self._none_open.set()

    def _line(self, text: str) -> None:
        self.before()
        self.stream.write(f"  {text}\n")
        self.stream.flush()


def _share(work: Work) -> str:
    return f"{work.name}: {work.done} of {work.parts} parts done"


def _has_rich() -> bool:
    try:
        import rich.progress  # noqa: F401
    except ImportError:  # an optional package
        return False
    return True


class _Bars:
    """Bars of `rich` at the bottom of a terminal."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self._progress: Any = None
        self._tasks: dict[int, Any] = {}  # id of work -> its bar

    def show(self, works: list[Work]) -> None:
        """Draw the bar of each piece of work."""
        if self._progress is None:
            self._progress = _progress(self.stream)
            self._progress.start()
        for work in works:
            seconds = clock(time.monotonic() - work.began)
            if id(work) not in self._tasks:
                task = self._progress.add_task(work.name, total=work.parts, elapsed=seconds)
                self._tasks[id(work)] = task
            self._progress.update(self._tasks[id(work)], completed=work.done, elapsed=seconds)
        self._progress.refresh()

    def hide(self) -> None:
        """Remove all bars."""
        if self._progress is not None:
            self._progress.stop()
        self._progress, self._tasks = None, {}


def _progress(stream: TextIO) -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    return Progress(
        TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn(),
        TextColumn("{task.fields[elapsed]}"), console=Console(file=stream, force_terminal=True),
        auto_refresh=False, transient=True, redirect_stdout=False, redirect_stderr=False,
    )  # fmt: skip
