"""CO2 of the air at the marine surface, for forcing without CO2.

Annual means of the mole fraction of CO2 in dry air over the oceans (ppm), rounded to 0.1.

Source: Lan, X., P. Tans and K. W. Thoning, Trends in globally-averaged CO2 determined from NOAA
Global Monitoring Laboratory measurements, https://doi.org/10.15138/9N0H-ZH07. NOAA asks users to
cite it. It is in the public domain. The estimated error of an annual mean is 0.1 ppm.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

UNITS = "ppm"
MARINE_CO2: Mapping[int, float] = MappingProxyType(
    dict(
        zip(
            range(1979, 2024),
            (
                336.9, 338.9, 340.1, 340.9, 342.5, 344.1, 345.5, 347.0, 348.7, 351.2,  # from 1979
                352.8, 354.1, 355.4, 356.1, 356.8, 358.3, 360.2, 361.9, 363.1, 365.7,  # from 1989
                367.8, 369.0, 370.6, 372.6, 375.1, 377.0, 379.0, 381.2, 382.9, 385.0,  # from 1999
                386.5, 388.8, 390.6, 392.7, 395.4, 397.3, 399.7, 403.1, 405.2, 407.6,  # from 2009
                410.1, 412.4, 414.7, 417.1, 419.4,  # from 2019
            ),
            strict=True,
        )
    )
)  # fmt: skip
FIRST_YEAR, LAST_YEAR = min(MARINE_CO2), max(MARINE_CO2)


def marine_co2(year: Any) -> np.ndarray:
    """Annual mean CO2 of the marine surface (ppm) of calendar years, shape of `year`.

    Years outside `MARINE_CO2` take the value of its first or last year.
    """
    values = np.array(list(MARINE_CO2.values()))
    index = np.asarray(year, dtype=int) - FIRST_YEAR
    return np.asarray(values[np.clip(index, 0, len(values) - 1)])


def outside_record(year: Any) -> str:
    """Sentence about years outside the record and the values that they take, or "" without any."""
    years, parts = np.unique(np.asarray(year, dtype=int)), []
    for outside, limit, word in (
        (years[years < FIRST_YEAR], FIRST_YEAR, "before"),
        (years[years > LAST_YEAR], LAST_YEAR, "after"),
    ):
        if outside.size:
            span = f"{outside[0]}" if len(outside) == 1 else f"{outside[0]} to {outside[-1]}"
            value = f"{MARINE_CO2[limit]:g} {UNITS}"
            parts.append(f"{span}, {word} it, take {value} of {limit}")
    return "; ".join(parts)
