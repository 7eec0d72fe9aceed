"""The file of a transport Jacobian in the documented form: written, read and checked."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

from ccdas_framework import InvalidInput

from .constants import KG_PER_PGC, PGC_PER_PPM
from .jacobian import TransportJacobian, days_share
from .netcdf_input import open_file
from .station_locations import StationPlaces, check_places

UNITS = "ppm yr kg-1"
KNOWN_UNITS = (UNITS, "ppm kg-1 yr", "ppm yr kgC-1", "ppm kgC-1 yr")
SUM_LIMIT = 1e-6  # relative size of an entry that should be zero


def write_jacobian(path, jacobian, latitude, longitude, attributes=None, altitude=None):
    """Write a Jacobian in the documented form, float32; arguments as for `jacobian_dataset`.

    Args:
        path: netCDF file to write.
    """
    data = jacobian_dataset(jacobian, latitude, longitude, attributes, altitude)
    table = data["jacobian"].astype(np.float32)
    data["jacobian"] = table.assign_attrs(data["jacobian"].attrs)
    data.to_netcdf(path, encoding={"jacobian": {"zlib": True, "complevel": 4}})


def jacobian_dataset(jacobian, latitude, longitude, attributes=None, altitude=None):
    """A Jacobian in the documented form, by `lag`, in ppm per (kgC yr-1), an xarray dataset.

    A flux of F kgC yr-1 lasting a month of d days emits F d/365 kgC, so J = response d/365.

    Args:
        jacobian: the Jacobian.
        latitude, longitude: of its stations (degrees), shape (station,).
        attributes: of the file besides `Conventions`, such as what made it and from what.
        altitude: of its stations above the sea (m), shape (station,); left out where it is None.
    """
    import xarray as xr

    grid = jacobian.grid
    table = jacobian.response * days_share(jacobian.memory)[None, :, :, None, None]

    def bounds(edges):
        return np.stack([edges[:-1], edges[1:]], axis=1)

    data = xr.Dataset(
        {
            "jacobian": (
                ("station", "month", "lag", "latitude", "longitude"),
                table,
                {"units": UNITS, "long_name": "CO2 mole fraction per emission rate of a month"},
            ),
            "station_latitude": ("station", np.asarray(latitude), {"units": "degrees_north"}),
            "station_longitude": ("station", np.asarray(longitude), {"units": "degrees_east"}),
            "latitude_bounds": (("latitude", "bounds"), bounds(grid.latitude_edges)),
            "longitude_bounds": (("longitude", "bounds"), bounds(grid.longitude_edges)),
        },
        coords={
            "station": np.array(jacobian.stations, dtype=str),
            "month": np.arange(1, 13),
            "lag": np.arange(jacobian.memory),
            "latitude": (
                "latitude",
                grid.latitude,
                {"units": "degrees_north", "bounds": "latitude_bounds"},
            ),
            "longitude": (
                "longitude",
                grid.longitude,
                {"units": "degrees_east", "bounds": "longitude_bounds"},
            ),
        },
        attrs={"Conventions": "CF-1.11", **(attributes or {})},
    )
    if altitude is not None:
        data["station_altitude"] = ("station", np.asarray(altitude), {"units": "m"})
    return data


def read_jacobian(path, stations, grid, memory=48, pgc_per_ppm=PGC_PER_PPM, places=None):
    """The rows of a Jacobian file for the stations asked for.

    The variable `jacobian` has dims (station, month, lag, latitude, longitude) or `flux_month` for
    `lag`: months counted from January of the third year before the observation.

    Args:
        path: netCDF file.
        stations: names.
        grid: the transport grid that the settings declare.
        memory: months of emissions that the settings declare.
        pgc_per_ppm: PgC ppm-1, for emissions older than the table.
        places: `StationPlaces` of the observations, which have to be those of the file.

    Raises:
        InvalidInput: the file is absent, has other dims, units, months or boxes, or lacks a
            station or has it elsewhere.
    """
    if not Path(path).exists():
        raise InvalidInput(
            f"no Jacobian file at {path}. Give the path of one in `jacobian`, or "
            "leave the setting out to use the transport in closed form."
        )
    if places is not None:
        check_places(places, read_places(path), f"the Jacobian file {path}")
    changed = Path(path).stat().st_mtime_ns
    return _read(Path(path), changed, tuple(stations), grid, memory, pgc_per_ppm)


def read_places(path):
    """Where the stations of a Jacobian file are, as far as it says, `StationPlaces`.

    Raises:
        InvalidInput: it names no stations, or their places are no numbers.
    """
    with open_file(Path(path), "Jacobian") as data:
        if "station" not in data.variables:
            raise InvalidInput(
                f"the Jacobian file {path} names no stations. Give it a coordinate "
                "`station` of labels."
            )
        names = [str(name) for name in data["station"].values]
        known = [
            _of_stations(path, data, name, len(names))
            for name in ("station_latitude", "station_longitude", "station_altitude")
        ]
    return StationPlaces(names, *known)


def _of_stations(path, data, name, count):
    """A variable of the stations, NaN where the file has none, shape (station,)."""
    if name not in data or data[name].dims != ("station",):
        return np.full(count, np.nan)
    if data[name].dtype.kind not in "fiu":
        raise InvalidInput(
            f"`{name}` of the Jacobian file {path} holds {data[name].values[0]!s}; "
            "expected numbers. Correct it or leave the variable out."
        )
    return data[name].values


@lru_cache(maxsize=1)  # each block of the grid asks for the same rows
def _read(path, changed, stations, grid, memory, pgc_per_ppm):
    with open_file(path, "Jacobian") as data:
        response = read_table(path, data, list(stations), memory, pgc_per_ppm)
        north, east = _grid_order(path, data, grid)
    well_mixed = 1.0 / (pgc_per_ppm * KG_PER_PGC)
    # a month of a station in one piece, as it is looked at
    response = np.ascontiguousarray(response[:, :, :, north][..., east])
    return TransportJacobian(list(stations), grid, response, well_mixed)


def read_table(path, data, stations, memory, pgc_per_ppm):
    """Responses of stations from an open Jacobian file, on its own grid (ppm kgC-1).

    Args:
        path: of the file, for sentences.
        data: the file as an xarray dataset.
        stations, memory, pgc_per_ppm: as for `read_jacobian`.

    Returns:
        shape (station, 12, lag, latitude, longitude), in the order of the file's axes.
    """
    age = _checked(path, data, memory)
    known = [str(name) for name in data["station"].values]
    absent = [name for name in stations if name not in known]
    if absent:
        raise InvalidInput(
            f"station {', '.join(repr(a) for a in absent)} has no row in the "
            f"Jacobian file {path}. It knows: {', '.join(known)}. Leave the station out of "
            "the observations or give its label as the file has it."
        )
    twice = [name for name in stations if known.count(name) > 1]
    if twice:
        raise InvalidInput(
            f"the Jacobian file {path} has several rows for '{twice[0]}'. A name "
            "stands for one place: rename or remove the others."
        )
    order = ("station", "month", age, "latitude", "longitude")
    # loaded before it is transposed: a lazy transpose makes xarray gather number by number
    table = data["jacobian"].isel(station=[known.index(s) for s in stations]).load()
    table = table.transpose(*order).values.astype(float)
    if not np.isfinite(table).all():
        raise InvalidInput(f"the Jacobian file {path} has missing values.")
    if age == "flux_month":
        table = _by_lag(path, table, 1.0 / (pgc_per_ppm * KG_PER_PGC))
    return table / days_share(memory)[None, :, :, None, None]


def _checked(path, data, memory):
    """Name of the dimension of age, 'lag' or 'flux_month', of a file in the documented form."""
    dims = {"station", "month", "latitude", "longitude"}
    found = tuple(data["jacobian"].dims) if "jacobian" in data else ()
    age = next((name for name in ("lag", "flux_month") if name in found), None)
    if age is None or set(found) != dims | {age}:
        raise InvalidInput(
            f"{path} needs a variable `jacobian` with dims (station, month, lag or "
            f"flux_month, latitude, longitude); it has {found or 'none of that name'}."
        )
    if data.sizes["month"] != 12 or data.sizes[age] != memory:
        raise InvalidInput(
            f"the Jacobian of {path} has {data.sizes['month']} months of "
            f"observation and {data.sizes[age]} of `{age}`; 12 and {memory} were expected. Set "
            f"memory_months = {data.sizes[age]} if that is what the file holds."
        )
    for name, first in (("month", 1), ("lag", 0)):
        axis = data[name] if name in data.coords else None
        if axis is not None and list(axis.values) != list(range(first, first + len(axis))):
            raise InvalidInput(
                f"`{name}` of the Jacobian {path} runs from {axis.values[0]} to "
                f"{axis.values[-1]}; expected the whole numbers from {first} to "
                f"{first + len(axis) - 1}: calendar months of any year, and whole months since "
                "the emission. Transport of a certain period is made cyclic by "
                "`ccdas transport convert`."
            )
    if age == "flux_month" and memory % 12:
        raise InvalidInput(
            f"`flux_month` of {path} counts whole calendar years, and {memory} "
            "months are none. Give the table by `lag`."
        )
    units = data["jacobian"].attrs.get("units", UNITS)
    if units not in KNOWN_UNITS:
        raise InvalidInput(
            f"the Jacobian of {path} is in '{units}', expected '{UNITS}' (ppm per "
            "kgC yr-1). Convert it before use."
        )
    return age


def _grid_order(path, data, grid):
    """Positions that sort the file's boxes south to north and from 180 W, once they are right."""
    longitude = (data["longitude"].values + 180.0) % 360.0 - 180.0
    orders = []
    for name, found, expected in (
        ("latitude", data["latitude"].values, grid.latitude),
        ("longitude", longitude, grid.longitude),
    ):
        order = np.argsort(found)
        centres = found[order]
        if len(centres) != len(expected) or np.abs(centres - expected).max() > 1e-3:
            raise InvalidInput(
                f"the Jacobian of {path} has {len(centres)} {name}s from "
                f"{centres[0]:g} to {centres[-1]:g}; the transport grid of the settings has "
                f"{len(expected)} from {expected[0]:g} to {expected[-1]:g}. Set latitude_step and "
                "longitude_step (half_polar_boxes, centred_on_date_line) to the file's, or move it "
                "to this grid with `ccdas transport convert --kind jacobian`."
            )
        orders.append(order)
    return orders


def _by_lag(path, table, well_mixed):
    """A table by calendar month of emission, by lag instead; ages it does not hold are well mixed.

    Slot f of an observation in month m (0..11) is f - (slots - 12) months after January of its
    year, so its lag is m + slots - 12 - f; slots after the observation must be zero.
    """
    slots = table.shape[2]
    by_lag = np.empty_like(table)
    largest = np.abs(table).max()
    for month in range(12):
        last = slots - 12 + month
        if np.abs(table[:, month, last + 1 :]).max(initial=0.0) > SUM_LIMIT * largest:
            raise InvalidInput(
                f"the Jacobian of {path} lets an observation of month {month + 1} "
                "see emissions of later months. `flux_month` counts from January of the "
                f"{slots // 12 - 1} years before; later months must be zero."
            )
        by_lag[:, month, : last + 1] = table[:, month, last::-1]
        age = np.arange(last + 1, slots)
        share = days_share(slots)[month, age]
        by_lag[:, month, last + 1 :] = well_mixed * share[None, :, None, None]
    return by_lag
