"""First and last day of each observation, from the ways in which files state a period."""

from __future__ import annotations

import numpy as np

from .cf_time import DAY, SECOND, Times, declared_bounds, is_climatology, read_times
from .netcdf import InputFile

START, END, TIME = "time_start", "time_end", "time"
PERIOD = {
    START: "first day included",
    END: "last day included; values of single days may have 'time' alone instead",
}
MONTH = (28, 31)  # days between the times of monthly values


def time_names(dataset: object) -> tuple[str, ...]:
    """Variables that state the periods: `time_start` and `time_end`, or `time`."""
    variables = set(dataset.variables)  # type: ignore[attr-defined]
    return (TIME,) if TIME in variables and not PERIOD.keys() & variables else (START, END)


def read_periods(file: InputFile, places: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """First and last day of each observation, datetime64[D], (obs,) each, or None and findings.

    `time_start` and `time_end` are the first and the last day. CF bounds of `time` begin and end
    at moments, so that an end at midnight does not include the day after. `time` alone is one day.
    Ends of `time_start` and `time_end` that are the beginning of the next period are taken as CF
    bounds are, and bounds that end on the last day of a month as days, each with a warning.

    Args:
        file: with these variables over obs.
        places: number of the place and quantity of each observation, shape (obs,).
    """
    names = time_names(file.dataset)
    for name in names:
        if is_climatology(file.dataset, name):
            file.add_fault(
                "climatological-times",
                name,
                "declares averages over several years (attribute 'climatology'). Give the values "
                "of each year.",
            )
        bounds = declared_bounds(file.dataset, name)
        if bounds is not None and bounds not in file.dataset.variables:
            file.add_missing(bounds, f"the bounds of '{name}'")
    parts = [read_times(file, name) for name in names]
    if file.is_faulty or any(part is None for part in parts):
        return None
    times = [part for part in parts if part is not None]
    if len(names) == 2:
        begin, end = times[0].moments, times[1].moments
        return _days(file, END, begin, end, places, is_exclusive=_are_moments(begin, end))
    if times[0].bounds is not None:
        name = str(declared_bounds(file.dataset, TIME))
        begin, end = times[0].bounds.T
        return _days(file, name, begin, end, places, is_exclusive=True)
    _warn_of_months(file, times[0], places)
    return times[0].days, times[0].days


def _are_moments(begin: np.ndarray, end: np.ndarray) -> bool:
    """Whether periods have clock times, so that an end at midnight excludes the day after."""
    return bool(np.any(begin != begin.astype("datetime64[D]")) and np.all(end > begin))


def _days(
    file: InputFile, name: str, begin: np.ndarray, end: np.ndarray, places: np.ndarray, *,
    is_exclusive: bool,
) -> tuple[np.ndarray, np.ndarray] | None:  # fmt: skip
    """First and last day of periods; `is_exclusive` as the file declares the ends."""
    of_months = _month_ends(begin, end, is_exclusive=is_exclusive)
    if of_months is None:
        file.add_fault(
            "mixed-ends",
            name,
            "holds ends on the last day of a month beside ends on the first day of the next. Write "
            "the last day of each period.",
        )
        return None
    exclusive = is_exclusive
    if of_months == "last":
        exclusive = False
    elif of_months == "next" or (not is_exclusive and _are_joined(begin, end, places)):
        exclusive = True
    if exclusive != is_exclusive:
        after, included = "the first day after the period", "the last day of the period"
        file.warn(
            "exclusive-ends" if exclusive else "inclusive-bounds",
            name,
            f"'{name}' in {file.path} is taken as {after if exclusive else included}: the first "
            f"period is {begin[0].astype('datetime64[D]')} to {end[0].astype('datetime64[D]')}. "
            "Write the last day in 'time_end', and moments in bounds, to state this.",
        )
    elif not exclusive and len(begin) and np.all(end - begin == DAY):
        file.warn(
            "two-day-periods",
            name,
            f"each period in {file.path} is two days long, the first {begin[0]} to {end[0]}. If "
            f"'{name}' is the end of a day, write the day itself.",
        )
    first = begin.astype("datetime64[D]")
    last = np.where(end > begin, end - SECOND, end) if exclusive else end
    return first, np.asarray(last, "datetime64[D]")


def _month_ends(begin: np.ndarray, end: np.ndarray, *, is_exclusive: bool) -> str | None:
    """Day on which whole months end: "last", "next" of the month after, "", or None if mixed."""
    first, last = begin.astype("datetime64[D]"), end.astype("datetime64[D]")
    monthly = (first.astype("datetime64[M]") == first) & (last > first) & (last == end)
    follows = monthly & (last.astype("datetime64[M]") == last)
    ends = monthly & ((last + DAY).astype("datetime64[M]") == last + DAY)
    if not follows.any():
        return "last" if ends.any() and ends.all() else ""
    if ends.any() or (not is_exclusive and np.any(end == begin)):
        return None
    return "next" if follows.mean() >= 0.5 else ""


def _are_joined(begin: np.ndarray, end: np.ndarray, places: np.ndarray) -> bool:
    """Whether periods of a place end where the next begins, and none overlaps another."""
    if not len(begin) or np.any(end <= begin):
        return False
    periods = np.unique(np.stack([places, begin.astype(int), end.astype(int)]), axis=1)
    same_place = periods[0, 1:] == periods[0, :-1]
    between = (periods[1, 1:] - periods[2, :-1])[same_place]  # s, from an end to the next beginning
    return bool(np.any(between == 0) and np.all(between >= 0))


def _warn_of_months(file: InputFile, times: Times, places: np.ndarray) -> None:
    """Warn where the times of each place are a month apart, and a value counts as one day."""
    stamps = np.unique(np.stack([places, times.days.astype(int)]), axis=1)
    steps = np.diff(stamps[1])[np.diff(stamps[0]) == 0]
    if not len(steps) or not MONTH[0] <= np.median(steps) <= MONTH[1]:
        return
    file.warn(
        "monthly-without-bounds",
        TIME,
        f"'{TIME}' in {file.path} has a value a month ({times.days[0]}, ...) and no bounds, so "
        "each counts as the value of that day. Add CF bounds, or 'time_start' and 'time_end', if "
        "the values are means.",
    )
