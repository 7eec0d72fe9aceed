"""Calendar months of dates and of a window of days."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike


def months_between(first: Any, last: Any) -> np.ndarray:
    """Calendar months from the first to the last, both included, datetime64[M], shape (month,)."""
    first, last = np.datetime64(first, "M"), np.datetime64(last, "M")
    return np.arange(first, last + 1, dtype="datetime64[M]")


def calendar_months(dates: Any) -> np.ndarray | None:
    """Calendar month of each date, datetime64[M], shape of `dates`, or None if they are no dates.

    Args:
        dates: datetime64, or objects with `year` and `month` such as those of cftime, whatever
            their calendar, shape (time,).
    """
    dates = np.asarray(dates)
    if dates.dtype.kind == "M":
        return np.asarray(dates, "datetime64[M]")
    if dates.size and all(hasattr(date, "month") for date in dates):
        return np.array([f"{d.year:04d}-{d.month:02d}" for d in dates], dtype="datetime64[M]")
    return None


def days_in_month(months: ArrayLike) -> np.ndarray:
    """Number of days of calendar months, whole numbers, shape of `months`."""
    first = np.asarray(months, "datetime64[M]")
    return np.asarray(
        ((first + 1).astype("datetime64[D]") - first.astype("datetime64[D]")).astype(int)
    )


def is_consecutive(months: ArrayLike) -> bool:
    """Whether calendar months follow one another, each once."""
    return bool(np.all(np.diff(np.asarray(months, "datetime64[M]")).astype(int) == 1))


def month_numbers(dates: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Index of the month of each date, 0 for that of the first date, and its number 0..11.

    Args:
        dates: datetime64, shape (time,).

    Returns:
        Two arrays of whole numbers, shape (time,).
    """
    months = np.asarray(dates, "datetime64[M]")
    return (months - months[0]).astype(int), months.astype(int) % 12


def complete_months(days: ArrayLike) -> np.ndarray:
    """Months of a window of days, datetime64[M], shape (month,); NaT for those it cuts short.

    Args:
        days: of the window, in order, each once, datetime64[D], shape (day,).
    """
    index, _ = month_numbers(days)
    months = np.asarray(days, "datetime64[M]")[0] + np.arange(index[-1] + 1)
    complete = np.bincount(index, minlength=len(months)) == days_in_month(months)
    return np.asarray(np.where(complete, months, np.datetime64("NaT", "M")))
