"""Backward runs of FLEXPART: the response of each release to fluxes into the lowest layer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ccdas_framework import InvalidInput, convert_units, regular_grid

from ..constants import MOLAR_MASS_AIR
from ..netcdf_input import calendar_months, open_netcdf
from ..station_locations import StationLocations
from .footprints import Footprint, filled_values
from .receptors import MAX_DEGREES, nearest_station

if TYPE_CHECKING:
    import xarray as xr

VARIABLE = "spec001_mr"
UNITS = "s m3 kg-1"  # mass mixing ratio per mass emitted in a volume and time


def read_flexpart(path: Path, stations: StationLocations) -> Iterator[Footprint]:
    """Footprints of FLEXPART.

        ppm per (umol m-2 s-1) = (s m3 kg-1) M_air / h

    for a flux into the lowest layer of depth h (m). `spec001_mr(nageclass, pointspec, time, height,
    latitude, longitude)` needs the mass as unit of the source, the mixing ratio as unit of the
    receptor (IND_SOURCE = 1, IND_RECEPTOR = 2) and one field a release.

    Args:
        path: a file `grid_time_*.nc`, or a folder of them.
        stations: a release within 0.1 degrees of a station belongs to it. Other releases do not
            count.

    Yields:
        Footprints, file by file.

    Raises:
        InvalidInput: no release is near a station, or a file has another layout or unit.

    Source: Seibert and Frank (2004), Atmos. Chem. Phys. 4, 51-63; Pisso et al. (2019), Geosci.
        Model Dev. 12, 4955-4997.
    """
    path = Path(path)
    files = sorted(path.rglob("grid_time_*.nc")) if path.is_dir() else [path]
    if not files:
        raise InvalidInput(
            f"flexpart: {path} holds no files grid_time_*.nc. Give the folder of the output of a "
            "backward run.",
            code="missing-file",
            where=f"flexpart: {path}",
        )
    count = 0
    for file in files:
        with open_netcdf(file, "flexpart") as data:
            for footprint in _releases(data, f"flexpart: {file}", stations):
                count += 1
                yield footprint
    if not count:
        raise InvalidInput(
            f"flexpart: no release of {path} lies within {MAX_DEGREES:g} degrees of a station. "
            "Give the stations with the coordinates of the releases.",
            code="no-receptor",
            where=f"flexpart: {path}",
        )


def _releases(data: xr.Dataset, source: str, stations: StationLocations) -> Iterator[Footprint]:
    """Footprints of the releases of one file that are near a station."""
    names = ("RELLNG1", "RELLNG2", "RELLAT1", "RELLAT2", "RELSTART", "RELEND", "height")
    absent = [name for name in (VARIABLE, *names) if name not in data]
    if absent:
        raise InvalidInput(
            f"{source} has no {', '.join(absent)}; expected the netCDF output of a backward run of "
            "FLEXPART, with its releases.",
            code="missing-variable",
            where=f"{source}: {absent[0]}",
        )
    _check_units(data, source)
    releases = data.sizes[data["RELSTART"].dims[0]]
    if data.sizes.get("pointspec", 1) != releases:
        raise InvalidInput(
            f"{source} has {releases} releases and {data.sizes.get('pointspec', 1)} fields; set "
            "IOUTPUTFOREACHRELEASE = 1, for one field a release.",
            code="wrong-dimensions",
            where=f"{source}: {VARIABLE}",
        )
    calendar_months(data, source)
    data, file_grid = regular_grid(data, source)
    edges = file_grid.edges
    axis = data["time"].values.astype("datetime64[s]")
    step = np.abs(np.diff(axis)).min() if len(axis) > 1 else _output_step(data, source)
    depth = float(data["height"].values.ravel()[0])
    field = data[VARIABLE].isel(height=0)
    for n in range(releases):
        corner = {name: float(data[name].values.ravel()[n]) for name in names[:6]}
        latitude = 0.5 * (corner["RELLAT1"] + corner["RELLAT2"])
        longitude = 0.5 * (corner["RELLNG1"] + corner["RELLNG2"])
        station = nearest_station(stations, latitude, longitude, MAX_DEGREES)
        if station is None:
            continue
        middle = int(0.5 * (corner["RELSTART"] + corner["RELEND"]))
        time = _time_origin(data) + np.timedelta64(middle, "s")
        release = field.isel(pointspec=n) if "pointspec" in field.dims else field
        release = release.sum("nageclass") if "nageclass" in release.dims else release
        values = release.transpose("time", "latitude", "longitude").values
        values = filled_values(values, 1e-3 * MOLAR_MASS_AIR / depth, source)  # kg mol-1
        yield Footprint(station, time, axis, axis + step, values, *edges)


def _check_units(data: xr.Dataset, source: str) -> None:
    """Refuse other units than a mixing ratio per mass emitted."""
    units = data[VARIABLE].attrs.get("units")
    kinds = data.attrs.get("ind_source"), data.attrs.get("ind_receptor")
    try:
        same = units is not None and float(convert_units(1.0, str(units), UNITS)) == 1.0
    except InvalidInput:
        same = False
    if not same and not (units is None and tuple(map(str, kinds)) == ("1", "2")):
        raise InvalidInput(
            f"{source} is in '{units or 'no unit'}' (IND_SOURCE {kinds[0]}, IND_RECEPTOR "
            f"{kinds[1]}); expected '{UNITS}'. Run it with IND_SOURCE = 1 (mass) and IND_RECEPTOR "
            "= 2 (mixing ratio): other units need the density of the air.",
            code="wrong-units",
            where=f"{source}: {VARIABLE}",
        )


def _time_origin(data: xr.Dataset) -> np.datetime64:
    """Origin of the times of releases, the origin of the time axis."""
    import xarray as xr  # slow to import

    attributes = {
        n: data["time"].encoding[n] for n in ("units", "calendar") if n in data["time"].encoding
    }
    zero = xr.decode_cf(xr.Dataset({"zero": ((), 0, attributes)}))["zero"].values
    return zero.astype("datetime64[s]")


def _output_step(data: xr.Dataset, source: str) -> np.timedelta64:
    """Length of an output interval of a file with one time."""
    seconds = data.attrs.get("loutstep")
    if seconds is None:
        raise InvalidInput(
            f"{source} has one time and no attribute loutstep, so its length is unknown.",
            code="missing-attribute",
            where=f"{source}: loutstep",
        )
    return np.timedelta64(abs(int(seconds)), "s")
