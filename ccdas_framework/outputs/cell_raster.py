"""The latitude-longitude grid that the cells of a run belong to, where they form one."""

from __future__ import annotations

import numpy as np
from attrs import frozen

from ..core.domain import Grid

TOLERANCE = 0.01  # share of the width of a cell by which rounded coordinates may be off
LEAST_SHARE = 1e-3  # of the grid that the cells fill; towers far apart form no grid


@frozen(eq=False)
class Raster:
    """A latitude-longitude grid, and the place of each cell in it.

    Args:
        latitude_edges, longitude_edges: ascending (degrees), shape (lat + 1,), (lon + 1,).
        row, column: position of each cell on the two axes, shape (cell,).
    """

    latitude_edges: np.ndarray
    longitude_edges: np.ndarray
    row: np.ndarray
    column: np.ndarray

    @property
    def shape(self) -> tuple[int, int]:
        """Number of rows and columns."""
        return len(self.latitude_edges) - 1, len(self.longitude_edges) - 1

    @property
    def latitude(self) -> np.ndarray:
        """Centres of the rows (degrees), shape (lat,)."""
        return np.asarray(0.5 * (self.latitude_edges[:-1] + self.latitude_edges[1:]))

    @property
    def longitude(self) -> np.ndarray:
        """Centres of the columns (degrees), shape (lon,)."""
        return np.asarray(0.5 * (self.longitude_edges[:-1] + self.longitude_edges[1:]))

    @property
    def position(self) -> np.ndarray:
        """Position of each cell in the flattened grid, shape (cell,)."""
        return np.asarray(self.row * self.shape[1] + self.column)

    def unpacked(self, values: np.ndarray) -> np.ndarray:
        """Values of cells, shape (..., cell), on the grid, (..., lat, lon); NaN elsewhere."""
        return unpacked(values, self.position, self.shape)


def unpacked(values: np.ndarray, position: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Values of places, shape (..., place), on a grid, shape (..., lat, lon); NaN elsewhere.

    Args:
        position: of each place in the flattened grid, shape (place,).
        shape: number of rows and columns.
    """
    values = np.asarray(values)
    wide = np.full((*values.shape[:-1], shape[0] * shape[1]), np.nan)
    wide[..., position] = values
    return wide.reshape(*values.shape[:-1], *shape)


def raster_of(grid: Grid) -> Raster | None:
    """The grid that the cells form, without margins; None where they form none.

    The rows have one height each, and touch or are whole rows apart; columns likewise.
    """
    rows = _axis(np.asarray(grid.latitude, float), np.asarray(grid.half_width[:, 0], float))
    columns = _axis(np.asarray(grid.longitude, float), np.asarray(grid.half_width[:, 1], float))
    if rows is None or columns is None:
        return None
    raster = Raster(rows[0], columns[0], rows[1], columns[1])
    size = raster.shape[0] * raster.shape[1]
    distinct = len(np.unique(raster.position)) == grid.cells
    return raster if distinct and grid.cells >= LEAST_SHARE * size else None


def _axis(centre: np.ndarray, half: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Edges of the intervals of an axis and the interval of each cell; None for no axis."""
    if not len(centre) or not (half > 0.0).all():
        return None
    tolerance = TOLERANCE * 2.0 * float(half.min())
    order = np.argsort(centre, kind="stable")
    first = np.concatenate([[True], np.diff(centre[order]) > tolerance])
    interval = np.empty(len(centre), dtype=int)
    interval[order] = np.cumsum(first) - 1
    middles, halves = centre[order][first], half[order][first]
    if np.any(np.abs(half - halves[interval]) > tolerance):
        return None
    edges, place = [float(middles[0] - halves[0])], [0]
    for n, (middle, width) in enumerate(zip(middles, 2.0 * halves, strict=True)):
        south, north = middle - 0.5 * width, middle + 0.5 * width
        step = min(width, 2.0 * halves[n - 1]) if n else width
        missing = (south - edges[-1]) / step
        count = round(missing)
        if count < 0 or abs(missing - count) * step > tolerance:
            return None
        if count > 1.0 / LEAST_SHARE:
            return None
        edges += np.linspace(edges[-1], south, count + 1)[1:].tolist()
        place.append(len(edges) - 1)
        edges.append(float(north))
    return np.array(edges), np.array(place[1:])[interval]
