"""Split of daily shortwave radiation over the hours, into PAR, shortwave, beam and cloud.

Of the hourly arrays only the transmittance of the beam is stored. The others follow from it and a
few numbers a day. Forcing only.

Source: CCDAS V2 source, except the renormalisation (the published split does not conserve daily
shortwave under clouds).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ccdas_framework import Array, Namespace

from ..constants import STANDARD_PRESSURE
from .solar import DAYLIGHT

PAR_SHARE = 0.43  # of shortwave, 1
CLEAR_SKY = 0.9  # ratio of actual to potential radiation under a clear sky, 1


def beam_transmittance(cosine: Array, pressure: Array) -> Array:
    """t_dir = exp(-0.185/mu p/p0) by day, 0 by night (1)."""
    is_day = cosine >= DAYLIGHT
    safe = np.where(is_day, cosine, 1.0)
    return np.where(is_day, np.exp(-0.185 / safe * pressure / STANDARD_PRESSURE), 0.0)


def radiation_split(
    shortwave: Array,
    cosine: Array,
    transmittance: Array,
    sun_distance: Array,
    renormalise: bool = True,
) -> dict[str, Array]:
    """Numbers of a day that split its shortwave (W m-2) over the hours.

    Args:
        shortwave: daily mean (W m-2), shape (time, cell).
        cosine, transmittance: mu and t_dir (1), shape (time, hour, cell).
        sun_distance: e_sun (1), shape (time, 1).
        renormalise: let the hours' shortwave add up to the day's.

    Returns:
        par_scale (W m-2), clear_ratio, shortwave_scale, beam_share, cloud (1), all (time, cell).
    """
    is_day = cosine >= DAYLIGHT
    potential = np.where(is_day, 600.0 * cosine * (0.4 + 0.6 * transmittance), 0.0)
    potential = potential * sun_distance[:, None, :]
    daily_potential = np.mean(potential / PAR_SHARE, axis=1)
    sunlit = daily_potential >= 1e-3
    ratio = np.where(sunlit, shortwave / np.where(sunlit, daily_potential, 1.0), 0.0)
    ratio = np.clip(ratio, 0.0, 1.2)
    clear = np.minimum(ratio, CLEAR_SKY)
    spread = (
        potential
        * ratio[:, None, :]
        / (PAR_SHARE + 0.25 * (1.0 - clear[:, None, :]) * np.where(is_day, cosine, 0.0))
    )
    mean = np.mean(spread, axis=1)
    some = (mean > 1e-6) & sunlit
    scale = np.where(some, shortwave / np.where(some, mean, 1.0), 1.0) if renormalise else 1.0
    return {
        "par_scale": 600.0 * sun_distance * ratio,
        "clear_ratio": clear,
        "shortwave_scale": scale * np.ones_like(ratio),
        "beam_share": np.clip(1.0 - ((CLEAR_SKY - clear) / 0.7) ** (2.0 / 3.0), 0.0, 1.0),
        "cloud": np.minimum((CLEAR_SKY - clear) / 0.4, 1.0),
    }


def hourly_radiation(
    cosine: Array, transmittance: Array, split: Mapping[str, Array], xp: Namespace
) -> tuple[Array, Array, Array]:
    """PAR (W m-2), shortwave (W m-2) and direct fraction of PAR (1), shape (hour, column).

    Args:
        cosine, transmittance: mu and t_dir (1), shape (hour, column).
        split: a day of `radiation_split`, each (column,).
    """
    cosine = xp.where(cosine >= DAYLIGHT, cosine, 0.0)
    total = 0.4 + 0.6 * transmittance
    par = split["par_scale"] * cosine * total
    diffuse = 0.25 * (1.0 - split["clear_ratio"])
    shortwave = par / (PAR_SHARE + diffuse * cosine) * split["shortwave_scale"]
    return par, shortwave, transmittance / total * split["beam_share"]
