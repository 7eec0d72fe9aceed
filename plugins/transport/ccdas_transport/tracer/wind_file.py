"""CF files of monthly winds on pressure levels, with any common names and order of axes."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ccdas_framework import InvalidInput, months_of_times, regular_grid, with_missing
from ccdas_framework.grids import calendar_months as months_of_dates

from ..netcdf_input import open_netcdf

if TYPE_CHECKING:
    import xarray as xr

# our name -> names in files, ours first; the last is the standard name of CF
NAMES = {
    "u": ("u", "ua", "uwnd", "eastward_wind"),
    "v": ("v", "va", "vwnd", "northward_wind"),
    "level": ("level", "plev", "pressure_level", "isobaricInhPa", "air_pressure"),
}
SPACE = ("level", "latitude", "longitude")
STRONGEST = 150.0  # m s-1, above monthly means of the polar night jet; own choice
HPA_PER_UNIT = {"hPa": 1.0, "millibars": 1.0, "mbar": 1.0, "mb": 1.0, "Pa": 0.01}


def read_wind_file(
    path: Path | str,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, str]:
    """Calendar months, levels, latitudes, longitudes, u and v of a file, and its title.

    Several years are averaged by calendar month. Latitudes and longitudes rise, levels (hPa) fall.
    The nearest rows replace poles that are not in the file.

    Args:
        path: netCDF file with the eastward and northward wind on pressure levels, m s-1.

    Returns:
        months 1..12 (month,), levels (hPa), latitudes and longitudes (degrees), u and v (m s-1),
        shape (month, level, latitude, longitude), and the title of the file.

    Raises:
        InvalidInput: the file lacks a variable or an axis, or has another unit or grid.
    """
    path = Path(path)
    with open_netcdf(path, "winds") as data:
        title = str(data.attrs.get("title", data.attrs.get("Info", path.name)))
        data, _ = regular_grid(data, f"winds: {path}", "points")
        data, time = _renamed(data, path)
        months = _calendar_months(data, time, path)
        data = _ordered(data, path)
        order = (time, *SPACE)
        u, v = (
            _possible(with_missing(data[name].transpose(*order), marks=True), path)
            for name in ("u", "v")
        )
        level, latitude, longitude = (data[name].values.astype(float) for name in SPACE)
    distinct = np.unique(months)
    u, v = (np.stack([wind[months == month].mean(axis=0) for month in distinct]) for wind in (u, v))
    if latitude[0] > -90.0 + 1e-6 or latitude[-1] < 90.0 - 1e-6:
        latitude, u, v = _with_poles(latitude, u, v)
    return distinct, level, latitude, longitude, u, v, title


def _possible(wind: xr.DataArray, path: Path) -> np.ndarray:
    """Wind (m s-1) without gaps, shape of `wind`."""
    values = wind.values.astype(float)
    for code, fault, wrong in (
        ("missing-values", "missing", ~np.isfinite(values)),
        ("out-of-range", f"beyond {STRONGEST:g} m s-1", np.abs(values) > STRONGEST),
    ):
        if wrong.any():
            first = tuple(np.argwhere(wrong)[0])
            place = (
                f"{dim} {wind[dim].values[n]}" for dim, n in zip(wind.dims, first, strict=True)
            )
            raise InvalidInput(
                f"winds: `{wind.name}` of {path} is {fault} in {int(wrong.sum())} of {wrong.size} "
                f"values, the first {values[first]:g} at {', '.join(place)}. Fill or correct them.",
                code=code,
                where=f"{path}: {wind.name}",
            )
    return values


def _renamed(data: xr.Dataset, path: Path) -> tuple[xr.Dataset, str]:
    """The dataset under our names, and the name of its axis of time."""
    standard = {
        data[name].attrs.get("standard_name", ""): name for name in reversed(list(data.variables))
    }
    new_names = {}
    for name, spellings in NAMES.items():
        present = [s for s in spellings if s in data.variables or s in data.dims]
        file_name = present[0] if present else standard.get(spellings[-1])
        if file_name is not None and file_name != name:
            new_names[file_name] = name
    data = data.rename(new_names)
    for name in ("u", "v"):
        if name not in data or not set(SPACE) <= set(data[name].dims) or data[name].ndim != 4:
            dims = tuple(data[name].dims) if name in data else "none"
            raise InvalidInput(
                f"winds: {path} needs `{name}` with dims (month or time, level, latitude, "
                f"longitude); it has {dims}.",
                code="wrong-dimensions" if name in data else "missing-variable",
                where=f"{path}: {name}",
            )
        unit = data[name].attrs.get("units", "m s-1").replace("**", "")
        if unit not in ("m s-1", "m/s"):
            raise InvalidInput(
                f"winds: `{name}` of {path} is in '{unit}', expected 'm s-1'.",
                code="wrong-units",
                where=f"{path}: {name}",
            )
    times = {dim for name in ("u", "v") for dim in data[name].dims} - set(SPACE)
    if len(times) > 1:
        raise InvalidInput(
            f"winds: `u` and `v` of {path} have different axes of time: {times}.",
            code="wrong-dimensions",
            where=f"{path}: u, v",
        )
    return data, times.pop()


def _calendar_months(data: xr.Dataset, time: str, path: Path) -> np.ndarray:
    """Calendar month of each wind, 1..12, shape (time,)."""
    values = data[time].values
    if time == "month" and np.isin(values, range(1, 13)).all():
        return values.astype(int)
    if months_of_dates(values) is None:
        raise InvalidInput(
            f"winds: {path} has no time axis, neither `month`, 1 to 12, nor dates with CF units "
            f"such as 'days since 2010-01-01'; `{time}` is neither.",
            code="missing-time-axis",
            where=f"{path}: {time}",
        )
    months = months_of_times(data, f"winds: {path}", time, monthly=False)
    return months.astype(int) % 12 + 1


def _ordered(data: xr.Dataset, path: Path) -> xr.Dataset:
    """From south to north, from west to east and upward in hPa, all over the globe."""
    unit = data["level"].attrs.get("units", "hPa")
    if unit not in HPA_PER_UNIT:
        raise InvalidInput(
            f"winds: `level` of {path} is in '{unit}', expected one of {', '.join(HPA_PER_UNIT)}.",
            code="wrong-units",
            where=f"{path}: level",
        )
    levels = data["level"] * HPA_PER_UNIT[unit]
    data = data.assign_coords(level=levels)
    data = data.sortby("level", ascending=False)
    level, latitude, longitude = (data[name].values for name in SPACE)
    if len(level) < 2 or level.min() <= 0.0:
        raise InvalidInput(
            f"winds: {path} has the levels {level.tolist()} hPa; at least two above 0 are needed.",
            code="wrong-value",
            where=f"{path}: level",
        )
    gap = 360.0 - (longitude[-1] - longitude[0])
    steps = np.append(np.diff(longitude), gap)
    if np.ptp(steps) > 0.01 * gap or np.abs(latitude[[0, -1]]).min() < 90.0 - gap:
        raise InvalidInput(
            f"winds: {path} reaches from latitude {latitude[0]:g} to {latitude[-1]:g} and from "
            f"longitude {longitude[0]:g} to {longitude[-1]:g}; winds must cover the globe in even "
            "steps. Take a global file.",
            code="partial-globe",
            where=f"{path}: latitude, longitude",
        )
    return data


def _with_poles(
    latitude: np.ndarray, u: np.ndarray, v: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Winds with the nearest row at each pole that is not in the file."""
    south, north = latitude[0] > -90.0 + 1e-6, latitude[-1] < 90.0 - 1e-6
    width = [(0, 0), (0, 0), (int(south), int(north)), (0, 0)]
    limits = ([-90.0] if south else [], [90.0] if north else [])
    padded = np.concatenate([limits[0], latitude, limits[1]])
    return padded, np.pad(u, width, mode="edge"), np.pad(v, width, mode="edge")


def checksum(path: Path | str) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()
