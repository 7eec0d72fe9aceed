"""Jacobian files in the documented form: writing, reading and checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ccdas_framework import (
    InvalidInput,
    convert_units,
    did_you_mean,
    netcdf_lock,
    regular_grid,
    with_missing,
)

from .jacobian import TransportJacobian, days_share
from .jacobian_grid import JacobianGrid
from .netcdf_input import open_netcdf, station_names
from .station_locations import StationLocations, check_locations

if TYPE_CHECKING:
    import xarray as xr

    from .grid import TransportGrid

UNITS = "ppm yr kg-1"
UNIT_SPELLINGS = (UNITS, "ppm kg-1 yr", "ppm yr kgC-1", "ppm kgC-1 yr")
LARGEST = 1.0  # ppm yr kg-1: 1 kgC in a month, in 10 m of air over 1 km2, is 0.2 ppm
ZERO_LIMIT = 1e-6  # relative size of an entry that should be zero


def write_jacobian(
    path: Path | str,
    jacobian: TransportJacobian,
    latitude: np.ndarray,
    longitude: np.ndarray,
    attributes: Mapping[str, Any] | None = None,
    altitude: np.ndarray | None = None,
) -> None:
    """Write a Jacobian in the documented form, float32; arguments as for `jacobian_dataset`.

    Args:
        path: netCDF file to write.
    """
    data = jacobian_dataset(jacobian, latitude, longitude, attributes, altitude)
    table = data["jacobian"].astype(np.float32)
    data["jacobian"] = table.assign_attrs(data["jacobian"].attrs)
    with netcdf_lock:
        data.to_netcdf(path, encoding={"jacobian": {"zlib": True, "complevel": 4}})


def jacobian_dataset(
    jacobian: TransportJacobian,
    latitude: np.ndarray,
    longitude: np.ndarray,
    attributes: Mapping[str, Any] | None = None,
    altitude: np.ndarray | None = None,
) -> xr.Dataset:
    """A Jacobian in the documented form, by `lag`, in ppm per (kgC yr-1).

    A flux of F kgC yr-1 lasting a month of d days emits F d/365 kgC, so J = response d/365.

    Args:
        jacobian: the Jacobian.
        latitude, longitude: location of its stations (degrees), shape (station,).
        attributes: attributes of the file besides `Conventions`, such as settings and inputs.
        altitude: altitude of its stations above the sea (m), shape (station,). None leaves the
            variable out.
    """
    import xarray as xr  # slow to import

    grid = jacobian.grid
    table = jacobian.response * days_share(jacobian.memory)[None, :, :, None, None]

    def bounds(edges: np.ndarray) -> np.ndarray:
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


def read_jacobian(
    path: Path | str,
    stations: Sequence[str],
    grid: JacobianGrid | None = None,
    locations: StationLocations | None = None,
) -> TransportJacobian:
    """The rows of a Jacobian file for some stations.

    The variable `jacobian` has dims (station, month, lag, latitude, longitude) or `flux_month` for
    `lag`: months counted from January of the third year before the observation.

    Args:
        path: netCDF file.
        stations: names.
        grid: boxes, months and mass of air that the settings declare.
        locations: locations of the stations in the observations, which have to be those of the
            file.

    Raises:
        InvalidInput: the file is absent, has other dims, units, months or boxes, or lacks a
            station or has it elsewhere.
    """
    if not Path(path).exists():
        raise InvalidInput(
            f"no Jacobian file at {path}. Give the path of one in `jacobian`, or "
            "leave the setting out to use the transport in closed form.",
            code="missing-file",
            where=str(path),
        )
    if locations is not None:
        check_locations(locations, read_locations(path), f"the Jacobian file {path}")
    modification_time = Path(path).stat().st_mtime_ns
    return _read(Path(path), modification_time, tuple(stations), grid or JacobianGrid())


def read_locations(path: Path | str) -> StationLocations:
    """Locations of the stations of a Jacobian file, NaN where the file lacks them.

    Raises:
        InvalidInput: the file has no names of stations, or the locations are not numbers.
    """
    with open_netcdf(Path(path), "Jacobian") as data:
        if "station" not in data.variables:
            raise InvalidInput(
                f"the Jacobian file {path} names no stations. Give it a coordinate "
                "`station` of labels.",
                code="missing-variable",
                where=f"{path}: station",
            )
        names = station_names(data, str(path))
        coordinates = [
            _station_variable(path, data, f"station_{name}", units, len(names))
            for name, units in (("latitude", "degree"), ("longitude", "degree"), ("altitude", "m"))
        ]
    return StationLocations(names, *coordinates)


def _station_variable(
    path: Path | str, data: xr.Dataset, name: str, units: str, count: int
) -> np.ndarray:
    """A variable of the stations in its units, NaN where the file has none, shape (station,)."""
    if name not in data or data[name].dims != ("station",):
        return np.full(count, np.nan)
    if data[name].dtype.kind not in "fiu":
        raise InvalidInput(
            f"`{name}` of the Jacobian file {path} holds {data[name].values[0]!s}; "
            "expected numbers. Correct it or leave the variable out.",
            code="not-a-number",
            where=f"{path}: {name}",
        )
    file_units = str(data[name].attrs.get("units", units))
    try:
        if units == "degree" and not file_units.startswith(("deg", "rad")):
            raise InvalidInput("It is no angle.")
        return convert_units(data[name].values, file_units, units)
    except InvalidInput as cause:
        raise InvalidInput(
            f"`{name}` of the Jacobian file {path} is in '{file_units}', expected '{units}'. "
            f"{cause}",
            code="wrong-units",
            where=f"{path}: {name}",
        ) from cause


@lru_cache(maxsize=1)  # each block of the grid needs the same rows
def _read(
    path: Path, modification_time: int, stations: tuple[str, ...], grid: JacobianGrid
) -> TransportJacobian:
    with open_netcdf(path, "Jacobian") as data:
        response = read_table(path, data, list(stations), grid)
        north, east = _grid_order(path, data, grid.boxes)
    # the months of a station are contiguous in memory, as the sums over them need
    response = np.ascontiguousarray(response[:, :, :, north][..., east])
    return TransportJacobian(list(stations), grid.boxes, response, grid.well_mixed)


def read_table(
    path: Path, data: xr.Dataset, stations: Sequence[str], grid: JacobianGrid
) -> np.ndarray:
    """Responses of stations from an open Jacobian file, on its own boxes (ppm kgC-1).

    Args:
        path: path of the file, for messages.
        data: the file as an xarray dataset.
        stations: names.
        grid: its `memory_months` and `pgc_per_ppm` count, its boxes do not.

    Returns:
        shape (station, 12, lag, latitude, longitude), in the order of the file's axes.
    """
    age = _age_dimension(path, data, grid.memory_months)
    names = station_names(data, str(path))
    absent = [name for name in stations if name not in names]
    if absent:
        raise InvalidInput(
            f"station {', '.join(repr(a) for a in absent)} has no row in the "
            f"Jacobian file {path}.{did_you_mean(absent[0], names)} Its stations: "
            f"{', '.join(names)}. Leave the station out of "
            "the observations or give its label as the file has it.",
            code="unknown-station",
            where=f"station '{absent[0]}'",
        )
    duplicates = [name for name in stations if names.count(name) > 1]
    if duplicates:
        raise InvalidInput(
            f"the Jacobian file {path} has several rows for '{duplicates[0]}'. A name "
            "stands for one location: rename or remove the others.",
            code="duplicate-station",
            where=f"station '{duplicates[0]}'",
        )
    order = ("station", "month", age, "latitude", "longitude")
    # loaded before the transpose: a lazy transpose makes xarray gather number by number
    table = data["jacobian"].isel(station=[names.index(s) for s in stations]).load()
    table = with_missing(table.transpose(*order)).values.astype(float)
    for code, fault, wrong in (
        ("missing-values", "missing", ~np.isfinite(table)),
        ("out-of-range", f"beyond {LARGEST:g} ppm yr kg-1", np.abs(table) > LARGEST),
    ):
        if wrong.any():
            first = tuple(np.argwhere(wrong)[0].tolist())
            place = ", ".join(f"{dim} {n}" for dim, n in zip(order[1:], first[1:], strict=True))
            raise InvalidInput(
                f"the Jacobian file {path} has {int(wrong.sum())} responses that are {fault}, the "
                f"first {table[first]:g} of station '{stations[first[0]]}' at {place} (from 0). "
                "Correct the file, or make it again.",
                code=code,
                where=f"{path}: jacobian",
            )
    if age == "flux_month":
        table = _by_lag(path, table, grid.well_mixed)
    return table / days_share(grid.memory_months)[None, :, :, None, None]


def _age_dimension(path: Path, data: xr.Dataset, memory: int) -> str:
    """Name of the dimension of age, 'lag' or 'flux_month', of a file in the documented form."""
    where = f"{path}: jacobian"
    dims = {"station", "month", "latitude", "longitude"}
    file_dims = tuple(data["jacobian"].dims) if "jacobian" in data else ()
    age = next((name for name in ("lag", "flux_month") if name in file_dims), None)
    if age is None or set(file_dims) != dims | {age}:
        raise InvalidInput(
            f"{path} needs a variable `jacobian` with dims (station, month, lag or "
            f"flux_month, latitude, longitude); it has {file_dims or 'none of that name'}.",
            code="wrong-dimensions" if file_dims else "missing-variable",
            where=where,
        )
    if data.sizes["month"] != 12 or data.sizes[age] != memory:
        raise InvalidInput(
            f"the Jacobian of {path} has {data.sizes['month']} months of "
            f"observation and {data.sizes[age]} of `{age}`; 12 and {memory} were expected. Set "
            f"memory_months = {data.sizes[age]} if that is the length of the file.",
            code="wrong-length",
            where=where,
        )
    for name, first in (("month", 1), ("lag", 0)):
        axis = data[name] if name in data.coords else None
        if axis is not None and list(axis.values) != list(range(first, first + len(axis))):
            raise InvalidInput(
                f"`{name}` of the Jacobian {path} runs from {axis.values[0]} to "
                f"{axis.values[-1]}; expected the whole numbers from {first} to "
                f"{first + len(axis) - 1}: calendar months of any year, and whole months since "
                "the emission. `ccdas transport convert` makes the transport of a certain period "
                "cyclic.",
                code="wrong-value",
                where=f"{path}: {name}",
            )
    if age == "flux_month" and memory % 12:
        raise InvalidInput(
            f"`flux_month` of {path} counts whole calendar years, and {memory} "
            "months are not whole years. Give the table by `lag`.",
            code="wrong-length",
            where=f"{path}: flux_month",
        )
    units = data["jacobian"].attrs.get("units", UNITS)
    if units not in UNIT_SPELLINGS:
        raise InvalidInput(
            f"the Jacobian of {path} is in '{units}', expected '{UNITS}' (ppm per "
            "kgC yr-1). Convert it before use.",
            code="wrong-units",
            where=where,
        )
    return age


def _grid_order(path: Path, data: xr.Dataset, grid: TransportGrid) -> list[np.ndarray]:
    """Positions that sort the file's boxes south to north and from 180 W, after a check."""
    _, file_grid = regular_grid(data, str(path), "points")
    longitude = (file_grid.longitude.centres + 180.0) % 360.0 - 180.0
    orders = []
    for name, values, order, expected in (
        ("latitude", file_grid.latitude.centres, file_grid.latitude.order, grid.latitude),
        ("longitude", longitude, file_grid.longitude.order_from(-180.0), grid.longitude),
    ):
        centres = values[order]
        if len(centres) != len(expected) or np.abs(centres - expected).max() > 1e-3:
            raise InvalidInput(
                f"the Jacobian of {path} has {len(centres)} {name}s from "
                f"{centres[0]:g} to {centres[-1]:g}; the transport grid of the settings has "
                f"{len(expected)} from {expected[0]:g} to {expected[-1]:g}. Set latitude_step and "
                "longitude_step (half_polar_boxes, centred_on_date_line) to the file's, or move it "
                "to this grid with `ccdas transport convert --kind jacobian`.",
                code="wrong-grid",
                where=f"{path}: {name}",
            )
        orders.append(order)
    return orders


def _by_lag(path: Path, table: np.ndarray, well_mixed: float) -> np.ndarray:
    """A table by calendar month of emission, by lag instead. Ages beyond it are well mixed.

    Slot f of an observation in month m (0..11) is f - (slots - 12) months after January of its
    year, so its lag is m + slots - 12 - f. Slots after the observation must be zero.
    """
    slots = table.shape[2]
    by_lag = np.empty_like(table)
    largest = np.abs(table).max()
    for month in range(12):
        last = slots - 12 + month
        if np.abs(table[:, month, last + 1 :]).max(initial=0.0) > ZERO_LIMIT * largest:
            raise InvalidInput(
                f"in the Jacobian of {path} an observation of month {month + 1} "
                "responds to emissions of later months. `flux_month` counts from January of the "
                f"{slots // 12 - 1} years before; later months must be zero.",
                code="emission-after-observation",
                where=f"{path}: jacobian",
            )
        by_lag[:, month, : last + 1] = table[:, month, last::-1]
        age = np.arange(last + 1, slots)
        share = days_share(slots)[month, age]
        by_lag[:, month, last + 1 :] = well_mixed * share[None, :, None, None]
    return by_lag
