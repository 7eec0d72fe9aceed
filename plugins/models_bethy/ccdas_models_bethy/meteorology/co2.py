"""Background CO2 of each year, where the forcing has none."""

from __future__ import annotations

import numpy as np

from ccdas_framework import Array

# annual means (ppm); global marine surface averages, rounded
CO2_BY_YEAR = {2010: 388.8, 2011: 390.6, 2012: 392.7, 2013: 395.4, 2014: 397.3, 2015: 399.7}


def yearly_co2(year: Array) -> np.ndarray:
    """Mole fraction (ppm) of each calendar year, constant before the table and after it."""
    years = np.array(sorted(CO2_BY_YEAR))
    values = np.array([CO2_BY_YEAR[y] for y in years])
    return values[np.clip(np.asarray(year) - years[0], 0, len(years) - 1)]
