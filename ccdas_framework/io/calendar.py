"""Days, months and years of files, as plain arrays for the core."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
from attrs import frozen

from .coordinates import coordinate_name
from .netcdf import InputFile

STANDARD_CALENDARS = ("standard", "gregorian", "proleptic_gregorian")
DAY = np.timedelta64(1, "D")


@frozen(eq=False)
class Days:
    """The days a model runs over and where their forcing stands in the file.

    Args:
        source: position in the file of each day's forcing, shape (time,).
        calendar: `time`, `lead` and the calendar arrays of `core.Domain`, by name.
    """

    source: np.ndarray
    calendar: dict[str, Any]


def dates(file: InputFile, name: str) -> np.ndarray | None:
    """datetime64[D] of a CF time coordinate, or None and a finding."""
    import xarray as xr  # slow to import

    coordinate = file.dataset[name]
    calendar = str(coordinate.attrs.get("calendar", "standard")).lower()
    if calendar not in STANDARD_CALENDARS:
        file.add_fault(
            "unsupported-calendar",
            name,
            f"has the calendar '{calendar}'; expected 'standard' or 'proleptic_gregorian', because "
            "observations have real dates. Convert it first, for instance with xarray's "
            "Dataset.convert_calendar.",
        )
        return None
    if np.issubdtype(coordinate.dtype, np.datetime64):
        return np.asarray(coordinate.values, "datetime64[D]")
    units = coordinate.attrs.get("units")
    if " since " in str(units):
        frame = xr.Dataset({name: coordinate.variable})
        with suppress(ValueError, TypeError, OverflowError, AttributeError):
            values = xr.decode_cf(frame, decode_timedelta=False)[name].values
            return np.asarray(values.astype("datetime64[D]"))
    present = f"the units '{units}'" if units else "no units"
    fault = f"has {present}; expected CF time units such as 'days since 2010-01-01'."
    file.add_fault("wrong-time-units", name, fault)
    return None


def daily_dates(file: InputFile) -> tuple[str, np.ndarray] | None:
    """Name and dates of a time axis with each day once, in order, or None and a finding."""
    name = coordinate_name(file.dataset, "time")
    if name is None:
        file.add_missing("time", "one a day")
        return None
    time = dates(file, name)
    if time is None:
        return None
    error = _daily_error(time)
    if error is None:
        return name, time
    code, text = error
    file.add(code, name, f"The time axis '{name}' of {file.path} {text}")
    return None


def _daily_error(time: np.ndarray) -> tuple[str, str] | None:
    """Code and text of the first fault of a daily time axis, or None."""
    if len(time) == 0:
        return "no-days", "has no days."
    step = np.diff(time) // DAY
    if np.all(step == 1):
        return None
    first = int(np.flatnonzero(step != 1)[0])
    before, after, gap = time[first], time[first + 1], int(step[first])
    if len(step) > 1 and np.median(step) > 1:
        code = "not-daily"
        text = (
            f"has a step of {int(np.median(step))} days ({time[0]}, {time[1]}, ...). Interpolate "
            "to days first, or generate daily weather."
        )
    elif gap == 0:
        code, count = "repeated-days", int(np.sum(step == 0))
        text = f"has {count} day(s) more than once, the first {before}."
    elif gap < 0:
        code, text = "unordered-days", f"goes backwards from {before} to {after}."
    else:
        code, count = "missing-days", int(np.sum(step > 1))
        text = f"has {count} gap(s), the first of {gap - 1} day(s) between {before} and {after}."
    return code, f"{text} Expected daily values, every day once and in order."


def model_days(
    file: InputFile,
    time: np.ndarray,
    start: np.datetime64 | None,
    days: int | None,
    lead_days: int,
    spin_up_years: int,
) -> Days | None:
    """The lead and the window, or None and a finding where the window is outside the file.

    The lead is `spin_up_years` repeats of the window's first year and `lead_days` more, filled
    backwards with that year, so that the day before the window is the year's last. Where the file
    holds less than a year from the start of the window, those days are repeated.
    """
    if start is None:
        start = time[0]
    first = int((start - time[0]) // DAY)
    if days is None:
        days = len(time) - first
    last = first + days - 1
    if first < 0 or last >= len(time) or days < 1:
        file.add(
            "window-outside-file",
            "time",
            f"{file.path} runs from {time[0]} to {time[-1]}, but the window asked for is "
            f"{start} to {start + (days - 1) * DAY}. Move time.start or shorten time.days.",
        )
        return None
    year = int((_a_year_later(start) - start) // DAY)
    cycle = min(year, len(time) - first)
    lead = spin_up_years * cycle + lead_days
    back = np.arange(lead, 0, -1)  # days before the window
    source = np.concatenate([first + (-back) % cycle, first + np.arange(days)])
    calendar = {
        "time": start + np.arange(-lead, days),
        "lead": lead,
        **_calendar_arrays(time[source], lead),
    }
    return Days(source, calendar)


def day_of_year(time: np.ndarray) -> np.ndarray:
    """1..365, shape of `time`; 29 February counts as 59, and later days as in other years."""
    year = time.astype("datetime64[Y]")
    first, last = year.astype("datetime64[D]"), (year + 1).astype("datetime64[D]") - DAY
    day = (time - first).astype(int) + 1
    leap = (last - first).astype(int) == 365
    return np.asarray(np.where(leap & (day >= 60), day - 1, day))


def _a_year_later(start: np.datetime64) -> np.datetime64:
    """The same date a year later (1 March for 29 February)."""
    month = start.astype("datetime64[M]")
    day = start - month.astype("datetime64[D]")
    return np.datetime64((month + 12).astype("datetime64[D]") + day, "D")


def _calendar_arrays(forced: np.ndarray, lead: int) -> dict[str, np.ndarray]:
    """Calendar of each day from the date of its forcing.

    Months and years of the lead count backwards from the window, a new one at each change.
    """
    months = forced.astype("datetime64[M]").astype(int)
    years = forced.astype("datetime64[Y]").astype(int)
    month_of_year = months % 12 + 1
    month, year = months - months[lead], years - years[lead]
    changes = month_of_year[1:] != month_of_year[:-1]
    new_years = month_of_year[1:] < month_of_year[:-1]
    year_number = years + 1970
    if lead:
        # number of changes between each day of the lead and its last one
        month[:lead] = -1 - _later(changes[: lead - 1])
        year[:lead] = -1 - _later(new_years[: lead - 1])
        before = int((forced[lead] - DAY).astype("datetime64[Y]").astype(int)) + 1970
        year_number[:lead] = before - _later(new_years[: lead - 1])
    return {
        "day_of_year": day_of_year(forced),
        "month": month,
        "month_of_year": month_of_year,
        "year": year,
        "year_number": year_number,
    }


def _later(changes: np.ndarray) -> np.ndarray:
    """Number of changes after each day, shape (len(changes) + 1,)."""
    return np.concatenate([np.cumsum(changes[::-1])[::-1], [0]]).astype(int)
