"""Daily extremes of temperature at places that record its mean alone."""

from __future__ import annotations

import numpy as np

from . import climate, solar_radiation, weather


def daily_extremes(
    mean: np.ndarray,
    pr: np.ndarray,
    rsds: np.ndarray,
    sunshine: np.ndarray,
    latitude: np.ndarray,
    pressure: np.ndarray,
    time: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest temperature of each day (degC), shape (time, cell).

    The monthly diurnal range is fitted to sunshine. Within the month it follows the clearness of
    the day, as in the weather generator.

    Args:
        mean, pr, rsds: daily temperature (degC), precipitation (mm d-1) and shortwave (W m-2),
            shape (time, cell).
        sunshine: of calendar months (per cent of what is possible), shape (12, cell).
        latitude: degrees north, shape (cell,).
        pressure: over that at sea level (1), shape (time, cell).
        time: days, datetime64[D].
    """
    month, calendar = weather.month_of(time)
    clear = solar_radiation.potential_shortwave(latitude, pressure, weather.day_of_year(time))
    clearness = rsds / np.maximum(clear, weather.LEAST_SUN)
    relative = np.clip(0.4 + clearness, *weather.RANGE_LIMITS)
    first = np.searchsorted(month, np.arange(month[-1] + 1))
    monthly = climate.diurnal_range_from_sunshine(
        sunshine[calendar[first]],
        weather.monthly_mean(mean, month),
        weather.monthly_mean(pr, month),
    )
    half = 0.5 * weather.with_monthly_mean(relative, monthly, month)
    return mean - half, mean + half
