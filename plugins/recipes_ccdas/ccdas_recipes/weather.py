"""Seeded synthetic daily weather of cells from monthly means, of a climate or of a period."""

from __future__ import annotations

import numpy as np
from attrs import frozen

from . import climate, solar_radiation

MEMORY = 0.75  # of the temperature anomaly from one day to the next (1)
GAMMA_SHAPE = 0.8  # of the amount on a wet day (1)
CLOUD_CONTRAST = 0.22  # clearness lost on a wet day and gained on a dry one (1)
CLEARNESS_NOISE = 0.05  # standard deviation of daily clearness (1)
CLEARNESS_LIMITS = (0.15, 0.95)  # share of clear-sky shortwave (1)
RANGE_LIMITS = (0.5, 1.4)  # of a day's diurnal range over its mean (1)
LEAST_SUN = 1.0  # W m-2; months with less shortwave under a clear sky count as polar night
SUN_LIMIT = 0.98  # largest monthly shortwave over that of a clear sky (1)


@frozen(eq=False)
class MonthlySeries:
    """Monthly means of cells in the months of a period.

    Args:
        number: of each cell, which chooses its random numbers, shape (cell,).
        latitude: degrees north, shape (cell,).
        elevation: m, shape (cell,).
        half_annual_range: half of the highest less the lowest monthly mean temperature of the
            climate (K), shape (cell,).
        tas, pr, rsds: temperature (degC), precipitation (mm d-1) and shortwave (W m-2), shape
            (month, cell).
        rsds_daily_sd: standard deviation of daily shortwave within the month (W m-2), same shape.
        diurnal_range: of temperature (K), same shape.
    """

    number: np.ndarray
    latitude: np.ndarray
    elevation: np.ndarray
    half_annual_range: np.ndarray
    tas: np.ndarray
    pr: np.ndarray
    rsds: np.ndarray
    rsds_daily_sd: np.ndarray
    diurnal_range: np.ndarray


@frozen
class Draws:
    """Random numbers of one place, one a day, each of shape (time,)."""

    temperature: np.ndarray  # standard normal
    clearness: np.ndarray  # standard normal
    wet: np.ndarray  # uniform on 0..1
    amount: np.ndarray  # gamma with mean 1


def draws(days: int, seed: int, place: int) -> Draws:
    """Random numbers of a place; they depend on the seed and the place alone."""
    random = np.random.default_rng([seed, place])
    return Draws(
        temperature=random.standard_normal(days),
        clearness=random.standard_normal(days),
        wet=random.random(days),
        amount=random.gamma(GAMMA_SHAPE, 1.0 / GAMMA_SHAPE, days),
    )


def day_of_year(time: np.ndarray) -> np.ndarray:
    """Day of year 1..365 of each date; 29 February counts as 59 and later days as in any year."""
    time = np.asarray(time, "datetime64[D]")
    number = (time - time.astype("datetime64[Y]").astype("datetime64[D]")).astype(int) + 1
    year = time.astype("datetime64[Y]").astype(int) + 1970
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    return np.where(leap & (number >= 60), number - 1, number)


def month_of(time: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Index of the month of each date counted from the first, and calendar month 0..11 of each."""
    months = np.asarray(time, "datetime64[M]")
    return (months - months[0]).astype(int), months.astype(int) % 12


def monthly_weather(
    table: climate.MonthlyClimate, diurnal_range: np.ndarray, time: np.ndarray, seed: int
) -> dict[str, np.ndarray]:
    """Daily weather of the cells of a monthly climate; every year has the same monthly means.

    Args:
        table: climate of the cells.
        diurnal_range: monthly mean (K), shape (month, cell).
        time: whole months of days, datetime64[D], shape (time,).
        seed: of the random numbers; each cell has its own.

    Returns:
        `tasmin`, `tasmax` (degC), `pr` (mm d-1), `rsds` (W m-2), shape (time, cell).
    """
    month, calendar = month_of(time)
    in_month = calendar[np.searchsorted(month, np.arange(month[-1] + 1))]
    series = MonthlySeries(
        table.number, table.latitude, table.elevation, 0.5 * np.ptp(table.tas, axis=0),
        table.tas[in_month], table.pr[in_month], table.rsds[in_month],
        table.rsds_daily_sd[in_month], diurnal_range[in_month],
    )  # fmt: skip
    return weather_within_months(series, time, seed)


def weather_within_months(
    series: MonthlySeries, time: np.ndarray, seed: int
) -> dict[str, np.ndarray]:
    """Daily weather drawn within the months of a period; the monthly means are those given.

    The generator of the module `site_weather`, with monthly values interpolated to days in place
    of its annual waves. Shortwave is at most `SUN_LIMIT` of a clear sky's in the mean of a month,
    and 0 in the polar night.

    Args:
        series: monthly means of the cells, a row for each month of `time`.
        time: whole months of days, datetime64[D], shape (time,).
        seed: of the random numbers; each cell has its own.

    Returns:
        `tasmin`, `tasmax` (degC), `pr` (mm d-1), `rsds` (W m-2), shape (time, cell).
    """
    day = day_of_year(time)
    month, _ = month_of(time)
    random = [draws(len(day), seed, int(number)) for number in series.number]

    def drawn(name: str) -> np.ndarray:
        return np.stack([getattr(one, name) for one in random], axis=1)

    base = smooth_days(series.tas, month)
    mean = base + temperature_anomaly(
        drawn("temperature"), day_to_day_spread(series.half_annual_range)
    )
    mean = mean + smooth_days(series.tas - monthly_mean(mean, month), month)

    chance = smooth_days(climate.wet_day_frequency(series.pr), month)
    chance = np.clip(chance, climate.FEWEST_WET_DAYS, 0.95)
    wet = _at_least_one_wet_day(drawn("wet"), chance, month)
    pr = with_monthly_mean(np.where(wet, drawn("amount"), 0.0), series.pr, month)

    pressure = solar_radiation.relative_pressure(series.elevation, base)
    clear_sky = solar_radiation.potential_shortwave(series.latitude, pressure, day)
    shortwave = reachable_shortwave(series.rsds, monthly_mean(clear_sky, month))
    level = shortwave / np.maximum(monthly_mean(clear_sky, month), LEAST_SUN)
    noise = cloudiness(wet, chance, drawn("clearness"))
    noise = noise * _cloud_scale(series.rsds_daily_sd, clear_sky, noise, month)
    clearness = np.clip(level[month] + noise, *CLEARNESS_LIMITS)
    rsds = with_monthly_mean(clearness * clear_sky, shortwave, month)

    relative = np.clip(0.4 + clearness, *RANGE_LIMITS)
    half = 0.5 * with_monthly_mean(relative, series.diurnal_range, month)
    return {"tasmin": mean - half, "tasmax": mean + half, "pr": pr, "rsds": rsds}


def monthly_clearness(table: climate.MonthlyClimate) -> np.ndarray:
    """Shortwave over that of a clear sky (1), shape (month, cell); 0.6 in the polar night."""
    time = np.arange("2011-01-01", "2012-01-01", dtype="datetime64[D]")
    month, _ = month_of(time)
    pressure = solar_radiation.relative_pressure(table.elevation, table.tas[month])
    clear_sky = solar_radiation.potential_shortwave(table.latitude, pressure, day_of_year(time))
    potential = monthly_mean(clear_sky, month)
    dark = potential < 10.0  # W m-2; a low sun carries no information on clouds
    ratio = table.rsds / np.where(dark, 1.0, potential)
    return np.where(dark, 0.6, np.minimum(ratio, SUN_LIMIT))


def reachable_shortwave(rsds: np.ndarray, clear_sky: np.ndarray) -> np.ndarray:
    """Monthly shortwave (W m-2) that a sky no clearer than clear can give; 0 in the polar night."""
    return np.where(clear_sky < LEAST_SUN, 0.0, np.minimum(rsds, SUN_LIMIT * clear_sky))


def monthly_mean(daily: np.ndarray, month: np.ndarray) -> np.ndarray:
    """Means over months of daily values (time, cell), shape (months, cell)."""
    starts = np.searchsorted(month, np.arange(month[-1] + 1))
    lengths = np.bincount(month)
    return np.add.reduceat(daily, starts, axis=0) / lengths[:, None]


def smooth_days(monthly: np.ndarray, month: np.ndarray) -> np.ndarray:
    """Daily values on straight lines between mid-months that conserve the monthly means.

    The values at mid-month solve a tridiagonal system.
    Source: Killworth (1996), J. Phys. Oceanogr. 26, 1217-1221.

    Args:
        monthly: shape (months, cell).
        month: index of the month of each day, shape (time,).
    """
    months = len(monthly)
    middle = np.array([np.mean(np.flatnonzero(month == m)) for m in range(months)])
    days = np.arange(len(month))
    lines = np.stack([np.interp(days, middle, unit) for unit in np.eye(months)], axis=1)
    return lines @ np.linalg.solve(monthly_mean(lines, month), monthly)


def day_to_day_spread(half_annual_range: np.ndarray) -> np.ndarray:
    """Standard deviation (K) of what each day adds to the temperature anomaly."""
    return 1.2 + 0.12 * half_annual_range


def temperature_anomaly(noise: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Temperature anomaly (K), first-order autoregressive along the first axis."""
    anomaly = np.zeros_like(noise)
    for day in range(len(noise)):
        before = anomaly[day - 1] if day else 0.0
        anomaly[day] = MEMORY * before + noise[day] * spread
    return anomaly


def cloudiness(wet: np.ndarray, chance: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Departure of a day's clearness (1) from its mean: darker when wet, brighter when dry."""
    contrast = np.where(wet, -CLOUD_CONTRAST * (1.0 - chance), CLOUD_CONTRAST * chance)
    return contrast + CLEARNESS_NOISE * noise


def _at_least_one_wet_day(uniform: np.ndarray, chance: np.ndarray, month: np.ndarray) -> np.ndarray:
    """Wet days (bool). In a month without any, the day nearest to being wet is wet."""
    wet = uniform < chance
    for number in range(month[-1] + 1):
        days = np.flatnonzero(month == number)
        dry = np.flatnonzero(~wet[days].any(axis=0))
        nearest = (uniform[days] / chance[days]).argmin(axis=0)
        wet[days[nearest[dry]], dry] = True
    return wet


def with_monthly_mean(daily: np.ndarray, target: np.ndarray, month: np.ndarray) -> np.ndarray:
    """Daily values scaled so that their monthly means are the targets."""
    mean = monthly_mean(daily, month)
    return daily * (target / np.where(mean > 0.0, mean, 1.0))[month]


def _cloud_scale(
    daily_sd: np.ndarray, clear_sky: np.ndarray, noise: np.ndarray, month: np.ndarray
) -> np.ndarray:
    """Factor (1), within 0.5 to 2, that brings the spread of daily shortwave to `daily_sd`."""
    spread = np.sqrt(monthly_mean((noise * clear_sky) ** 2, month))
    factor = daily_sd / np.where(spread > LEAST_SUN, spread, 1.0)
    return np.where(spread > LEAST_SUN, np.clip(factor, 0.5, 2.0), 1.0)[month]
