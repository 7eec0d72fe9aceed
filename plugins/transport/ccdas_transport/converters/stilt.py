"""Footprint files of STILT, one for each receptor and time."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from ccdas_framework import InvalidInput

from ..netcdf_input import file_months, open_file
from ..regular_grid import on_file_grid
from .footprints import Footprint, unit_factor, without_gaps

# yyyymmddHH[MM]_long_lati_height_foot.nc; some versions of the manual have lati_long
NAME = re.compile(r"^(\d{10}|\d{12})_(-?[\d.]+)_(-?[\d.]+)_[^_]+_foot\.nc$")
NEAR = 0.1  # degrees between a receptor and the station it belongs to
HOUR = np.timedelta64(3600, "s")


def stilt_files(path):
    """The footprint files of a folder and those below it, or the one that is given.

    Raises:
        InvalidInput: there is none.
    """
    path = Path(path)
    files = sorted(path.rglob("*_foot.nc")) if path.is_dir() else [path]
    if not files:
        raise InvalidInput(
            f"stilt: {path} holds no files *_foot.nc. Give the folder of STILT's output."
        )
    return files


def read_stilt(path, stations):
    """Footprints of STILT, one after the other; the names of the files say place and time.

    `foot(time, lat, lon)` in ppm (umol-1 m2 s), a layer an hour, `time` where the hour begins.

    Args:
        path: a file, or a folder with files `yyyymmddHHMM_long_lati_height_foot.nc`.
        stations: a receptor within 0.1 degrees of one is that station's; others are left out.

    Raises:
        InvalidInput: no receptor is near a station, or a file has another layout or unit.

    Source: Fasoli et al. (2018), Geosci. Model Dev. 11, 2813-2824.
    """
    near = 0
    for file in stilt_files(path):
        where = f"stilt: {file}"
        station, time = _receptor(file, stations)
        if station is None:
            continue
        near += 1
        with open_file(file, "stilt") as data:
            if "foot" not in data:
                raise InvalidInput(
                    f"{where} has no variable `foot`; it has {', '.join(str(n) for n in data)}."
                )
            file_months(data, where)
            data, *edges = on_file_grid(data, where)
            start = data["time"].values.astype("datetime64[s]")
            step = np.diff(start).min() if len(start) > 1 else HOUR
            if (start >= time).any():
                raise InvalidInput(
                    f"{where} has a footprint at or after its receptor, {time}: it is integrated "
                    "over time. Run STILT with time_integrate = FALSE."
                )
            factor = unit_factor(data["foot"].attrs.get("units"), where)
            values = data["foot"].transpose("time", "latitude", "longitude").values
            values = without_gaps(values, factor, where)
        yield Footprint(station, time, start, start + step, values, *edges)
    if not near:
        raise InvalidInput(
            f"stilt: no receptor of {path} lies within {NEAR:g} degrees of a station. Files are "
            "named yyyymmddHHMM_long_lati_height_foot.nc; give the stations with the coordinates "
            "of the receptors."
        )


def _receptor(file, stations):
    """Station and time of the receptor in the name of a file; None where no station is near."""
    found = NAME.match(file.name)
    if found is None:
        raise InvalidInput(
            f"stilt: the name of {file} is not yyyymmddHHMM_long_lati_height_foot.nc, which says "
            "where and when the receptor is."
        )
    digits, one, two = found[1].ljust(12, "0"), float(found[2]), float(found[3])
    date = f"{digits[:4]}-{digits[4:6]}-{digits[6:8]}T{digits[8:10]}:{digits[10:12]}"
    for longitude, latitude in ((one, two), (two, one)):
        name = station_near(stations, latitude, longitude, NEAR)
        if name is not None:
            return name, np.datetime64(date, "s")
    return None, None


def station_near(stations, latitude, longitude, near):
    """Name of the nearest station within so many degrees in latitude and longitude, or None."""
    east = np.abs((stations.longitude - longitude + 180.0) % 360.0 - 180.0)
    apart = np.maximum(np.abs(stations.latitude - latitude), east)
    return stations.id[apart.argmin()] if apart.min() <= near else None
