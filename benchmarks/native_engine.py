"""Engine `native` beside engine `jax` on BETHY: seconds, ratios and difference of the gradients.

    python benchmarks/native_engine.py --columns 32 3000 --days 30

Synthetic weather, one block. Times are processor seconds of all threads, so that other programs of
the machine count little. Repetitions alternate between the engines, and the best counts.
"""

import argparse
import time

import numpy as np
from bethy_speed import prior_parameters, synthetic_forcing
from ccdas_models_bethy import Bethy
from ccdas_native.engine import NativeEngine

from ccdas_framework import JaxEngine

FIELDS = ("gpp", "nep", "lai", "soil_moisture", "transpiration")


def functions(engine, model, forcing, tangents):
    """Forward run, gradient and tangents of an engine, each without arguments."""
    parameters = prior_parameters(model, forcing.domain.grid.column_class)
    names = sorted(parameters)
    x = np.stack([parameters[name] for name in names])
    drivers = engine.hold(model.prepare(forcing))
    along = np.eye(len(names))[:tangents, :, None] * (np.abs(x) + 1e-3)

    def cost(x, drivers):
        fields = model.run(dict(zip(names, x, strict=True)), drivers, engine.xp)
        return sum(engine.xp.sum(fields[name]) for name in FIELDS)

    forward, gradient = engine.compile(cost), engine.value_and_grad(cost)
    calls = {"forward": lambda: forward(x, drivers), "gradient": lambda: gradient(x, drivers)}
    if tangents:
        push = engine.pushforward(cost)
        calls["tangents"] = lambda: push(x, along, drivers)[1]
    return calls, np.abs(x)


def timed(call):
    """Processor seconds and result."""
    start = time.process_time()
    result = call()
    return time.process_time() - start, result


def measure(columns, options):
    """Lines of the table for a number of columns."""
    model = Bethy(n_h=options.steps, dayint=options.dayint)
    forcing = synthetic_forcing(columns, options.days, np.random.default_rng(1))
    engines = {"jax": JaxEngine(), "native": NativeEngine(compiler=options.compiler)}
    seconds, results = {}, {}
    made = {name: functions(e, model, forcing, options.tangents) for name, e in engines.items()}
    for name, (calls, _) in made.items():
        for what, call in calls.items():
            first, results[name, what] = timed(call)
            print(f"{columns:6d} {name:7s} {what:9s} first call {first:.1f} s", flush=True)
    for _ in range(options.repeats):
        for name, (calls, _) in made.items():
            for what, call in calls.items():
                seconds.setdefault((name, what), []).append(timed(call)[0])
    best = {key: min(times) for key, times in seconds.items()}
    years = columns * options.days / 365.0
    for what in made["jax"][0]:
        jax, native = best["jax", what], best["native", what]
        print(
            f"{columns:6d} {what:9s} jax {years / jax:8.0f}, native {years / native:8.0f} "
            f"column-years/s; native/jax {native / jax:.3f}; "
            f"over forward: jax {jax / best['jax', 'forward']:.2f}, "
            f"native {native / best['native', 'forward']:.2f}",
            flush=True,
        )
    scale = made["jax"][1]
    rows = [np.asarray(results[name, "gradient"][1]) * scale for name in ("jax", "native")]
    largest = np.abs(rows[0]).max()
    moving = np.abs(rows[0]).max(axis=1) > 1e-9 * largest
    apart = np.abs(rows[1] - rows[0])[moving].max(axis=1) / np.abs(rows[0])[moving].max(axis=1)
    print(f"{columns:6d} gradients differ by {apart.max():.1e} of the largest of their parameter")
    if options.tangents:
        a, b = (np.asarray(results[name, "tangents"]) for name in ("jax", "native"))
        print(f"{columns:6d} tangents differ by {np.abs(b - a).max() / np.abs(a).max():.1e}")


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--columns", type=int, nargs="+", default=[32, 3000])
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--steps", type=int, default=24)
    parser.add_argument("--dayint", type=int, default=1)
    parser.add_argument("--tangents", type=int, default=0, help="directions of the tangents")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--compiler", default="", help="of engine native")
    options = parser.parse_args()
    for columns in options.columns:
        measure(columns, options)


if __name__ == "__main__":
    main()
