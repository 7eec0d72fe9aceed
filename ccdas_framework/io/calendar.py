"""Days, months and years of files, as plain arrays for the core."""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import frozen

from .cf_time import DAY, Times, read_times
from .coordinates import coordinate_name
from .netcdf import InputFile

EXPECTED = "Expected daily values, every day once and in order."


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
    times = read_times(file, name)
    return None if times is None else times.days


def daily_dates(file: InputFile) -> tuple[str, np.ndarray] | None:
    """Name and dates of a time axis with each day once, in order, or None and a finding.

    With CF bounds a value belongs to the day that they cover, whatever its time in that day.
    """
    name = coordinate_name(file.dataset, "time")
    if name is None:
        file.add_missing("time", "one a day")
        return None
    times = read_times(file, name)
    if times is None:
        return None
    error = _daily_error(times)
    if error is None:
        return name, times.days
    code, text = error
    file.add(code, name, f"The time axis '{name}' of {file.path} {text}")
    return None


def _daily_error(times: Times) -> tuple[str, str] | None:
    """Code and text of the first fault of a daily time axis, or None."""
    moments, bounds = times.moments, times.bounds
    if len(moments) == 0:
        return "no-days", "has no days."
    if bounds is not None and np.any(longer := bounds[:, 1] - bounds[:, 0] > DAY):
        first = bounds[int(np.flatnonzero(longer)[0])]
        text = f"has intervals longer than a day, the first from {first[0]} to {first[1]}."
        return "not-daily", f"{text} {EXPECTED}"
    days = times.days
    step = np.diff(days) // DAY
    if np.all(step == 1):
        return None
    first = int(np.flatnonzero(step != 1)[0])
    before, after = days[first], days[first + 1]
    hours = np.diff(moments) / np.timedelta64(1, "h")
    if len(hours) > 1 and 0.0 < np.median(hours) < 24.0:
        code = "not-daily"
        text = (
            f"has a step of {np.median(hours):g} hour(s) ({moments[0]}, {moments[1]}, ...). "
            "Average it over days first; minimum and maximum temperature are those of each day."
        )
    elif np.any(step < 0):
        first = int(np.flatnonzero(step < 0)[0])
        before, after = days[first], days[first + 1]
        code, text = "unordered-days", f"goes backwards from {before} to {after}. Sort it by time."
    elif len(step) > 1 and np.median(step) > 1:
        code = "not-daily"
        text = (
            f"has a step of {int(np.median(step))} days ({days[0]}, {days[1]}, ...). Interpolate "
            "to days first, or generate daily weather."
        )
    elif np.any(step == 0):
        first = int(np.flatnonzero(step == 0)[0])
        code, count = "repeated-days", int(np.sum(step == 0))
        text = f"has {count} day(s) more than once, the first {days[first]}."
    else:
        code, count = "missing-days", int(np.sum(step > 1))
        gap = int(step[first]) - 1
        text = f"has {count} gap(s), the first of {gap} day(s) between {before} and {after}."
    return code, f"{text} {EXPECTED}"


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
