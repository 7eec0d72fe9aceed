"""Probes of the International Soil Moisture Network, in both of its text formats."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
from attrs import field, frozen
from attrs.validators import in_

from ccdas_framework import ImportedData, InvalidInput, ProductReader

from ..averages import NONE, PERIODS, period_means
from ..checks import require_distinct
from ..lazy_modules import pandas as pd
from ..observations import observation_data
from ..refusal import refusal
from ..screening import Screening
from ..settings import not_empty, several
from ..text_files import head, numbers, stamps, text_table, whole_text

CEOP = (
    "date", "time", "actual date", "actual time", "CSE", "network", "station", "latitude",
    "longitude", "elevation", "depth_from", "depth_to", "value", "flag", "provider",
)  # fmt: skip
VALUES = ("date", "time", "value", "flag", "provider")
FIRST_CEOP = re.compile(r"^\d{4}/\d\d/\d\d \d\d:\d\d \d{4}/\d\d/\d\d \d\d:\d\d \S+ ")
FIRST_VALUES = re.compile(r"^\d{4}/\d\d/\d\d \d\d:\d\d +\S+ +\S+")
NAME = re.compile(r"_([a-z]+)_\d+\.\d+_\d+\.\d+_")
VARIABLES = {
    "sm": "soil moisture", "ts": "soil temperature", "ta": "air temperature", "p": "precipitation",
    "su": "soil suction", "sd": "snow depth", "sweq": "snow water equivalent", "tsf": "surface "
    "temperature",
}  # fmt: skip
FILLS = (-9999.0, -999.0)
SUFFIX = ".stm"
DEEPEST = 10.0  # m, of a sensor


@frozen
class Ismn(ProductReader):
    """Hourly soil moisture of ISMN stations (.stm).

    Args:
        flags: ISMN flags of values that are kept: G good, U unchecked. A value with several flags
            is kept if all of them are.
        average: "day" (of UTC), "month" or "none".
        minimum_values: least number of values in the mean of a day or month.
    """

    flags: tuple[str, ...] = field(default=("G", "U"), converter=several, validator=not_empty)
    average: str = field(default="day", validator=in_(PERIODS))
    minimum_values: int = 12

    title = "ISMN soil moisture of probes, CEOP and header+values formats (.stm)"
    gives: ClassVar = {"sm": "soil moisture at the depth of the probe, m3 m-3"}
    aliases = ("ismn_header_values",)
    tried_on = (
        "SCAN_SCAN_WaimeaPlain_sm_0.050800_0.050800_Hydraprobe-Analog-(2.5-Volt)_20170101_"
        "20181231.stm",
        "COSMOS_COSMOS_SilverSword_sm_0.000000_0.170000_Cosmic-ray-Probe_20170101_20181231.stm",
        "SMOSMANIA_SMOSMANIA_Narbonne_sm_0.050000_0.050000_ThetaProbe-ML2X_20070101_20070131.stm",
    )
    guide = "Dorigo et al. (2013), Vadose Zone J. 12; ISMN quality flags description"

    @classmethod
    def recognise(cls, path: Path) -> str:
        """Variable and format of a file of the ISMN, else ""."""
        lines = head(path).split("\n", 2)
        named = NAME.search(path.name)
        variable = VARIABLES.get(named[1], named[1]) if named else "soil moisture"
        if FIRST_CEOP.match(lines[0]):
            return f"ISMN {variable}, CEOP format"
        is_headed = len(lines[0].split()) >= 8 and len(lines) > 1 and FIRST_VALUES.match(lines[1])
        if is_headed:
            return f"ISMN {variable}, header and values"
        return f"ISMN {variable}, unknown layout" if path.suffix == SUFFIX else ""

    def read(self, paths: Sequence[Path], stream: str) -> ImportedData:
        """Soil moisture of the probes.

        Raises:
            InvalidInput: another variable, a damaged file, or no value.
        """
        screened: list[Screening] = []
        notes: list[str] = []
        moist = [p for p in paths if "soil moisture" in self.recognise(p)]
        if len(paths) > 1 and len(moist) < len(paths) and moist:
            notes.append(f"{len(paths) - len(moist)} files of other variables are left out")
            paths = moist
        for path in paths:
            screened.append(self._probe(path, notes))
        notes.append("times of the values are nominal hours in UTC; the files state no error")
        return observation_data(
            screened, product="ISMN soil moisture", version="", notes=list(dict.fromkeys(notes)),
            credits="ISMN, terms of ismn.earth: cite Dorigo et al. (2021) and the networks",
        )  # fmt: skip

    def _probe(self, path: Path, notes: list[str]) -> Screening:
        """Soil moisture of one file."""
        text = self.recognise(path)
        if "soil moisture" not in text:
            raise refusal(
                path, "other-species", text,
                f"the file is {text.partition(',')[0]}, not soil moisture. Give a file whose name "
                "has _sm_.",
            )  # fmt: skip
        lines = [line.rstrip() for line in whole_text(path).split("\n")]
        if "unknown layout" in text:
            raise _unknown(path, lines)
        frame = _ceop(path, lines) if "CEOP" in text else _headed(path, lines)
        day = frame["date"] + " " + frame["time"]
        start = stamps(path, day, "date", "%Y/%m/%d %H:%M")
        require_distinct(path, start, "date")
        place = {n: numbers(path, frame[n], n) for n in
                 ("latitude", "longitude", "elevation", "depth_from", "depth_to")}  # fmt: skip
        label = f"{frame['network'].iloc[0]} {frame['station'].iloc[0]}"
        rows = pd.DataFrame({
            "values": numbers(path, frame["value"], "value", FILLS), "sd": np.nan, "start": start,
            "end": start, "latitude": place["latitude"], "longitude": place["longitude"],
            "altitude": place["elevation"], "label": label,
            "depth": (place["depth_from"] + place["depth_to"]) / 2.0,
            "flag": frame["flag"].to_numpy(),
        })  # fmt: skip
        top, bottom = place["depth_from"][0], place["depth_to"][0]
        depth = f"{top:g} m" if top == bottom else f"{top:g} to {bottom:g} m, in the middle"
        notes.append(f"{label}: sensor at {depth}")
        screening = Screening(path, f"{label} {(top + bottom) / 2.0:g} m", "sm", rows)
        screening.drop_missing()
        for flag in dict.fromkeys(rows["flag"]):
            wrong = [part for part in flag.split(",") if part not in self.flags]
            if wrong:
                screening.drop(f"flag {flag}", screening.frame["flag"] == flag)
        unchecked = int((screening.frame["flag"] == "U").sum())
        if unchecked:
            notes.append(f"{label}: {unchecked} values have the flag U, unchecked by the ISMN")
        if len(screening.frame):
            screening.drop_impossible()
        screening.frame = screening.frame.drop(columns="flag")
        if self.average != NONE and len(screening.frame):
            self._average(screening, notes)
        return screening

    def _average(self, screening: Screening, notes: list[str]) -> None:
        """Means over days or months of UTC in place of hours."""
        count = len(screening.frame)
        means = period_means(screening.frame, self.average, ["label", "depth"], independent=False)
        few = means["n"] < self.minimum_values
        screening.frame, screening.averaged = means[~few], count
        notes.append(
            f"{screening.name}: {count} values are averaged over {int((~few).sum())} "
            f"{self.average}s of UTC; {int(few.sum())} with fewer than {self.minimum_values} "
            "values are left out"
        )


def _unknown(path: Path, lines: list[str]) -> InvalidInput:
    """The error of a file whose first rows are of neither format."""
    rows = [line for line in lines if line.strip()]
    if len(rows) < 2:
        return refusal(path, "empty-file", "", "the file has no values. Download it again.")
    return refusal(
        path, "wrong-time", "line 1",
        "the first rows begin with no date and time, or with a header and these. Give the original "
        "file.",
    )  # fmt: skip


def _ceop(path: Path, lines: list[str]) -> pd.DataFrame:
    """Columns of the CEOP format, in which every row has the station and the position."""
    return text_table(path, lines, CEOP, None, 1)


def _headed(path: Path, lines: list[str]) -> pd.DataFrame:
    """Columns of the format with a header line; the flag of the provider may be absent."""
    words = lines[0].split()
    first = _position(words)
    if first is None:
        raise refusal(
            path, "truncated-file", "line 1",
            "the header has no position, elevation and depths of 0 to 10 m from top to bottom.",
        )  # fmt: skip
    rows = [line if len(line.split()) != 4 else f"{line} -" for line in lines[1:]]
    frame = text_table(path, rows, VALUES, None, 2)
    place = dict(zip(("latitude", "longitude", "elevation", "depth_from", "depth_to"),
                     words[first : first + 5], strict=True))  # fmt: skip
    return frame.assign(network=words[1], station=" ".join(words[2:first]), **place)


def _position(words: Sequence[str]) -> int | None:
    """First of the last five numbers in a row that are a position, an elevation and two depths.

    A name of a station or a sensor may have numbers too.
    """
    for first in range(len(words) - 5, 2, -1):
        five = words[first : first + 5]
        if all(re.fullmatch(r"-?\d+\.\d+", word) for word in five):
            latitude, longitude, _, top, bottom = map(float, five)
            if 0.0 <= top <= bottom <= DEEPEST and abs(latitude) <= 90 and abs(longitude) <= 180:
                return first
    return None
