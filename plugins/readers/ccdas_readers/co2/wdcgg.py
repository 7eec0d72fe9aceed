"""Text files of the World Data Centre for Greenhouse Gases, in its three layouts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
from attrs import field, frozen
from attrs.validators import in_

from ccdas_framework import ImportedData, ProductReader

from ..averages import NONE, PERIODS
from ..lazy_modules import pandas as pd
from ..observations import observation_data
from ..refusal import refusal
from ..screening import Screening
from ..text_files import (
    calendar_stamps,
    head,
    numbers,
    require_columns,
    stamps,
    text_table,
    whole_text,
)
from .headers import degrees, header_keys, mole_fraction, needed, number
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

CURRENT, FORMER, REMARKS = "current", "format 1.0", "REM"
FILLS = (
    -99999.999, -99999.0, -999.999, -9999.0, -999999.0, -99999999.0, -999.0, -99.0, -9.0,
    -999.999999999,
)  # fmt: skip
DATE = ("year", "month", "day", "hour", "minute", "second")
NUMBERED = re.compile(r"^(?:C|REM)(\d\d) ?(.*)$")
CODE = re.compile(r"^([a-z]{3})\d{3}", re.IGNORECASE)
OFFSET = re.compile(r"(?:UTC|GMT|LST|LT)?\s*([+-])\s*(\d{1,2})(?::?(\d\d))?", re.IGNORECASE)
ZERO = re.compile(r"UTC|GMT|UT|Z", re.IGNORECASE)
PLACE_FILLS = tuple(fill for fill in FILLS if fill < -90.0)  # -9 is a latitude
LENGTHS = {"hourly": 3600, "daily": 86400}
COLUMNS_1 = ("DATE", "TIME", "END DATE", "END TIME", "VALUE", "ND", "SD", "F", "CS", "REM")
COLUMNS_REM = ("year", "month", "VALUE", "V", "ND", "SD", "F", "RATIO_A", "RATIO_B")
INVALID, BACKGROUND = 3.0, 1.0


@frozen(eq=False)
class _Layout:
    """One of the three layouts of a file, and the line where its values begin."""

    name: str
    first: int
    keys: Mapping[str, str]


@frozen
class Wdcgg(ProductReader):
    """Files of the WDCGG: the current layout, the former "Version 1.0" and the one with REM lines.

    Args:
        scale: "keep", "X2007" or "X2019".
        hours: of hourly values: "all", "well_mixed" or a range such as "12-16", local solar time.
        average: "none", "day" or "month"; the stream co2 needs one value a month.
        background_only: whether valid values that are not background are left out.
    """

    scale: str = field(default=KEEP, validator=in_(SCALES))
    hours: str = field(default=ALL, validator=valid_hours)
    average: str = field(default=NONE, validator=in_(PERIODS))
    background_only: bool = False

    title = "WDCGG text files of CO2: current layout, format 1.0 and 25 lines REM"
    gives: ClassVar = {"co2": "dry-air mole fraction of CO2, ppm"}
    tried_on = ("ams137s00.lsce.as.cn.co2.nl.mo.dat", "alt482n1.dat")
    guide = "WDCGG data submission and dissemination guide, GAW report 188, and headers"

    @classmethod
    def recognise(cls, path: Path) -> str:
        """Product of a file of the WDCGG, else ""."""
        text = head(path)
        if re.match(r"C01 TITLE", text):
            return f"WDCGG {FORMER}"
        if text.startswith("REM01"):
            return "WDCGG layout with REM lines"
        if text.startswith("# header_lines") and "site_gaw_id" in text:
            match = re.search(r"^# dataset_parameter : (\S+)", text, re.MULTILINE)
            return f"WDCGG {match[1].upper() if match else ''} text".replace("  ", " ")
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
            lines = whole_text(path).split("\n")
            layout = _layout(path, lines)
            keys = layout.keys
            require_co2(path, keys.get("dataset_parameter") or needed(path, keys, "parameter"))
            made = next((keys[k] for k in ("dataset_creation_date", "data version", "registration")
                         if keys.get(k)), "")  # fmt: skip
            versions[made] = None
            read = {CURRENT: self._current, FORMER: self._former, REMARKS: self._remarks}
            screened.append(read[layout.name](path, lines, layout, notes))
        return observation_data(
            screened, product="WDCGG CO2", version=", ".join(v for v in versions if v),
            notes=list(dict.fromkeys(notes)),
            credits="WDCGG: co-authorship is offered and acknowledgement made to the contributors",
        )  # fmt: skip

    def _screened(
        self, series: StationSeries, drops: list[tuple[str, np.ndarray]], notes: list[str]
    ) -> Screening:
        settings = StationSettings(self.scale, self.hours, self.average)
        return screened_station(series, settings, drops, notes)

    def _current(
        self, path: Path, lines: list[str], layout: _Layout, notes: list[str]
    ) -> Screening:
        """Layout since 2018: two groups of times, a value with its error, and two flags."""
        keys = layout.keys
        names: list[str] = []
        for name in lines[layout.first - 1].lstrip("# ").split():
            names.append(f"end_{name}" if name in names and name in DATE else name)
        require_columns(path, names, ("site_gaw_id", *DATE, "value", "latitude", "longitude",
                                      "altitude", "QCflag"))  # fmt: skip
        frame = text_table(path, lines[layout.first :], names, None, layout.first + 1)
        code = str(frame["site_gaw_id"].iloc[0]).upper()
        units = keys.get("value:units", "ppm")
        values = mole_fraction(path, numbers(path, frame["value"], "value", FILLS), units)
        sd = np.full(len(values), np.nan)
        if "value_unc" in frame:
            sd = mole_fraction(path, numbers(path, frame["value_unc"], "value_unc", FILLS), units)
            notes.append(f"error of {code} is value_unc")
        where = ("latitude", "longitude", "altitude")
        place = {n: numbers(path, frame[n], n, PLACE_FILLS) for n in where}
        ground = number(keys.get("site_elevation", ""))
        altitude = np.where(np.isfinite(place["altitude"]), place["altitude"], ground)
        start = calendar_stamps(path, frame, DATE)
        offset = _offset(path, keys.get("dataset_time_zone", "UTC"), keys, code, notes)
        tag = keys.get("dataset_selection_tag", "")
        start, end, is_hourly = _period(start, offset, tag, code, notes)
        flags = numbers(path, frame["QCflag"], "QCflag", FILLS)
        drops = [("without a quality flag", np.isnan(flags)),
                 ("invalid (QCflag 3)", flags == INVALID)]  # fmt: skip
        if self.background_only:
            drops.append(("not background (QCflag 2)", flags != BACKGROUND))
        series = StationSeries(
            path, code, values, sd, start, end, place["latitude"], place["longitude"], altitude,
            ground, scale_names(" ".join(v for k, v in keys.items() if re.match(
                r"scale_\d+_name", k))), is_hourly,
        )  # fmt: skip
        return self._screened(series, drops, notes)

    def _former(self, path: Path, lines: list[str], layout: _Layout, notes: list[str]) -> Screening:
        """Format 1.0: numbered lines of the header, then ten columns."""
        keys = layout.keys
        frame = text_table(path, lines[layout.first :], COLUMNS_1, None, layout.first + 1)
        values, sd = _values(path, frame, keys.get("measurement unit", "ppm"))
        code = (CODE.match(path.name) or [None, keys.get("station name", path.stem)])[1].upper()
        days = (
            frame["DATE"].str.strip()
            + "T"
            + frame["TIME"].str.strip().str.replace("99:99", "00:00")
        )
        start = stamps(path, days, "DATE", "%Y-%m-%dT%H:%M")
        offset = _offset(path, keys.get("time zone", "UTC"), keys, code, notes)
        interval = keys.get("time interval", "")
        start, end, is_hourly = _period(start, offset, interval, code, notes)
        notes.append(f"error of {code} is SD")
        ground = number(needed(path, keys, "altitude"))
        series = StationSeries(
            path, code, values, sd, start, end, degrees(needed(path, keys, "latitude")),
            degrees(needed(path, keys, "longitude")), ground, ground,
            scale_names(keys.get("measurement scale", "")), is_hourly,
        )  # fmt: skip
        return self._screened(series, [], notes)

    def _remarks(
        self, path: Path, lines: list[str], layout: _Layout, notes: list[str]
    ) -> Screening:
        """Months with 25 lines REM."""
        keys = layout.keys
        frame = text_table(path, lines[layout.first :], COLUMNS_REM, None, layout.first + 1)
        values, sd = _values(path, frame, keys.get("unit", "ppm"))
        named = re.search(r"co2_(\w{3})_", keys.get("filename", ""))
        code = (named or CODE.match(path.name) or [None, keys.get("station", path.stem)])[1].upper()
        start = months_of(*(numbers(path, frame[n], n) for n in ("year", "month")), path)
        notes.append(f"values of {code} are monthly means; their error is SD where it is stated")
        ground = number(needed(path, keys, "altitude"))
        series = StationSeries(
            path, code, values, sd, start, month_ends(start),
            degrees(needed(path, keys, "latitude")), degrees(needed(path, keys, "longitude")),
            ground, ground, scale_names(keys.get("calibration", "").split("(")[0]),
        )  # fmt: skip
        return self._screened(series, [], notes)


def _layout(path: Path, lines: list[str]) -> _Layout:
    """Layout of a file, its keys and the first line of values."""
    if lines[0].startswith("#"):
        count = number(lines[0])
        if not np.isfinite(count):
            message = "the first line states no number of header lines."
            raise refusal(path, "unknown-version", "line 1", message)
        return _Layout(CURRENT, int(count), header_keys(lines[: int(count)]))
    mark = lines[0][:1]
    last = max((n for n, line in enumerate(lines[:200]) if NUMBERED.match(line)), default=-1)
    texts = [NUMBERED.sub(r"\2", line) for line in lines[: last + 1]]
    return _Layout(FORMER if mark == "C" else REMARKS, last + 1, header_keys(texts))


def _values(path: Path, frame: pd.DataFrame, units: str) -> tuple[np.ndarray, np.ndarray]:
    """Mole fractions and their standard deviations (ppm)."""
    value, sd = (numbers(path, frame[n], n, FILLS) for n in ("VALUE", "SD"))
    return mole_fraction(path, value, units), mole_fraction(path, sd, units)


def _offset(
    path: Path, zone: str, keys: Mapping[str, str], code: str, notes: list[str]
) -> np.timedelta64:
    """Local time of a file less UTC, which its times lose.

    Raises:
        InvalidInput: the zone is neither UTC nor an offset from it.
    """
    zone = zone.strip()
    is_local = "local" in zone.lower() or zone.upper() in ("LST", "LT")
    text = keys.get("site_lst2utc", "").strip() if is_local and not OFFSET.search(zone) else zone
    if ZERO.fullmatch(text):
        return np.timedelta64(0, "s")
    match = OFFSET.search(text) if is_local else OFFSET.fullmatch(text)
    if match is None:
        raise refusal(
            path, "wrong-time", "time zone",
            f"the time zone of {code} is '{zone}'; expected UTC, or an offset such as UTC+09:00. "
            "Correct the header.",
        )  # fmt: skip
    hours, minutes = int(match[2]), int(match[3] or 0)
    seconds = (3600 * hours + 60 * minutes) * (1 if match[1] == "+" else -1)
    if seconds:
        notes.append(f"times of {code} were local, {text}, and are now in UTC")
    return np.timedelta64(seconds, "s")


def _period(
    local: np.ndarray, offset: np.timedelta64, interval: str, code: str, notes: list[str]
) -> tuple[np.ndarray, np.ndarray, bool]:
    """Beginning and end of each value, and whether they are hourly means.

    Months and days are those of the local stamps; only shorter values move to UTC.
    """
    if interval == "monthly":
        notes.append(f"values of {code} are monthly means")
        first = local.astype("datetime64[M]").astype("datetime64[s]")
        return first, month_ends(first), False
    if interval == "daily":
        notes.append(f"values of {code} are daily means")
        day = local.astype("datetime64[D]").astype("datetime64[s]")
        return day, day, False
    start = local - offset
    if interval == "hourly":
        notes.append(f"values of {code} are hourly means in UTC; the time is their beginning")
        return start, start + np.timedelta64(3600, "s"), True
    notes.append(f"values of {code} are samples at their times in UTC")
    return start, start, False
