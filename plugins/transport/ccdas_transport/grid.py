"""The grid of the transport, and the overlap of other boxes with its boxes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from attrs import field, frozen

from ccdas_framework import is_flag
from ccdas_framework.grids import (
    grid_area,
    overlap_by_area,
    overlap_by_longitude,
    share_of_overlap,
)
from ccdas_framework.grids import regridded as regridded_amounts

POINT_HALF_WIDTH = 1e-6  # degrees, for a cell without extent


def divides(circle: float) -> Callable[[Any, Any, float], None]:
    """A validator: the value is positive and a divisor of `circle`."""

    def check(instance: Any, attribute: Any, value: float) -> None:
        parts = circle / value if value > 0.0 else 0.5
        if abs(parts - round(parts)) > 1e-6:
            raise ValueError(
                f"'{attribute.name}' is {value:g} degrees and does not divide {circle:g}. "
                "Boxes of the transport grid have the same size all over the sphere."
            )

    return check


@frozen
class TransportGrid:
    """Regular boxes from the south pole and from 180 W; the default is that of TM2.

    Args:
        latitude_step, longitude_step: size of the boxes (degrees).
        half_polar_boxes: the boxes at the poles are half as tall, as those of GEOS-Chem.
        centred_on_date_line: the first box has its centre at 180 W, not its edge.

    Source: TM2, 24 latitudes by 36 longitudes; Heimann (1995), DKRZ report 10.
    """

    latitude_step: float = field(default=7.5, validator=divides(180.0))
    longitude_step: float = field(default=10.0, validator=divides(360.0))
    half_polar_boxes: bool = field(default=False, validator=is_flag)
    centred_on_date_line: bool = field(default=False, validator=is_flag)

    @property
    def latitude_edges(self) -> np.ndarray:
        """Degrees north, shape (latitude + 1,)."""
        boxes = round(180.0 / self.latitude_step)
        if not self.half_polar_boxes:
            return np.linspace(-90.0, 90.0, boxes + 1)
        inner = 90.0 - self.latitude_step / 2.0
        return np.concatenate([[-90.0], np.linspace(-inner, inner, boxes), [90.0]])

    @property
    def longitude_edges(self) -> np.ndarray:
        """Degrees east, shape (longitude + 1,)."""
        west = -180.0 - (self.longitude_step / 2.0 if self.centred_on_date_line else 0.0)
        return west + np.linspace(0.0, 360.0, round(360.0 / self.longitude_step) + 1)

    @property
    def latitude(self) -> np.ndarray:
        """Centres (degrees north), shape (latitude,)."""
        return 0.5 * (self.latitude_edges[1:] + self.latitude_edges[:-1])

    @property
    def longitude(self) -> np.ndarray:
        """Centres (degrees east), shape (longitude,)."""
        return 0.5 * (self.longitude_edges[1:] + self.longitude_edges[:-1])

    @property
    def area(self) -> np.ndarray:
        """Area of the boxes (m2), shape (latitude, longitude)."""
        return grid_area(self.latitude_edges, self.longitude_edges)


def cell_shares(
    latitude: np.ndarray, longitude: np.ndarray, half_width: np.ndarray, grid: TransportGrid
) -> np.ndarray:
    """Share of each cell's mass that falls into each box of the transport grid.

    Args:
        latitude, longitude: centres of the cells (degrees), shape (cell,).
        half_width: half their extent in latitude and longitude (degrees), shape (cell, 2). A
            cell without extent lies in the box around its centre.

    Returns:
        shape (cell, latitude, longitude), summing to one for each cell, by area of overlap.
    """
    half = np.maximum(half_width, POINT_HALF_WIDTH)
    longitude = (np.asarray(longitude) + 180.0) % 360.0 - 180.0
    south, north = (np.clip(latitude + side * half[:, 0], -90.0, 90.0) for side in (-1, 1))
    west, east = longitude - half[:, 1], longitude + half[:, 1]
    lat, lon = grid.latitude_edges, grid.longitude_edges
    rows = share_of_overlap(overlap_by_area(south, north, lat[:-1], lat[1:]))
    columns = share_of_overlap(overlap_by_longitude(west, east, lon[:-1], lon[1:]))
    return rows[:, :, None] * columns[:, None, :]


def regridded(
    mass: np.ndarray, latitude_edges: np.ndarray, longitude_edges: np.ndarray, grid: TransportGrid
) -> np.ndarray:
    """Mass of a regular grid on the transport grid, with the same sum.

    Args:
        mass: shape (..., latitude, longitude).
        latitude_edges, longitude_edges: edges of the regular grid, ascending (degrees).
    """
    boxes = grid.latitude_edges, grid.longitude_edges
    return regridded_amounts(mass, latitude_edges, longitude_edges, *boxes)
