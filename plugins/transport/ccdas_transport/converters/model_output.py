"""Monthly means at stations from the output of a model: fields, ObsPack samples or time series."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ccdas_framework import InvalidInput
from ccdas_framework.grids import calendar_months as months_of_dates

from ..netcdf_input import calendar_months, open_netcdf
from ..station_locations import StationLocations
from .field_sampling import field_samples, ppm_factor
from .receptors import MAX_DEGREES, nearest_station

if TYPE_CHECKING:
    import xarray as xr

STATION_NAMES = ("station", "station_id", "site_name", "site")  # variables with names of stations
INTERVAL = ("averaging_interval_start", "averaging_interval_end")  # ObsPack of GEOS-Chem
Edges = Sequence[np.ndarray]
Part = tuple[np.ndarray, np.ndarray]


def monthly_at_stations(
    files: Sequence[Path], tracers: Sequence[Sequence[str]], stations: StationLocations
) -> tuple[np.ndarray, np.ndarray, Edges | None]:
    """Mole fraction at stations, means over calendar months.

    Args:
        files: netCDF files of one run, with tracers of one of three kinds: fields (time, layer,
            latitude, longitude), samples (obs) with `lat`, `lon` and averaging intervals as those
            of GEOS-Chem's ObsPack diagnostic, or time series (time, station) with names.
        tracers: possible names of each tracer, shape (tracer,).
        stations: location of the stations.

    Returns:
        Months, datetime64[M], shape (month,); ppm, shape (tracer, month, station), NaN where there
        is no sample; edges of the grid (degrees), None without fields.

    Raises:
        InvalidInput: a file has another layout or unit, or a station lies outside its grid.
    """
    total: dict[np.datetime64, np.ndarray] = {}
    count: dict[np.datetime64, np.ndarray] = {}
    edges = None
    for file in files:
        source = str(file)
        with open_netcdf(file, "transport") as data:
            names = [_first_variable(data, variables, source) for variables in tracers]
            parts, file_edges = _parts(data, names, stations, source)
            if file_edges is not None:
                check_same_grid(edges, file_edges, source)
                edges = file_edges
        for months, values in parts:
            for month in np.unique(months):
                in_month = values[:, months == month]
                finite = np.isfinite(in_month)
                sums = np.where(finite, in_month, 0.0).sum(axis=1)
                total[month] = total.get(month, 0.0) + sums
                count[month] = count.get(month, 0) + finite.sum(axis=1)
    if not total:
        raise InvalidInput(
            f"{files[0]} and the other files of its run hold no sample at a station.",
            code="no-sample",
            where=str(files[0]),
        )
    all_months = np.array(sorted(total))
    sums, counts = (np.stack([each[m] for m in all_months], axis=1) for each in (total, count))
    return all_months, np.where(counts > 0, sums, np.nan) / np.maximum(counts, 1), edges


def _parts(
    data: xr.Dataset, names: Sequence[str], stations: StationLocations, source: str
) -> tuple[list[Part], Edges | None]:
    """Months and mole fractions of a file in parts, and the edges of its grid, if it has one."""
    first = data[names[0]]
    if first.ndim == 1 and INTERVAL[0] in data:
        return list(_samples(data, names, stations, source)), None
    if first.ndim == 2:
        return [(calendar_months(data, source), _series(data, names, stations, source))], None
    months = calendar_months(data, source)
    values, edges = field_samples(data, names, stations, source)
    return [(months, values)], edges


def check_same_grid(edges: Edges | None, other: Edges | None, source: str) -> None:
    """Refuse files of one Jacobian that have different grids; either may be None."""
    if edges is None or other is None:
        return
    if any(
        len(a) != len(b) or np.abs(a - b).max() > 1e-3 for a, b in zip(edges, other, strict=True)
    ):
        raise InvalidInput(
            f"{source} has another grid than the files before it.",
            code="grids-differ",
            where=source,
        )


def lower_case_names(values: np.ndarray) -> list[str]:
    """Names as text, in lower case, from strings, bytes or single letters."""
    rows = np.asarray(values)
    if rows.ndim == 2:  # one letter a byte
        rows = [b"".join(np.asarray(row, dtype="S1").tolist()) for row in rows]
    words = [row.decode() if isinstance(row, bytes) else str(row) for row in rows]
    return [word.strip(" \0").lower() for word in words]


def station_columns(stations: StationLocations, names: Sequence[str], source: str) -> np.ndarray:
    """Position among names of a file (lower case) of each station."""
    absent = [name for name in stations.id if name.lower() not in names]
    if absent:
        raise InvalidInput(
            f"{source} has no station {', '.join(absent)}. It has: {', '.join(names)}.",
            code="unknown-station",
            where=f"station '{absent[0]}'",
        )
    return np.array([names.index(name.lower()) for name in stations.id])


def _first_variable(data: xr.Dataset, variables: Sequence[str], source: str) -> str:
    """The first of several names that a file has."""
    name = next((v for v in variables if v in data), None)
    if name is None:
        available = [str(n) for n in data]
        listed = ", ".join(available[:20]) + (", ..." if len(available) > 20 else "")
        raise InvalidInput(
            f"{source} has none of the variables {', '.join(variables)}; it has {listed}. Name it "
            "in the column `variable`.",
            code="missing-variable",
            where=f"{source}: {variables[0]}",
        )
    return name


def _ppm(data: xr.Dataset, name: str, source: str) -> np.ndarray:
    """A tracer in ppm."""
    return data[name].values * ppm_factor(data[name].attrs.get("units"), f"{source}: {name}")


def _samples(
    data: xr.Dataset, names: Sequence[str], stations: StationLocations, source: str
) -> Iterator[Part]:
    """Months and mole fractions (tracer, sample, station) of the samples near each station."""
    absent = [name for name in (*INTERVAL, "lat", "lon") if name not in data]
    if absent:
        raise InvalidInput(
            f"{source} has no {', '.join(absent)}; expected the output of the ObsPack diagnostic.",
            code="missing-variable",
            where=f"{source}: {absent[0]}",
        )
    start, end = (data[name].values for name in INTERVAL)
    months = months_of_dates(start + (end - start) / 2)
    points = zip(data["lat"].values, data["lon"].values, strict=True)
    nearest = np.array(
        [nearest_station(stations, lat, lon, MAX_DEGREES) or "" for lat, lon in points]
    )
    table = np.array([_ppm(data, name, source) for name in names])
    for row, station in enumerate(stations.id):
        at_station = nearest == station
        values = np.full((len(names), int(at_station.sum()), len(stations)), np.nan)
        values[:, :, row] = table[:, at_station]
        yield months[at_station], values


def _series(
    data: xr.Dataset, names: Sequence[str], stations: StationLocations, source: str
) -> np.ndarray:
    """Mole fractions of time series, shape (tracer, time, station)."""
    dims = data[names[0]].dims
    (site,) = (d for d in dims if d != "time") if "time" in dims else ("",)
    labels = next(
        (n for n in STATION_NAMES if n in data.variables and data[n].dims[:1] == (site,)), None
    )
    if labels is None:
        raise InvalidInput(
            f"`{names[0]}` of {source} has dims {dims}; expected (time, station) "
            f"with names in one of {', '.join(STATION_NAMES)}, or fields (time, layer, latitude, "
            "longitude).",
            code="wrong-dimensions",
            where=f"{source}: {names[0]}",
        )
    column = station_columns(stations, lower_case_names(data[labels].values), source)
    return np.array(
        [_ppm(data[[name]].transpose("time", site), name, source)[:, column] for name in names]
    )
