"""Prescribed fluxes of fossil fuels and the ocean on the grid of the transport model."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from . import files, grid

MONTHS_BEFORE = 48  # the transport table looks this far back; Rayner et al. (2005)
SECONDS_PER_YEAR = 365.25 * 86400.0
KG_PER_PG = 1e12
# PgC yr-1, rounded. Source: Friedlingstein et al. (2020), Earth Syst. Sci. Data 12, 3269-3340.
FOSSIL = {
    2006: 8.4, 2007: 8.6, 2008: 8.8, 2009: 8.7, 2010: 9.1, 2011: 9.5, 2012: 9.6, 2013: 9.7,
    2014: 9.8, 2015: 9.9,
}  # fmt: skip
OCEAN = -2.6  # PgC yr-1, mean of 2010-2019; same source


def months_with_past(window: np.ndarray) -> np.ndarray:
    """The 48 months before a window of months, and the window; datetime64[M]."""
    return np.arange(window[0] - MONTHS_BEFORE, window[-1] + 1, dtype="datetime64[M]")


def spread(amount: np.ndarray, pattern: np.ndarray) -> np.ndarray:
    """Fluxes (kgC m-2 s-1) of global amounts (PgC yr-1) laid out by a pattern of areas.

    Args:
        amount: shape (time,).
        pattern: weight of each cell, any unit, shape (latitude, longitude).
    """
    share = pattern / pattern.sum()
    rate = np.asarray(amount)[:, None, None] * KG_PER_PG / SECONDS_PER_YEAR
    return rate * share / grid.cell_area()


def write_rule_based(path: Path, window: np.ndarray, land_fraction: np.ndarray) -> None:
    """Write fluxes made by a simple rule, for where no flux product is at hand.

    Fossil emissions over land by exp(-((latitude - 42) / 10)^2), the ocean sink evenly over the
    sea from 70 S to 70 N; both without seasons.

    Args:
        path: where.
        window: months, datetime64[M].
        land_fraction: of the cells (1), shape (latitude, longitude).
    """
    months = months_with_past(window)
    years = months.astype("datetime64[Y]").astype(int) + 1970
    first, last = min(FOSSIL), max(FOSSIL)
    fossil = np.array([FOSSIL[min(max(year, first), last)] for year in years])
    land = grid.cell_area() * land_fraction
    sea = grid.cell_area() * (1.0 - land_fraction)
    north = np.exp(-(((grid.LATITUDES - 42.0) / 10.0) ** 2))[:, None]
    open_sea = (np.abs(grid.LATITUDES) < 70.0)[:, None]
    values = {
        "fossil": spread(fossil, land * north),
        "ocean": spread(np.full(len(months), OCEAN), sea * open_sea),
    }
    attributes = {
        "title": "Prescribed fluxes by rule: fossil emissions over northern land, even ocean sink",
        "source": "global amounts of Friedlingstein et al. (2020), rounded; patterns by rule",
        "references": "Friedlingstein et al. (2020), doi:10.5194/essd-12-3269-2020",
        "synthetic": "yes: the patterns stand in for emission maps and an ocean flux product",
        "history": "ccdas_framework.inputs.fluxes.write_rule_based",
    }
    files.write_fluxes(path, months, values, attributes)
