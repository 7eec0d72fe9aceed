"""Prior turnover time of biomass by class, and the reference NPP behind it."""

from __future__ import annotations

import numpy as np

from ccdas_framework import Domain

CLASSES = tuple(range(1, 14))

# Typical above-ground biomass of each class (Mg ha-1 of dry matter). Source: own choice.
REFERENCE_BIOMASS = (300, 80, 130, 120, 85, 50, 25, 20, 5, 8, 5, 10, 6)
# Mean NPP of each class (gC m-2 yr-1). Source: our own runs of the process model at the prior.
REFERENCE_NPP = (1950, 800, 1340, 870, 780, 510, 660, 1060, 1100, 1850, 365, 800, 1000)
# Prior mean of tau_eff (yr), 50 biomass / NPP of the two tables, rounded. A change of the model
# does not change these tables.
TURNOVER = (8.0, 5.0, 5.0, 7.0, 5.5, 5.0, 2.0, 1.0, 0.25, 0.25, 0.7, 0.6, 0.3)


def production_by_class(npp: np.ndarray, domain: Domain) -> tuple[np.ndarray, np.ndarray]:
    """Area of each class (m2) and its total NPP (gC yr-1) over the window, both (class,).

    Args:
        npp: daily net primary production (gC m-2 d-1), shape (time, column).
        domain: grid and days.
    """
    grid = domain.grid
    area = grid.area[grid.column_cell] * grid.column_fraction
    yearly = 365.0 * np.asarray(npp)[domain.window].mean(axis=0)
    of_class = np.equal.outer(np.array(CLASSES), grid.column_class)
    return of_class @ area, of_class @ (area * yearly)


def mean_and_ratio(area: np.ndarray, production: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean NPP of each class (gC m-2 yr-1) and its ratio to the reference NPP, both (class,).

    Both are NaN for a class without area.

    Args:
        area: area of each class (m2), shape (class,).
        production: total NPP of each class (gC yr-1), shape (class,).
    """
    covered = area > 0.0
    mean = np.where(covered, production / np.where(covered, area, 1.0), np.nan)
    return mean, mean / np.array(REFERENCE_NPP, dtype=float)
