"""Plant-available water capacity of columns (numpy: no parameter touches it)."""

from __future__ import annotations

import numpy as np

from ..plant_types import HERBS, TREES

HERB_DEPTH = 0.3  # rooting depth of herbs under trees, relative to the trees' (1), CCDAS V2 source
FU = 2.6  # shape of the curve of Fu (1), Zhang et al. (2004)
LARGEST = 1000.0  # mm, of the climate's capacity; own choice
SHORTEST_WINDOW = 365  # d; less does not show the season


def mean_evaporation(precipitation: np.ndarray, potential: np.ndarray) -> np.ndarray:
    """Long-term evaporation (mm d-1), shape (cell,), from the means of rain and potential.

        E = P [1 + phi - (1 + phi^w)^(1/w)],  phi = PET/P,  w = 2.6

    Source: Fu (1981), Sci. Atmos. Sin. 5, 23-31; Zhang et al. (2004), Water Resour. Res. 40,
    W02502.
    """
    rain, demand = (np.maximum(v.mean(axis=0), 1e-3) for v in (precipitation, potential))
    dryness = demand / rain
    return rain * (1.0 + dryness - (1.0 + dryness**FU) ** (1.0 / FU))


def climate_capacity(precipitation: np.ndarray, potential: np.ndarray) -> np.ndarray:
    """Root-zone capacity (mm) with which plants outlast the dry season of their climate.

    It is the largest cumulative deficit of rain against the demand of the plants,

        D(d+1) = max(D(d) + E_d - P_d, 0)

    over the window and its repeat. The demand E_d follows the potential evaporation, and its mean
    is `mean_evaporation`. A window shorter than a year gives 0.

    Args:
        precipitation, potential: mm d-1, shape (time, cell).

    Returns:
        Capacity (mm), shape (cell,), at most `LARGEST`.

    Source: Gao et al. (2014), Geophys. Res. Lett. 41, 7916-7923; Wang-Erlandsson et al. (2016),
    Hydrol. Earth Syst. Sci. 20, 1459-1481.
    """
    days, cells = potential.shape
    deficit = largest = np.zeros(cells)
    if days < SHORTEST_WINDOW:
        return largest
    share = mean_evaporation(precipitation, potential) / np.maximum(potential.mean(axis=0), 1e-3)
    change = share * potential - precipitation
    for _ in range(2):
        for day in range(days):
            deficit = np.maximum(deficit + change[day], 0.0)
            largest = np.maximum(largest, deficit)
    return np.minimum(largest, LARGEST)


def shared_capacity(
    capacity: np.ndarray, fraction: np.ndarray, column_cell: np.ndarray, column_class: np.ndarray
) -> np.ndarray:
    """Capacity (mm) after trees and herbs of a cell divide the soil. The cell mean is conserved.

    Herbs root to `HERB_DEPTH` of the depth of trees. With area sums F and capacity sums W,

        tree: F_t (W_t + W_h)/(W_t (F_t + q F_h)),  herb: q F_h (W_t + W_h)/(W_h (F_t + q F_h))

    Args:
        capacity (mm), fraction (1), column_cell, column_class: shape (column,).

    Source: CCDAS V2 source.
    """
    weight = np.where(np.asarray(fraction) > 0, fraction, 0.0)
    tree, herb = np.isin(column_class, TREES), np.isin(column_class, HERBS)
    cells = int(np.max(column_cell)) + 1 if len(column_cell) else 0

    def total(values):
        return np.bincount(column_cell, weights=values, minlength=cells)[column_cell]

    tree_area, herb_area = total(weight * tree), total(weight * herb)
    tree_water, herb_water = total(weight * tree * capacity), total(weight * herb * capacity)
    both = (tree_area > 0) & (herb_area > 0)
    depth = np.where(both, tree_area + HERB_DEPTH * herb_area, 1.0)
    water = tree_water + herb_water
    as_tree = tree_area * water / (np.where(both, tree_water, 1.0) * depth)
    as_herb = HERB_DEPTH * herb_area * water / (np.where(both, herb_water, 1.0) * depth)
    factor = np.where(both & tree, as_tree, np.where(both & herb, as_herb, 1.0))
    return capacity * factor
