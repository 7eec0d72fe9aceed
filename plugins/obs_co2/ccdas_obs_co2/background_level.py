"""The background level of the atmosphere, to check the time of a prior offset."""

from __future__ import annotations

import warnings

import numpy as np

MAX_DIFFERENCE = 5.0  # ppm; five times the prior sd of the offset

# Annual mean CO2 of the marine surface (ppm), rounded: Lan, Tans and Thoning, Trends in globally
# averaged CO2 determined from NOAA Global Monitoring Laboratory measurements,
# doi:10.15138/9N0H-ZH07
MARINE_MEAN = dict(
    zip(
        range(1979, 2024),
        (
            336.9, 338.9, 340.1, 340.9, 342.5, 344.1, 345.5, 347.0, 348.7, 351.2,  # 1979 to 1988
            352.8, 354.1, 355.4, 356.1, 356.8, 358.3, 360.2, 361.9, 363.1, 365.7,  # 1989 to 1998
            367.8, 369.0, 370.6, 372.6, 375.1, 377.0, 379.0, 381.2, 382.9, 385.0,  # 1999 to 2008
            386.5, 388.8, 390.6, 392.7, 395.4, 397.3, 399.7, 403.1, 405.2, 407.6,  # 2009 to 2018
            410.1, 412.4, 414.7, 417.1, 419.4,  # 2019 to 2023
        ),
        strict=True,
    )
)  # fmt: skip


def marine_mean(month: np.datetime64 | str) -> float:
    """CO2 of the marine surface in a month without its season (ppm), NaN outside the table.

    Args:
        month: datetime64[M].
    """
    year = 1970.0 + (np.datetime64(month, "M").astype(int) + 0.5) / 12.0
    middle = np.array(list(MARINE_MEAN)) + 0.5
    return float(np.interp(year, middle, list(MARINE_MEAN.values()), left=np.nan, right=np.nan))


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
