"""Days of the standard calendar from those of model calendars."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..netcdf_files import EPOCH, moments, require_numbers, require_variables
from ..refusal import refusal

STANDARD = ("standard", "gregorian", "proleptic_gregorian")
MODEL = ("noleap", "365_day", "360_day", "all_leap", "366_day", "julian")
KEEP, CONVERT = "keep", "convert"
CALENDARS = (KEEP, CONVERT)


def with_standard_days(path: Path, dataset: Any, time: str, calendar: str) -> tuple[Any, str]:
    """A dataset of daily values with days of the standard calendar, and the calendar it had.

    Days of a calendar of 365 or 366 days keep their date. Days of 360 keep their share of the
    year, as in `xarray.Dataset.convert_calendar` with `align_on="year"`. Days that the other
    calendar lacks are missing from the result.

    Args:
        path, dataset: of the file, times not decoded.
        time: name of the time variable and its dimension.
        calendar: "keep" refuses other calendars, "convert" converts them.

    Raises:
        InvalidInput: another calendar without "convert", an unknown one, or no unit of time.
    """
    require_variables(path, dataset, (time,))
    attributes = dataset[time].attrs
    stated = str(attributes.get("calendar", "standard")).lower()
    if stated in STANDARD:
        days = moments(path, dataset, time).astype("datetime64[D]")
        return dataset.assign_coords({time: days.astype("datetime64[ns]")}), ""
    if stated not in MODEL or calendar != CONVERT:
        remedy = "Add --set calendar=convert to convert its days." if stated in MODEL else ""
        raise refusal(path, "wrong-calendar", time,
                      f"'{time}' has the calendar '{stated}'; expected the standard one. {remedy}",
                      )  # fmt: skip
    import cftime  # slow to import

    numbers = require_numbers(path, dataset, time)
    units = str(attributes.get("units", ""))
    if EPOCH.fullmatch(units.strip()) is None or not np.isfinite(numbers).all():
        raise refusal(path, "wrong-units", time,
                      f"'{time}' is in '{units}', or is missing; expected days since a date."
                      )  # fmt: skip
    dates = cftime.num2date(numbers, units, stated)
    clock = {"hour": 0, "minute": 0, "second": 0, "microsecond": 0}
    dataset = dataset.assign_coords({time: [date.replace(**clock) for date in dates]})
    align = "year" if stated == "360_day" else "date"
    converted = dataset.convert_calendar(
        "proleptic_gregorian", dim=time, align_on=align, use_cftime=False
    )
    return converted, stated


def with_days_between(days: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    """Days and values with single missing days, which take the values of the day before.

    Args:
        days: datetime64[D] in order, shape (day,).
        values: shape (day, cell).

    Returns:
        Days, values, and the number of days that are filled.
    """
    every = np.arange(days[0], days[-1] + 1)
    source = np.searchsorted(days, every, side="right") - 1
    age = (every - days[source]).astype(int)
    kept = age <= 1
    return every[kept], values[source[kept]], int((age == 1).sum())
