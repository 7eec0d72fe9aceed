"""The cells of the air: boxes of the transport grid with one cap at each pole, in layers."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from attrs import field, frozen

from ccdas_framework.grids import EARTH_RADIUS

from ..constants import KG_PER_PGC, MOLAR_MASS_AIR, MOLAR_MASS_CARBON, PGC_PER_PPM
from ..grid import TransportGrid
from .settings import LAYER_EDGES


@frozen(eq=False, slots=False)
class Atmosphere:
    """Cells: the south cap, the rows between from south to north, the north cap; times layers.

    The boxes of the first and of the last latitude share one cell, the polar cap, so that no cell
    is a narrow wedge. The state of a tracer is its mass (kgC), shape (layer, cell).

    Args:
        grid: boxes of the surface fluxes.
        layer_edges: shares of the surface pressure, from the ground to the top.
        pgc_per_ppm: PgC ppm-1. It determines the mass of dry air.
    """

    grid: TransportGrid = field(factory=TransportGrid)
    layer_edges: tuple[float, ...] = LAYER_EDGES
    pgc_per_ppm: float = PGC_PER_PPM

    @property
    def layers(self) -> int:
        """Number of layers."""
        return len(self.layer_edges) - 1

    @property
    def rows(self) -> int:
        """Number of latitudes between the caps."""
        return len(self.grid.latitude) - 2

    @property
    def cells(self) -> int:
        """Number of cells of a layer."""
        return self.rows * len(self.grid.longitude) + 2

    @property
    def shape(self) -> tuple[int, int]:
        """Shape of a state, (layer, cell)."""
        return self.layers, self.cells

    @property
    def air(self) -> float:
        """Mass of the dry atmosphere (kg)."""
        kgc_per_ppm = self.pgc_per_ppm * KG_PER_PGC
        return kgc_per_ppm * 1e6 * MOLAR_MASS_AIR / MOLAR_MASS_CARBON

    @property
    def layer_share(self) -> np.ndarray:
        """Share of the mass of a column in each layer, shape (layer,)."""
        return -np.diff(np.array(self.layer_edges))

    @property
    def layer_middle(self) -> np.ndarray:
        """Middle of each layer, share of the surface pressure, shape (layer,)."""
        edges = np.array(self.layer_edges)
        return 0.5 * (edges[1:] + edges[:-1])

    @cached_property
    def cell_of_box(self) -> np.ndarray:
        """Cell of each box of the grid, shape (latitude, longitude)."""
        rows, columns = self.rows, len(self.grid.longitude)
        inner = 1 + np.arange(rows * columns).reshape(rows, columns)
        cap = np.zeros((1, columns), dtype=int)
        return np.concatenate([cap, inner, cap + rows * columns + 1])

    def on_cells(self, boxes: np.ndarray) -> np.ndarray:
        """Sums of the boxes (..., latitude, longitude) on cells, shape (..., cell)."""
        inner = boxes[..., 1:-1, :].reshape(*boxes.shape[:-2], -1)
        south, north = (boxes[..., row, :].sum(axis=-1)[..., None] for row in (0, -1))
        return np.concatenate([south, inner, north], axis=-1)

    @cached_property
    def area(self) -> np.ndarray:
        """Area of the cells (m2), shape (cell,)."""
        return self.on_cells(self.grid.area)

    @cached_property
    def mass_share(self) -> np.ndarray:
        """Share of the air in each cell, shape (layer, cell), summing to one."""
        return self.layer_share[:, None] * (self.area / self.area.sum())[None, :]

    @property
    def mass(self) -> np.ndarray:
        """Mass of dry air (kg), shape (layer, cell)."""
        return self.air * self.mass_share

    @property
    def column_density(self) -> float:
        """Mass of dry air over a square metre (kg m-2)."""
        return self.air / (4.0 * np.pi * EARTH_RADIUS**2)

    @cached_property
    def ppm_per_kg(self) -> np.ndarray:
        """Mole fraction (ppm) of a kgC in each cell, shape (layer, cell)."""
        return 1.0 / (self.pgc_per_ppm * KG_PER_PGC * self.mass_share)

    def well_mixed(self, ppm: float) -> np.ndarray:
        """Mass of a tracer at the same mole fraction everywhere (kgC), shape (layer, cell)."""
        return ppm / self.ppm_per_kg
