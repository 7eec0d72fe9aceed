"""Calendar months of the times of a file, from CF bounds where it has them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.errors import Findings, InvalidInput
from ..grids import calendar_months, days_in_month
from .cf_time import is_climatology, read_times
from .netcdf import InputFile

DAYS_OFF = 2.0  # d, by which bounds of a month may differ from its first and last moment


def read_months(
    file: InputFile, name: str, *, any_calendar: bool = False, monthly: bool = True
) -> np.ndarray | None:
    """Calendar month of each value, datetime64[M], shape (time,), or None and a finding.

    A warning says how times at the first moment of each month are taken, where bounds are missing.

    Args:
        file: with the times, decoded or not.
        name: of the time coordinate.
        any_calendar: calendars such as 'noleap' are allowed.
        monthly: values are means over calendar months, and bounds must be those of months.
    """
    if monthly and is_climatology(file.dataset, name):
        file.add_fault(
            "climatological-times",
            name,
            "declares averages over several years (attribute 'climatology'). Give each month of "
            "each year.",
        )
        return None
    times = read_times(file, name, any_calendar=any_calendar)
    if times is None:
        return None
    if times.bounds is None:
        months = np.asarray(calendar_months(times.moments))
        if len(months) > (not monthly) and np.all(_days_in(times.moments) == 0.0):
            file.warn(
                "ambiguous-months",
                name,
                f"the times of {file.path} are the first moment of each month and have no bounds: "
                f"{times.moments[0]} is taken as {months[0]}. If they are ends of months, add "
                "CF bounds.",
            )
        return months
    begin, end = times.bounds.T
    months = np.asarray(calendar_months(begin + (end - begin) // 2))
    if not monthly:
        return months
    edges = [_nearest_month(moments) for moments in (begin, end)]
    wrong = (edges[0] != months) | (edges[1] != months + 1)
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        file.add_fault(
            "not-monthly",
            name,
            f"has bounds that are no calendar months, the first {begin[first]} to "
            f"{end[first]}. Average the values by month.",
        )
        return None
    return months


def months_of_times(
    dataset: Any, where: str, name: str = "time", *, monthly: bool = True
) -> np.ndarray:
    """Calendar month of each value of a dataset, datetime64[M], shape (time,).

    CF bounds count before times: a time at the end of a month is the first moment of the next.

    Args:
        dataset: xarray dataset, its times decoded or not, in any calendar.
        where: name of the file, for messages.
        name: of the time coordinate.
        monthly: values are means over calendar months, and bounds must be those of months.

    Raises:
        InvalidInput: the times are no dates, or their bounds no calendar months.
    """
    findings = Findings()
    file = InputFile(where, dataset, findings)
    months = read_months(file, name, any_calendar=True, monthly=monthly)
    if months is None:
        first = next(iter(findings))
        raise InvalidInput(first.message, code=first.code, where=f"{where}: {name}")
    return months


def _days_in(moments: np.ndarray) -> np.ndarray:
    """Days since the first moment of the month, shape of `moments`."""
    if moments.dtype.kind == "M":
        first = moments.astype("datetime64[M]").astype(moments.dtype)
        return np.asarray((moments - first) / np.timedelta64(1, "D"))
    seconds = [(m.hour * 60 + m.minute) * 60 + m.second for m in moments]
    return np.array([m.day - 1 for m in moments]) + np.array(seconds) / 86400.0


def _nearest_month(moments: np.ndarray) -> np.ndarray:
    """Month that begins nearest to each moment, or NaT where none does within two days."""
    months, days = np.asarray(calendar_months(moments)), _days_in(moments)
    is_standard = moments.dtype.kind == "M"
    length = days_in_month(months) if is_standard else np.array([m.daysinmonth for m in moments])
    is_end = days >= length - DAYS_OFF
    nearest = months + is_end.astype(int)
    return np.where((days <= DAYS_OFF) | is_end, nearest, np.datetime64("NaT", "M"))
