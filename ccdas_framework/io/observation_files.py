"""Reading of observations: one netCDF file a stream, dimension obs."""

from __future__ import annotations

from os import PathLike

import numpy as np

from ..core.errors import Findings
from ..core.observations import Observations
from ..core.variables import Variable
from .calendar import dates
from .coordinates import read_points
from .netcdf import InputFile, open_netcdf
from .observation_periods import PERIOD, read_periods, time_names
from .repeated_observations import one_each_month, place_numbers, warn_of_repeats

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
STATION = ("station", "station_name", "site", "site_name")  # usual names of the place of a series
ALTITUDES = (-500.0, 100e3)  # m, from below the shore of the Dead Sea to the top of soundings
OTHER_HEIGHTS = ("height", "depth")  # standard names: above the ground, below a surface
_OF_VALUES = ("units", "standard_name")  # attributes that errors share with the values


def read_observations(
    path: str | PathLike[str],
    variable: Variable,
    findings: Findings,
    *,
    interval: str = "",
    average: bool = False,
) -> Observations | None:
    """Observations in the units of `variable`, or None and a finding for each thing wrong.

    The file has `observed`, `observed_sd`, `latitude`, `longitude` and `time_start`, `time_end`
    (first and last day, both included) or `time` (with CF bounds, or for single days) over obs;
    `altitude` (m) and `label` may be there, and further variables are kept as `extra`. A value of
    the same place, quantity and days as another is kept, with a warning that has their number.

    Args:
        path: netCDF file.
        variable: observed quantity.
        findings: receives a finding for each thing wrong.
        interval: of the operator, as of `ObservationOperator`.
        average: several values of a place in one interval are averaged, not refused.
    """
    file = open_netcdf(path, findings)
    if file is None:
        return None
    with file.dataset as dataset:
        times = time_names(dataset)
        if not file.has_all(_NEEDED if len(times) == 1 else _NEEDED | PERIOD):
            return None
        for name in (*_NEEDED, *times):
            if dataset[name].dims != dataset["observed"].dims or dataset[name].ndim != 1:
                file.add_fault(
                    "wrong-dimensions",
                    name,
                    f"has the dimensions {dataset[name].dims}; expected ('obs',) like every "
                    "variable of the file.",
                )
        if file.is_faulty:
            return None
        values = file.in_units("observed", variable.units)
        if values is not None:
            values = file.in_direction("observed", values, variable.direction)
        sd = dataset["observed_sd"]
        of_values = dataset["observed"].attrs
        sd = sd.assign_attrs({n: of_values[n] for n in _OF_VALUES if n in of_values} | sd.attrs)
        sd = file.in_units("observed_sd", variable.units, sd, difference=True)
        points = read_points(file)
        altitude = _altitude(file)
        extra = _extra(file)
        if points is None or altitude is None:
            return None
        label = _labels(file, *points)
        if label is None:
            return None
        places = place_numbers(*points, altitude, label, extra.get("quantity"))
        periods = read_periods(file, places)
    if periods is None or values is None or sd is None:
        return None
    observations = Observations(values, sd, *periods, *points, altitude, label, extra)
    _check(file, observations)
    if file.is_faulty:
        return None
    if interval == "month":
        return one_each_month(file, observations, places, average=average)
    warn_of_repeats(file, observations, places)
    return observations


def _altitude(file: InputFile) -> np.ndarray | None:
    """Altitude (m), shape (obs,), NaN where the file has none; or None and a finding."""
    if "altitude" not in file.dataset.variables:
        return np.full(file.dataset["observed"].shape, np.nan)
    if not file.has_dimensions("altitude", file.dataset["observed"].dims):
        return None
    standard_name = str(file.dataset["altitude"].attrs.get("standard_name", "altitude"))
    if standard_name in OTHER_HEIGHTS:
        fault = f"has the standard name '{standard_name}'; expected metres above sea level."
        file.add_fault("wrong-coordinate", "altitude", fault)
        return None
    altitude = file.in_units("altitude", "m")
    if altitude is None:
        return None
    lowest, highest = ALTITUDES
    outside = (altitude < lowest) | (altitude > highest)
    if outside.any():
        first = int(np.flatnonzero(outside)[0])
        file.add_fault(
            "out-of-range",
            "altitude",
            f"is outside {lowest:g} to {highest:g} m in {outside.sum()} of {len(outside)} "
            f"observations, the first number {first} with {altitude[first]:g} m. Correct the unit, "
            "and declare missing altitudes by the attribute '_FillValue'.",
        )
        return None
    return altitude


def _labels(file: InputFile, latitude: np.ndarray, longitude: np.ndarray) -> np.ndarray | None:
    """Name of the place of each observation; its latitude and longitude where there is none.

    The names are in `label`, or else in the station variable of the CF conventions.
    """
    variables = file.dataset.variables
    pairs = zip(latitude, longitude, strict=True)
    places = np.array([f"{lat:.2f}N {lon:.2f}E" for lat, lon in pairs], dtype=str)
    names = [
        str(name) for name, v in variables.items()
        if v.attrs.get("cf_role") == "timeseries_id" or (name in STATION and v.dtype.kind in "OUS")
    ]  # fmt: skip
    name = "label" if "label" in variables else next(iter(names), None)
    if name is None:
        return places
    if variables[name].ndim and not file.has_dimensions(name, file.dataset["observed"].dims):
        return None
    labels = file.texts(name)
    if labels is None:
        return None
    labels = np.broadcast_to(labels, places.shape)
    return np.where(labels == "", places, labels) if (labels == "").any() else labels


def _extra(file: InputFile) -> dict[str, np.ndarray]:
    """Every further variable over obs, as it is; times as dates."""
    extra = {}
    dims = file.dataset["observed"].dims
    for name, array in file.dataset.variables.items():
        if name in _KNOWN or name in dims or array.dims != dims:
            continue
        if " since " in str(array.attrs.get("units", "")):
            day = dates(file, name)
            if day is not None:
                extra[str(name)] = day
        elif array.dtype.kind not in "OUS":
            extra[str(name)] = array.values
        elif (text := file.texts(str(name))) is not None:
            extra[str(name)] = text
    return extra


def _check(file: InputFile, observations: Observations) -> None:
    """Uncertainties are positive, periods end after they start."""
    values, sd = observations.values, observations.sd
    start, end = observations.start, observations.end
    for code, name, bad, fault, expected in (
        ("not-positive", "observed_sd", sd <= 0.0, "is not positive", "a standard deviation"),
        ("infinite-value", "observed", np.isinf(values) | np.isinf(sd), "or its sd is infinite",
         "finite values, or NaN"),
        ("reversed-period", "time_end", end < start, "is before 'time_start'",
         "the first and the last day included"),
    ):  # fmt: skip
        if bad.any():
            first = int(np.flatnonzero(bad)[0])
            file.add(
                code,
                name,
                f"{file.path}: '{name}' {fault} in {bad.sum()} of {len(bad)} observations, the "
                f"first number {first} ('{observations.label[first]}', {start[first]}). Expected "
                f"{expected}. Correct these or leave them out.",
            )
