"""Streams of several runs at the observations that they have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np

from ..core.errors import Findings
from ..io.netcdf_writer import LATITUDE, LONGITUDE
from ..outputs.variable_tables import DatasetVariable, dataset_of, named, pure
from ..report import tables
from .run_folders import ComparedRun

SIMULATIONS = ("prior", "posterior")
SCORES = {
    "rmse": "root-mean-square misfit",
    "bias": "mean of simulated less observed",
    "correlation": "correlation of simulated and observed",
    "chi2": "mean of (misfit / observation error) squared",
}
SAME_VALUE = 1e-6  # relative difference of two observed values that count as one


def stream_datasets(runs: Sequence[ComparedRun], kind: str, left_out: Findings) -> dict[str, Any]:
    """Stream -> observed and simulated values and misfits, dims run, obs, place and simulation.

    Values are those of the observations that all runs with the stream have; a run without the
    stream has NaN.

    Args:
        kind: "streams", those that were assimilated, or "evaluation", those that were withheld.
        left_out: receives a finding for each run without a stream, in another unit, or with other
            observations.
    """
    found: dict[str, dict[int, Any]] = {}
    for number, run in enumerate(runs):
        for name, data in getattr(run.files, kind).items():
            found.setdefault(name, {})[number] = data
    file = "simulated.nc" if kind == "streams" else "evaluation.nc"
    out = {}
    for name, by_run in found.items():
        same = _with_one_unit(name, by_run, runs, file, left_out)
        for number, run in enumerate(runs):
            if number not in by_run:
                text = f"The run has no '{name}'."
                left_out.add("no-stream", run.place(f"{file}: {name}"), text)
        out[name] = _stream(name, same, runs, file, left_out)
    return {name: data for name, data in out.items() if data is not None}


def _with_one_unit(
    name: str,
    by_run: Mapping[int, Any],
    runs: Sequence[ComparedRun],
    file: str,
    left_out: Findings,
) -> dict[int, Any]:
    """Those with the unit and the kind of place of the first run that has the stream."""
    first = next(iter(by_run.values()))
    measure = tables.units(first), tables.place_name(first)
    same = {}
    for number, data in by_run.items():
        if (tables.units(data), tables.place_name(data)) == measure:
            same[number] = data
        else:
            left_out.add(
                "other-units",
                runs[number].place(f"{file}: {name}"),
                f"'{name}' is in '{tables.units(data)}' by {tables.place_name(data)}, not in "
                f"'{measure[0]}' by {measure[1]}.",
            )
    return same


def _stream(
    name: str,
    by_run: Mapping[int, Any],
    runs: Sequence[ComparedRun],
    file: str,
    left_out: Findings,
) -> Any:
    """One stream of the runs that share observations with the first that has it."""
    keys = {number: _keys(data) for number, data in by_run.items()}
    first = next(iter(by_run))
    sharing = {n: k for n, k in keys.items() if not set(k).isdisjoint(keys[first])}
    common = set(keys[first]).intersection(*(set(k) for k in sharing.values()))
    for number, of_run in keys.items():
        kept = len(common) if number in sharing else 0
        if len(of_run) > kept:
            left_out.add(
                "other-observations",
                runs[number].place(f"{file}: {name}"),
                f"Of {len(of_run)} observations of '{name}', {kept} are compared, those that the "
                "other runs have too.",
            )
    if not common:
        return None
    order = [key for key in keys[first] if key in common]
    data = {}
    for number, of_run in sharing.items():
        position = {key: n for n, key in enumerate(of_run)}
        data[number] = by_run[number].isel(obs=[position[key] for key in order])
    reference = data[first]["observed"].values
    for number, of_run in data.items():
        if not np.allclose(of_run["observed"].values, reference, SAME_VALUE, 0.0, equal_nan=True):
            left_out.add(
                "other-values",
                runs[number].place(f"{file}: {name}"),
                f"Observed values of '{name}' differ from those of {runs[first].label}, for "
                "example by their scaling or noise. Each run has misfits to its own.",
            )
    return _dataset(data, runs)


def _keys(data: Any) -> list[Hashable]:
    """What tells an observation from the others: place, period, and the how-manieth of these."""
    places = data[tables.place_name(data)].values.astype(str)
    start, end = data["time_start"].values.astype(str), data["time_end"].values.astype(str)
    counted: Counter[tuple[str, str, str]] = Counter()
    keys: list[Hashable] = []
    for key in zip(places.tolist(), start.tolist(), end.tolist(), strict=True):
        keys.append((*key, counted[key]))
        counted[key] += 1
    return keys


def _dataset(data: Mapping[int, Any], runs: Sequence[ComparedRun]) -> Any:
    """Values and misfits of one stream, NaN for a run that is not in `data`."""
    first = next(iter(data.values()))
    place_name, units = tables.place_name(first), first["observed"].attrs.get("units", "")
    of_unit = {"units": units} if units else {}
    places = [row["name"] for row in tables.fit_by_place(first)]

    def stacked(variable: str) -> np.ndarray:
        empty = np.full(first.sizes["obs"], np.nan)
        return np.stack([
            np.asarray(data[n][variable].values, float) if n in data and variable in data[n]
            else empty
            for n in range(len(runs))
        ])  # fmt: skip

    variables: dict[str, DatasetVariable] = {
        "run": ("run", [run.label for run in runs], named("run")),
        "simulation": ("simulation", list(SIMULATIONS), named("parameters of the simulation")),
        "place": ("place", places, named(place_name)),
        "time": ("obs", first["time"].values, {"long_name": "middle of the period"}),
        place_name: ("obs", first[place_name].values.astype(str), named(place_name)),
        "latitude": ("obs", first["latitude"].values, LATITUDE),
        "longitude": ("obs", first["longitude"].values, LONGITUDE),
    }
    for variable in ("observed", "observed_sd", *SIMULATIONS):
        about = {**of_unit, **named(first[variable].attrs.get("long_name", variable))} if (
            variable in first
        ) else {**of_unit, **named(variable)}  # fmt: skip
        variables[variable] = ("run obs", stacked(variable), about)
    shape = (len(runs), len(SIMULATIONS))
    totals = {score: np.full(shape, np.nan) for score in ("count", *SCORES)}
    by_place = {score: np.full((*shape, len(places)), np.nan) for score in ("count", *SCORES)}
    for n, of_run in data.items():
        for s, simulation in enumerate(SIMULATIONS):
            if simulation not in of_run:
                continue
            whole = tables.fit(of_run)[simulation]
            rows = {row["name"]: row[simulation] for row in tables.fit_by_place(of_run)}
            for score in totals:
                totals[score][n, s] = whole[score]
                by_place[score][n, s] = [rows[place][score] for place in places]
    for score, text in {"count": "observations", **SCORES}.items():
        about = pure(text) if score in ("count", "correlation", "chi2") else {
            **of_unit, **named(text)
        }  # fmt: skip
        variables[score] = ("run simulation", totals[score], about)
        variables[f"place_{score}"] = ("run simulation place", by_place[score], about)
    observes = str(first.attrs.get("observes", ""))
    return dataset_of(variables, {"observes": observes, "place": place_name})
