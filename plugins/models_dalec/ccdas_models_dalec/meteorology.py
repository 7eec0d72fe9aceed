"""Day length, season and vapour pressure deficit from the forcing (numpy)."""

from __future__ import annotations

import numpy as np

from ccdas_framework import Array

MEGAJOULE_A_DAY = 86400.0 * 1e-6  # MJ m-2 d-1 for each W m-2
HALF_A_YEAR = 182.625  # d


def day_length(latitude: Array, day_of_year: Array) -> Array:
    """Hours between sunrise and sunset, 0..24, broadcast of the arguments.

        s = 24/pi acos(-tan(lat) tan(delta)),  delta = -23.4 deg cos(2 pi (doy + 10)/365)

    Source: Williams et al. (1997), Ecol. Appl. 7, 882-894.

    Args:
        latitude: degrees.
        day_of_year: 1..365.
    """
    declination = np.radians(-23.4 * np.cos(2.0 * np.pi * (day_of_year + 10.0) / 365.0))
    cosine = -np.tan(np.radians(np.clip(latitude, -89.9, 89.9))) * np.tan(declination)
    return 24.0 / np.pi * np.arccos(np.clip(cosine, -1.0, 1.0))


def seasonal_day(latitude: Array, day_of_year: Array) -> Array:
    """Day of the year on which the northern hemisphere has the same season (d)."""
    return day_of_year + np.where(latitude < 0.0, HALF_A_YEAR, 0.0)


def saturation_pressure(temperature: Array) -> Array:
    """Saturation vapour pressure over water (Pa) of a temperature (degC).

        es = 610.8 exp(17.27 T/(T + 237.3))

    Source: Allen et al. (1998), FAO Irrigation and Drainage Paper 56, eq. 11.
    """
    return 610.8 * np.exp(17.27 * temperature / (temperature + 237.3))


def vapour_pressure_deficit(
    minimum: Array, maximum: Array, vapour_pressure: Array | None = None
) -> Array:
    """Daily mean deficit (hPa), at least zero: (es(T_min) + es(T_max))/2 - e.

    Without a measured vapour pressure the air is saturated at the minimum.

    Source: Allen et al. (1998), FAO Irrigation and Drainage Paper 56, eqs. 12, 48.

    Args:
        minimum, maximum: of the day's temperature (degC).
        vapour_pressure: e (Pa).
    """
    saturated = 0.5 * (saturation_pressure(minimum) + saturation_pressure(maximum))
    present = saturation_pressure(minimum) if vapour_pressure is None else vapour_pressure
    return 0.01 * np.maximum(saturated - present, 0.0)
