"""Area and distance on the sphere."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

EARTH_RADIUS = 6.371e6  # m, mean radius R1; Moritz (2000), J. Geod. 74, 128-133, rounded


def cell_area(south: ArrayLike, north: ArrayLike, width: ArrayLike) -> np.ndarray:
    """Area of cells between two latitudes (m2), shape of the arguments broadcast.

        area = R^2 dlon (sin(north) - sin(south))

    Args:
        south, north: edges (degrees).
        width: extent in longitude (degrees).

    Source: Archimedes' theorem, the area of a zone of a sphere goes with its height.
    """
    return np.asarray(EARTH_RADIUS**2 * np.radians(width) * zone_height(south, north))


def grid_area(latitude_edges: ArrayLike, longitude_edges: ArrayLike) -> np.ndarray:
    """Area of the cells of a grid (m2), shape (latitude, longitude).

    The equation of `cell_area`, evaluated in the order R^2 ((sin(north) - sin(south)) dlon), with
    the width as the difference of the edges in radians. The two orders agree to rounding.

    Args:
        latitude_edges: from south to north (degrees), shape (latitude + 1,).
        longitude_edges: from west to east (degrees), shape (longitude + 1,).
    """
    latitude_edges = np.asarray(latitude_edges, dtype=float)
    height = zone_height(latitude_edges[:-1], latitude_edges[1:])
    width = np.diff(np.radians(longitude_edges))
    return np.asarray(EARTH_RADIUS**2 * np.outer(height, width))


def zone_height(south: ArrayLike, north: ArrayLike) -> np.ndarray:
    """Height of a zone of the unit sphere between two latitudes (1): sin(north) - sin(south).

    Args:
        south, north: edges (degrees).
    """
    return np.asarray(np.sin(np.radians(north)) - np.sin(np.radians(south)))


def great_circle_distance(
    latitude: ArrayLike, longitude: ArrayLike, from_latitude: ArrayLike, from_longitude: ArrayLike
) -> np.ndarray:
    """Distance of places on the sphere (m), shape of the arguments (degrees) broadcast.

    The haversine form, which is exact at small distances; its argument is clipped to 0..1.

    Source: Sinnott (1984), Sky and Telescope 68, 159.
    """
    lat, lon, from_lat, from_lon = (
        np.radians(a) for a in (latitude, longitude, from_latitude, from_longitude)
    )
    square = np.sin((lat - from_lat) / 2) ** 2
    square = square + np.cos(lat) * np.cos(from_lat) * np.sin((lon - from_lon) / 2) ** 2
    return np.asarray(2.0 * EARTH_RADIUS * np.arcsin(np.sqrt(np.clip(square, 0.0, 1.0))))


def wrapped_longitude(longitude: ArrayLike) -> np.ndarray:
    """Longitude in -180..180 (degrees east), same shape; values in that range stay as they are."""
    longitude = np.asarray(longitude, dtype=float)
    inside = (longitude >= -180.0) & (longitude <= 180.0)
    return np.asarray(np.where(inside, longitude, (longitude + 180.0) % 360.0 - 180.0))
