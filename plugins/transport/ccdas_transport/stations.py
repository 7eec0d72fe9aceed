"""Stations of a CSV file, and which of them stand on ice sheets."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Self

import numpy as np
from attrs import frozen

from ccdas_framework import InvalidInput

from .station_locations import StationLocations

GREENLAND = (60.0, 84.0, -72.0, -20.0)  # degrees: the ice sheet lies within
ANTARCTIC = -60.0  # degrees: mountains to the south of it are ice
COLUMNS = ("id", "lat", "lon", "alt_m")


@frozen(eq=False)
class Stations(StationLocations):
    """Stations that sample the air, with complete locations.

    Args:
        id: names, shape (station,).
        latitude, longitude: degrees north and east, shape (station,).
        altitude: above the sea (m), shape (station,).

    Raises:
        InvalidInput: lengths differ, a name is empty or comes twice, or a location is not on Earth.
    """

    def __attrs_post_init__(self) -> None:
        lengths = {len(self.id), len(self.latitude), len(self.longitude), len(self.altitude)}
        if len(lengths) > 1:
            raise InvalidInput(
                f"stations: {len(self.id)} names, {len(self.latitude)} latitudes, "
                f"{len(self.longitude)} longitudes and {len(self.altitude)} altitudes. Each "
                "station needs one of each.",
                code="lengths-differ",
                where="stations",
            )
        if not all(name.strip() for name in self.id):
            number = [bool(n.strip()) for n in self.id].index(False) + 1
            raise InvalidInput(
                f"stations: number {number} has no name. Each station needs an id.",
                code="missing-name",
                where=f"station number {number}",
            )
        duplicates = sorted({name for name in self.id if self.id.count(name) > 1})
        if duplicates:
            raise InvalidInput(
                f"stations: {', '.join(duplicates)} occurs more than once. A name stands for one "
                "location: rename or remove the others.",
                code="duplicate-station",
                where=f"station '{duplicates[0]}'",
            )
        for name, lat, lon, alt in zip(self.id, *self.coordinates, strict=True):
            if not (abs(lat) <= 90.0 and -180.0 <= lon <= 360.0 and -500.0 <= alt <= 9000.0):
                raise InvalidInput(
                    f"stations: '{name}' lies at latitude {lat:g}, longitude {lon:g}, altitude "
                    f"{alt:g} m; expected -90 to 90, -180 to 360 and -500 to 9000 m.",
                    code="location-out-of-range",
                    where=f"station '{name}'",
                )

    @classmethod
    def read(cls, path: Path | str) -> Self:
        """Stations of a CSV file with the columns id, lat, lon and alt_m.

        Raises:
            InvalidInput: the file is absent or not text, lacks a column or any station, or holds
                a value that is not a number.
        """
        where = f"stations: {path}"
        if not Path(path).is_file():
            raise InvalidInput(
                f"stations: there is no file {path}. Give a CSV file of stations.",
                code="missing-file",
                where=where,
            )
        try:
            # spreadsheets begin a file with a mark that utf-8-sig removes
            with Path(path).open(encoding="utf-8-sig", newline="") as file:
                table = csv.DictReader(file, skipinitialspace=True)
                columns, rows = tuple(table.fieldnames or ()), list(table)
        except (UnicodeDecodeError, csv.Error) as cause:
            raise InvalidInput(
                f"stations: {path} is not text in UTF-8 ({cause}). Save it as a CSV file in UTF-8.",
                code="unreadable-file",
                where=where,
            ) from None
        absent = [name for name in COLUMNS if name not in columns]
        if absent:
            raise InvalidInput(
                f"stations: {path} has the columns {', '.join(columns) or '(none)'}; "
                f"{', '.join(absent)} is missing. Expected: id, lat, lon, alt_m (degrees, m), "
                "separated by commas.",
                code="missing-column",
                where=f"{where}: {absent[0]}",
            )
        if not rows:
            raise InvalidInput(
                f"stations: {path} holds no station. Add a line for each.",
                code="no-station",
                where=where,
            )
        coordinates = []
        for line, row in enumerate(rows, 2):
            try:
                coordinates.append([float(row[name]) for name in COLUMNS[1:]])
            except (TypeError, ValueError):
                raise InvalidInput(
                    f"stations: line {line} of {path} ('{row['id']}') has "
                    f"lat {row['lat']!r}, lon {row['lon']!r}, alt_m {row['alt_m']!r}; expected "
                    "three numbers (degrees, degrees, m).",
                    code="not-a-number",
                    where=f"{where}: line {line}",
                ) from None
        return cls([row["id"] for row in rows], *np.array(coordinates).reshape(-1, 3).T)


def on_ice(latitude: float, longitude: float, altitude: float, mountain_altitude: float) -> bool:
    """Whether a station stands on an ice sheet, whose surface is the ground of its air."""
    south, north, west, east = GREENLAND
    longitude = (longitude + 180.0) % 360.0 - 180.0
    greenland = (south <= latitude <= north) and (west <= longitude <= east)
    return altitude > mountain_altitude and (latitude < ANTARCTIC or greenland)
