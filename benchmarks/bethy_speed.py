"""Speed of BETHY: column-years a second forward and in reverse, their ratio, compile seconds.

    python benchmarks/bethy_speed.py --columns 500 --days 365 --steps 24 8

Synthetic weather, JAX engine, double precision; `--numpy` times plain numpy beside it.
"""

from __future__ import annotations

import argparse
import resource
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from ccdas_models_bethy import Bethy

from ccdas_framework import Domain, Forcing, Grid
from ccdas_framework.engines.jax_engine import JaxEngine
from ccdas_framework.engines.namespace import numpy_namespace
from ccdas_framework.problem.blocks import blocks_of

# soil texture -> contents at saturation, field capacity and wilting (m3 m-3), Campbell b (1) and
# saturated conductivity (mm d-1); Rawls et al. (1982), Trans. ASAE 25, 1316-1320
SOILS = {
    "sandy loam": (0.453, 0.21, 0.10, 3.1, 622.0),
    "loam": (0.463, 0.27, 0.12, 4.5, 320.0),
    "clay": (0.475, 0.40, 0.27, 7.6, 14.7),
}
SOIL_FIELDS = ("theta_sat", "theta_fc", "theta_wp", "campbell_b", "saturated_conductivity")


def synthetic_forcing(columns, days, generator):
    """Weather of places from 60 S to 70 N, one column each, all plant types in turn."""
    latitude = np.linspace(-60.0, 70.0, columns)
    grid = Grid(
        latitude,
        np.zeros(columns),
        np.ones(columns),
        np.full(columns, "none"),
        np.ones((columns, 2)),
        np.arange(columns),
        np.ones(columns),
        np.arange(columns) % 13 + 1,
    )
    day = np.arange(days)
    time_ = np.datetime64("2010-01-01") + day
    zero = np.zeros(days, int)
    domain = Domain(
        grid, time_, days // 2, day % 365 + 1, day // 30, day // 30 % 12 + 1, zero, zero + 2010
    )
    season = np.cos(2.0 * np.pi * (day[:, None] - 200.0) / 365.0) * np.sign(latitude)
    mean = 28.0 - 0.45 * np.abs(latitude) + 0.2 * np.abs(latitude) * season
    mean = mean + generator.normal(0.0, 3.0, (days, columns))
    rain = generator.gamma(0.8, 6.0, (days, columns)) * (generator.random((days, columns)) < 0.4)
    sun = np.maximum(40.0, 220.0 + 1.5 * np.abs(latitude) * season - np.abs(latitude))
    soils = list(SOILS.values())
    rows = [soils[column % 3] for column in range(columns)]
    static = dict(zip(SOIL_FIELDS, np.array(rows).T, strict=True))
    static["elevation"] = np.full(columns, 200.0)
    fields = {"tasmin": mean - 5.0, "tasmax": mean + 5.0, "pr": rain}
    fields["rsds"] = sun * generator.uniform(0.4, 1.0, (days, columns))
    return Forcing(domain, fields, static)


def prior_parameters(model, column_class):
    """Prior means as the model takes them."""
    values = {}
    for parameter in model.parameters:
        value = np.full(len(column_class), parameter.otherwise)
        for element in parameter.elements():
            of_all = parameter.index is None
            value = np.where(
                of_all | np.isin(column_class, element.groups[0] if element.groups else ()),
                element.mean,
                value,
            )
        values[parameter.name] = value
    return values


def seconds(call, repeats):
    """Best wall time of some calls."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def measure(model, forcing, repeats, with_numpy, workers):
    """One line of the table; the columns are cut into a block for each worker."""
    engine = JaxEngine()
    columns, days = forcing.domain.grid.columns, forcing.domain.days
    blocks = blocks_of(forcing, workers)
    drivers = [engine.hold(model.prepare(block.forcing)) for block in blocks]
    names, points = None, []
    for block in blocks:
        parameters = prior_parameters(model, block.domain.grid.column_class)
        names = sorted(parameters)
        points.append(np.stack([parameters[name] for name in names]))

    def cost_with(xp):
        def cost(x, drivers):
            fields = model.run(dict(zip(names, x, strict=True)), drivers, xp)
            return sum(
                xp.sum(fields[name])
                for name in ("gpp", "nep", "lai", "soil_moisture", "transpiration")
            )

        return cost

    forward = engine.compile(cost_with(engine.xp))
    gradient = engine.value_and_grad(cost_with(engine.xp))
    with ThreadPoolExecutor(workers) as pool:

        def everywhere(function):
            return list(pool.map(function, points, drivers))

        first_forward = seconds(lambda: everywhere(forward), 1)
        first_gradient = seconds(lambda: everywhere(gradient), 1)
        run = seconds(lambda: everywhere(forward), repeats)
        reverse = seconds(lambda: everywhere(gradient), repeats)
    amount = columns * days / 365.0
    line = (
        f"{model.n_h:4d} {model.dayint:6d} {amount / run:9.0f} {amount / reverse:9.0f} "
        f"{reverse / run:6.2f} {first_forward - run:9.1f} {first_gradient - reverse:9.1f}"
    )
    if with_numpy:
        plain = numpy_namespace()
        whole = model.prepare(forcing)
        parameters = prior_parameters(model, forcing.domain.grid.column_class)
        x = np.stack([parameters[name] for name in names])
        slow = seconds(lambda: cost_with(plain)(x, whole), 1)
        line += f" {amount / slow:9.0f} {slow / run:7.2f}"
    return line


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--columns", type=int, default=500)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--steps", type=int, nargs="+", default=[24, 8])
    parser.add_argument("--dayint", type=int, nargs="+", default=[1])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2, help="blocks side by side")
    parser.add_argument("--numpy", action="store_true", help="time plain numpy as well")
    options = parser.parse_args()
    forcing = synthetic_forcing(options.columns, options.days, np.random.default_rng(1))
    print(f"{options.columns} columns, {options.days} days; column-years a second")
    print(
        " n_h dayint   forward  gradient  ratio compile/s  grad-c/s"
        + "     numpy  faster" * options.numpy
    )
    for n_h in options.steps:
        for dayint in options.dayint:
            model = Bethy(n_h=n_h, dayint=dayint)
            print(
                measure(model, forcing, options.repeats, options.numpy, options.workers), flush=True
            )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0**2
    print(f"peak memory {peak:.2f} GB")


if __name__ == "__main__":
    main()
