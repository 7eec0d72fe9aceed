"""Footprint files of STILT, one for each receptor and time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ccdas_framework import InvalidInput, regular_grid

from ..netcdf_input import calendar_months, open_netcdf
from ..station_locations import StationLocations
from .footprints import Footprint, filled_values, unit_factor
from .receptors import MAX_DEGREES, nearest_station

# yyyymmddHH[MM]_long_lati_height_foot.nc; some versions of the manual have lati_long
NAME = re.compile(r"^(\d{10}|\d{12})_(-?[\d.]+)_(-?[\d.]+)_[^_]+_foot\.nc$")
HOUR = np.timedelta64(3600, "s")


def stilt_files(path: Path) -> list[Path]:
    """The footprint files of a folder and its subfolders, or the file itself.

    Raises:
        InvalidInput: there is none.
    """
    path = Path(path)
    files = sorted(path.rglob("*_foot.nc")) if path.is_dir() else [path]
    if not files:
        raise InvalidInput(
            f"stilt: {path} holds no files *_foot.nc. Give the folder of STILT's output.",
            code="missing-file",
            where=f"stilt: {path}",
        )
    return files


def read_stilt(path: Path, stations: StationLocations) -> Iterator[Footprint]:
    """Footprints of STILT. The names of the files give location and time.

    `foot(time, lat, lon)` in ppm (umol-1 m2 s), a layer an hour, `time` at the start of the hour.

    Args:
        path: a file, or a folder with files `yyyymmddHHMM_long_lati_height_foot.nc`.
        stations: a receptor within 0.1 degrees of a station belongs to it. Other receptors do not
            count.

    Yields:
        Footprints, file by file.

    Raises:
        InvalidInput: no receptor is near a station, or a file has another layout or unit.

    Source: Fasoli et al. (2018), Geosci. Model Dev. 11, 2813-2824.
    """
    count = 0
    for file in stilt_files(path):
        source = f"stilt: {file}"
        station, time = _receptor(file, stations)
        if station is None:
            continue
        count += 1
        with open_netcdf(file, "stilt") as data:
            if "foot" not in data:
                raise InvalidInput(
                    f"{source} has no variable `foot`; it has {', '.join(str(n) for n in data)}.",
                    code="missing-variable",
                    where=f"{source}: foot",
                )
            calendar_months(data, source)
            data, file_grid = regular_grid(data, source)
            edges = file_grid.edges
            start = data["time"].values.astype("datetime64[s]")
            step = np.diff(start).min() if len(start) > 1 else HOUR
            if (start >= time).any():
                raise InvalidInput(
                    f"{source} has a footprint at or after its receptor, {time}: it is integrated "
                    "over time. Run STILT with time_integrate = FALSE.",
                    code="integrated-over-time",
                    where=f"{source}: time",
                )
            factor = unit_factor(data["foot"].attrs.get("units"), source)
            values = data["foot"].transpose("time", "latitude", "longitude").values
            values = filled_values(values, factor, source)
        yield Footprint(station, time, start, start + step, values, *edges)
    if not count:
        raise InvalidInput(
            f"stilt: no receptor of {path} lies within {MAX_DEGREES:g} degrees of a station. Files "
            "are named yyyymmddHHMM_long_lati_height_foot.nc; give the stations with the "
            "coordinates of the receptors.",
            code="no-receptor",
            where=f"stilt: {path}",
        )


def _receptor(
    file: Path, stations: StationLocations
) -> tuple[str, np.datetime64] | tuple[None, None]:
    """Station and time of the receptor in the name of a file; None where no station is near."""
    parts = NAME.match(file.name)
    if parts is None:
        raise InvalidInput(
            f"stilt: the name of {file} is not yyyymmddHHMM_long_lati_height_foot.nc, which gives "
            "the time and the location of the receptor.",
            code="wrong-file-name",
            where=f"stilt: {file}",
        )
    digits, first, second = parts[1].ljust(12, "0"), float(parts[2]), float(parts[3])
    date = f"{digits[:4]}-{digits[4:6]}-{digits[6:8]}T{digits[8:10]}:{digits[10:12]}"
    for longitude, latitude in ((first, second), (second, first)):
        name = nearest_station(stations, latitude, longitude, MAX_DEGREES)
        if name is not None:
            return name, np.datetime64(date, "s")
    return None, None
