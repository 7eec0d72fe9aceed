"""Cost of an autograd gradient against the number of days: it must grow linearly.

    python benchmarks/autograd_years.py

Five columns, eight steps a day; figures are ratios to one year in the same run.
"""

from __future__ import annotations

import resource
import time

import numpy as np
from bethy_speed import prior_parameters, synthetic_forcing
from ccdas_models_bethy import Bethy

from ccdas_framework.engines.autograd_engine import AutogradEngine


def main() -> None:
    """Print seconds, their ratio to one year, and peak memory for 1, 2 and 4 years."""
    engine, model = AutogradEngine(), Bethy(n_h=8, dayint=5)
    first = None
    for years in (1, 2, 4):
        forcing = synthetic_forcing(5, 365 * years, np.random.default_rng(1))
        drivers = model.prepare(forcing)
        parameters = prior_parameters(model, forcing.domain.grid.column_class)

        def total(p, drivers=drivers):
            fields = model.run(p, drivers, engine.xp)
            return engine.xp.sum(fields["npp"]) + engine.xp.sum(fields["soil_moisture"])

        start = time.process_time()
        engine.compile(total)(parameters)
        forward = time.process_time() - start
        start = time.process_time()
        engine.value_and_grad(total)(parameters)
        seconds = time.process_time() - start
        first = first or seconds
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        print(
            f"{years} years: forward {forward:.1f} s, gradient {seconds:.1f} s of processor, "
            f"{seconds / first:.2f} times one year, peak {peak:.2f} GB"
        )


if __name__ == "__main__":
    main()
