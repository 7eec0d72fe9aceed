"""The grid of the transport, and the overlap of other boxes with its boxes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from attrs import field, frozen

from ccdas_framework import is_flag

from .constants import EARTH_RADIUS

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
        return box_area(self.latitude_edges, self.longitude_edges)


def box_area(latitude_edges: np.ndarray, longitude_edges: np.ndarray) -> np.ndarray:
    """Area of latitude-longitude boxes on the sphere (m2), shape (latitude, longitude)."""
    height = np.abs(np.diff(np.sin(np.deg2rad(latitude_edges))))
    width = np.abs(np.diff(np.deg2rad(longitude_edges)))
    return EARTH_RADIUS**2 * np.outer(height, width)


def latitude_shares(south: np.ndarray, north: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Share of the area of each band (south to north, degrees) in the bands between the edges.

    Returns:
        shape (band, latitude). Rows sum to one. Parts beyond a pole do not count.
    """
    low, high = (np.clip(limit, -90.0, 90.0)[:, None] for limit in (south, north))
    top = np.sin(np.deg2rad(np.minimum(high, edges[None, 1:])))
    bottom = np.sin(np.deg2rad(np.maximum(low, edges[None, :-1])))
    overlap = np.maximum(top - bottom, 0.0)
    return overlap / overlap.sum(axis=1, keepdims=True)


def longitude_shares(west: np.ndarray, east: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Share of each sector (west to east, degrees) in the sectors between the edges.

    Returns:
        shape (sector, longitude). Rows sum to one. A sector may cross the date line.
    """
    overlap = np.zeros((len(west), len(edges) - 1))
    for turn in (-360.0, 0.0, 360.0):
        right = np.minimum(east[:, None] + turn, edges[None, 1:])
        left = np.maximum(west[:, None] + turn, edges[None, :-1])
        overlap += np.maximum(right - left, 0.0)
    return overlap / overlap.sum(axis=1, keepdims=True)


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
    north = latitude_shares(latitude - half[:, 0], latitude + half[:, 0], grid.latitude_edges)
    east = longitude_shares(longitude - half[:, 1], longitude + half[:, 1], grid.longitude_edges)
    return north[:, :, None] * east[:, None, :]


def regridded(
    mass: np.ndarray, latitude_edges: np.ndarray, longitude_edges: np.ndarray, grid: TransportGrid
) -> np.ndarray:
    """Mass of a regular grid on the transport grid, with the same sum.

    Args:
        mass: shape (..., latitude, longitude).
        latitude_edges, longitude_edges: edges of the regular grid, ascending (degrees).
    """
    north = latitude_shares(latitude_edges[:-1], latitude_edges[1:], grid.latitude_edges)
    east = longitude_shares(longitude_edges[:-1], longitude_edges[1:], grid.longitude_edges)
    return np.einsum("...ij,ia,jb->...ab", mass, north, east, optimize=True)
