"""Tables of tower files: time steps, values with their flags, and daily means."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from attrs import frozen

from ccdas_framework import InvalidInput

from ..averages import DAY, NONE, period_means
from ..checks import require_distinct
from ..lazy_modules import pandas as pd
from ..refusal import refusal
from ..screening import Screening
from ..text_files import numbers, stamps
from .sites import Site

FILL = -9999.0
SECOND = np.timedelta64(1, "s")
STEPS = {4: ("year", "%Y"), 6: ("month", "%Y%m"), 8: ("day", "%Y%m%d")}  # digits of TIMESTAMP
CELSIUS = (-90.0, 65.0)  # degC, air temperature of a tower


@frozen(eq=False)
class TowerTable:
    """Rows of a tower file with their times in local standard time.

    Args:
        path: of the file.
        frame: columns of text by name.
        step: "half-hour", "hour", "day", "week", "month" or "year".
        start, end: of each row, datetime64[s]. `end` of days and longer is the last day.
        beginning: name of the variable with `start`.
    """

    path: Path
    frame: pd.DataFrame
    step: str
    start: np.ndarray
    end: np.ndarray
    beginning: str = "TIMESTAMP_START"

    @property
    def is_short(self) -> bool:
        """Whether rows are shorter than a day."""
        return self.step in ("half-hour", "hour")

    def column(self, name: str) -> np.ndarray:
        """Numbers of a column, NaN where they are missing, shape (row,)."""
        return numbers(self.path, self.frame[name], name, (FILL,))

    def first_with_values(self, names: Sequence[str]) -> str | None:
        """First of some columns that has a value, else the first that is there, or None."""
        present = [name for name in names if name in self.frame]
        with_values = (name for name in present if np.isfinite(self.column(name)).any())
        return next(with_values, present[0] if present else None)


def tower_table(path: Path, frame: pd.DataFrame) -> TowerTable:
    """A tower file with its times read and tested.

    Raises:
        InvalidInput: times that are no dates, out of order or repeated, or other steps.
    """
    if "TIMESTAMP" in frame:
        digits = len(str(frame["TIMESTAMP"].iloc[0]).strip())
        if digits not in STEPS:
            raise refusal(
                path, "wrong-time", "TIMESTAMP",
                f"'TIMESTAMP' has {digits} digits; expected YYYY, YYYYMM or YYYYMMDD.",
            )  # fmt: skip
        step, pattern = STEPS[digits]
        start = stamps(path, frame["TIMESTAMP"], "TIMESTAMP", pattern)
        unit = f"datetime64[{step[0].upper()}]"
        end = (start.astype(unit) + 1).astype("datetime64[D]") - np.timedelta64(1, "D")
        require_distinct(path, start, "TIMESTAMP")
        return TowerTable(path, frame, step, start, end.astype("datetime64[s]"))
    digits = len(str(frame["TIMESTAMP_START"].iloc[0]).strip())
    pattern = "%Y%m%d%H%M" if digits == 12 else "%Y%m%d"
    start, end = (stamps(path, frame[n], n, pattern) for n in ("TIMESTAMP_START", "TIMESTAMP_END"))
    require_distinct(path, start, "TIMESTAMP_START")
    if digits != 12:
        return TowerTable(path, frame, "week", start, end)
    minutes = np.unique((end - start).astype(int)) // 60
    if len(minutes) != 1 or minutes[0] not in (30, 60):
        raise refusal(
            path, "wrong-time", "TIMESTAMP_END",
            f"rows last {', '.join(map(str, minutes[:5]))} minutes; expected 30 or 60 from "
            "TIMESTAMP_START to TIMESTAMP_END. Were the two columns exchanged?",
        )  # fmt: skip
    return TowerTable(path, frame, "half-hour" if minutes[0] == 30 else "hour", start, end)


def check_temperature(table: TowerTable, name: str) -> None:
    """Refuse a file whose air temperature is not in degrees Celsius, a sign of other units.

    Raises:
        InvalidInput: its median is beyond -90 to 65 degC.
    """
    if name not in table.frame:
        return
    values = table.column(name)
    lowest, highest = CELSIUS
    if np.isfinite(values).any() and not lowest <= np.nanmedian(values) <= highest:
        raise refusal(
            table.path, "wrong-units", name,
            f"'{name}' has the median {np.nanmedian(values):.4g}; expected degrees Celsius, as in "
            "the original file.",
        )  # fmt: skip


def series(
    table: TowerTable, site: Site, quantity: str, values: np.ndarray, sd: np.ndarray,
    quality: np.ndarray | None, *, minimum_quality: float, average: str, flags: bool,
    largest_flag: float = 1.0, independent: bool = True, name: str = "",
) -> Screening:  # fmt: skip
    """Screened values of one quantity of a tower, with a share of quality in `quality`.

    Missing values are left out, then those with too little quality. Half-hourly values become
    daily means of the days with half of their values at least; the share of a day is that of its
    good values among all of a day.

    Args:
        table: times of the rows.
        site: tower.
        quantity: key of `LIMITS`.
        values, sd: in its units, shape (row,); sd NaN where unknown.
        quality: flags of rows shorter than a day (0 measured, 1 filled well) where `flags`, else
            the share of a row that is measured or filled well; None without.
        minimum_quality: least share.
        average: "day" or "none", for rows shorter than a day.
        flags: whether `quality` holds flags.
        largest_flag: largest flag of a good value.
        independent: whether errors of half-hourly values are independent.
        name: of the series; default the site and the quantity.

    Raises:
        InvalidInput: a share beyond 0 to 1, no value, or values of other units.
    """
    frame = pd.DataFrame({
        "values": values, "sd": np.where(sd > 0.0, sd, np.nan), "start": table.start,
        "end": table.end, "latitude": site.latitude, "longitude": site.longitude,
        "altitude": site.elevation, "label": site.name, "quantity": quantity,
    })  # fmt: skip
    screening = Screening(table.path, name or f"{site.name} {quantity}", quantity, frame)
    if quality is not None:
        if not flags and ((quality < 0.0) | (quality > 1.0)).any():
            raise refusal(
                table.path, "wrong-units", name or quantity,
                f"the share of good values is {np.nanmin(quality):g} to {np.nanmax(quality):g}; "
                "expected 0 to 1. Give the original file.",
            )  # fmt: skip
        share = quality if not flags else np.where(np.isnan(quality), 0.0, quality <= largest_flag)
        frame["quality"] = share
        frame["unknown"] = np.isnan(quality)
    screening.drop_missing()
    screening.drop_impossible()
    if table.is_short and average == DAY:
        _average(screening, 48 if table.step == "half-hour" else 24, quality is not None,
                 independent=independent)  # fmt: skip
    elif table.is_short:
        offset = np.timedelta64(round(site.offset * 3600), "s")
        kept = screening.frame
        screening.frame = kept.assign(start=kept["start"] - offset, end=kept["end"] - offset)
    if quality is not None:
        unknown = screening.frame["unknown"].to_numpy(dtype=bool)
        screening.drop("without a quality flag", unknown)
        poor = screening.frame["quality"].to_numpy(dtype=float) < minimum_quality
        screening.drop(f"share of good values below {minimum_quality:g}", poor)
        screening.frame = screening.frame.drop(columns="unknown")
    return screening


def _average(screening: Screening, steps: int, has_quality: bool, *, independent: bool) -> None:
    """Daily means in place of half-hourly values; counts become numbers of days."""
    of_step, name = screening.dropped, "half-hours" if steps == 48 else "hours"
    screening.dropped = {f"{reason} ({name})": n for reason, n in of_step.items()}
    days = period_means(screening.frame, DAY, ["label"], independent=independent)
    screening.frame = days
    few = days["n"].to_numpy() < steps / 2
    if has_quality:
        days["quality"] = days["quality"] * days["n"] / steps
        days["unknown"] = False
    screening.drop("days with less than half of their values", few)


def step_note(table: TowerTable, site: Site, average: str) -> str:
    """Meaning of the times of a file in words."""
    if not table.is_short:
        return f"times of {site.name} are {table.step}s of local standard time, as those of models"
    if average == NONE:
        return f"times of {site.name} are in UTC; {site.offset_note}; {_beginning_note(table)}"
    return (
        f"{table.step}ly values of {site.name} are averaged over days of local standard time; "
        f"{_beginning_note(table)}; errors of the values in a day count as independent"
    )


def weather_note(table: TowerTable, site: Site) -> str:
    """Meaning of the times of daily weather in words: always days of local standard time."""
    if not table.is_short:
        return step_note(table, site, DAY)
    return (
        f"days of {site.name} are those of local standard time, as those of models, without a "
        f"conversion to UTC; {_beginning_note(table)}"
    )


def _beginning_note(table: TowerTable) -> str:
    """Part of the interval to which the time of a short row belongs, in words."""
    return f"{table.beginning} is the beginning of each {table.step}"


def missing_column(table: TowerTable, name: str) -> InvalidInput:
    """The error of a table that lacks a column; it names similar ones."""
    near = [c for c in table.frame.columns if c.startswith(name.split("_")[0])]
    return refusal(
        table.path, "missing-variable", name,
        f"the file has no column '{name}'. Similar columns: {', '.join(near[:12]) or 'none'}.",
    )  # fmt: skip
