"""Saturation, latent heat and the vapour pressure of the air."""

from __future__ import annotations

import numpy as np

from ccdas_framework import Array, Namespace

from ..constants import (
    AIR_HEAT_CAPACITY,
    AIR_MOLAR_MASS,
    GAS_CONSTANT,
    LATENT_HEAT_SUBLIMATION,
    SECONDS_A_DAY,
    STEFAN_BOLTZMANN,
    WATER_TO_AIR_MASS,
    ZERO_CELSIUS,
)

PRIESTLEY_TAYLOR = 1.26  # 1, Priestley and Taylor (1972), Mon. Weather Rev. 100, 81-92
CLOUDY_LOSS = 0.65  # net longwave loss over that under a clear sky, annual mean over land, 1


def saturation_vapour_pressure(temperature: Array, xp: Namespace) -> Array:
    """es (Pa) over water, or ice below 0 °C, by Magnus' formula; temperature in °C."""
    a, b = _magnus(temperature, xp)
    return 610.78 * xp.exp(a * temperature / (b + temperature))


def saturation_slope(temperature: Array, saturation: Array, xp: Namespace) -> Array:
    """d es/dT (Pa K-1) at a temperature (°C), from its es (Pa)."""
    a, b = _magnus(temperature, xp)
    return a * b * saturation / (b + temperature) ** 2


def _magnus(temperature: Array, xp: Namespace) -> tuple[Array, Array]:
    warm = temperature >= 0.0
    return xp.where(warm, 17.269, 22.33), xp.where(warm, 237.3, 271.15)


def latent_heat(
    temperature: Array, xp: Namespace, sublimation: float = LATENT_HEAT_SUBLIMATION
) -> Array:
    """lambda (J kg-1) of evaporation, or of sublimation below 0 °C; temperature in °C."""
    return xp.where(
        temperature >= 0.0, 3.1512e6 - 2380.0 * (temperature + ZERO_CELSIUS), sublimation
    )


def psychrometer(pressure: Array, heat: Array) -> Array:
    """gamma = p c_p / (eps lambda) (Pa K-1); pressure in Pa, latent heat in J kg-1."""
    return pressure * AIR_HEAT_CAPACITY / (WATER_TO_AIR_MASS * heat)


def air_density(pressure: Array, temperature: Array) -> Array:
    """rho = M_a p / (1000 R T_K) (kg m-3); pressure in Pa, temperature in °C."""
    return AIR_MOLAR_MASS * pressure / (1000.0 * GAS_CONSTANT * (temperature + ZERO_CELSIUS))


def vapour_pressure_from_minimum(
    saturation: Array,
    saturation_at_minimum: Array,
    wetness: Array,
    base_wetness: Array,
    at_minimum: Array,
    course: Array,
) -> Array:
    """Vapour pressure of the air (Pa), shape of `saturation`; never above saturation.

        ea0 = es(Tmin) (r_h0 + (1 - r_h0) fe)
        ea  = ea0 + r_d0 fe (es(T) - ea0)

    Args:
        saturation: es(T) (Pa), shape (hour, column).
        saturation_at_minimum: es(Tmin), aridity included (Pa), shape (column,).
        wetness, base_wetness: fe of the column and of the base (1), shape (column,).
        at_minimum, course: r_h0 and r_d0 (1).

    Source: CCDAS V2 source.
    """
    base = saturation_at_minimum * (at_minimum + (1.0 - at_minimum) * base_wetness)
    return base + course * wetness * (saturation - base)


def potential_evaporation(tmin: Array, tmax: Array, shortwave: Array, pressure: Array) -> Array:
    """Potential evaporation of Priestley and Taylor (1972) (mm d-1), not negative, numpy only.

        E = 1.26 s/(s + gamma) R_n/lambda

    The net radiation R_n is 0.77 SW less the net longwave loss of FAO-56 (Allen et al. 1998, eq.
    39) at a humidity of es(Tmin) and a mean cloudiness.

    Args:
        tmin, tmax (°C), shortwave (W m-2), pressure (Pa): daily values, (time, cell).
    """
    mean = 0.5 * (tmin + tmax)
    saturation = saturation_vapour_pressure(mean, np)
    slope = saturation_slope(mean, saturation, np)
    heat = latent_heat(mean, np)
    emitted = STEFAN_BOLTZMANN * 0.5 * ((tmin + ZERO_CELSIUS) ** 4 + (tmax + ZERO_CELSIUS) ** 4)
    humid = saturation_vapour_pressure(tmin, np) * 1e-3  # kPa
    loss = emitted * (0.34 - 0.14 * np.sqrt(humid)) * CLOUDY_LOSS
    net = np.maximum(0.77 * shortwave - loss, 0.0)
    radiative = slope / (slope + psychrometer(pressure, heat)) * net / heat
    return PRIESTLEY_TAYLOR * radiative * SECONDS_A_DAY


def aridity_factor(precipitation: Array, potential: Array, driest: float, moistest: float) -> Array:
    """k of ea0 = k es(Tmin) (...): the lower, the drier the climate.

        k = driest + (moistest - driest) min(1, P/PET)

    The form is our own.

    Args:
        precipitation: P (mm d-1), (time, cell).
        potential: PET of `potential_evaporation` (mm d-1), (time, cell).
        driest: k where it never rains (1).
        moistest: k where rain meets the potential evaporation (1).

    Returns:
        k (1), shape (cell,).
    """
    demand = np.maximum(np.mean(potential, axis=0), 0.05)  # mm d-1
    supply = np.mean(precipitation, axis=0)
    return driest + (moistest - driest) * np.minimum(1.0, supply / demand)
