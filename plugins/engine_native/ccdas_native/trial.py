"""Trial of a compiled library in a process of its own, before this process loads it."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

SECONDS = 60.0  # longest trial, for a machine that does much else
LOAD = "import ctypes, sys; sys.exit(ctypes.CDLL(sys.argv[1]).ccdas_native_trial())"


def trial_problem(library: Path) -> str:
    """Why a library cannot be used here, or '' where it loads and its instructions are known.

    The trial computes functions of vectors with the instruction set of the library.
    """
    command = [sys.executable, "-I", "-S", "-c", LOAD, str(library)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return f"does not end its trial within {SECONDS:g} s"
    except OSError as error:
        return f"cannot be tried in another process ({error.strerror})"
    if done.returncode < 0:
        number = -done.returncode
        known = number in set(signal.Signals)
        return f"ends a process with {signal.Signals(number).name if known else number}"
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        return f"does not load ({lines[-1][:200]})"
    return ""
