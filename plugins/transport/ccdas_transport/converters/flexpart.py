"""Backward runs of FLEXPART: the response of each release to fluxes into the lowest layer."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ccdas_framework import InvalidInput, convert_units

from ..constants import MOLAR_MASS_AIR
from ..netcdf_input import file_months, open_file
from ..regular_grid import on_file_grid
from .footprints import Footprint, without_gaps
from .stilt import NEAR, station_near

VARIABLE = "spec001_mr"
UNITS = "s m3 kg-1"  # mass mixing ratio per mass emitted in a volume and time


def read_flexpart(path, stations):
    """Footprints of FLEXPART, one after the other.

        ppm per (umol m-2 s-1) = (s m3 kg-1) M_air / h

    for a flux into the lowest layer of depth h (m). `spec001_mr(nageclass, pointspec, time, height,
    latitude, longitude)` needs the mass as unit of the source and the mixing ratio as that of the
    receptor (IND_SOURCE = 1, IND_RECEPTOR = 2) and one field a release.

    Args:
        path: a file `grid_time_*.nc`, or a folder of them.
        stations: a release within 0.1 degrees of one is that station's; others are left out.

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
            "backward run."
        )
    near = 0
    for file in files:
        with open_file(file, "flexpart") as data:
            for one in _releases(data, f"flexpart: {file}", stations):
                near += 1
                yield one
    if not near:
        raise InvalidInput(
            f"flexpart: no release of {path} lies within {NEAR:g} degrees of a station. Give the "
            "stations with the coordinates of the releases."
        )


def _releases(data, where, stations):
    """Footprints of the releases of one file that are near a station."""
    names = ("RELLNG1", "RELLNG2", "RELLAT1", "RELLAT2", "RELSTART", "RELEND", "height")
    absent = [name for name in (VARIABLE, *names) if name not in data]
    if absent:
        raise InvalidInput(
            f"{where} has no {', '.join(absent)}; expected the netCDF output of a backward run of "
            "FLEXPART, with its releases."
        )
    _check_units(data, where)
    releases = data.sizes[data["RELSTART"].dims[0]]
    if data.sizes.get("pointspec", 1) != releases:
        raise InvalidInput(
            f"{where} has {releases} releases and {data.sizes.get('pointspec', 1)} fields; set "
            "IOUTPUTFOREACHRELEASE = 1, so that each release has its own."
        )
    file_months(data, where)
    data, *edges = on_file_grid(data, where)
    axis = data["time"].values.astype("datetime64[s]")
    step = np.abs(np.diff(axis)).min() if len(axis) > 1 else _output_step(data, where)
    depth = float(data["height"].values.ravel()[0])
    field = data[VARIABLE].isel(height=0)
    for n in range(releases):
        corner = {name: float(data[name].values.ravel()[n]) for name in names[:6]}
        latitude = 0.5 * (corner["RELLAT1"] + corner["RELLAT2"])
        longitude = 0.5 * (corner["RELLNG1"] + corner["RELLNG2"])
        station = station_near(stations, latitude, longitude, NEAR)
        if station is None:
            continue
        middle = int(0.5 * (corner["RELSTART"] + corner["RELEND"]))
        time = _origin(data) + np.timedelta64(middle, "s")
        one = field.isel(pointspec=n) if "pointspec" in field.dims else field
        one = one.sum("nageclass") if "nageclass" in one.dims else one
        values = one.transpose("time", "latitude", "longitude").values
        values = without_gaps(values, 1e-3 * MOLAR_MASS_AIR / depth, where)  # kg mol-1
        yield Footprint(station, time, axis, axis + step, values, *edges)


def _check_units(data, where):
    """Refuse other units than those of a mass emitted and a mixing ratio seen."""
    units = data[VARIABLE].attrs.get("units")
    kinds = data.attrs.get("ind_source"), data.attrs.get("ind_receptor")
    try:
        same = units is not None and float(convert_units(1.0, str(units), UNITS)) == 1.0
    except InvalidInput:
        same = False
    if not same and not (units is None and tuple(map(str, kinds)) == ("1", "2")):
        raise InvalidInput(
            f"{where} is in '{units or 'no unit'}' (IND_SOURCE {kinds[0]}, IND_RECEPTOR "
            f"{kinds[1]}); expected '{UNITS}'. Run it with IND_SOURCE = 1 (mass) and IND_RECEPTOR "
            "= 2 (mixing ratio): other units need the density of the air."
        )


def _origin(data):
    """The moment that times of releases count from: that of the time axis."""
    import xarray as xr

    attributes = {
        n: data["time"].encoding[n] for n in ("units", "calendar") if n in data["time"].encoding
    }
    zero = xr.decode_cf(xr.Dataset({"zero": ((), 0, attributes)}))["zero"].values
    return zero.astype("datetime64[s]")


def _output_step(data, where):
    """Length of an output interval of a file with one time."""
    seconds = data.attrs.get("loutstep")
    if seconds is None:
        raise InvalidInput(
            f"{where} has one time and no attribute loutstep, so its length is lost."
        )
    return np.timedelta64(abs(int(seconds)), "s")
