"""Share of land in each box of a transport grid."""

from __future__ import annotations

from importlib.resources import files

import numpy as np

from .grid import TransportGrid, regridded


def land_share(grid: TransportGrid) -> np.ndarray:
    """Share of land in each box of a transport grid (1), shape (latitude, longitude).

    Source: percent of land on the TM2 grid, counted from the 1-km mask of the package
        `global-land-mask` (GLOBE elevation, NOAA), Antarctica and ice included.
    """
    with files(__package__).joinpath("land_percent.csv").open() as table:
        percent = np.loadtxt(table, delimiter=",")
    tm2 = TransportGrid()
    on_grid = regridded(percent / 100.0 * tm2.area, tm2.latitude_edges, tm2.longitude_edges, grid)
    return on_grid / grid.area
