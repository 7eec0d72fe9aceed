"""Positions of the cells and columns of a grid in a file."""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import evolve, frozen

from ..core.domain import Grid


@frozen(eq=False)
class Layout:
    """A grid and the positions of its cells and columns in a file.

    Args:
        grid: cells and columns.
        cell_dims: dimensions that make up a cell, ('cell',) or (latitude, longitude).
        cell_index: position of each cell, these dimensions flattened, shape (cell,).
        column_dim: 'column', or the dimension of the classes.
        column_index: position of each column along it, shape (column,).
    """

    grid: Grid
    cell_dims: tuple[str, ...]
    cell_index: np.ndarray
    column_dim: str
    column_index: np.ndarray

    def by_cell(self, array: Any) -> Any:
        """An xarray variable at the cells: dimension 'cell' last in place of `cell_dims`."""
        import xarray as xr  # slow to import

        array = array.transpose(..., *self.cell_dims)
        others = len(array.dims) - len(self.cell_dims)
        values = array.values.reshape(*array.shape[:others], -1)[..., self.cell_index]
        return xr.DataArray(values, dims=(*array.dims[:others], "cell"), attrs=array.attrs)

    def by_column(self, array: Any) -> Any:
        """An xarray variable as one value a column; a value of a cell is that of its columns."""
        import xarray as xr  # slow to import

        if self.column_dim not in array.dims:
            return self.by_cell(array).isel(cell=self.grid.column_cell)
        if not set(self.cell_dims) <= set(array.dims):
            return array.isel({self.column_dim: self.column_index})
        by_class = self.by_cell(array).transpose(..., self.column_dim, "cell")
        values = by_class.values[..., self.column_index, self.grid.column_cell]
        return xr.DataArray(values, dims=(*by_class.dims[:-2], "column"), attrs=array.attrs)

    def spread(self, count: int | None) -> Layout:
        """This many cells, spread evenly over the list, with their columns."""
        if count is None or count >= self.grid.cells:
            return self
        return self.take(np.unique(np.linspace(0, self.grid.cells - 1, count).round().astype(int)))

    def take(self, chosen: np.ndarray) -> Layout:
        """The cells at these positions, in ascending order, with their columns."""
        new_cell = np.full(self.grid.cells, -1)
        new_cell[chosen] = np.arange(len(chosen))
        columns = np.flatnonzero(new_cell[self.grid.column_cell] >= 0)
        of_cells = {
            name: getattr(self.grid, name)[chosen]
            for name in ("latitude", "longitude", "area", "region", "half_width")
        }
        grid = Grid(
            **of_cells,
            label=self.grid.label[chosen] if len(self.grid.label) else (),
            column_cell=new_cell[self.grid.column_cell[columns]],
            column_fraction=self.grid.column_fraction[columns],
            column_class=self.grid.column_class[columns],
        )
        return evolve(
            self,
            grid=grid,
            cell_index=self.cell_index[chosen],
            column_index=self.column_index[columns],
        )
