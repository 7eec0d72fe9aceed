"""Daily weather from monthly means and sums."""

from __future__ import annotations

import numpy as np

SOLAR_CONSTANT = 1367.0  # W m-2; FAO-56
CLEAR, CLOUDY = 0.50, 0.25  # shares of the light at the top of the air; FAO-56, eq. 35


def days_of_months(months: np.ndarray) -> np.ndarray:
    """All days of successive months, datetime64[D]."""
    first, last = months[0].astype("datetime64[D]"), (months[-1] + 1).astype("datetime64[D]")
    return np.arange(first, last)


def smooth_days(monthly: np.ndarray, months: np.ndarray) -> np.ndarray:
    """Values of days that change linearly between the middles of months and keep monthly means.

    The values in the middles are those whose interpolation has the means of the months.

    Args:
        monthly: means, shape (month, cell).
        months: successive, datetime64[M], shape (month,).

    Returns:
        Shape (day, cell).

    Source: Sheng and Zwiers (1998), Clim. Dyn. 14, 609-613.
    """
    days = days_of_months(months)
    starts = np.searchsorted(days, months.astype("datetime64[D]"))
    length = np.diff(np.append(starts, len(days)))
    middle = starts + 0.5 * (length - 1)
    after = np.clip(np.searchsorted(middle, np.arange(len(days)), side="right"), 1, None)
    after = np.minimum(after, max(len(middle) - 1, 0))
    before = np.maximum(after - 1, 0)
    width = np.where(after > before, middle[after] - middle[before], 1.0)
    share = np.clip((np.arange(len(days)) - middle[before]) / width, 0.0, 1.0)
    weights = np.zeros((len(months), len(months)))
    of_month = np.repeat(np.arange(len(months)), length)
    np.add.at(weights, (of_month, before), (1.0 - share) / length[of_month])
    np.add.at(weights, (of_month, after), share / length[of_month])
    nodes = np.linalg.solve(weights, monthly)
    return np.asarray((1.0 - share)[:, None] * nodes[before] + share[:, None] * nodes[after])


def on_wet_days(rain: np.ndarray, wet: np.ndarray | None, months: np.ndarray) -> np.ndarray:
    """Rain of days (mm d-1), shape (day, cell), from sums of months.

    The wet days of a month have equal distances and equal rain. A month with rain has one of them
    at least.

    Args:
        rain: sums of months (mm), shape (month, cell).
        wet: number of wet days (d), same shape; None rains every day.
        months: successive, datetime64[M].
    """
    days = days_of_months(months)
    of_month = np.searchsorted(months, days.astype("datetime64[M]"))
    first = months.astype("datetime64[D]")
    length = ((months + 1).astype("datetime64[D]") - first).astype(int)[:, None]
    number = length if wet is None else np.clip(np.rint(wet), 1, length)
    day = (days - first[of_month]).astype(int)[:, None]
    per_day = (number / length)[of_month]
    # the count of wet days passes a whole number on a wet day
    is_wet = np.floor((day + 1) * per_day + 0.5) > np.floor(day * per_day + 0.5)
    return np.where(is_wet, (rain / number)[of_month], 0.0)


def light_under_clouds(cover: np.ndarray, latitude: np.ndarray, days: np.ndarray) -> np.ndarray:
    """Daily mean shortwave (W m-2) from the share of the sky with cloud, shape (day, cell).

        R = (0.25 + 0.50 (1 - cover)) R_a

    Args:
        cover: share of the sky (1), shape (day, cell).
        latitude: degrees north, shape (cell,).
        days: datetime64[D].

    Source: Allen et al. (1998), FAO irrigation and drainage paper 56, eqs. 21 to 25 and 35, with
        the relative duration of sunshine as the share without cloud.
    """
    return (CLOUDY + CLEAR * (1.0 - cover)) * light_at_top(latitude, days)


def light_at_top(latitude: np.ndarray, days: np.ndarray) -> np.ndarray:
    """Daily mean shortwave at the top of the air (W m-2), shape (day, cell); source as above."""
    number = ((days - days.astype("datetime64[Y]")).astype(int) + 1)[:, None]
    angle = 2.0 * np.pi * number / 365.0
    distance = 1.0 + 0.033 * np.cos(angle)
    declination = 0.409 * np.sin(angle - 1.39)
    north = np.radians(latitude)[None, :]
    sunset = np.arccos(np.clip(-np.tan(north) * np.tan(declination), -1.0, 1.0))
    level = sunset * np.sin(north) * np.sin(declination)
    swing = np.cos(north) * np.cos(declination) * np.sin(sunset)
    return SOLAR_CONSTANT / np.pi * distance * (level + swing)
