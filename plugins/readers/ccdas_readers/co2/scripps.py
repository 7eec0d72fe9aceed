"""Monthly CO2 of the Scripps CO2 programme."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
from attrs import field, frozen
from attrs.validators import in_, optional

from ccdas_framework import ImportedData, ProductReader, in_range

from ..averages import NONE
from ..observations import observation_data
from ..refusal import refusal
from ..screening import Screening
from ..text_files import head, numbers, text_table, whole_text
from .positions import station_position
from .scales import KEEP, SCALES, scale_names
from .station_series import (
    ALL,
    StationSeries,
    StationSettings,
    month_ends,
    months_of,
    screened_station,
)

NAMES = ("Yr", "Mn", "Excel", "Date", "CO2", "adjusted", "fit", "adjusted fit", "filled",
         "adjusted filled", "Sta")  # fmt: skip
COLUMNS = {"measured": "CO2", "filled": "filled"}
PLACE = re.compile(
    r"Latitude\s+([\d.]+)\s*[^\w\s]*\s*([NS])\W+Longitude\s+([\d.]+)\s*[^\w\s]*\s*([EW])"
    r"\W+Elevation\s+(\d+)"
)
FILL = -99.99
CODE = re.compile(r"_co2_(\w{3})", re.IGNORECASE)
SCALE = re.compile(r"on the (\d{4} SIO[\w ]*?scale)", re.IGNORECASE)
NAMES_LINE = re.compile(r"^\s*,")  # the names of the columns take several lines


@frozen
class Scripps(ProductReader):
    """Monthly files of the Scripps CO2 programme, with ten or eleven columns.

    Args:
        values: "measured" (column 5), or "filled" (column 9, with gaps from a fit).
        scale: "keep"; the scales of Scripps are not converted.
        latitude, longitude, altitude: of a station whose file states none (degrees, m).
    """

    values: str = field(default="measured", validator=in_(tuple(COLUMNS)))
    scale: str = field(default=KEEP, validator=in_(SCALES))
    latitude: float | None = field(default=None, validator=optional(in_range(-90.0, 90.0)))
    longitude: float | None = field(default=None, validator=optional(in_range(-180.0, 360.0)))
    altitude: float | None = field(default=None, validator=optional(in_range(-500.0, 20000.0)))

    title = "Scripps CO2 programme, monthly in-situ and flask CO2"
    gives: ClassVar = {"co2": "dry-air mole fraction of CO2, ppm"}
    tried_on = ("monthly_in_situ_co2_mlo.csv",)
    guide = "header of the files; Keeling et al. (2001), SIO Reference Series 01-06"

    @classmethod
    def recognise(cls, path: Path) -> str:
        """Product of a file of Scripps, else ""."""
        text = head(path)
        if not text.startswith('"') or "Scripps CO2 Program" not in text:
            return ""
        return "Scripps CO2 monthly" if "Mn," in text else "Scripps CO2, not monthly"

    def read(self, paths: Sequence[Path], stream: str) -> ImportedData:
        """CO2 of the stations.

        Raises:
            InvalidInput: a damaged file, one that is not monthly, or no value.
        """
        notes: list[str] = []
        screened: list[Screening] = []
        versions: dict[str, None] = {}
        for path in paths:
            screened += self._file(path, notes, versions)
        return observation_data(
            screened, product="Scripps CO2 monthly", version=", ".join(versions),
            notes=list(dict.fromkeys(notes)),
            credits="Scripps CO2 programme, CC BY; cite Keeling et al. (2001)",
        )  # fmt: skip

    def _file(self, path: Path, notes: list[str], versions: dict[str, None]) -> list[Screening]:
        """CO2 of one file, of each station code in it."""
        lines = whole_text(path).split("\n")
        named = (n for n, line in enumerate(lines) if line.replace(" ", "").startswith("Yr,Mn,"))
        last = next(named, None)
        if last is None:
            raise refusal(
                path, "unknown-version", "",
                "the file has no columns Yr, Mn: it is not monthly. Give the monthly file.",
            )  # fmt: skip
        while last + 1 < len(lines) and NAMES_LINE.match(lines[last + 1]):
            last += 1
        first, header = last + 1, "\n".join(lines[: last + 1])
        row = next((line for line in lines[first:] if line.strip()), ",".join(NAMES))
        count = row.count(",") + 1
        if count not in (10, 11):
            raise refusal(
                path, "unknown-version", f"line {first + 1}",
                f"the rows have {count} columns; expected 10 or 11 of the monthly files.",
            )  # fmt: skip
        frame = text_table(path, lines[first:], NAMES[:count], ",", first + 1)
        if count == 10:
            named = CODE.search(path.name)
            frame["Sta"] = named[1].upper() if named else "SIO"
        labels = frame["Sta"].str.strip()
        start = months_of(*(numbers(path, frame[n], n) for n in ("Yr", "Mn")), path)
        name = COLUMNS[self.values]
        values = numbers(path, frame[name], name, (FILL,))
        if (archive := re.search(r"archive dated ([\w-]+)", header)) is not None:
            versions[f"archive of {archive[1]}"] = None
        scale = SCALE.search(header)
        places = PLACE.findall(header)
        screened = []
        for n, label in enumerate(dict.fromkeys(labels)):
            of_label = (labels == label).to_numpy()
            latitude, longitude, altitude = self._place(path, label, places, n, notes)
            series = StationSeries(
                path, label, values[of_label], np.full(of_label.sum(), np.nan), start[of_label],
                month_ends(start[of_label]), latitude, longitude, altitude, altitude,
                scale_names(scale[1] if scale else "SIO"),
            )  # fmt: skip
            settings = StationSettings(self.scale, ALL, NONE)
            screened.append(screened_station(series, settings, [], notes))
        notes.append("values are monthly means adjusted to the 15th of the month, without an error")
        return screened

    def _place(
        self, path: Path, label: str, places: list[tuple[str, ...]], n: int, notes: list[str]
    ) -> tuple[float, float, float]:
        """Position of the station with a code, from the header in the order of the codes."""
        given = (self.latitude, self.longitude, self.altitude)
        if n < len(places) and self.latitude is None:
            north, letter, east, side, elevation = places[n]
            latitude = float(north) * (1.0 if letter == "N" else -1.0)
            longitude = float(east) * (1.0 if side == "E" else -1.0)
            return latitude, longitude, float(elevation)
        return station_position(path, label, given, notes)
