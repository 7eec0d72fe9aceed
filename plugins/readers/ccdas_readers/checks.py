"""Checks of times and places that all readers share."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from .refusal import refusal

DAY = np.timedelta64(1, "D")


def require_past(path: Path, times: np.ndarray, name: str) -> None:
    """Refuse times after today.

    Args:
        path: of the file.
        times: datetime64, shape (time,).
        name: of the series.

    Raises:
        InvalidInput: with the last time.
    """
    future = times > np.datetime64("now", "s") + DAY
    if future.any():
        raise refusal(
            path, "future-dates", name,
            f"{int(future.sum())} values have times after today, the last {times.max()}. Check the "
            "unit and the epoch of the times.",
        )  # fmt: skip


def require_distinct(path: Path, times: np.ndarray, name: str) -> None:
    """Refuse times that occur twice in one series.

    Args:
        path: of the file.
        times: shape (time,).
        name: of the column.

    Raises:
        InvalidInput: with the first such time.
    """
    unique, count = np.unique(times, return_counts=True)
    if (count > 1).any():
        raise refusal(
            path, "duplicate-times", name,
            f"'{name}' has {int((count > 1).sum())} times more than once, the first "
            f"{unique[count > 1][0]}. Leave out the copies.",
        )  # fmt: skip


def require_ordered(path: Path, start: np.ndarray, end: np.ndarray, name: str) -> None:
    """Refuse periods that end before they begin.

    Raises:
        InvalidInput: with the first such period.
    """
    if (end < start).any():
        first = int(np.flatnonzero(end < start)[0])
        raise refusal(
            path, "reversed-period", name,
            f"'{name}' has a period that ends before it begins, {start[first]} to {end[first]}. "
            "Were two columns exchanged?",
        )  # fmt: skip


def require_on_earth(path: Path, latitude: np.ndarray, longitude: np.ndarray, name: str) -> None:
    """Refuse coordinates that are missing or beyond the Earth, as exchanged ones are.

    Args:
        path: of the file.
        latitude, longitude: degrees north and east, any shape.
        name: of the series.

    Raises:
        InvalidInput: with the first such coordinate.
    """
    for axis, degrees, lowest, highest in (
        ("latitude", latitude, -90.0, 90.0), ("longitude", longitude, -180.0, 360.0)
    ):  # fmt: skip
        bad = ~((degrees >= lowest) & (degrees <= highest))
        if bad.any():
            raise refusal(
                path, "out-of-range", axis,
                f"'{axis}' of '{name}' is {degrees[bad][0]:g}; expected {lowest:g} to {highest:g} "
                "degrees. Were latitude and longitude exchanged, or is it missing?",
            )  # fmt: skip
