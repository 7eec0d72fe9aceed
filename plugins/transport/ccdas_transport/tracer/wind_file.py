"""A CF file of monthly winds on pressure levels, whatever its names and the order of its axes."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from ccdas_framework import InvalidInput

from ..netcdf_input import months_of, open_file

# what -> names that files have for it, ours first; the last is the standard name of CF
NAMES = {
    "u": ("u", "ua", "uwnd", "eastward_wind"),
    "v": ("v", "va", "vwnd", "northward_wind"),
    "level": ("level", "plev", "pressure_level", "isobaricInhPa", "air_pressure"),
    "latitude": ("latitude", "lat"),
    "longitude": ("longitude", "lon"),
}
PLACE = ("level", "latitude", "longitude")
HPA = {"hPa": 1.0, "millibars": 1.0, "mbar": 1.0, "mb": 1.0, "Pa": 0.01}


def read_wind_file(path):
    """Calendar months, levels, latitudes, longitudes, u and v of a file, and its title.

    Several years are averaged by calendar month. Axes are in rising order but the levels (hPa),
    which fall; the nearest rows stand for poles that the file does not hold.

    Args:
        path: netCDF file with the eastward and northward wind on pressure levels, m s-1.

    Returns:
        months 1..12 (month,), levels (hPa), latitudes and longitudes (degrees), u and v (m s-1),
        shape (month, level, latitude, longitude), and what the file calls itself.

    Raises:
        InvalidInput: what the file lacks, in a sentence.
    """
    path = Path(path)
    with open_file(path, "winds") as data:
        title = str(data.attrs.get("title", data.attrs.get("Info", path.name)))
        data, time = _renamed(data, path)
        months = _calendar_months(data, time, path)
        data = _ordered(data, path)
        wanted = (time, *PLACE)
        u, v = (data[name].transpose(*wanted).values.astype(float) for name in ("u", "v"))
        level, latitude, longitude = (data[name].values.astype(float) for name in PLACE)
    if not (np.isfinite(u).all() and np.isfinite(v).all()):
        raise InvalidInput(f"winds: {path} has missing values; fill them before use.")
    found = np.unique(months)
    u, v = (np.stack([wind[months == month].mean(axis=0) for month in found]) for wind in (u, v))
    if latitude[0] > -90.0 + 1e-6 or latitude[-1] < 90.0 - 1e-6:
        latitude, u, v = _with_poles(latitude, u, v)
    return found, level, latitude, longitude, u, v, title


def _renamed(data, path):
    """The dataset under our names, and the name of its axis of time."""
    standard = {
        data[name].attrs.get("standard_name", ""): name for name in reversed(list(data.variables))
    }
    ours = {}
    for name, others in NAMES.items():
        known = [other for other in others if other in data.variables or other in data.dims]
        found = known[0] if known else standard.get(others[-1])
        if found is not None and found != name:
            ours[found] = name
    data = data.rename(ours)
    for name in ("u", "v"):
        if name not in data or not set(PLACE) <= set(data[name].dims) or data[name].ndim != 4:
            found = tuple(data[name].dims) if name in data else "none"
            raise InvalidInput(
                f"winds: {path} needs `{name}` with dims (month or time, level, latitude, "
                f"longitude); it has {found}."
            )
        unit = data[name].attrs.get("units", "m s-1").replace("**", "")
        if unit not in ("m s-1", "m/s"):
            raise InvalidInput(f"winds: `{name}` of {path} is in '{unit}', expected 'm s-1'.")
    times = {dim for name in ("u", "v") for dim in data[name].dims} - set(PLACE)
    if len(times) > 1:
        raise InvalidInput(f"winds: `u` and `v` of {path} have different axes of time: {times}.")
    return data, times.pop()


def _calendar_months(data, time, path):
    """Calendar month of each wind, 1..12, shape (time,)."""
    values = data[time].values
    if time == "month" and np.isin(values, range(1, 13)).all():
        return values.astype(int)
    months = months_of(values)
    if months is None:
        raise InvalidInput(
            f"winds: {path} has no time axis, neither `month`, 1 to 12, nor dates with CF units "
            f"such as 'days since 2010-01-01'; `{time}` is none."
        )
    return months.astype(int) % 12 + 1


def _ordered(data, path):
    """From south to north, from west to east and upward in hPa, all over the globe."""
    unit = data["level"].attrs.get("units", "hPa")
    if unit not in HPA:
        raise InvalidInput(
            f"winds: `level` of {path} is in '{unit}', expected one of {', '.join(HPA)}."
        )
    data = data.assign_coords(level=data["level"] * HPA[unit]).sortby(["latitude", "longitude"])
    data = data.sortby("level", ascending=False)
    level, latitude, longitude = (data[name].values for name in PLACE)
    if len(level) < 2 or level.min() <= 0.0:
        raise InvalidInput(
            f"winds: {path} has the levels {level.tolist()} hPa; at least two above 0 are needed."
        )
    gap = 360.0 - (longitude[-1] - longitude[0])
    steps = np.append(np.diff(longitude), gap)
    if np.ptp(steps) > 0.01 * gap or np.abs(latitude[[0, -1]]).min() < 90.0 - gap:
        raise InvalidInput(
            f"winds: {path} reaches from latitude {latitude[0]:g} to {latitude[-1]:g} and from "
            f"longitude {longitude[0]:g} to {longitude[-1]:g}; winds must cover the globe in even "
            "steps. Take a global file."
        )
    return data


def _with_poles(latitude, u, v):
    """The nearest row stands for a pole that a file does not hold."""
    south, north = latitude[0] > -90.0 + 1e-6, latitude[-1] < 90.0 - 1e-6
    width = [(0, 0), (0, 0), (int(south), int(north)), (0, 0)]
    limits = ([-90.0] if south else [], [90.0] if north else [])
    padded = np.concatenate([limits[0], latitude, limits[1]])
    return padded, np.pad(u, width, mode="edge"), np.pad(v, width, mode="edge")


def checksum(path):
    """SHA-256 of a file."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()
