"""Weather as the P-model takes it, and the water of the soil (numpy)."""

from __future__ import annotations

import numpy as np

from ccdas_framework import Array

PHOTONS = 2.04  # umol of photons per J of shortwave: Meek et al. (1984), Agron. J. 76, 939-945
PSYCHROMETRIC = 66.0  # Pa K-1, near sea level: Allen et al. (1998), FAO Paper 56, eq. 8
VAPORISATION = 2.45e6  # J kg-1: Allen et al. (1998), FAO Paper 56, annex 3
SECONDS = 86400.0  # s d-1


def saturation_pressure(temperature: Array) -> Array:
    """Saturation vapour pressure over water (Pa) of a temperature (degC).

        es = 610.8 exp(17.27 T/(T + 237.3))

    Source: Allen et al. (1998), FAO Irrigation and Drainage Paper 56, eq. 11.
    """
    return 610.8 * np.exp(17.27 * temperature / (temperature + 237.3))


def vapour_pressure_deficit(
    minimum: Array, maximum: Array, vapour_pressure: Array | None = None
) -> Array:
    """Daily mean deficit (Pa), at least zero: (es(T_min) + es(T_max))/2 - e.

    Without a measured vapour pressure the air is saturated at the minimum.

    Source: Allen et al. (1998), FAO Irrigation and Drainage Paper 56, eqs. 12, 48.

    Args:
        minimum, maximum: of the day's temperature (degC).
        vapour_pressure: e (Pa).
    """
    saturated = 0.5 * (saturation_pressure(minimum) + saturation_pressure(maximum))
    present = saturation_pressure(minimum) if vapour_pressure is None else vapour_pressure
    return np.maximum(saturated - present, 0.0)


def potential_evapotranspiration(shortwave: Array, temperature: Array) -> Array:
    """Evapotranspiration of a wet surface (mm d-1), 0.65 D/(D + g) S/lambda.

    D is the slope of the saturation pressure and g the psychrometric constant.

    Source: Makkink's equation with the factor of de Bruin (1987), From Penman to Makkink, TNO
    Committee on Hydrological Research, Proceedings and Information 39, 5-30.

    Args:
        shortwave: S, daily mean (W m-2).
        temperature: daily mean (degC).
    """
    slope = 4098.0 * saturation_pressure(temperature) / (temperature + 237.3) ** 2
    energy = SECONDS * np.maximum(shortwave, 0.0) / VAPORISATION
    return 0.65 * slope / (slope + PSYCHROMETRIC) * energy


def soil_water(rain: Array, demand: Array, capacity: float) -> tuple[Array, Array]:
    """Relative soil moisture of each day (1), and the evapotranspiration (mm d-1).

    A bucket that is full on the first day. It loses the share of the demand that its content is
    of the capacity, and what exceeds the capacity runs off. Snow is rain.

    Source: Cramer and Prentice (1988), Norw. J. Geogr. 42, 149-151, with a linear supply.

    Args:
        rain, demand: mm d-1, shape (time, cell).
        capacity: mm.
    """
    moisture, lost = np.empty(rain.shape), np.empty(rain.shape)
    water = np.full(rain.shape[1], capacity)
    for day in range(len(rain)):
        moisture[day] = water / capacity
        lost[day] = np.minimum(moisture[day] * demand[day], water)
        water = np.minimum(water - lost[day] + rain[day], capacity)
    return moisture, lost


def running_mean(series: Array, days: int) -> Array:
    """Mean of a day and the days before it, up to `days` in all, shape of `series` (time, ...)."""
    total = np.cumsum(series, axis=0)
    out = total.copy()
    out[days:] = total[days:] - total[:-days]
    count = np.minimum(np.arange(1, len(series) + 1), days)
    return np.asarray(out / count.reshape(-1, *[1] * (series.ndim - 1)))
