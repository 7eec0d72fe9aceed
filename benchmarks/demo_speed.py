"""The demonstration as a user runs it: cost and gradient, and one worker beside two.

A problem is built in a process of its own, which evaluates it when a line with the name of a
quantity comes in, so that processes with different settings take turns.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from attrs import frozen
from timing import Times, timed

HERE = Path(__file__)
SHORT = {"time.days": 365}  # of the demo, where workers are compared


@frozen
class Child:
    """A process with a problem."""

    process: Any

    def evaluated(self, quantity: str) -> tuple[float, float, float]:
        """Wall seconds, processor seconds and peak memory (GB) after an evaluation."""
        self.process.stdin.write(quantity + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{HERE.name} ended with code {self.process.wait()}")
        return tuple(json.loads(line))


def child(stack: ExitStack, settings: Mapping[str, Any], threads: int = 0) -> Child:
    """A new process; with `threads` its libraries use at most as many."""
    environment = dict(os.environ)
    if threads:
        names = ("NPROC", "PJRT_NPROC", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
        environment |= dict.fromkeys(names, str(threads))
    words = [sys.executable, str(HERE), json.dumps(dict(settings))]
    process = subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    )
    stack.enter_context(process)
    stack.callback(process.stdin.close)
    return Child(process)


def compared(children: Mapping[str, Child], quantities: list[str], repeats: int) -> dict:
    """Times by name and quantity, all in turn; the first evaluation of each is left out."""
    rows: dict = {(name, what): [] for what in quantities for name in children}
    for repetition in range(repeats + 1):
        for (name, what), found in rows.items():
            seconds = children[name].evaluated(what)
            if repetition:
                found.append(seconds)
    return {
        key: (Times(tuple(r[0] for r in found), tuple(r[1] for r in found)), found[-1][2])
        for key, found in rows.items()
    }


def as_shipped(repeats: int) -> dict:
    """Cost and gradient of the demo with its own settings."""
    with ExitStack() as stack:
        children = {"demo": child(stack, {})}
        return compared(children, ["cost", "gradient"], repeats)


def by_workers(repeats: int) -> dict:
    """Gradient and Jacobian of a shorter demo with one worker of one thread, and with two."""
    two = {**SHORT, "compute.workers": 2, "compute.executor": "processes"}
    one = {**SHORT, "compute.workers": 1, "compute.executor": "serial"}
    with ExitStack() as stack:
        children = {"1": child(stack, one, threads=1), "2": child(stack, two)}
        return compared(children, ["gradient", "jacobian"], repeats)


def main() -> None:
    """Evaluate the problem of the settings in the first argument, once for each line."""
    from ccdas_framework import load_experiment
    from ccdas_framework.execution import block_processes

    problem = load_experiment("demo", settings=json.loads(sys.argv[1])).build()
    calls = {
        "cost": problem.cost,
        "gradient": problem.value_and_gradient,
        "jacobian": problem.simulate_and_jacobian,
    }
    generator = np.random.default_rng(1)
    with block_processes(problem.forward.executor):
        for line in sys.stdin:
            x = problem.prior.mean + 0.1 * generator.random(len(problem.prior.mean))
            wall, processor, _ = timed(partial(calls[line.strip()], x))
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
            print(json.dumps([wall, processor, peak]), flush=True)


if __name__ == "__main__":
    main()
