"""Vegetation optical depth built from maps of biomass and leaf area."""

from __future__ import annotations

import numpy as np

from .cell_grid import CellGrid, fine_area

A, B = 0.81759, 0.0087253  # 1, ha Mg-1; Rodriguez-Fernandez et al. (2018), see below
# D_0 (1), optical depth per leaf area of the plant functional types 1 to 13: trees, shrubs and
# herbs, crops; the prior means of the operator, with its sources
LEAF_COEFFICIENT = np.array([0.04] * 6 + [0.06] * 6 + [0.05])
ROOTS = 1.26  # live biomass over its above-ground part (1); Saatchi et al. (2011)
CARBON_FRACTION = 0.47  # of dry matter (1), as in the operator; IPCC (2006), vol. 4, table 4.3
MG_PER_HA = 10.0  # Mg ha-1 in one kg m-2
RELATIVE_SD, LEAST_SD = 0.20, 0.05  # of the optical depth; of it (1)


def above_ground_biomass(live_carbon: np.ndarray) -> np.ndarray:
    """Dry matter above ground (Mg ha-1), from carbon above and below ground (kgC m-2)."""
    return live_carbon / ROOTS / CARBON_FRACTION * MG_PER_HA


def leaf_coefficient(area: np.ndarray) -> np.ndarray:
    """Mean D_0 of the plant functional types of a cell (1), 0 without plants.

    Args:
        area: under each type, any unit, shape (13, ...).
    """
    total = area.sum(axis=0)
    weighted = np.tensordot(LEAF_COEFFICIENT, area, axes=1)
    return np.asarray(weighted / np.where(total > 0.0, total, 1.0))


def optical_depth(
    biomass: np.ndarray, lai: np.ndarray, coefficient: np.ndarray, vegetated: np.ndarray
) -> np.ndarray:
    """Optical depth of a cell at L band (1), its bare part mixed by transmissivity.

        VOD_v = a atan(b AGB) + D_0 LAI ;  exp(-VOD) = f exp(-VOD_v) + 1 - f

    Args:
        biomass: AGB above ground of the vegetated part (Mg ha-1).
        lai: leaf area of the vegetated part (m2 m-2).
        coefficient: D_0 of the vegetated part (1).
        vegetated: its share f of the cell (1).

    Source: Rodriguez-Fernandez et al. (2018), Biogeosciences 15, 4627-4645.
    """
    of_vegetation = A * np.arctan(B * biomass) + coefficient * lai
    return -np.log(vegetated * np.exp(-of_vegetation) + 1.0 - vegetated)


def of_cells(depth: np.ndarray, grid: CellGrid) -> np.ndarray:
    """Optical depth of the cells of a grid (1), shape (cell,), from that on half a degree.

        exp(-VOD_cell) = sum_p a_p exp(-VOD_p) / sum_p a_p

    Args:
        depth: of all the ground of the 0.5 degree cells (1), 0 at sea, shape (360, 720).
        grid: of the cells.
    """
    absorbed = grid.cell_sum(-np.expm1(-depth) * fine_area()) / grid.cell_area().ravel()
    return -np.log1p(-absorbed)


def error(depth: np.ndarray) -> np.ndarray:
    """Standard deviation of an optical depth (1): 20 per cent, at least 0.05."""
    return np.maximum(RELATIVE_SD * depth, LEAST_SD)
