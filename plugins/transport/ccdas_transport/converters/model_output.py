"""Monthly means at stations from the output of a model: fields, ObsPack samples or time series."""

from __future__ import annotations

import numpy as np

from ccdas_framework import InvalidInput

from ..netcdf_input import file_months, months_of, open_file
from .field_sampling import on_grid, ppm_factor
from .stilt import NEAR, station_near

NAMES = ("station", "station_id", "site_name", "site")  # what holds names of stations
INTERVAL = ("averaging_interval_start", "averaging_interval_end")  # ObsPack of GEOS-Chem


def monthly_at_stations(files, tracers, stations):
    """Mole fraction at stations, means over calendar months.

    Args:
        files: netCDF files of one run, with tracers of one of three kinds: fields (time, layer,
            latitude, longitude), samples (obs) with `lat`, `lon` and averaging intervals as those
            of GEOS-Chem's ObsPack diagnostic, or time series (time, station) with names.
        tracers: names to look for, several for each tracer, shape (tracer,).
        stations: where.

    Returns:
        Months, datetime64[M], shape (month,); ppm, shape (tracer, month, station), NaN where there
        is no sample; edges of the grid (degrees), None without fields.

    Raises:
        InvalidInput: a file has another layout or unit, or a station lies outside its grid.
    """
    total, count, edges = {}, {}, None
    for file in files:
        where = str(file)
        with open_file(file, "transport") as data:
            names = [_found(data, variables, where) for variables in tracers]
            first = data[names[0]]
            if first.ndim == 1 and INTERVAL[0] in data:
                parts = _samples(data, names, stations, where)
            elif first.ndim == 2:
                parts = [(file_months(data, where), _series(data, names, stations, where))]
            else:
                months = file_months(data, where)
                values, found = on_grid(data, names, stations, where)
                check_same_grid(edges, found, where)
                edges = found
                parts = [(months, values)]
        for months, values in parts:
            for month in np.unique(months):
                of_month = values[:, months == month]
                known = np.isfinite(of_month)
                total[month] = total.get(month, 0.0) + np.where(known, of_month, 0.0).sum(axis=1)
                count[month] = count.get(month, 0) + known.sum(axis=1)
    if not total:
        raise InvalidInput(f"{files[0]} and what belongs to it hold no sample at a station.")
    found = np.array(sorted(total))
    sums, counts = (np.stack([each[m] for m in found], axis=1) for each in (total, count))
    return found, np.where(counts > 0, sums, np.nan) / np.maximum(counts, 1), edges


def check_same_grid(edges, found, where):
    """Refuse files of one Jacobian that have different grids; either may be None."""
    if edges is None or found is None:
        return
    if any(
        len(a) != len(b) or np.abs(a - b).max() > 1e-3 for a, b in zip(edges, found, strict=True)
    ):
        raise InvalidInput(f"{where} has another grid than the files before it.")


def texts(values):
    """Names as text, in lower case, whether a file has strings, bytes or letters."""
    rows = np.asarray(values)
    if rows.ndim == 2:  # one letter a byte
        rows = [b"".join(np.asarray(row, dtype="S1").tolist()) for row in rows]
    words = [row.decode() if isinstance(row, bytes) else str(row) for row in rows]
    return [word.strip(" \0").lower() for word in words]


def positions(stations, names, where):
    """Position among names of a file (lower case) of each station."""
    absent = [name for name in stations.id if name.lower() not in names]
    if absent:
        raise InvalidInput(
            f"{where} knows no station {', '.join(absent)}. It has: {', '.join(names)}."
        )
    return np.array([names.index(name.lower()) for name in stations.id])


def _found(data, variables, where):
    """The first of several names that a file has."""
    name = next((v for v in variables if v in data), None)
    if name is None:
        known = [str(n) for n in data]
        told = ", ".join(known[:20]) + (", ..." if len(known) > 20 else "")
        raise InvalidInput(
            f"{where} has none of the variables {', '.join(variables)}; it has {told}. Name it in "
            "the column `variable`."
        )
    return name


def _ppm(data, name, where):
    """A tracer in ppm."""
    return data[name].values * ppm_factor(data[name].attrs.get("units"), f"`{name}` of {where}")


def _samples(data, names, stations, where):
    """Months and mole fractions (tracer, sample, station) of the samples near each station."""
    absent = [name for name in (*INTERVAL, "lat", "lon") if name not in data]
    if absent:
        raise InvalidInput(
            f"{where} has no {', '.join(absent)}; expected the output of the ObsPack diagnostic."
        )
    start, end = (data[name].values for name in INTERVAL)
    months = months_of(start + (end - start) / 2)
    places = zip(data["lat"].values, data["lon"].values, strict=True)
    near = np.array([station_near(stations, lat, lon, NEAR) or "" for lat, lon in places])
    table = np.array([_ppm(data, name, where) for name in names])
    for row, station in enumerate(stations.id):
        chosen = near == station
        values = np.full((len(names), int(chosen.sum()), len(stations)), np.nan)
        values[:, :, row] = table[:, chosen]
        yield months[chosen], values


def _series(data, names, stations, where):
    """Mole fractions of time series, shape (tracer, time, station)."""
    (site,) = (
        (d for d in data[names[0]].dims if d != "time") if "time" in data[names[0]].dims else ("",)
    )
    held = next((n for n in NAMES if n in data.variables and data[n].dims[:1] == (site,)), None)
    if held is None:
        raise InvalidInput(
            f"`{names[0]}` of {where} has dims {data[names[0]].dims}; expected (time, station) "
            f"with names in one of {', '.join(NAMES)}, or fields (time, layer, latitude, "
            "longitude)."
        )
    column = positions(stations, texts(data[held].values), where)
    return np.array(
        [_ppm(data[[name]].transpose("time", site), name, where)[:, column] for name in names]
    )
