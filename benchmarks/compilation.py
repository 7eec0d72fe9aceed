"""Seconds to compile the gradient of BETHY, in a first process and in a second one.

    python benchmarks/compilation.py

XLA's part alone: tracing is told apart. Both processes share a fresh cache folder.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time

CODE = """
import time
import numpy as np
import jax
from bethy_speed import prior_parameters, synthetic_forcing
from ccdas_models_bethy import Bethy
from ccdas_framework.engines.jax_engine import JaxEngine

engine = JaxEngine()
model = Bethy(n_h=%d)
forcing = synthetic_forcing(500, 120, np.random.default_rng(1))
drivers = engine.hold(model.prepare(forcing))
parameters = prior_parameters(model, forcing.domain.grid.column_class)

def total(p, d):
    fields = model.run(p, d, engine.xp)
    return sum(engine.xp.sum(fields[n]) for n in ("npp", "nep", "lai", "soil_moisture"))

start = time.perf_counter()
lowered = jax.jit(jax.value_and_grad(total)).lower(parameters, drivers)
traced = time.perf_counter()
lowered.compile()
print(traced - start, time.perf_counter() - traced)
"""


def main() -> None:
    """Print a line for each number of steps a day."""
    for steps in (24, 8):
        with tempfile.TemporaryDirectory() as cache:
            environment = {**os.environ, "CCDAS_CACHE": cache, "PYTHONPATH": "benchmarks"}
            seconds = []
            for _ in range(2):
                run = subprocess.run(
                    [sys.executable, "-c", CODE % steps],
                    env=environment, capture_output=True, text=True, check=True,
                )  # fmt: skip
                seconds.append([float(s) for s in run.stdout.split()])
                time.sleep(1.0)
        (trace, first), (_, second) = seconds
        print(
            f"n_h {steps:2d}: tracing {trace:.1f} s, XLA first process {first:.1f} s, "
            f"second process {second:.1f} s, ratio {second / first:.2f}"
        )


if __name__ == "__main__":
    main()
