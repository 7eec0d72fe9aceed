"""Forward run and gradient of BETHY on every engine, beside the limit in C++ of the same run."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import field, frozen
from ccdas_models_bethy import Bethy
from limit.bethy import FIELDS
from limit.kernel import Limit, compiler
from synthetic import prior_parameters, synthetic_forcing
from timing import Times, in_turn, timed

from ccdas_framework import CcdasWarning, JaxEngine
from ccdas_framework.engines.autograd_engine import AutogradEngine

# columns -> days: few where columns are many, so that all sizes take about as long
DAYS = {32: 60, 500: 60, 3000: 20, 8800: 10}
# autograd keeps every intermediate array of the run: at most this many steps of a day times
# columns times days, about 2 GB
AUTOGRAD_STEPS = 50_000
LIMIT = "limit"
# of an engine from the limit, cost and gradient: a gradient of hundreds of columns has badly
# conditioned ones, in which engines differ by 1e-12 as well
ALLOWED = (1e-12, 1e-10)


@frozen
class Speed:
    """Times of one size.

    Args:
        columns, days, steps: of the run.
        times: by engine, or `limit`, and quantity (`forward`, `gradient`).
        first: processor and wall seconds of the first call beyond a later one: compilation.
        differences: by engine, of cost and gradient from the limit (1).
        fallbacks: warnings that an engine could not translate the model.
    """

    columns: int
    days: int
    steps: int
    times: Mapping[tuple[str, str], Times]
    first: Mapping[tuple[str, str], tuple[float, float]]
    differences: Mapping[str, tuple[float, float]]
    fallbacks: int = field(default=0)

    @property
    def engines(self) -> list[str]:
        """Names in the order of the table, with the limit."""
        return list(dict.fromkeys(name for name, _ in self.times))

    def rate(self, engine: str, quantity: str) -> float:
        """Column-years in a second of processor time."""
        return self.columns * self.days / 365.0 / self.times[engine, quantity].best

    def rate_by_clock(self, engine: str, quantity: str) -> float:
        """Column-years in a second of the clock."""
        return self.columns * self.days / 365.0 / self.times[engine, quantity].best_wall

    def over_forward(self, engine: str) -> float:
        """Processor time of a gradient over that of a forward run (1)."""
        return self.times[engine, "gradient"].best / self.times[engine, "forward"].best

    @property
    def limited(self) -> bool:
        """Whether there was a compiler for the limit."""
        return LIMIT in self.engines

    @property
    def disagreements(self) -> int:
        """Engines whose cost or gradient is not that of the limit."""
        pairs = (zip(d, ALLOWED, strict=True) for d in self.differences.values())
        return sum(not all(value <= most for value, most in pair) for pair in pairs)

    def over_limit(self, engine: str, quantity: str) -> float:
        """Processor time over that of the limit (1)."""
        return self.times[engine, quantity].best / self.times[LIMIT, quantity].best


def engines(names: list[str] | None = None) -> dict[str, Any]:
    """Engines that work here, by name."""
    found: dict[str, Any] = {"jax": JaxEngine}
    try:
        from ccdas_native.engine import NativeEngine, native_error

        if native_error() is None:
            found["native"] = NativeEngine
    except ImportError:
        pass
    found["autograd"] = AutogradEngine
    return {name: make() for name, make in found.items() if names is None or name in names}


def calls_of(engine: Any, model: Bethy, drivers: Any, parameters: Mapping[str, Any]) -> dict:
    """Forward run and gradient of an engine, without arguments."""
    names = sorted(parameters)
    x = np.stack([parameters[name] for name in names])
    held = engine.hold(drivers)

    def cost(x, drivers):
        fields = model.run(dict(zip(names, x, strict=True)), drivers, engine.xp)
        return sum(engine.xp.sum(fields[name]) for name in FIELDS)

    forward, gradient = engine.compile(cost), engine.value_and_grad(cost)
    return {"forward": lambda: forward(x, held), "gradient": lambda: gradient(x, held)}


def speed(
    columns: int, days: int, steps: int, made: Mapping[str, Any], repeats: int, library: Any = None
) -> tuple[Speed, Any]:
    """Times of one size, and the library of the limit for another size.

    Args:
        columns, days, steps: of the run.
        made: engines by name.
        repeats: times that each call is timed.
        library: of an earlier call with the same steps.
    """
    model = Bethy(n_h=steps, dayint=1)
    forcing = synthetic_forcing(columns, days, np.random.default_rng(1))
    drivers = model.prepare(forcing)
    parameters = prior_parameters(model, forcing.domain.grid.column_class)
    first: dict = {}
    calls: dict = {}
    if compiler():
        wall, processor, limit = timed(
            lambda: Limit(model, drivers, parameters, forcing.domain.lead, library)
        )
        if library is None:
            first[LIMIT, "both"] = (processor, wall)
        library = limit.library
        calls |= {(LIMIT, "forward"): limit.run, (LIMIT, "gradient"): lambda: limit.run(True)}
    for name, engine in made.items():
        if name != "autograd" or columns * days * steps <= AUTOGRAD_STEPS:
            of_engine = calls_of(engine, model, drivers, parameters)
            calls |= {(name, what): call for what, call in of_engine.items()}
    results = {}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", CcdasWarning)
        for key, call in calls.items():
            wall, processor, results[key] = timed(call)
            if key[0] not in (LIMIT, "autograd"):
                first[key] = (processor, wall)
    fallbacks = [w for w in caught if getattr(w.message, "code", "") == "no-translation"]
    times = in_turn(calls, repeats)
    for key in first.keys() & times.keys():
        processor, wall = first[key]
        first[key] = (processor - times[key].best, wall - times[key].best_wall)
    scale = np.abs(np.stack([parameters[name] for name in sorted(parameters)]))
    differences = {
        name: difference(results[LIMIT, "gradient"], results[name, "gradient"], scale)
        for name in made
        if {(name, "gradient"), (LIMIT, "gradient")} <= results.keys()
    }
    found = Speed(columns, days, steps, times, first, differences, len(fallbacks))
    return found, library


def growth(engine: Any, columns: int, days: int, repeats: int) -> tuple[Times, Times]:
    """Times of a gradient over some days and over twice as many, which should take twice."""
    model, calls = Bethy(n_h=8, dayint=5), {}
    for number in (days, 2 * days):
        forcing = synthetic_forcing(columns, number, np.random.default_rng(1))
        parameters = prior_parameters(model, forcing.domain.grid.column_class)
        calls[number] = calls_of(engine, model, model.prepare(forcing), parameters)["gradient"]
    times = in_turn(calls, repeats)
    return times[days], times[2 * days]


def difference(limit: Any, engine: Any, scale: np.ndarray) -> tuple[float, float]:
    """Of cost and of gradient times parameter, each over the largest number (1)."""
    cost, rows = float(engine[0]), np.asarray(engine[1]) * scale
    apart = np.abs(limit[1] * scale - rows).max() / np.abs(rows).max()
    return abs(limit[0] - cost) / abs(cost), float(apart)
