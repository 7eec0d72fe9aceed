"""Time that JAX spends on tracing and compiling, which a comparison of methods leaves out."""

from __future__ import annotations

import time
from threading import Lock
from typing import Any

from attrs import define, field

PHASES = (  # of `jax.monitoring`
    "/jax/core/compile/jaxpr_trace_duration",
    "/jax/core/compile/jaxpr_to_mlir_module_duration",
    "/jax/core/compile/backend_compile_duration",
)
FOUND, COMPILED = "/jax/compilation_cache/cache_hits", "/jax/compilation_cache/cache_misses"


@define(eq=False)
class CompilationTime:
    """Times at which compilations began and ended by `time.monotonic()`, and their number."""

    intervals: list[tuple[float, float]] = field(factory=list)
    counts: dict[str, int] = field(factory=lambda: {FOUND: 0, COMPILED: 0})
    _lock: Lock = field(factory=Lock, init=False)

    def add(self, phase: str, seconds: float, **_: Any) -> None:
        """Take note of a phase that ends now; phases within it are part of it."""
        if phase not in PHASES:
            return
        ended = time.monotonic()
        began = ended - seconds
        with self._lock:
            while self.intervals and self.intervals[-1][0] >= began:
                self.intervals.pop()
            if self.intervals:
                began = max(began, self.intervals[-1][1])
            self.intervals.append((began, ended))

    def count(self, event: str, **_: Any) -> None:
        """Take note of a function that the cache on disk had, or that it lacked."""
        if event in self.counts:
            with self._lock:
                self.counts[event] += 1

    @property
    def summary(self) -> dict[str, float]:
        """Functions that the cache on disk had and lacked, and seconds of all compilations."""
        seconds = sum(ended - began for began, ended in self.intervals)
        found, compiled = self.counts[FOUND], self.counts[COMPILED]
        return {"found": found, "compiled": compiled, "seconds": round(seconds, 1)}

    def between(self, began: float, ended: float) -> float:
        """Seconds of compilation between two times."""
        parts = (min(end, ended) - max(start, began) for start, end in self.intervals)
        return sum(part for part in parts if part > 0.0)


COMPILATION = CompilationTime()  # of this process, from the start of the JAX engine on
_listening = Lock()  # held from the first call of `listen` on


def running_seconds(began: float, ended: float) -> float:
    """Seconds between two times, without compilations.

    The first evaluations of a process compile what later ones use again, so that seconds with
    compilations depend on what ran before.
    """
    return ended - began - COMPILATION.between(began, ended)


def listen(jax: Any) -> None:
    """Have JAX report its compilations to `COMPILATION`."""
    if _listening.acquire(blocking=False):
        jax.monitoring.register_event_duration_secs_listener(COMPILATION.add)
        jax.monitoring.register_event_listener(COMPILATION.count)
