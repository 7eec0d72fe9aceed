"""The groups of `evaluation.nc`: observations kept aside, and sums by latitude."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ..io.observation_files import days_since_epoch
from .result_datasets import DAYS, LATITUDE, Simulated, pure, stream_dataset

# suffix of a score -> what it is; the unit is that of the observations, or none
SCORES = {
    "bias": "mean of simulated - observed",
    "rmse": "root mean square of simulated - observed",
    "correlation": "correlation of simulated and observed",
}
# name -> its dimensions after `run` or `reference`, and what it is
SUMS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "row": (("time", "latitude"), "sum over a row of latitude"),
    "band": (("time", "band"), "sum over a band of latitude"),
    "mean": (("band",), "mean over the months"),
    "season": (("month", "band"), "mean of each calendar month"),
    "amplitude": (("band",), "highest less lowest month of the mean season"),
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


def observed_dataset(stream: Simulated, scores: Mapping[str, Mapping[str, float]]) -> Any:
    """A group of observations that were not assimilated, and its scores by place, 'all' first.

    Args:
        stream: observed and simulated, dimension obs.
        scores: place -> count, and bias, rmse and correlation with each run before them.
    """
    out = stream_dataset(stream)
    units = {"units": stream.variable.units}
    out["place"] = ("place", _texts(scores), {"long_name": "place, or all"})
    counts = np.array([score["count"] for score in scores.values()], dtype=int)
    out["place_count"] = ("place", counts, pure("observations"))
    for run in ("prior", "posterior"):
        for name, what in SCORES.items():
            values = np.array([score[f"{run}_{name}"] for score in scores.values()])
            about = pure(f"{what}, {run}")
            if name != "correlation":
                about |= units
            out[f"{run}_{name}"] = ("place", values, about)
    return out


def zonal_dataset(
    *,
    quantity: str,
    units: str,
    run: Sequence[str],
    reference: Sequence[str],
    months: Any,
    rows: Any,
    band_edges: Any,
    band: Sequence[str],
    area: Any,
    values: Mapping[str, Any],
    scores: Mapping[str, Any],
    attributes: Mapping[str, Any] | None = None,
) -> Any:
    """A group of sums by latitude beside references.

    Args:
        quantity: what is summed, with its sign.
        units: of the sums.
        run, reference: names.
        months: datetime64[M], shape (time,).
        rows: edges from south to north (degrees), shape (row + 1,).
        band_edges: of the bands (degrees).
        band: their names, and that of all together.
        area: of the cells by row (m2).
        values: 'simulated_' and 'reference_' and a key of `SUMS` -> values, dims run or reference
            first.
        scores: key of `COMPARED` -> values, shape (run, reference, band).
        attributes: of the group.
    """
    import xarray as xr  # slow to import

    months, rows = np.asarray(months, "datetime64[M]"), np.asarray(rows, dtype=float)
    edges = np.asarray(band_edges, dtype=float)
    of_bands = np.stack([edges[:-1], edges[1:]], axis=1)
    whole = np.array([[edges[0], edges[-1]]])
    bounds = days_since_epoch(np.stack([months, months + 1], axis=1))
    data: dict[str, Any] = {
        "time_bounds": (("time", "bound"), bounds),
        "latitude_bounds": (("latitude", "bound"), np.stack([rows[:-1], rows[1:]], axis=1)),
        "band_bounds": (
            ("band", "bound"), np.concatenate([of_bands, whole]),
            {"units": "degrees_north", "long_name": "edges of the bands"},
        ),
        "area": (
            "latitude", np.asarray(area),
            {"units": "m2", "long_name": "area of the cells of the run by row"},
        ),
    }  # fmt: skip
    for first, of in (("simulated", "run"), ("reference", "reference")):
        for name, (dims, what) in SUMS.items():
            about = {"units": units, "long_name": f"{quantity}: {what}"}
            data[f"{first}_{name}"] = ((of, *dims), np.asarray(values[f"{first}_{name}"]), about)
    for name, what in COMPARED.items():
        about = {"units": "1" if "correlation" in name else units, "long_name": what}
        data[name] = (("run", "reference", "band"), np.asarray(scores[name]), about)
    coordinates = {
        "run": ("run", _texts(run), {"long_name": "parameters of the run"}),
        "reference": ("reference", _texts(reference), {"long_name": "what is compared with"}),
        "time": ("time", bounds.mean(axis=1), {**DAYS, "bounds": "time_bounds"}),
        "month": ("month", np.arange(1, 13), {"long_name": "calendar month"}),
        "latitude": (
            "latitude", 0.5 * (rows[1:] + rows[:-1]), {**LATITUDE, "bounds": "latitude_bounds"},
        ),
        "band": ("band", _texts(band), {"long_name": "band of latitude"}),
    }  # fmt: skip
    told = {key: text for key, text in (attributes or {}).items() if text is not None}
    return xr.Dataset(data, coords=coordinates, attrs=told)


def _texts(values: Iterable[str]) -> np.ndarray:
    return np.array([str(value) for value in values], dtype=object)
