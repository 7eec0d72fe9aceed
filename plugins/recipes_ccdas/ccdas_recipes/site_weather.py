"""Seeded synthetic daily weather of a site from a few numbers; every year has the same climate."""

from __future__ import annotations

import numpy as np
from attrs import frozen

from . import solar_radiation, weather

WARMEST_DAY = {"north": 200.0, "south": 20.0}  # day of year


@frozen
class SiteClimate:
    """The climate of a site in a few numbers.

    Args:
        mean_temperature: of the year (degC).
        half_annual_range: of temperature (K).
        diurnal_range: mean over the year (K).
        precipitation: of the year (mm).
        seasonality: relative amplitude of wet-day probability over the year (1).
        wettest_month: 0 to 12, at its end.
        wet_days: mean share of wet days (1).
        clearness: mean share of clear-sky shortwave (1).
    """

    mean_temperature: float
    half_annual_range: float
    diurnal_range: float
    precipitation: float
    seasonality: float
    wettest_month: float
    wet_days: float
    clearness: float


def site_weather(
    site: SiteClimate, latitude: float, elevation: float, time: np.ndarray, seed: int, place: int
) -> dict[str, np.ndarray]:
    """Daily weather of a site.

        T   = T_mean + dT cos(2 pi (doy - phase) / 365) + A,  A_d = 0.75 A_(d-1) + e (1.2 + 0.12 dT)
        p_w = f_w max(0.05, 1 + eps cos(2 pi (doy / 365 - m / 12))), at most 0.95
        r   = r_0 - 0.22 (1 - p_w) on a wet day, r_0 + 0.22 p_w on a dry one, + noise

    This project's own generator.

    Args:
        site: its climate.
        latitude: degrees north.
        elevation: m.
        time: days, datetime64[D], shape (time,).
        seed: of the random numbers.
        place: number of the site; each has its own random numbers.

    Returns:
        `tasmin`, `tasmax` (degC), `pr` (mm d-1), `rsds` (W m-2), shape (time,).
    """
    day = weather.day_of_year(time)
    random = weather.draws(len(day), seed, place)
    phase = WARMEST_DAY["north" if latitude >= 0 else "south"]
    mean = site.mean_temperature + site.half_annual_range * np.cos(
        2.0 * np.pi * (day - phase) / 365.0
    )
    mean = mean + weather.temperature_anomaly(
        random.temperature, weather.day_to_day_spread(site.half_annual_range)
    )
    season = 1.0 + site.seasonality * np.cos(
        2.0 * np.pi * (day / 365.0 - site.wettest_month / 12.0)
    )
    chance = np.minimum(site.wet_days * np.maximum(0.05, season), 0.95)
    wet = random.wet < chance
    amount = random.amount * site.precipitation / (365.0 * site.wet_days)
    clearness = np.clip(
        site.clearness + weather.cloudiness(wet, chance, random.clearness),
        *weather.CLEARNESS_LIMITS,
    )
    pressure = solar_radiation.relative_pressure(np.array([elevation]), mean[:, None])
    clear_sky = solar_radiation.potential_shortwave(np.array([latitude]), pressure, day)[:, 0]
    half = 0.5 * site.diurnal_range * np.clip(0.4 + clearness, *weather.RANGE_LIMITS)
    return {
        "tasmin": mean - half,
        "tasmax": mean + half,
        "pr": np.where(wet, amount, 0.0),
        "rsds": clearness * clear_sky,
    }
