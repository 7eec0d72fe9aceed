"""Text files of NOAA GML: flasks and in-situ CO2 by event, hour, day and month, and trends."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from attrs import field, frozen
from attrs.validators import in_, optional

from ccdas_framework import ImportedData, ProductReader, in_range

from ..averages import NONE, PERIODS
from ..observations import observation_data
from ..refusal import refusal
from ..screening import Screening
from ..text_files import (
    calendar_stamps,
    csv_table,
    head,
    numbers,
    require_columns,
    text_table,
    whole_text,
)
from .headers import header_keys, mole_fraction, number
from .positions import station_position
from .scales import KEEP, SCALES, scale_names
from .station_series import (
    ALL,
    StationSeries,
    StationSettings,
    month_ends,
    months_of,
    require_co2,
    screened_station,
    valid_hours,
)

FILLS = (-999.99, -999.999, -99.99, -999.0, -9.99, -0.99)
PLACE_FILLS = tuple(fill for fill in FILLS if fill < -90.0)  # -9.99 and -0.99 are latitudes
HEADER_LINES = re.compile(r"^# (?:number_of_)?header_lines\s*:\s*(\d+)", re.MULTILINE)
NAME = re.compile(r"^(\w+?)_(\w+?)_surface", re.IGNORECASE)
TREND = re.compile(r"USE OF NOAA (?:GML|ESRL) DATA")
DATE = ("year", "month", "day", "hour", "minute", "second")
SPECIES = re.compile(r"contact_parameter:\s*(\w+)|parameter_formula\s*:\s*(\w+)")
# former names of columns of the event files
FORMER = {
    "sample_site_code": "site_code", "analysis_value": "value", "analysis_flag": "qcflag",
    "analysis_uncertainty": "value_unc", "sample_latitude": "latitude",
    "sample_longitude": "longitude", "sample_altitude": "altitude",
    "sample_elevation": "elevation", "sample_intake_height": "intake_height",
    "sample_seconds": "second", **{f"sample_{part}": part for part in DATE},
}  # fmt: skip
# of the files of trends as text before 2021, in which a missing month is -99.99
FORMER_TREND = ("year", "month", "decimal date", "average", "interpolated", "trend", "ndays")
MAUNA_LOA = ("MLO", 19.536, -155.576, 3437.0)  # of the files of in-situ CO2
NOAA_BEGINS = np.datetime64("1974-05-01")  # months before are of Scripps
LENGTHS = {"hour": np.timedelta64(3600, "s"), "minute": np.timedelta64(60, "s")}


@frozen
class NoaaGml(ProductReader):
    """Text files of NOAA GML.

    Args:
        scale: "keep", "X2007" or "X2019".
        hours: of hourly values: "all", "well_mixed" or a range such as "12-16", local solar time.
        average: "none", "day" or "month"; the stream co2 needs one value a month.
        background_only: whether values with a selection flag, the second character of qcflag, are
            left out.
        latitude, longitude, altitude: of a station whose file states none (degrees, m).
    """

    scale: str = field(default=KEEP, validator=in_(SCALES))
    hours: str = field(default=ALL, validator=valid_hours)
    average: str = field(default=NONE, validator=in_(PERIODS))
    background_only: bool = False
    latitude: float | None = field(default=None, validator=optional(in_range(-90.0, 90.0)))
    longitude: float | None = field(default=None, validator=optional(in_range(-180.0, 360.0)))
    altitude: float | None = field(default=None, validator=optional(in_range(-500.0, 20000.0)))

    title = "NOAA GML text files of CO2: flask events and months, in-situ hours to months, trends"
    gives: ClassVar = {"co2": "dry-air mole fraction of CO2, ppm"}
    tried_on = (
        "co2_cgo_surface-flask_1_ccgg_month.txt", "co2_mlo_surface-insitu_1_ccgg_MonthlyData.txt",
        "co2_brw_surface-insitu_1_ccgg_MonthlyData.txt", "co2_mlo_surface-flask_1_ccgg_event.txt",
        "co2_mm_mlo.csv",
    )  # fmt: skip
    guide = "headers of the files; README of the NOAA 3-character quality control flag"

    @classmethod
    def recognise(cls, path: Path) -> str:
        """Product of a text file of NOAA GML, else ""."""
        text = head(path)
        if TREND.search(text) and "decimal" in text:
            return "NOAA GML CO2 trends, monthly means"
        if HEADER_LINES.search(text) and "wdcgg" not in text.lower()[:4000]:
            match = NAME.match(path.name)
            species = match[1].upper() if match else ""
            return f"NOAA GML {species} text".replace("  ", " ")
        return ""

    def read(self, paths: Sequence[Path], stream: str) -> ImportedData:
        """CO2 of the stations.

        Raises:
            InvalidInput: another species, a damaged file, or no value.
        """
        notes: list[str] = []
        versions: dict[str, None] = {}
        screened: list[Screening] = []
        for path in paths:
            if self.recognise(path).endswith("monthly means"):
                screened.append(self._trend(path, notes))
                continue
            lines = whole_text(path).split("\n")
            count = int(HEADER_LINES.search("\n".join(lines[:200]))[1])  # type: ignore[index]
            keys = header_keys(lines[:count])
            if created := keys.get("dataset_creation_date"):
                versions[f"created {created[:10]}"] = None
            if "data_fields" in keys:
                screened.append(self._month_file(path, lines, count, keys, notes))
            else:
                names = lines[count - 1].lstrip("# ").split()
                screened.append(self._table_file(path, lines, count, names, keys, notes))
        return observation_data(
            screened, product="NOAA GML CO2", version=", ".join(versions),
            notes=list(dict.fromkeys(notes)),
            credits="NOAA GML data are free to use; cite them as the headers of the files ask",
        )  # fmt: skip

    def _settings(self) -> StationSettings:
        return StationSettings(self.scale, self.hours, self.average)

    def _place(self, path: Path, code: str, notes: list[str]) -> tuple[float, float, float]:
        return station_position(path, code, (self.latitude, self.longitude, self.altitude), notes)

    def _month_file(
        self, path: Path, lines: list[str], count: int, keys: Mapping[str, str], notes: list[str]
    ) -> Screening:
        """The former files, whose header names the columns as `data_fields`."""
        names = [FORMER.get(name, name) for name in keys["data_fields"].split()]
        if "qcflag" in names:
            return self._table_file(path, lines, count, names, keys, notes)
        species = SPECIES.search("\n".join(lines[:count]))
        named = NAME.match(path.name)
        require_co2(path, (named[1] if named else (species[1] or species[2] if species else "")))
        frame = text_table(path, lines[count:], names, None, count + 1)
        require_columns(path, names, ("site", "year", "month", "value"))
        code = str(frame["site"].iloc[0]).upper()
        start = months_of(*(numbers(path, frame[n], n) for n in ("year", "month")), path)
        values = numbers(path, frame["value"], "value", FILLS)
        notes.append(f"values of {code} are monthly means without an error")
        notes.append(f"the file of {code} states no scale; that of its release applies")
        latitude, longitude, altitude = self._place(path, code, notes)
        series = StationSeries(
            path, code, values, np.full(len(values), np.nan), start, month_ends(start), latitude,
            longitude, altitude, altitude, (),
        )  # fmt: skip
        return screened_station(series, self._settings(), [], notes)

    def _table_file(
        self, path: Path, lines: list[str], count: int, names: list[str], keys: Mapping[str, str],
        notes: list[str],
    ) -> Screening:  # fmt: skip
        """Files with a column of flags: events, hours, days and months."""
        require_columns(path, names, ("site_code", *DATE[:3], "value", "latitude", "longitude",
                                      "altitude", "qcflag"))  # fmt: skip
        frame = text_table(path, lines[count:], names, None, count + 1)
        formula = frame["parameter_formula"].iloc[0] if "parameter_formula" in frame else ""
        require_co2(path, keys.get("dataset_parameter") or formula or path.name.split("_")[0])
        code = str(frame["site_code"].iloc[0]).upper()
        column = {n: numbers(path, frame[n], n, FILLS if n == "value" else PLACE_FILLS)
                  for n in ("value", "latitude", "longitude", "altitude")}  # fmt: skip
        units = keys.get("value:units", "micromol mol-1")
        values = mole_fraction(path, column["value"], units)
        sd = np.full(len(values), np.nan)
        if "value_unc" in frame:
            sd = mole_fraction(path, numbers(path, frame["value_unc"], "value_unc", FILLS), units)
            notes.append(f"error of {code} is value_unc")
        present = [part for part in DATE if part in frame]
        times = calendar_stamps(path, frame, present)
        start, end, is_hourly = _period(times, keys, code, notes)
        series = StationSeries(
            path, code, values, sd, start, end, column["latitude"], column["longitude"],
            column["altitude"], number(keys.get("site_elevation", "")),
            scale_names(keys.get("dataset_calibration_scale", "")), is_hourly,
        )  # fmt: skip
        flags = frame["qcflag"].str.strip()
        drops = [("rejected (first character of qcflag)", (flags.str[0] != ".").to_numpy())]
        if self.background_only:
            drops.append(("selection flag (second character of qcflag)",
                          (flags.str[1] != ".").to_numpy()))  # fmt: skip
        columns: dict[str, Any] = {}
        if "event_number" in frame:
            analysis = [n for n in frame.columns if n.startswith("analysis_")]
            parts = frame[["event_number", *analysis]]  # a flask may be analysed twice
            columns["sample"] = parts.agg("/".join, axis=1).to_numpy()
        return screened_station(series, self._settings(), drops, notes, **columns)

    def _trend(self, path: Path, notes: list[str]) -> Screening:
        """Monthly means of Mauna Loa from the page of trends, as CSV or as text."""
        if "mlo" not in path.name.lower() and "Mauna Loa" not in head(path):
            raise refusal(
                path, "other-kind", "",
                "the file has means of the globe or of another place; expected those of Mauna Loa.",
            )  # fmt: skip
        names = ["year", "month", "decimal date", "average", "deseasonalized", "ndays", "sdev",
                 "unc"]  # fmt: skip
        if path.suffix == ".csv":
            frame = csv_table(path, ("year", "month", "average", "unc"))
        else:
            lines = whole_text(path).split("\n")
            body = [line for line in lines if line.strip() and not line.startswith("#")]
            if body and len(body[0].split()) == len(FORMER_TREND):
                names = list(FORMER_TREND)
            frame = text_table(path, body, names, None)
            frame = frame if "unc" in frame else frame.assign(unc="")
        column = {
            n: numbers(path, frame[n], n) for n in ("year", "month", "average", "ndays", "unc")
        }
        start = months_of(column["year"], column["month"], path)
        filled = (start >= NOAA_BEGINS) & (column["unc"] < 0.0)
        values = np.where(column["average"] < 0.0, np.nan, column["average"])
        code, latitude, longitude, altitude = MAUNA_LOA
        notes.append("error of MLO is unc; months before May 1974 are of Scripps and have none")
        notes.append("values of MLO are monthly means at the middle of the month")
        series = StationSeries(
            path, code, values, np.where(column["unc"] > 0.0, column["unc"], np.nan), start,
            month_ends(start), latitude, longitude, altitude, altitude,
            scale_names(_scale_of(path)),
        )  # fmt: skip
        return screened_station(series, self._settings(), [("interpolated month", filled)], notes)


def _scale_of(path: Path) -> str:
    """Scale that the comments of a file of trends name; the files before 2024 name none."""
    match = re.search(r"X20\d\d", head(path))
    return match[0] if match else ""


def _period(
    times: np.ndarray, keys: Mapping[str, str], code: str, notes: list[str]
) -> tuple[np.ndarray, np.ndarray, bool]:
    """Beginning and end of each value, and whether they are hourly means."""
    unit = keys.get("dataset_data_frequency_unit", "").lower().rstrip("s")
    if unit == "month":
        start = times.astype("datetime64[M]").astype("datetime64[s]")
        notes.append(f"values of {code} are monthly means")
        return start, month_ends(start), False
    if unit == "day":
        notes.append(f"values of {code} are daily means of UTC")
        day = times.astype("datetime64[D]").astype("datetime64[s]")
        return day, day, False
    if unit in LENGTHS and "insitu" in keys.get("dataset_project", ""):
        notes.append(f"values of {code} are {unit}ly means in UTC; the time is their beginning")
        return times, times + LENGTHS[unit], unit == "hour"
    notes.append(f"values of {code} are samples at their times in UTC")
    return times, times, False
