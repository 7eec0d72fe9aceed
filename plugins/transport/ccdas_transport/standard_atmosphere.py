"""The standard atmosphere, troposphere: pressure and temperature by height.

Source: ISO 2533:1975.
"""

from __future__ import annotations

import numpy as np

GRAVITY = 9.80665  # m s-2
GAS_CONSTANT = 287.05  # J kg-1 K-1, dry air
LAPSE_RATE = 6.5e-3  # K m-1
GROUND_TEMPERATURE = 288.15  # K
SCALE_HEIGHT_BASE = 44330.8  # m, temperature at the ground over the lapse rate
PRESSURE_POWER = 5.25588  # 1, gravity over gas constant and lapse rate


def pressure_share(altitude: np.ndarray | float) -> np.ndarray:
    """Pressure over the pressure at sea level (1), shape of `altitude` (m).

    p / p_0 = (1 - z / 44331 m)^5.256
    """
    return (1.0 - np.asarray(altitude, float) / SCALE_HEIGHT_BASE) ** PRESSURE_POWER


def temperature(share: np.ndarray | float) -> np.ndarray:
    """Temperature (K) by the pressure over the pressure at sea level, shape of `share`.

    T = 288.15 K (p / p_0)^(1/5.256), below the tropopause
    """
    return GROUND_TEMPERATURE * np.asarray(share, float) ** (1.0 / PRESSURE_POWER)
