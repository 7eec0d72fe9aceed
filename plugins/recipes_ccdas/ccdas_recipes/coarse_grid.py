"""The 10 by 7.5 degree grid of the transport model TM2, its areas and its regions."""

from __future__ import annotations

import numpy as np

from ccdas_framework.grids import sphere

LONGITUDE_STEP, LATITUDE_STEP = 10.0, 7.5  # degrees; TM2, Heimann (1995)
LONGITUDE_EDGES = -180.0 + LONGITUDE_STEP * np.arange(37)
LATITUDE_EDGES = -90.0 + LATITUDE_STEP * np.arange(25)
LONGITUDES = 0.5 * (LONGITUDE_EDGES[1:] + LONGITUDE_EDGES[:-1])
LATITUDES = 0.5 * (LATITUDE_EDGES[1:] + LATITUDE_EDGES[:-1])
FINE_STEP = 0.5  # degrees; maps are brought to this grid first, because its edges are TM2's too
FINE_LATITUDES = -90.0 + FINE_STEP * (np.arange(360) + 0.5)
FINE_LONGITUDES = -180.0 + FINE_STEP * (np.arange(720) + 0.5)


def cell_area() -> np.ndarray:
    """Area of each cell of the grid (m2), shape (latitude, longitude) = (24, 36)."""
    area = sphere.cell_area(LATITUDE_EDGES[:-1], LATITUDE_EDGES[1:], LONGITUDE_STEP)
    return np.repeat(area[:, None], 36, axis=1)


def fine_area() -> np.ndarray:
    """Area of each cell of the 0.5 degree grid (m2), shape (360, 720)."""
    half = 0.5 * FINE_STEP
    area = sphere.cell_area(FINE_LATITUDES - half, FINE_LATITUDES + half, FINE_STEP)
    return np.repeat(area[:, None], 720, axis=1)


def cell_of(latitude: np.ndarray, longitude: np.ndarray) -> np.ndarray:
    """Number of the cell a place lies in, 36 x row from the south + column from 180 W."""
    row = np.floor((np.asarray(latitude) + 90.0) / LATITUDE_STEP).astype(int)
    east = (np.asarray(longitude) + 180.0) % 360.0
    column = np.floor(east / LONGITUDE_STEP).astype(int)
    return 36 * np.clip(row, 0, 23) + np.clip(column, 0, 35)


def fine_cells() -> np.ndarray:
    """Number of the cell each cell of the 0.5 degree grid lies in, shape (360, 720)."""
    return cell_of(FINE_LATITUDES[:, None], FINE_LONGITUDES[None, :])


def cell_sum(fine: np.ndarray) -> np.ndarray:
    """Sums of a 0.5 degree map over the cells, shape (864,); NaN counts as zero."""
    values = np.nan_to_num(fine).ravel()
    return np.bincount(fine_cells().ravel(), weights=values, minlength=864)


def cell_mean(fine: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Weighted means of a 0.5 degree map over the cells, shape (864,); NaN where nothing weighs."""
    weight = np.where(np.isfinite(fine), weight, 0.0)
    total = cell_sum(weight)
    mean = cell_sum(np.where(weight > 0.0, fine, 0.0) * weight) / np.where(total > 0.0, total, 1.0)
    return np.where(total > 0.0, mean, np.nan)


def nearest(axis: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Index of the entry of `axis` nearest to each value."""
    return np.abs(np.asarray(axis)[None, :] - np.asarray(values)[:, None]).argmin(axis=1)


def to_fine(field: np.ndarray, latitude: np.ndarray, longitude: np.ndarray) -> np.ndarray:
    """A map on a regular grid, read at the nearest point, on the 0.5 degree grid.

    Args:
        field: shape (..., latitude, longitude).
        latitude, longitude: its axes (degrees), in any order; longitudes in -180..180.
    """
    rows = nearest(latitude, FINE_LATITUDES)
    away = np.abs((np.asarray(longitude)[None, :] - FINE_LONGITUDES[:, None] + 180) % 360 - 180)
    return field[..., rows[:, None], away.argmin(axis=1)[None, :]]


REGIONS = (
    "six continents by cell centre: North America 180-20 W, 15-90 N; South America 180-20 W, 90 S-"
    "15 N; Europe 10 W-45 E, 40-90 N; Asia 45-180 E, 15-90 N; Africa 20 W-45 E, 90 S-40 N; "
    "Australia 90-180 E, 90 S-0; first match counts. Gaps filled: 45-180 E, 0-15 N to Asia, 45-90 "
    "E, 90 S-0 to Africa, the rest to Europe, so that regions add up to the globe"
)


def region(latitude: float, longitude: float) -> str:
    """The continent a cell centre belongs to, for regional totals.

    The six longitude and latitude boxes of the CCDAS regional totals; a centre on a border
    belongs to the first that matches. The boxes leave gaps, filled here so that regions add up
    to the globe: 45-90 E south of the equator goes to Africa, the rest of 45-180 E to Asia
    (north of the equator) and Australia (south), the north-east Atlantic to Europe.
    """
    boxes = (
        ("North America", -180, -20, 15, 90),
        ("South America", -180, -20, -90, 15),
        ("Europe", -10, 45, 40, 90),
        ("Asia", 45, 180, 15, 90),
        ("Africa", -20, 45, -90, 40),
        ("Australia", 90, 180, -90, 0),
        ("Asia", 45, 180, 0, 15),
        ("Africa", 45, 90, -90, 0),
    )
    for name, west, east, south, north in boxes:
        if west <= longitude <= east and south <= latitude <= north:
            return name
    return "Europe"
