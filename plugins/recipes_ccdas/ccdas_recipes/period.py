"""Window of a recipe in calendar months."""

from __future__ import annotations

import re
from contextlib import suppress

import numpy as np

from ccdas_framework import InvalidInput

YEARS = (1583, 2999)  # of the Gregorian calendar
MOST_MONTHS = 2400


def window(start: str, end: str) -> tuple[np.ndarray, np.ndarray]:
    """Months, datetime64[M], and days, datetime64[D], from the first month to the last.

    Args:
        start, end: first and last month, as "2010-01"; a day of the month is ignored.

    Raises:
        InvalidInput: not a month of the years `YEARS`, the last before the first, or a window of
            more than `MOST_MONTHS`.
    """
    first, last = _month("start", start), _month("end", end)
    if last < first:
        raise InvalidInput(
            f"The period ends in {last} before it starts in {first}. Give 'end' a month that is "
            "not before 'start'.",
            code="empty-period",
            where="inputs.settings.end",
        )
    months = np.arange(first, last + 1)
    if len(months) > MOST_MONTHS:
        raise InvalidInput(
            f"The period from {first} to {last} has {len(months)} months; expected 1 to "
            f"{MOST_MONTHS}.",
            code="wrong-value",
            where="inputs.settings.end",
        )
    return months, np.arange(first, last + 1, dtype="datetime64[D]")


def require_times(file: str, available: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Positions of consecutive months or days among those of a file.

    Args:
        file: name of the file, for the message.
        available, times: of the file and of the period, datetime64.

    Raises:
        InvalidInput: the file does not have them all.
    """
    rows = np.flatnonzero(np.isin(available, times))
    if len(rows) < len(times):
        raise InvalidInput(
            f"{file} has times from {available[0]} to {available[-1]}, and the period is "
            f"{times[0]} to {times[-1]}. Choose a period that it has.",
            code="outside-published-period",
            where=file,
        )
    return rows


def _month(name: str, value: str) -> np.ndarray:
    text = str(value).strip()
    if re.fullmatch(r"\d{4}-\d{2}(-\d{2})?", text):
        with suppress(ValueError):
            month = np.array(text, dtype="datetime64[D]").astype("datetime64[M]")
            if YEARS[0] <= int(text[:4]) <= YEARS[1]:
                return month
    raise InvalidInput(
        f"{name} = '{value}' is not a month; expected one such as '2010-01', of the years "
        f"{YEARS[0]} to {YEARS[1]}.",
        code="wrong-value",
        where=f"inputs.settings.{name}",
    )
