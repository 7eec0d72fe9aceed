"""Peak memory of `scale.py`, one process a size, against cells, days and block."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from attrs import evolve, frozen

HERE = Path(__file__).parent


@frozen
class Size:
    """A run of `scale.py`: cells, days, and cells of a block."""

    cells: int
    days: int
    block: int


def sizes(base: Size) -> dict[str, Size]:
    """The base, and one with four times the cells, twice the days, and twice the block."""
    return {
        "base": base,
        "cells": evolve(base, cells=4 * base.cells),
        "days": evolve(base, days=2 * base.days),
        "block": evolve(base, block=2 * base.block),
    }


def peak(size: Size) -> float:
    """Peak resident memory (GB) of a cost and two gradients in a process of their own."""
    words = [sys.executable, str(HERE / "scale.py"), "--gradient", "--cells", str(size.cells)]
    words += ["--days", str(size.days), "--block", str(size.block)]
    run = subprocess.run(words, check=True, capture_output=True, text=True)
    return float(re.findall(r"peak ([\d.]+) GB", run.stdout)[-1])


def memory(base: Size) -> dict[str, tuple[Size, float]]:
    """Sizes with their peaks. Those that share a block share their compiled functions.

    The first run is repeated, because its peak may be that of the compiler.
    """
    peak(base)
    return {name: (size, peak(size)) for name, size in sizes(base).items()}
