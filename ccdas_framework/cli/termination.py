"""The signal TERM: the end of a run within seconds, wherever it is."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

EXIT_CODE = 128 + signal.SIGTERM  # as in shells
LONGEST_WRITE = 2.0  # to standard error (s)
LONGEST_START = 2.0  # of a worker (s)


@contextmanager
def ended_by_term() -> Iterator[None]:
    """End this process on TERM, until the end of the block.

    Python calls a handler when compiled code returns, which may take minutes. A thread therefore
    reads the numbers of signals from a pipe, into which they are written at once.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    handler = signal.signal(signal.SIGTERM, lambda *_: None)
    earlier = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    thread = threading.Thread(target=_wait_for_term, args=(reading,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(earlier)
        signal.signal(signal.SIGTERM, handler)
        os.close(writing)  # ends the thread
        thread.join()
        os.close(reading)


def _wait_for_term(pipe: int) -> None:
    while number := os.read(pipe, 1):
        if number[0] == signal.SIGTERM:
            _end()


def _end() -> NoReturn:
    """Say what is on the disk, end the workers and this process."""
    limit = threading.Timer(LONGEST_WRITE, _leave)  # nobody may read what is said
    limit.daemon = True
    limit.start()
    try:
        with suppress(Exception):  # nothing may keep this process
            cursor = "\x1b[?25h" if sys.stderr.isatty() else ""  # a progress display hides it
            print(f"{cursor}\nccdas: {_text()}", file=sys.stderr, flush=True)
    finally:
        _leave()


def _leave() -> NoReturn:
    """End the workers, remove temporary input files, and end this process."""
    try:
        with suppress(Exception):
            starts: Any = sys.modules.get("ccdas_framework.execution.thread_variables")
            if starts is not None:
                starts.hold_starts(LONGEST_START)
            for process in multiprocessing.active_children():
                process.kill()
        with suppress(Exception):
            inputs: Any = sys.modules.get("ccdas_framework.experiment.input_files")
            for folder in [] if inputs is None else list(inputs.OPEN):
                shutil.rmtree(folder.path, ignore_errors=True)
    finally:
        os._exit(EXIT_CODE)


def _text() -> str:
    run_folder: Any = sys.modules.get("ccdas_framework.outputs.run_folder")
    progress: Any = sys.modules.get("ccdas_framework.problem.work_progress")
    folders = [] if run_folder is None else [folder.path for folder in run_folder.OPEN]
    if not folders:
        return "ended by the signal TERM."
    path = folders[-1]
    if not (path / "checkpoint.npz").is_file():
        return (
            f"ended by the signal TERM before the first accepted point in {path}. The same command "
            "with --resume begins again."
        )
    names = [] if progress is None else [work.name for work in progress.open_work()]
    lost = f" and computes the {names[0]} again" if names else ""
    return (
        f"ended by the signal TERM. The last accepted point is in {path}; `ccdas resume {path}` "
        f"continues from it{lost}."
    )
