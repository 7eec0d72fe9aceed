"""Rows of latitude: divided among other rows, and distributed along the latitudes of a grid."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from .overlap import overlap_by_area, overlap_by_degrees
from .sphere import zone_height

Weight = Literal["area", "degrees"]  # an amount is even within its row per area, or per degree


def row_shares(
    south: ArrayLike, north: ArrayLike, edges: ArrayLike, *, weight: Weight
) -> np.ndarray:
    """Share of each row of latitude that lies in each interval (1), shape (interval, row).

    The shares of a row add up to one where the intervals cover all of it, so that sums are
    conserved.

    Args:
        south, north: edges of the rows (degrees), shape (row,).
        edges: of the intervals, from south to north (degrees), shape (interval + 1,).
        weight: "area" or "degrees", whichever a row's amount is proportional to.
    """
    south, north, edges = (np.asarray(a, dtype=float) for a in (south, north, edges))
    if weight == "area":
        shared = overlap_by_area(edges[:-1], edges[1:], south, north)
        return np.asarray(shared / zone_height(south, north)[None, :])
    shared = overlap_by_degrees(edges[:-1], edges[1:], south, north)
    return np.asarray(shared / (north - south)[None, :])


def distribute_zonally(
    amounts: ArrayLike,
    south: ArrayLike,
    north: ArrayLike,
    pattern: ArrayLike,
    *,
    weight: Weight,
) -> np.ndarray:
    """Amounts of rows of latitude, distributed along them in proportion to a pattern.

    Sums are conserved. Where a latitude has an amount and its pattern is zero, the amount is
    distributed evenly around the globe.

    Args:
        amounts: sums over the rows in any unit, shape (time, row).
        south, north: edges of the rows (degrees), shape (row,).
        pattern: 0 or more, in any unit, on a regular grid from pole to pole, from south to north,
            shape (latitude, longitude), or (time, latitude, longitude) where it changes.
        weight: "degrees" or "area", whichever a row's amount is proportional to where rows differ
            from those of the pattern.

    Returns:
        In the unit of the amounts, shape (time, latitude, longitude).
    """
    pattern = np.asarray(pattern, dtype=float)
    latitudes, longitudes = pattern.shape[-2:]
    edges = np.linspace(-90.0, 90.0, latitudes + 1)
    rows = row_shares(south, north, edges, weight=weight) @ np.transpose(amounts)
    total = pattern.sum(axis=-1, keepdims=True)
    share = np.where(total > 0.0, pattern / np.where(total > 0.0, total, 1.0), 1.0 / longitudes)
    return np.asarray(rows.T[:, :, None] * share)
