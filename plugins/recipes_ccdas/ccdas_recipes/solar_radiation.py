"""Shortwave radiation under a clear sky, from latitude, elevation and the day of the year."""

from __future__ import annotations

import numpy as np

GRAVITY = 9.81  # m s-2
GAS_CONSTANT = 8.314  # J mol-1 K-1
MOLAR_MASS_AIR = 28.964  # g mol-1
LAPSE_RATE = 6e-3  # K m-1; Knorr (2000)
PAR_AT_TOP = 600.0  # W m-2, photosynthetically active part of the solar constant; Knorr (2000)
PAR_SHARE = 0.43  # PAR per shortwave at the surface under a clear sky; Knorr (2000)
HOURS = np.arange(1, 25)  # local solar time


def declination(day_of_year: np.ndarray) -> np.ndarray:
    """Solar declination (radians), -23.4 deg cos(2 pi (doy + 10) / 365). Source: Knorr (2000)."""
    return np.radians(-23.4) * np.cos(2.0 * np.pi * (np.asarray(day_of_year) + 10.0) / 365.0)


def sun_distance_factor(day_of_year: np.ndarray) -> np.ndarray:
    """Irradiance relative to its annual mean (1). Source: Spencer (1971), Search 2, 172."""
    angle = 2.0 * np.pi * (np.asarray(day_of_year) - 1.0) / 365.0
    return (
        1.00011
        + 0.034221 * np.cos(angle)
        + 0.00128 * np.sin(angle)
        + 0.000719 * np.cos(2.0 * angle)
        + 0.000077 * np.sin(2.0 * angle)
    )


def relative_pressure(elevation: np.ndarray, temperature: np.ndarray) -> np.ndarray:
    """Pressure over that at sea level (1), with a lapse rate of 6 K km-1.

        p / p0 = (1 / (1 + z Gamma / T)) ^ (g M / (R Gamma))

    Args:
        elevation: z (m).
        temperature: T of the air (degC), broadcast against the elevation.
    """
    exponent = GRAVITY * MOLAR_MASS_AIR * 1e-3 / (GAS_CONSTANT * LAPSE_RATE)
    return (1.0 / (1.0 + elevation * LAPSE_RATE / (temperature + 273.15))) ** exponent


def potential_shortwave(
    latitude: np.ndarray, pressure: np.ndarray, day_of_year: np.ndarray
) -> np.ndarray:
    """Daily mean shortwave under a clear sky (W m-2), shape (time, cell).

        t_dir = exp(-0.185 / mu p / p0) ;  t_tot = 0.4 + 0.6 t_dir
        SWpot = mean over the hours of 600 e_sun mu t_tot / 0.43

    Args:
        latitude: degrees north, shape (cell,).
        pressure: p / p0 (1), shape (time, cell) or (cell,).
        day_of_year: 1..365, shape (time,).

    Source: Knorr (2000), Global Ecol. Biogeogr. 9, 225-252, after Weiss and Norman (1985).
    """
    delta = declination(day_of_year)[:, None]
    phi = np.radians(latitude)[None, :]
    level = np.sin(phi) * np.sin(delta)
    swing = np.cos(phi) * np.cos(delta)
    total = np.zeros(np.broadcast_shapes(level.shape, np.shape(pressure)))
    for hour in HOURS:
        mu = level - swing * np.cos(np.pi * hour / 12.0)
        up = mu >= 1e-3
        height = np.where(up, mu, 1.0)
        direct = np.exp(-0.185 / height * pressure)
        total = total + np.where(up, height * (0.4 + 0.6 * direct), 0.0)
    distance = sun_distance_factor(day_of_year)[:, None]
    return PAR_AT_TOP / PAR_SHARE * distance * total / len(HOURS)
