"""The groups of `evaluation.nc`: withheld observations, and sums by latitude."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..io.netcdf_writer import DAYS, LATITUDE
from .simulated_datasets import Simulated, stream_dataset
from .variable_tables import DatasetVariable, VariableTable, dataset_of, named, pure

# suffix of a score -> long name; the unit is that of the observations, or none
SCORES = {
    "bias": "mean of simulated - observed",
    "rmse": "root mean square of simulated - observed",
    "correlation": "correlation of simulated and observed",
    "anomaly_correlation": "correlation of anomalies from the mean of 35 days, median over places",
    "sd_ratio": "standard deviation of simulated over that of observed, median over places",
}
# name -> dimensions after `run` or `reference`, and long name
SUMS = {
    "row": ("time latitude", "sum over a row of latitude"),
    "band": ("time band", "sum over a band of latitude"),
    "mean": ("band", "mean over the months"),
    "season": ("month band", "mean of each calendar month"),
    "amplitude": ("band", "highest less lowest month of the mean season"),
}
# simulated against each reference, over the months in common
COMPARED = {
    "bias": "mean of simulated - reference",
    "rmse": "root mean square of simulated - reference, month by month",
    "correlation": "correlation of the months of simulated and reference",
    "season_rmse": "root mean square of simulated - reference of the mean season, its mean taken "
    "off",
    "season_correlation": "correlation of the mean seasons",
}
AXES: VariableTable = {
    "run": ("run", named("parameters of the run")),
    "reference": ("reference", named("what is compared with")),
    "time": ("time", {**DAYS, "bounds": "time_bounds"}),
    "time_bounds": ("time bound", {}),
    "month": ("month", named("calendar month")),
    "latitude": ("latitude", {**LATITUDE, "bounds": "latitude_bounds"}),
    "latitude_bounds": ("latitude bound", {}),
    "band": ("band", named("band of latitude")),
    "band_bounds": ("band bound", {"units": "degrees_north", **named("edges of the bands")}),
    "area": ("latitude", {"units": "m2", **named("area of the cells of the run by row")}),
}


def observed_dataset(stream: Simulated, scores: Mapping[str, Mapping[str, float]]) -> Any:
    """A group of observations that were not assimilated, and its scores by place, 'all' first.

    Args:
        stream: observed and simulated, dimension obs.
        scores: place -> count, and the names of `SCORES`, each after the name of a run.
    """
    variables: dict[str, DatasetVariable] = {
        "place": ("place", list(scores), named("place, or all")),
        "place_count": ("place", [int(s["count"]) for s in scores.values()], pure("observations")),
    }
    for run in ("prior", "posterior"):
        for name, text in SCORES.items():
            about = pure(f"{text}, {run}")
            if name in ("bias", "rmse"):
                about["units"] = stream.variable.units
            values = [score[f"{run}_{name}"] for score in scores.values()]
            variables[f"{run}_{name}"] = ("place", values, about)
    return stream_dataset(stream).merge(dataset_of(variables))


def zonal_table(quantity: str, units: str) -> VariableTable:
    """The variables of a group of sums by latitude beside references.

    Args:
        quantity, units: of the sums; the quantity with its sign.
    """
    table = dict(AXES)
    for origin, dim in (("simulated", "run"), ("reference", "reference")):
        for name, (dims, text) in SUMS.items():
            about = {"units": units, **named(f"{quantity}: {text}")}
            table[f"{origin}_{name}"] = (f"{dim} {dims}", about)
    for name, text in COMPARED.items():
        about = {"units": "1" if "correlation" in name else units, **named(text)}
        table[name] = ("run reference band", about)
    text = "correlation of the mean season with that of the mean of the references"
    table["mean_season_correlation"] = ("run band", {"units": "1", **named(text)})
    return table
