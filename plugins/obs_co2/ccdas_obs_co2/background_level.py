"""The background level of the atmosphere, to check the time of a prior offset."""

from __future__ import annotations

import warnings

import numpy as np

from ccdas_framework import MARINE_CO2

MAX_DIFFERENCE = 5.0  # ppm; five times the prior sd of the offset


def marine_mean(month: np.datetime64 | str) -> float:
    """CO2 of the marine surface in a month without its season (ppm), NaN outside the record.

    Args:
        month: datetime64[M].
    """
    year = 1970.0 + (np.datetime64(month, "M").astype(int) + 0.5) / 12.0
    middle = np.array(list(MARINE_CO2)) + 0.5
    return float(np.interp(year, middle, list(MARINE_CO2.values()), left=np.nan, right=np.nan))


def warn_of_wrong_level(offset: float, month: np.datetime64) -> None:
    """Warn of an offset (ppm) far from the marine mean of its month.

    Args:
        offset: prior mean of c_0 (ppm).
        month: month of the offset, before all emissions that count.
    """
    level = marine_mean(month)
    if abs(offset - level) > MAX_DIFFERENCE:  # false for NaN
        warnings.warn(
            f"stream 'co2': offset_ppm = {offset:g} is the prior mean of CO2 in {month}, before "
            f"all emissions that count; the marine mean was then {level:.1f} ppm. Set offset_ppm = "
            f"{level:.1f} in [streams.co2], unless the observations are synthetic.",
            stacklevel=3,
        )
