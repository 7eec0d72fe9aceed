"""Seconds and peak memory of one grid size alone, so that another program can watch the process.

    python benchmarks/scale.py --cells 1000 --days 365 [--gradient] [--jacobian] [--block 100]

Synthetic weather, one column of BETHY a cell, soil moisture of each cell and month and the carbon
flux of the whole grid and month as observations, JAX engine. One line a quantity: seconds of the
first and of the second evaluation, and the peak resident memory of the process until then.
"""

from __future__ import annotations

import argparse
import resource
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from attrs import frozen
from ccdas_models_bethy import Bethy
from synthetic import synthetic_forcing

from ccdas_framework import (
    Diagonal,
    JaxEngine,
    ObservationOperator,
    Observations,
    Stream,
    Variable,
    area_mean,
    cell_stream,
)
from ccdas_framework.core.control import Control
from ccdas_framework.priors import Gaussian
from ccdas_framework.problem.assembly import assemble

MONTH = 30  # d


@frozen
class CellMoisture(ObservationOperator):
    """Mean relative soil moisture of a cell over the days of an observation."""

    observes = Variable("relative_soil_moisture", "1", ("obs",))
    requires = (Variable("relative_soil_moisture", "1", ("time", "column")),)
    scope = "cell"

    def prepare(self, observations, domain, prior_fields):
        """Days and columns of each observation."""
        return cell_stream(observations, domain)

    def observe(self, fields, parameters, at, xp):
        """Simulated moisture (1), shape (obs,)."""
        return area_mean(fields["relative_soil_moisture"], at, xp)


@frozen
class TotalFlux(ObservationOperator):
    """Mean NEP of the grid over each month (gC m-2 d-1)."""

    observes = Variable("nep", "gC m-2 d-1", ("obs",))
    requires = (Variable("nep", "gC m-2 d-1", ("time", "column")),)
    columns: int = 1
    scope = "domain"

    def prepare(self, observations, domain, prior_fields):
        """Weights of days and columns."""
        first = domain.day_index(observations.start)[:, None]
        day = np.arange(domain.days)[None]
        grid = domain.grid
        real = (grid.area[grid.column_cell] > 0) * grid.column_fraction
        return Stream(
            values=observations.values,
            covariance=Diagonal(observations.sd),
            at={
                "days": ((day >= first) & (day < first + MONTH)) / MONTH,
                "weights": real / self.columns,
            },
            labels=observations.label,
            index=np.arange(len(observations)),
        )

    def observe(self, fields, parameters, at, xp):
        """Contribution of a block, shape (obs,)."""
        return xp.matmul(at["days"], xp.matmul(fields["nep"], at["weights"]))


def observations(domain, cells, value, sd):
    """One value a month, for each cell or for the grid where `cells` is None."""
    starts = domain.time[domain.lead : domain.days - MONTH : MONTH]
    cell = np.zeros(1, int) if cells is None else np.arange(cells)
    start, place = np.tile(starts, len(cell)), np.repeat(cell, len(starts))
    latitude = domain.grid.latitude[place]
    return Observations(
        np.full(len(start), value), np.full(len(start), sd), start, start + MONTH - 1,
        latitude, domain.grid.longitude[place], np.full(len(start), np.nan),
        place.astype(str),
    )  # fmt: skip


def peak_gigabytes():
    """Peak resident memory of this process (GB)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def main():
    """Print a line for each quantity."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cells", type=int, default=1000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--block", type=int, default=100, help="cells of a block")
    parser.add_argument("--steps", type=int, default=8, help="steps a day")
    parser.add_argument("--workers", type=int, default=1, help="blocks side by side")
    parser.add_argument("--gradient", action="store_true")
    parser.add_argument("--jacobian", action="store_true")
    options = parser.parse_args()
    start = time.perf_counter()
    forcing = synthetic_forcing(options.cells, options.days, np.random.default_rng(1))
    operators = {"moisture": CellMoisture(), "flux": TotalFlux(options.cells)}
    model = Bethy(n_h=options.steps)
    control = Control.of({"bethy": model.parameters})
    problem = assemble(
        model_name="bethy",
        model=model,
        operators=operators,
        observations={
            "moisture": observations(forcing.domain, options.cells, 0.5, 0.1),
            "flux": observations(forcing.domain, None, 0.0, 0.2),
        },
        forcing=forcing,
        engine=JaxEngine(),
        control=control,
        prior=Gaussian.for_control(control),
        blocks=-(-options.cells // options.block),
        executor=ThreadPoolExecutor(options.workers) if options.workers > 1 else None,
        workers=options.workers,
    )
    print(
        f"{options.cells} cells, {options.days} days, {len(problem.blocks)} blocks in groups of "
        f"{len(problem.forward.groups[0])}, {len(control)} parameters"
    )
    print(f"assembled: {time.perf_counter() - start:.1f} s; peak {peak_gigabytes():.2f} GB")
    calls = {"cost": problem.cost}
    if options.gradient:
        calls["gradient"] = problem.value_and_gradient
    if options.jacobian:
        calls["jacobian"] = problem.simulate_and_jacobian
    for name, call in calls.items():
        seconds = []
        for shift in (0.0, 0.1):
            start = time.perf_counter()
            call(problem.prior.mean + shift)
            seconds.append(time.perf_counter() - start)
        print(
            f"{name}: first {seconds[0]:.1f} s, then {seconds[1]:.1f} s; "
            f"peak {peak_gigabytes():.2f} GB",
            flush=True,
        )


if __name__ == "__main__":
    main()
