"""Seasonal factor of mixing and of boundary layers."""

from __future__ import annotations

import numpy as np

WARMEST = 6.5  # months since 1 January, mid-July in the north
FULL_SEASON = 40.0  # degrees of latitude, poleward of which the amplitude is 1


def season(latitude: np.ndarray, month: int) -> np.ndarray:
    """Seasonal factor (1), -1 in winter to 1 in summer, shape of `latitude` (degrees).

    `month` is 0..11.

    s = sign(lat) min(1, |lat|/40) cos(2 pi (t - 6.5)/12), t in the middle of the month
    """
    size = np.minimum(1.0, np.abs(latitude) / FULL_SEASON) * np.sign(latitude)
    return size * np.cos(2.0 * np.pi * (month + 0.5 - WARMEST) / 12.0)
