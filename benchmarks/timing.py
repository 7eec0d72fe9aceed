"""Times of calls that are compared: taken in turn, wall and processor, best and median."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from attrs import frozen


@frozen
class Times:
    """Seconds of some repetitions.

    Args:
        wall: by the clock.
        processor: of all threads of the process, and of the programs that it ran.
    """

    wall: tuple[float, ...]
    processor: tuple[float, ...]

    @property
    def best(self) -> float:
        """Least processor time, which other programs of the machine change least."""
        return min(self.processor)

    @property
    def best_wall(self) -> float:
        """Least time by the clock."""
        return min(self.wall)

    def as_dict(self) -> dict[str, float]:
        """Best and median."""
        return {
            "processor": self.best,
            "processor_median": float(np.median(self.processor)),
            "wall": self.best_wall,
            "wall_median": float(np.median(self.wall)),
        }


def processor_seconds() -> float:
    """User and system time of this process and of its children that ended (s)."""
    parts = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(part.ru_utime + part.ru_stime for part in parts)


def timed(call: Callable[[], Any]) -> tuple[float, float, Any]:
    """Wall seconds, processor seconds and the result of one call."""
    processor, wall = processor_seconds(), time.perf_counter()
    result = call()
    return time.perf_counter() - wall, processor_seconds() - processor, result


def in_turn(calls: Mapping[Any, Callable[[], Any]], repeats: int) -> dict[Any, Times]:
    """Times of each call, all of them once before any comes again."""
    wall: dict[Any, list[float]] = {name: [] for name in calls}
    processor: dict[Any, list[float]] = {name: [] for name in calls}
    for _ in range(repeats):
        for name, call in calls.items():
            seconds = timed(call)
            wall[name].append(seconds[0])
            processor[name].append(seconds[1])
    return {name: Times(tuple(wall[name]), tuple(processor[name])) for name in calls}
