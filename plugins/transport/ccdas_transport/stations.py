"""Stations of a CSV file, and which of them stand on ice sheets."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from attrs import frozen

from ccdas_framework import InvalidInput

from .station_locations import StationPlaces

GREENLAND = (60.0, 84.0, -72.0, -20.0)  # degrees: the ice sheet lies within
ANTARCTIC = -60.0  # degrees: what stands high to the south of it stands on ice


@frozen(eq=False)
class Stations(StationPlaces):
    """Places where the air is sampled, all of them known.

    Args:
        id: names, shape (station,).
        latitude, longitude: degrees north and east, shape (station,).
        altitude: above the sea (m), shape (station,).

    Raises:
        InvalidInput: lengths differ, a name is empty or comes twice, or a place is not on Earth.
    """

    def __attrs_post_init__(self):
        lengths = {len(self.id), len(self.latitude), len(self.longitude), len(self.altitude)}
        if len(lengths) > 1:
            raise InvalidInput(
                f"stations: {len(self.id)} names, {len(self.latitude)} latitudes, "
                f"{len(self.longitude)} longitudes and {len(self.altitude)} altitudes were given; "
                "one of each is needed for a station."
            )
        if not all(name.strip() for name in self.id):
            raise InvalidInput(
                f"stations: number {[bool(n.strip()) for n in self.id].index(False) + 1} has no "
                "name. Each station needs an id."
            )
        twice = sorted({name for name in self.id if self.id.count(name) > 1})
        if twice:
            raise InvalidInput(
                f"stations: {', '.join(twice)} is given more than once; a name stands for one "
                "place. Rename or remove the others."
            )
        for name, lat, lon, alt in zip(
            self.id, self.latitude, self.longitude, self.altitude, strict=True
        ):
            if not (abs(lat) <= 90.0 and -180.0 <= lon <= 360.0 and -500.0 <= alt <= 9000.0):
                raise InvalidInput(
                    f"stations: '{name}' lies at latitude {lat:g}, longitude {lon:g}, altitude "
                    f"{alt:g} m; expected -90 to 90, -180 to 360 and -500 to 9000 m."
                )

    @classmethod
    def read(cls, path):
        """Stations of a CSV file with the columns id, lat, lon and alt_m.

        Raises:
            InvalidInput: the file is absent or no text, lacks a column or any station, or holds
                what is no number.
        """
        if not Path(path).is_file():
            raise InvalidInput(f"stations: there is no file {path}. Give a CSV file of stations.")
        try:
            # spreadsheets put a mark at the beginning, which utf-8-sig takes off
            with Path(path).open(encoding="utf-8-sig", newline="") as file:
                table = csv.DictReader(file, skipinitialspace=True)
                found, rows = tuple(table.fieldnames or ()), list(table)
        except (UnicodeDecodeError, csv.Error) as cause:
            raise InvalidInput(
                f"stations: {path} is no text in UTF-8 ({cause}). Save it as a CSV file in UTF-8."
            ) from None
        needed = ("id", "lat", "lon", "alt_m")
        absent = [name for name in needed if name not in found]
        if absent:
            raise InvalidInput(
                f"stations: {path} has the columns {', '.join(found) or '(none)'}; "
                f"{', '.join(absent)} is missing. Expected: id, lat, lon, alt_m (degrees, m), "
                "separated by commas."
            )
        if not rows:
            raise InvalidInput(f"stations: {path} holds no station. Add a line for each.")
        places = []
        for line, row in enumerate(rows, 2):
            try:
                places.append([float(row[name]) for name in needed[1:]])
            except (TypeError, ValueError):
                raise InvalidInput(
                    f"stations: line {line} of {path} ('{row['id']}') has "
                    f"lat {row['lat']!r}, lon {row['lon']!r}, alt_m {row['alt_m']!r}; expected "
                    "three numbers (degrees, degrees, m)."
                ) from None
        places = np.array(places).reshape(-1, 3)
        return cls([row["id"] for row in rows], *places.T)


def on_ice(latitude, longitude, altitude, mountain_altitude):
    """Whether a station stands on an ice sheet, whose surface is the ground of its air (bool)."""
    south, north, west, east = GREENLAND
    longitude = (longitude + 180.0) % 360.0 - 180.0
    greenland = (south <= latitude <= north) and (west <= longitude <= east)
    return altitude > mountain_altitude and (latitude < ANTARCTIC or greenland)
