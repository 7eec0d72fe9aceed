"""The grid of a product: that of the cells, or an even one with means over cells."""

from __future__ import annotations

import numpy as np
from attrs import frozen

from ..core.domain import Grid
from ..core.errors import InvalidInput
from ..grids import EARTH_RADIUS, cell_area, overlap_by_area, overlap_by_longitude
from ..outputs.cell_raster import raster_of, unpacked
from .propagation import Places

FINEST = 0.05  # degrees


@frozen(eq=False)
class ProductGrid:
    """Rows and columns of a product, and the cells that each of its places is a mean of.

    Args:
        latitude_edges, longitude_edges: ascending (degrees), shape (lat + 1,), (lon + 1,).
        position: of each place in the flattened grid, shape (place,).
        places: means over cells.
        area: of the cells of the run in each place (m2), shape (place,).
        spacing: degrees of an even grid; None for the grid of the cells.
    """

    latitude_edges: np.ndarray
    longitude_edges: np.ndarray
    position: np.ndarray
    places: Places
    area: np.ndarray
    spacing: float | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Number of rows and columns."""
        return len(self.latitude_edges) - 1, len(self.longitude_edges) - 1

    def unpacked(self, values: np.ndarray) -> np.ndarray:
        """Values of places, shape (..., place), on the grid, (..., lat, lon); NaN elsewhere."""
        return unpacked(values, self.position, self.shape)


def product_grid(grid: Grid, spacing: float | None = None) -> ProductGrid:
    """The grid of the cells, or an even one of `spacing` degrees.

    Raises:
        InvalidInput: the cells form no grid, or no even grid has this spacing.
    """
    if spacing is not None:
        return _even(grid, spacing)
    raster = raster_of(grid)
    if raster is None:
        raise InvalidInput(
            "the cells of this run form no grid of latitude and longitude, such as those of towers."
            " Choose a grid with --grid, in degrees, or use fields.nc.",
            code="no-grid",
            where="--grid",
        )
    return ProductGrid(
        raster.latitude_edges, raster.longitude_edges, raster.position, Places.cells(grid.cells),
        np.asarray(grid.area, float),
    )  # fmt: skip


def _even(grid: Grid, spacing: float) -> ProductGrid:
    """Cells of an even grid around those of a run, each the mean over the area they share."""
    rows = round(180.0 / spacing) if spacing > 0.0 else 0
    if not FINEST <= spacing <= 180.0 or abs(rows * spacing - 180.0) > 1e-6:
        raise InvalidInput(
            f"--grid is {spacing:g}; expected a spacing in degrees that divides 180, at least "
            f"{FINEST:g}, such as 0.5, 1 or 2.",
            code="wrong-value",
            where="--grid",
        )
    south, north = (grid.latitude + side * grid.half_width[:, 0] for side in (-1.0, 1.0))
    west, east = (grid.longitude + side * grid.half_width[:, 1] for side in (-1.0, 1.0))
    latitude = np.linspace(-90.0, 90.0, rows + 1)
    longitude = np.linspace(-180.0, 180.0, 2 * rows + 1)
    height = overlap_by_area(latitude[:-1], latitude[1:], south, north)
    width = overlap_by_longitude(longitude[:-1], longitude[1:], west, east)
    # the area of a cell may be that of its land alone
    density = grid.area / cell_area(south, north, east - west)
    row, column, cell, weight = [], [], [], []
    for g in range(grid.cells):
        inside_rows, inside_columns = np.flatnonzero(height[:, g]), np.flatnonzero(width[:, g])
        shared = np.outer(height[inside_rows, g], np.radians(width[inside_columns, g]))
        row.append(np.repeat(inside_rows, len(inside_columns)))
        column.append(np.tile(inside_columns, len(inside_rows)))
        cell.append(np.full(shared.size, g))
        weight.append(density[g] * EARTH_RADIUS**2 * shared.ravel())
    rows_of, columns_of = np.concatenate(row), np.concatenate(column)
    first_row, first_column = rows_of.min(), columns_of.min()
    latitude = latitude[first_row : rows_of.max() + 2]
    longitude = longitude[first_column : columns_of.max() + 2]
    flat = (rows_of - first_row) * (len(longitude) - 1) + columns_of - first_column
    position, place = np.unique(flat, return_inverse=True)
    area = np.concatenate(weight)
    places = Places(place, np.concatenate(cell), area, len(position))
    total = np.bincount(place, area)
    return ProductGrid(latitude, longitude, position, places, total, spacing)
