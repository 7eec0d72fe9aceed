"""Reading of observations: one netCDF file a stream, dimension obs."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike

import numpy as np
from attrs import evolve

from ..core.errors import Findings
from ..core.observations import Observations
from ..core.variables import Variable
from .cf_time import declared_bounds
from .coordinates import read_points
from .missing_values import undeclared
from .netcdf import InputFile, open_netcdf
from .observation_columns import read_declared, read_others
from .observation_periods import PERIOD, read_periods, time_names
from .observation_selection import check_errors, select_by_value
from .quality_flags import looks_like_quality
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
HIGHEST_GROUND = 9000.0  # m
OTHER_HEIGHTS = ("height", "depth")  # standard names: above the ground, below a surface
_OF_VALUES = ("units", "standard_name")  # attributes that errors share with the values


def read_observations(
    path: str | PathLike[str],
    variable: Variable,
    findings: Findings,
    *,
    stream: str = "NAME",
    interval: str = "",
    average: bool = False,
    columns: Sequence[Variable] = (),
    keep_missing: bool = False,
) -> Observations | None:
    """Observations in the units of `variable`, or None and a finding for each thing wrong.

    The file has `observed`, `observed_sd`, `latitude`, `longitude` and `time_start`, `time_end`
    (first and last day, both included) or `time` (with CF bounds, or for single days) over obs;
    `altitude` (m) and `label` may be there, and further variables over (obs, ...) are kept as
    `extra`. A warning names all other variables. A value of the same place, quantity and days as
    another is kept, with a warning that has their number.

    Observations without a value, outside the possible range, or without a number of a declared
    column are left out and counted in `dropped`. The file is refused where they are more than half.
    A file without any value is one of hypothetical observations.

    Args:
        path: netCDF file.
        variable: observed quantity.
        findings: receives a finding for each thing wrong.
        stream: name of the table of the configuration, [streams.NAME], for messages.
        interval: of the operator, as of `ObservationOperator`.
        average: several values of a place in one interval are averaged, not refused.
        columns: further columns that the operator declares.
        keep_missing: observations without a value are hypothetical ones beside the others.
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
        file, numbers, dropped = _used(file, variable, columns, keep_missing=keep_missing)
        points = read_points(file)
        altitude = _altitude(file)
        extra = {**_others(file, columns), **numbers}
        if points is None or altitude is None:
            return None
        label = _labels(file, *points)
        if label is None:
            return None
        places = place_numbers(*points, altitude, label, extra.get("quantity"))
        periods = read_periods(file, places)
    if periods is None or file.is_faulty:
        return None
    values, sd = extra.pop("observed"), extra.pop("observed_sd")
    observations = Observations(values, sd, *periods, *points, altitude, label, extra, dropped)
    _check(file, observations)
    if file.is_faulty:
        return None
    if interval == "month":
        return one_each_month(file, observations, places, average=average, stream=stream)
    warn_of_repeats(file, observations, places)
    return observations


def _used(
    file: InputFile, variable: Variable, columns: Sequence[Variable], *, keep_missing: bool
) -> tuple[InputFile, dict[str, np.ndarray], dict[str, int]]:
    """The file without observations that are left out, and numbers and counts; or findings.

    Returns:
        The file, values and errors and the numbers of `columns` by name, shape (obs,) each, and the
        number of observations left out by reason.
    """
    values = file.in_units("observed", variable.units)
    if values is not None:
        values = file.in_direction("observed", values, variable.direction)
    of_values = file.dataset["observed"].attrs
    sd = file.dataset["observed_sd"]
    sd = sd.assign_attrs({n: of_values[n] for n in _OF_VALUES if n in of_values} | sd.attrs)
    sd = file.in_units("observed_sd", variable.units, sd, difference=True)
    if values is None or sd is None:
        return file, {}, {}
    selection = select_by_value(file, variable, values, sd, keep_missing=keep_missing)
    if selection is None:
        return file, {}, {}
    numbers = {
        "observed": values, "observed_sd": sd, **read_declared(file, columns, selection)
    }  # fmt: skip
    check_errors(file, sd, selection.used)
    if file.is_faulty or not selection.dropped:
        return file, numbers, {}
    rows = np.flatnonzero(selection.used)
    (dim,) = file.dataset["observed"].dims
    used = evolve(file, dataset=file.dataset.isel({dim: rows}), rows=rows)
    return used, {name: column[rows] for name, column in numbers.items()}, selection.dropped


def _others(file: InputFile, columns: Sequence[Variable]) -> dict[str, np.ndarray]:
    """Further variables over (obs, ...) as they are, and a warning that names all others."""
    known = {*_KNOWN, *(column.name for column in columns)}
    variables = file.dataset.variables
    bounds = {declared_bounds(file.dataset, str(name)) for name in variables}
    others, left_out = read_others(file, known, bounds)
    if unused := [name for name in others if looks_like_quality(file, name)]:
        declared = ", ".join(f"'{column.name}'" for column in columns) or "none"
        file.warn(
            "unused-quality",
            ", ".join(unused),
            f"{file.path}: {', '.join(unused)} may describe the quality of the observations, but "
            f"the operator does not declare it, so that no observation is left out by it. Columns "
            f"that it declares: {declared}. Rename the variable to one of these, or leave out the "
            "observations that it marks.",
        )
    if left_out:
        file.warn(
            "left-out-variables",
            ", ".join(left_out),
            f"{file.path}: {', '.join(left_out)} is not over the observations and is left out. "
            "The first dimension of a variable of observations is that of 'observed'.",
        )
    return others


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
    if file.dataset["altitude"].attrs.get("positive") == "down":
        fault = "counts down from a surface (positive = 'down'); expected metres above sea level."
        file.add_fault("wrong-coordinate", "altitude", fault)
        return None
    altitude = file.in_units("altitude", "m")
    if altitude is None:
        return None
    lowest, highest = ALTITUDES
    outside = (altitude < lowest) | (altitude > highest)
    outside |= undeclared(altitude) & (altitude > HIGHEST_GROUND)
    if outside.any():
        first = int(np.flatnonzero(outside)[0])
        file.add_fault(
            "out-of-range",
            "altitude",
            f"is outside {lowest:g} to {highest:g} m in {outside.sum()} of {len(outside)} "
            f"observations or marks a missing value, the first number {file.number(first)} with "
            f"{altitude[first]:g} m. Correct the unit, and declare missing altitudes by the "
            "attribute '_FillValue'.",
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
                f"first number {file.number(first)} ('{observations.label[first]}', "
                f"{start[first]}). Expected {expected}. Correct these or leave them out.",
            )
