"""Overlap of the cells of two grids, by area or by degrees as the caller chooses."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

SLIGHT = 0.02  # share of the narrower of two cells; coordinates are often rounded
TURNS = (-720.0, -360.0, 0.0, 360.0, 720.0)  # degrees; longitudes run from -180 to at most 540


def overlap_by_degrees(
    lower: ArrayLike, upper: ArrayLike, other_lower: ArrayLike, other_upper: ArrayLike
) -> np.ndarray:
    """Extent that two sets of intervals share (degrees), shape (interval, other).

    Args:
        lower, upper: edges of the intervals (degrees), shape (interval,).
        other_lower, other_upper: edges of the others (degrees), shape (other,).
    """
    lower, upper, other_lower, other_upper = (
        np.asarray(edge, dtype=float) for edge in (lower, upper, other_lower, other_upper)
    )
    low = np.maximum(lower[:, None], other_lower[None, :])
    high = np.minimum(upper[:, None], other_upper[None, :])
    return np.asarray(np.maximum(high - low, 0.0))


def overlap_by_area(
    south: ArrayLike, north: ArrayLike, other_south: ArrayLike, other_north: ArrayLike
) -> np.ndarray:
    """Difference of the sine of latitude that two sets of rows share (1), shape (row, other).

    The area that two rows share, over the same width, is proportional to it.

    Args:
        south, north: edges of the rows (degrees), shape (row,).
        other_south, other_north: edges of the others (degrees), shape (other,).
    """
    edges = (south, north, other_south, other_north)
    return overlap_by_degrees(*(np.sin(np.radians(edge)) for edge in edges))


def overlap_by_longitude(
    west: ArrayLike, east: ArrayLike, other_west: ArrayLike, other_east: ArrayLike
) -> np.ndarray:
    """Degrees of longitude that two sets of sectors share around the globe, shape (sector, other).

    A sector may cross the date line.

    Args:
        west, east: edges of the sectors, west before east (degrees), shape (sector,).
        other_west, other_east: edges of the others, likewise, shape (other,).
    """
    other_west, other_east = (np.asarray(e, dtype=float) for e in (other_west, other_east))
    shared = np.zeros((len(np.atleast_1d(west)), len(other_west)))
    for turn in TURNS:
        shared += overlap_by_degrees(west, east, other_west + turn, other_east + turn)
    return shared


def first_overlap(
    latitude: ArrayLike, longitude: ArrayLike, half_width: ArrayLike
) -> tuple[int, int] | None:
    """Positions of two cells that overlap or have the same centre, or None.

    Args:
        latitude, longitude: centres of the cells (degrees), shape (cell,).
        half_width: half their extent in latitude and longitude (degrees), 0 or more, shape
            (cell, 2).
    """
    places = np.column_stack([latitude, longitude, half_width])
    order = np.argsort(places[:, 0] - places[:, 2], kind="stable")
    north, east, height, width = places[order].T
    last = np.searchsorted(north - height, north + height, side="right")
    for n, end in enumerate(last):
        other = slice(n + 1, end)
        distance = np.abs((east[other] - east[n] + 180.0) % 360.0 - 180.0)
        apart_east = distance - width[other] - width[n]
        apart_north = np.abs(north[other] - north[n]) - height[other] - height[n]
        overlaps = apart_east <= -2.0 * SLIGHT * np.minimum(width[other], width[n])
        overlaps &= apart_north <= -2.0 * SLIGHT * np.minimum(height[other], height[n])
        if overlaps.any():
            second = n + 1 + int(np.argmax(overlaps))
            first, second = sorted((int(order[n]), int(order[second])))
            return first, second
    return None


def share_of_overlap(overlap: np.ndarray) -> np.ndarray:
    """Overlap as a share of all that an interval overlaps (1); rows of the result sum to one.

    Args:
        overlap: of two sets, not zero for any interval of the first, shape (interval, other).
    """
    return np.asarray(overlap / overlap.sum(axis=1, keepdims=True))


def regridded(
    amounts: ArrayLike,
    latitude_edges: ArrayLike,
    longitude_edges: ArrayLike,
    new_latitude_edges: ArrayLike,
    new_longitude_edges: ArrayLike,
) -> np.ndarray:
    """Amounts of cells on the cells of a global grid, by area; their sum is conserved.

    Args:
        amounts: sums over cells in any unit, shape (..., latitude, longitude).
        latitude_edges, longitude_edges: of their grid, ascending (degrees).
        new_latitude_edges, new_longitude_edges: of the grid of the result, likewise.

    Returns:
        In the unit of the amounts, shape (..., new latitude, new longitude).
    """
    lat, lon, new_lat, new_lon = (
        np.asarray(edges, dtype=float)
        for edges in (latitude_edges, longitude_edges, new_latitude_edges, new_longitude_edges)
    )
    rows = share_of_overlap(overlap_by_area(lat[:-1], lat[1:], new_lat[:-1], new_lat[1:]))
    columns = share_of_overlap(overlap_by_longitude(lon[:-1], lon[1:], new_lon[:-1], new_lon[1:]))
    amounts = np.asarray(amounts)
    return np.asarray(np.einsum("...ij,ia,jb->...ab", amounts, rows, columns, optimize=True))
