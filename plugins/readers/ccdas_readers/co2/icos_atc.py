"""Text files of the ICOS Atmosphere Thematic Centre: near-real-time and release files of CO2."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
from attrs import field, frozen
from attrs.validators import in_

from ccdas_framework import ImportedData, ProductReader

from ..averages import NONE, PERIODS
from ..observations import observation_data
from ..refusal import refusal
from ..screening import Screening
from ..settings import several
from ..text_files import calendar_stamps, head, numbers, require_columns, text_table, whole_text
from .headers import degrees, header_keys, mole_fraction, needed, number
from .scales import KEEP, SCALES, scale_names
from .station_series import (
    ALL,
    StationSeries,
    StationSettings,
    require_co2,
    screened_station,
    valid_hours,
)

FILLS = (-999.99, -9.99)
DATE = ("Year", "Month", "Day", "Hour", "Minute")
HOUR = np.timedelta64(3600, "s")


@frozen
class IcosAtc(ProductReader):
    """Hourly files of ICOS stations.

    Args:
        scale: "keep", "X2007" or "X2019".
        hours: "all", "well_mixed" or a range such as "12-16", local solar time.
        average: "none", "day" or "month"; the stream co2 needs one value a month.
        flags: of values that are kept: O correct after manual control, U before it, R backwards.
        minimum_points: least number of measurements in an hour.
    """

    scale: str = field(default=KEEP, validator=in_(SCALES))
    hours: str = field(default=ALL, validator=valid_hours)
    average: str = field(default=NONE, validator=in_(PERIODS))
    flags: tuple[str, ...] = field(default=("O", "U", "R"), converter=several)
    minimum_points: int = 1

    title = "ICOS ATC hourly CO2 of stations: near real time and releases of level 2"
    gives: ClassVar = {"co2": "dry-air mole fraction of CO2, ppm"}
    tried_on = ("realatc.CO2",)
    guide = "Hazan et al. (2016), Atmos. Meas. Tech. 9, 4719-4736, and headers of the files"

    @classmethod
    def recognise(cls, path: Path) -> str:
        """Product and species of a file of the ATC, else ""."""
        text = head(path)
        if not re.search(r"^#\s?Site;SamplingHeight;", text, re.MULTILINE):
            return ""
        match = re.search(r"^# PARAMETER:\s*(\S+)", text, re.MULTILINE)
        return f"ICOS ATC hourly {match[1] if match else ''}".strip()

    def read(self, paths: Sequence[Path], stream: str) -> ImportedData:
        """CO2 of the stations.

        Raises:
            InvalidInput: another species, a damaged file, or no value.
        """
        notes: list[str] = []
        versions: dict[str, None] = {}
        screened: list[Screening] = []
        for path in paths:
            screened.append(self._file(path, notes, versions))
        return observation_data(
            screened, product="ICOS ATC hourly CO2", version=", ".join(versions),
            notes=list(dict.fromkeys(notes)), credits="ICOS RI, CC BY 4.0; cite the data object",
        )  # fmt: skip

    def _file(self, path: Path, notes: list[str], versions: dict[str, None]) -> Screening:
        """CO2 of one file."""
        lines = [line.rstrip() for line in whole_text(path).split("\n")]
        # the number of lines that the header states may be that of another file
        last = max(n for n, line in enumerate(lines) if line.startswith("#"))
        keys = header_keys(lines[: last + 1])
        require_co2(path, needed(path, keys, "parameter"))
        names = [name.strip() for name in lines[last].lstrip("# ").split(";")]
        require_columns(path, names, ("Site", *DATE, "Stdev", "NbPoints", "Flag"))
        species = next((n for n in names if n.lower() == "co2"), None)
        if species is None:
            raise refusal(path, "missing-variable", "co2", "the file has no column co2.")
        frame = text_table(path, lines[last + 1 :], names, ";", last + 2)
        product = keys.get("data product type", keys.get("data version", ""))
        version = keys.get("project data version", "")
        versions[" ".join(t for t in (product, version) if t and t != "Undefined")] = None
        code = str(frame["Site"].iloc[0]).upper()
        units = needed(path, keys, "measurement unit")
        values = mole_fraction(path, numbers(path, frame[species], species, FILLS), units)
        sd = mole_fraction(path, numbers(path, frame["Stdev"], "Stdev", FILLS), units)
        if not np.isfinite(values).any() or np.nanmax(values) > 0.0:
            sd = np.where(sd > 0.0, sd, np.nan)
        start = calendar_stamps(path, frame, DATE)
        ground = number(needed(path, keys, "altitude"))
        heights = numbers(path, frame["SamplingHeight"], "SamplingHeight")
        notes.append(
            f"values of {code} are hourly means in UTC, and the time is their beginning"
            + (f" (the time zone of the header, {keys['time zone']}, is that of the station)"
               if keys.get("time zone") else "")
        )  # fmt: skip
        notes.append(f"error of {code} is Stdev, the variability within the hour")
        flags = frame["Flag"].str.strip().to_numpy()
        if (flags == "U").any():
            notes.append(f"{int((flags == 'U').sum())} values of {code} have the flag U, not yet "
                         "validated by hand; --set flags=O leaves them out")  # fmt: skip
        points = numbers(path, frame["NbPoints"], "NbPoints")
        drops = [
            (f"flag other than {', '.join(self.flags)}", ~np.isin(flags, self.flags)),
            (f"fewer than {self.minimum_points} measurements", points < self.minimum_points),
        ]
        series = StationSeries(
            path, code, values, sd, start, start + HOUR, degrees(needed(path, keys, "latitude")),
            degrees(needed(path, keys, "longitude")), ground + heights, ground,
            scale_names(keys.get("measurement scale", "")), is_hourly=True,
        )  # fmt: skip
        settings = StationSettings(self.scale, self.hours, self.average)
        return screened_station(series, settings, drops, notes)
