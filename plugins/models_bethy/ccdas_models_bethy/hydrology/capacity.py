"""Plant-available water capacity of columns (numpy: no parameter touches it)."""

from __future__ import annotations

import numpy as np

from ..plant_types import HERBS, TREES

HERB_DEPTH = 0.3  # rooting depth of herbs under trees, relative to the trees' (1), CCDAS V2 source


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
