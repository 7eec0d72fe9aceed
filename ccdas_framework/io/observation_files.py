"""Reading of observations: one netCDF file a stream, dimension obs."""

from __future__ import annotations

from os import PathLike
from typing import Any

import numpy as np

from ..core.errors import Findings
from ..core.observations import Observations
from ..core.variables import Variable
from .calendar import dates
from .coordinates import read_points
from .finding_places import place
from .netcdf import in_units, missing, open_netcdf, texts

CONVENTIONS = "CF-1.10"
EPOCH = "days since 1970-01-01"
_KNOWN = (
    "observed", "observed_sd", "time_start", "time_end", "time", "latitude", "longitude",
    "altitude", "label",
)  # fmt: skip
_NEEDED = {
    "observed": "the values",
    "observed_sd": "standard deviation of their errors",
    "latitude": "degrees north",
    "longitude": "degrees east",
}


def read_observations(
    path: str | PathLike[str], variable: Variable, findings: Findings
) -> Observations | None:
    """Observations in the units of `variable`, or None and a finding for each thing wrong.

    The file has `observed`, `observed_sd`, `latitude`, `longitude` and `time_start`, `time_end`
    (first and last day, both included; `time` for single days) over obs; `altitude` (m) and
    `label` may be there, and further variables are kept as `extra`.
    """
    before = len(findings)
    where = str(path)
    dataset = open_netcdf(path, findings)
    if dataset is None:
        return None
    with dataset:
        for name, what in _NEEDED.items():
            if name not in dataset.variables:
                missing(name, what, where, dataset, findings)
        bounds = ("time_start", "time_end")
        if not all(name in dataset.variables for name in bounds):
            bounds = ("time", "time")
            if "time" not in dataset.variables:
                missing("time_start", "first day included", where, dataset, findings)
                missing("time_end", "last day included", where, dataset, findings)
        if len(findings) > before:
            return None
        for name in (*_NEEDED, *bounds):
            if dataset[name].dims != dataset["observed"].dims or dataset[name].ndim != 1:
                findings.add(
                    "wrong-dimensions",
                    place(where, name),
                    f"'{name}' in {where} has the dimensions {dataset[name].dims}; expected "
                    "('obs',) like every variable of the file.",
                )
        if len(findings) > before:
            return None
        start, end = (dates(dataset[name], name, where, findings) for name in bounds)
        values = in_units(dataset["observed"], variable.units, "observed", where, findings)
        sd = dataset["observed_sd"]
        if "units" not in sd.attrs and "units" in dataset["observed"].attrs:
            sd = sd.assign_attrs(units=dataset["observed"].attrs["units"])
        sd = in_units(sd, variable.units, "observed_sd", where, findings, difference=True)
        points = read_points(dataset, where, findings)
        altitude = _altitude(dataset, where, findings)
        extra = _extra(dataset, where, findings)
        label = None if points is None else _labels(dataset, *points)
    if start is None or end is None or values is None or sd is None:
        return None
    if points is None or altitude is None or label is None:
        return None
    latitude, longitude = points
    _check(values, sd, start, end, latitude, label, where, findings)
    if len(findings) > before:
        return None
    return Observations(values, sd, start, end, latitude, longitude, altitude, label, extra)


def days_since_epoch(values: Any) -> np.ndarray:
    """datetime64 as whole days since 1970-01-01, the time unit of every file written."""
    return np.asarray(values, "datetime64[D]").astype("int64").astype("int32")


def _altitude(dataset: Any, where: str, findings: Findings) -> np.ndarray | None:
    """Altitude (m), shape (obs,); NaN where the file has none."""
    if "altitude" not in dataset.variables:
        return np.full(dataset["observed"].shape, np.nan)
    return in_units(dataset["altitude"], "m", "altitude", where, findings)


def _labels(dataset: Any, latitude: np.ndarray, longitude: np.ndarray) -> np.ndarray:
    """Name of the place of each observation; its latitude and longitude where there is none."""
    if "label" in dataset.variables:
        return texts(dataset["label"].values)
    places = zip(latitude, longitude, strict=True)
    return np.array([f"{lat:.2f}N {lon:.2f}E" for lat, lon in places], dtype=str)


def _extra(dataset: Any, where: str, findings: Findings) -> dict[str, np.ndarray]:
    """Every further variable over obs, as it is; times as dates."""
    extra = {}
    dims = dataset["observed"].dims
    for name, array in dataset.variables.items():
        if name in _KNOWN or name in dims or array.dims != dims:
            continue
        if " since " in str(array.attrs.get("units", "")):
            day = dates(dataset[name], name, where, findings)
            if day is not None:
                extra[str(name)] = day
        else:
            extra[str(name)] = texts(array.values) if array.dtype.kind in "OUS" else array.values
    return extra


def _check(
    values: np.ndarray,
    sd: np.ndarray,
    start: np.ndarray,
    end: np.ndarray,
    latitude: np.ndarray,
    label: np.ndarray,
    where: str,
    findings: Findings,
) -> None:
    """Uncertainties are positive, periods end after they start, places lie on the Earth."""
    outside = ~(np.abs(latitude) <= 90.0)
    for code, name, bad, fault, expected in (
        ("not-positive", "observed_sd", sd <= 0.0, "is not positive", "a standard deviation"),
        ("infinite-value", "observed", np.isinf(values) | np.isinf(sd), "or its sd is infinite",
         "finite values, or NaN"),
        ("reversed-period", "time_end", end < start, "is before 'time_start'",
         "the first and the last day included"),
        ("out-of-range", "latitude", outside, "is outside -90..90", "degrees north"),
    ):  # fmt: skip
        if bad.any():
            first = int(np.flatnonzero(bad)[0])
            findings.add(
                code,
                place(where, name),
                f"{where}: '{name}' {fault} in {bad.sum()} of {len(bad)} observations, the first "
                f"number {first} ('{label[first]}', {start[first]}). Expected {expected}. Correct "
                "these or leave them out.",
            )
