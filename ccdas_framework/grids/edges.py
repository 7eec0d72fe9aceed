"""Order and edges of cells, from their centres or from pairs of bounds, also around the globe."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

TOLERANCE = 1e-3  # of a step, or degrees: coordinates are often single precision
NEARLY_EVEN = 0.02  # of a step; the steps of Gaussian latitudes differ by 0.0084
ROUNDING = 1e-4  # degrees, of single precision at 360


def eastward(longitude: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Order of longitudes from west to east around the globe, and the longitudes in that order.

    The order begins east of the widest gap, so that a region across Greenwich or the date line
    stays in one piece. Where all gaps are equally wide it begins at the lowest number.

    Args:
        longitude: degrees east, shape (n,).

    Returns:
        Positions, shape (n,), and ascending longitudes (degrees), whole turns added to those of the
        file, less than a turn from the first to the last, shape (n,).
    """
    longitude = np.asarray(longitude, dtype=float)
    if not len(longitude):
        return np.arange(0), longitude
    around = np.argsort(longitude % 360.0, kind="stable")
    positions = longitude[around] % 360.0
    gap_before = np.diff(positions, prepend=positions[-1] - 360.0)
    first = longitude[around][gap_before >= gap_before.max() - TOLERANCE].min()
    order = np.argsort((longitude - first) % 360.0, kind="stable")
    start = first - 360.0 * np.trunc(first / 360.0)
    ascending = start + (longitude[order] - first) % 360.0
    turns = np.round((ascending - longitude[order]) / 360.0)
    return order, longitude[order] + 360.0 * turns


def bounds_around(longitude: ArrayLike, bounds: ArrayLike) -> np.ndarray:
    """Western and eastern bound of each cell (degrees), shape (cell, 2).

    Bounds are the same modulo 360: those of a cell around Greenwich may be 355 and 5, or -5 and 5.

    Args:
        longitude: of the centres (degrees east), shape (cell,).
        bounds: of each cell in any order and turn (degrees east), shape (cell, 2).
    """
    centre = np.asarray(longitude, dtype=float)[:, None]
    bounds = np.sort(np.asarray(bounds, dtype=float), axis=1)
    is_globe = np.abs(bounds[:, 1] - bounds[:, 0] - 360.0)[:, None] <= TOLERANCE
    from_centre = (bounds - centre + 180.0) % 360.0 - 180.0
    from_centre = np.where(is_globe, [-180.0, 180.0], from_centre)
    turns = np.round((centre + from_centre - bounds) / 360.0)
    return np.asarray(np.sort(bounds + 360.0 * turns, axis=1))


def is_nearly_even(centres: ArrayLike) -> bool:
    """Whether the steps between centres differ so little that midpoints are edges of cells.

    Args:
        centres: ascending, two or more (degrees), shape (cell,).
    """
    steps = np.diff(np.asarray(centres, dtype=float))
    return bool(steps.min() > 0.0 and np.ptp(steps) <= NEARLY_EVEN * np.median(steps) + ROUNDING)


def midpoint_edges(centres: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper edge of each cell (degrees), two arrays of shape (cell,).

    Inner edges are the midpoints between centres. The outer cells extend as far outward as inward.

    Args:
        centres: two or more, ascending or descending (degrees), shape (cell,).
    """
    centres = np.asarray(centres, dtype=float)
    middle = 0.5 * (centres[1:] + centres[:-1])
    ends = np.concatenate(
        [[centres[0] - (middle[0] - centres[0])], middle, [2.0 * centres[-1] - middle[-1]]]
    )
    return np.minimum(ends[:-1], ends[1:]), np.maximum(ends[:-1], ends[1:])


def even_edges(centres: ArrayLike) -> np.ndarray | None:
    """Edges of evenly spaced cells (degrees), shape (cell + 1,), or None if the centres are uneven.

    Args:
        centres: ascending (degrees), shape (cell,).
    """
    centres = np.asarray(centres, dtype=float)
    if len(centres) < 2:
        return None
    step = (centres[-1] - centres[0]) / (len(centres) - 1)
    even = centres[0] + step * np.arange(len(centres))
    if step <= 0.0 or np.abs(centres - even).max() > TOLERANCE * max(step, 1.0):
        return None
    return np.asarray(centres[0] - step / 2 + step * np.arange(len(centres) + 1))


def latitude_edges(centres: ArrayLike) -> np.ndarray | None:
    """Edges of rows of latitude (degrees), shape (row + 1,), or None if the centres are uneven.

    Three kinds of grids meet the poles differently: whole rows that end there (-87.5, ...), half
    rows with their centres in their middle (GEOS-Chem: -89, -86, -82, ...), and half rows with
    their centres on the poles (-90, -86, ...), which are cut off there.

    Args:
        centres: ascending (degrees), shape (row,).
    """
    centres = np.asarray(centres, dtype=float)
    edges = even_edges(centres)
    if edges is None:
        if len(centres) < 2:
            return None
        step = centres[len(centres) // 2] - centres[len(centres) // 2 - 1]
        pole, inner = 90.0 - step / 4.0, 90.0 - step / 2.0
        south, north = (
            abs(end - centre) < TOLERANCE
            for end, centre in ((centres[0], -pole), (centres[-1], pole))
        )
        edges = even_edges(centres[int(south) : len(centres) - int(north)])
        if edges is None or not (south or north):
            return None
        for is_half, edge, expected in ((south, edges[0], -inner), (north, edges[-1], inner)):
            if is_half and abs(edge - expected) > TOLERANCE:
                return None  # the row at the pole belongs to another grid
        edges = np.concatenate([[-90.0] * int(south), edges, [90.0] * int(north)])
    return np.asarray(np.clip(edges, -90.0, 90.0))


def joined_edges(bounds: ArrayLike) -> np.ndarray | None:
    """Edges of adjoining cells (degrees), shape (cell + 1,), or None if they leave gaps or overlap.

    Args:
        bounds: lower and upper edge of each cell, ascending (degrees), shape (cell, 2).
    """
    bounds = np.asarray(bounds, dtype=float)
    gap = np.abs(bounds[1:, 0] - bounds[:-1, 1])
    if gap.max(initial=0.0) > TOLERANCE or (bounds[:, 1] <= bounds[:, 0]).any():
        return None
    return np.append(bounds[:, 0], bounds[-1, 1])
