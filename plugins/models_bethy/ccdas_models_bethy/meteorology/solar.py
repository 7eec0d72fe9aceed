"""Position of the sun, day length and surface pressure (numpy: forcing only)."""

from __future__ import annotations

import numpy as np

from ccdas_framework import Array

from ..constants import AIR_MOLAR_MASS, GAS_CONSTANT, GRAVITY, LAPSE_RATE, STANDARD_PRESSURE

DAYLIGHT = 1e-3  # smallest cosine of the zenith angle that counts as day, 1


def sun_angles(latitude: Array, day_of_year: Array) -> tuple[Array, Array]:
    """sin(lat) sin(delta) and cos(lat) cos(delta) (1), broadcast of the arguments.

        delta = -23.4 deg cos(2 pi (doy + 10)/365)

    Source: CCDAS V2 source.
    """
    declination = np.radians(-23.4) * np.cos(2.0 * np.pi * (day_of_year + 10.0) / 365.0)
    latitude = np.radians(latitude)
    return np.sin(latitude) * np.sin(declination), np.cos(latitude) * np.cos(declination)


def day_length(sine_product: Array, cosine_product: Array) -> Array:
    """Hours between sunrise and sunset, 0..24:  24/pi acos(-sp/cp)."""
    safe = np.maximum(cosine_product, 1e-12)  # the poles
    return 24.0 / np.pi * np.arccos(np.clip(-sine_product / safe, -1.0, 1.0))


def cosine_zenith(sine_product: Array, cosine_product: Array, hour: Array) -> Array:
    """mu = sp - cp cos(pi h/12) (1), with h in local solar hours."""
    return sine_product - cosine_product * np.cos(np.pi * hour / 12.0)


def sun_distance_factor(day_of_year: Array) -> Array:
    """Solar irradiance relative to its annual mean (1)."""
    angle = 2.0 * np.pi * (day_of_year - 1.0) / 365.0
    return (
        1.00011
        + 0.034221 * np.cos(angle)
        + 0.00128 * np.sin(angle)
        + 0.000719 * np.cos(2.0 * angle)
        + 0.000077 * np.sin(2.0 * angle)
    )


def surface_pressure(elevation: Array, mean_temperature: Array) -> Array:
    """Pressure (Pa) at an elevation (m) under a constant lapse rate; temperature in °C."""
    exponent = GRAVITY * AIR_MOLAR_MASS * 1e-3 / (GAS_CONSTANT * LAPSE_RATE)
    ratio = 1.0 / (1.0 + elevation * LAPSE_RATE / (mean_temperature + 273.15))
    return STANDARD_PRESSURE * ratio**exponent
