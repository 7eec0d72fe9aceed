"""Seconds and peak memory of cost, gradient and Jacobian of the whole demonstration.

python benchmarks/demo_gradient.py [--jacobian] [--set KEY=VALUE ...]
"""

from __future__ import annotations

import argparse
import resource
import time

from ccdas_framework import load_experiment
from ccdas_framework.config.overrides import parse_override


def main() -> None:
    """Print first and second call of each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jacobian", action="store_true")
    parser.add_argument("--set", action="append", default=[])
    given = parser.parse_args()
    start = time.perf_counter()
    experiment = load_experiment("demo", settings=dict(parse_override(text) for text in given.set))
    problem = experiment.build()
    print(f"build {time.perf_counter() - start:.1f} s")
    x = problem.prior.mean + 0.1
    calls = {"cost": problem.cost, "gradient": problem.value_and_gradient}
    if given.jacobian:
        calls = {"cost": problem.cost, "jacobian": problem.simulate_and_jacobian}
    for name, call in calls.items():
        seconds = []
        for _ in range(2):
            start = time.perf_counter()
            call(x)
            seconds.append(time.perf_counter() - start)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        print(f"{name}: first {seconds[0]:.1f} s, then {seconds[1]:.1f} s; peak {peak:.2f} GB")


if __name__ == "__main__":
    main()
