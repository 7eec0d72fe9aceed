"""Daily minima, maxima and means of hourly values over local days."""

from __future__ import annotations

import numpy as np

HOUR = np.timedelta64(3600, "s")


def local_offsets(longitude: np.ndarray) -> np.ndarray:
    """Local time less UTC (h) of the nearest hour of the longitude (degrees east), same shape."""
    return np.round(((longitude + 180.0) % 360.0 - 180.0) / 15.0).astype(int)


def over_local_days(
    values: np.ndarray, moments: np.ndarray, offsets: np.ndarray, days: np.ndarray, function: str
) -> np.ndarray:
    """A statistic of each local day and cell, shape (day, cell).

    Args:
        values: shape (hour, cell).
        moments: of the values in UTC in ascending order, datetime64[s], shape (hour,).
        offsets: local time less UTC (h), shape (cell,).
        days: local days that all cells have, datetime64[D].
        function: "min", "max" or "mean".
    """
    reduce = {"min": np.minimum, "max": np.maximum, "mean": np.add}[function].reduceat
    out = np.full((len(days), values.shape[1]), np.nan)
    for offset in np.unique(offsets):
        of_day, starts, count = _days(moments, int(offset))
        cells = offsets == offset
        reduced = reduce(values[:, cells], starts, axis=0)
        if function == "mean":
            reduced = reduced / count[:, None]
        out[:, cells] = reduced[np.searchsorted(of_day, days)]
    return out


def whole_days(moments: np.ndarray, offsets: np.ndarray, hours: int) -> np.ndarray:
    """Local days that have at least a number of hours in all cells, datetime64[D].

    Args:
        moments: in UTC in ascending order, datetime64[s], shape (hour,).
        offsets: local time less UTC (h), shape (cell,).
        hours: least number.
    """
    common: np.ndarray | None = None
    for offset in np.unique(offsets):
        days, _, count = _days(moments, int(offset))
        whole = days[count >= hours]
        common = whole if common is None else np.intersect1d(common, whole)
    return np.zeros(0, dtype="datetime64[D]") if common is None else common


def _days(moments: np.ndarray, offset: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Local days, the first position of each and its number of hours."""
    local = (moments + offset * HOUR).astype("datetime64[D]")
    days, starts, count = np.unique(local, return_index=True, return_counts=True)
    return days, starts, count
