"""Values of maps at sites."""

from __future__ import annotations

import numpy as np

from . import cell_grid, maps


def nearest_values(field: np.ndarray, latitude: np.ndarray, longitude: np.ndarray) -> np.ndarray:
    """Values of the nearest cells of the 0.5 degree grid that have any, shape (..., site).

    Args:
        field: map with NaN where it has no value, shape (..., 360, 720).
        latitude, longitude: of the sites (degrees), shape (site,).
    """
    valid = np.isfinite(field).reshape(-1, *field.shape[-2:]).all(axis=0)
    grid = cell_grid.FINE_LATITUDES, cell_grid.FINE_LONGITUDES
    places = [_nearest(*grid, valid, *site) for site in zip(latitude, longitude, strict=True)]
    rows, columns = np.array(places).T
    return field[..., rows, columns]


def soil_texture(
    cover: dict[str, np.ndarray], latitude: float, longitude: float
) -> tuple[float, float, float]:
    """Sand, silt and clay (1) of the nearest land of the table `maps.land_cover`."""
    land = np.isfinite(cover["sand"]) & (cover["sand"] > 0)
    place = _nearest(maps.COVER_LATITUDES, maps.COVER_LONGITUDES, land, latitude, longitude)
    sand, silt, clay = (float(cover[name][place]) for name in ("sand", "silt", "clay"))
    return sand, silt, clay


def _nearest(
    latitudes: np.ndarray,
    longitudes: np.ndarray,
    valid: np.ndarray,
    latitude: float,
    longitude: float,
) -> tuple[int, int]:
    """Row and column of the nearest valid cell of a grid."""
    east = (longitudes[None, :] - longitude + 180.0) % 360.0 - 180.0
    away = np.hypot(latitudes[:, None] - latitude, np.cos(np.radians(latitude)) * east)
    row, column = np.unravel_index(np.where(valid, away, np.inf).argmin(), valid.shape)
    return int(row), int(column)
