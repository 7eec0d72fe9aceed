"""The station that a receptor, release or sample belongs to."""

from __future__ import annotations

import numpy as np

from ..station_locations import StationLocations

MAX_DEGREES = 0.1  # degrees between a receptor and its station


def nearest_station(
    stations: StationLocations, latitude: float, longitude: float, max_degrees: float
) -> str | None:
    """Name of the nearest station within so many degrees in latitude and longitude, or None."""
    east = np.abs((stations.longitude - longitude + 180.0) % 360.0 - 180.0)
    distance = np.maximum(np.abs(stations.latitude - latitude), east)
    return stations.id[distance.argmin()] if distance.min() <= max_degrees else None
