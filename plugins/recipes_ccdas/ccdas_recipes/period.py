"""Window of a recipe in calendar months."""

from __future__ import annotations

import numpy as np

from ccdas_framework import InvalidInput


def window(start: str, end: str) -> tuple[np.ndarray, np.ndarray]:
    """Months, datetime64[M], and days, datetime64[D], from the first month to the last.

    Args:
        start, end: first and last month, as "2010-01"; a day of the month is ignored.

    Raises:
        InvalidInput: not a month, or the last before the first.
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
    return months, np.arange(first, last + 1, dtype="datetime64[D]")


def _month(name: str, value: str) -> np.ndarray:
    try:
        return np.array(str(value), dtype="datetime64[D]").astype("datetime64[M]")
    except ValueError:
        raise InvalidInput(
            f"{name} = '{value}' is not a month; expected one such as '2010-01'.",
            code="wrong-value",
            where=f"inputs.settings.{name}",
        ) from None
