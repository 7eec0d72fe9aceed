"""Rows of latitude: cut to other rows, and laid along their latitudes as a pattern has it."""

from __future__ import annotations

from typing import Any

import numpy as np


def row_shares(south: Any, north: Any, row_edges: Any) -> np.ndarray:
    """Share of each row of latitude that lies in each interval (1), shape (interval, row).

    Within a row an amount is even in degrees of latitude. The shares of a row add up to one where
    the intervals hold all of it, so that sums are kept.

    Args:
        south, north: edges of the rows (degrees), shape (row,).
        row_edges: of the intervals, from south to north, shape (interval + 1,).
    """
    south, north, row_edges = (np.asarray(a, dtype=float) for a in (south, north, row_edges))
    low = np.maximum(row_edges[:-1, None], south[None, :])
    high = np.minimum(row_edges[1:, None], north[None, :])
    return np.asarray(np.maximum(high - low, 0.0) / (north - south)[None, :])


def along_rows(amounts: Any, south: Any, north: Any, pattern: Any) -> np.ndarray:
    """Amounts of rows of latitude, laid along them as a pattern has it; their sums are kept.

    Where a latitude has an amount and its pattern is empty, it is laid evenly around the globe.

    Args:
        amounts: of the rows, shape (time, row).
        south, north: edges of the rows (degrees), shape (row,).
        pattern: 0 or more, in any unit, on a regular grid from pole to pole, from south to north,
            shape (latitude, longitude), or (time, latitude, longitude) where it changes.

    Returns:
        In the unit of the amounts, shape (time, latitude, longitude).
    """
    pattern = np.asarray(pattern, dtype=float)
    latitudes, longitudes = pattern.shape[-2:]
    rows = row_shares(south, north, np.linspace(-90.0, 90.0, latitudes + 1)) @ np.transpose(amounts)
    total = pattern.sum(axis=-1, keepdims=True)
    share = np.where(total > 0.0, pattern / np.where(total > 0.0, total, 1.0), 1.0 / longitudes)
    return np.asarray(rows.T[:, :, None] * share)
