"""Weights of the cells of the air at each station."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from ..grid import TransportGrid
from ..standard_atmosphere import pressure_share
from ..station_locations import StationLocations
from ..stations import on_ice
from .atmosphere import Atmosphere
from .settings import TransportSettings


def layer_weights(altitude: float, layer_middle: np.ndarray, at_ground: bool) -> np.ndarray:
    """Weights of the layers at a station, linear in pressure between their middles, with sum 1.

    Args:
        altitude: m.
        layer_middle: shares of the surface pressure, falling, shape (layer,).
        at_ground: the station samples the lowest layer alone.
    """
    if at_ground:
        return np.eye(len(layer_middle))[0]
    share = pressure_share(altitude)
    upward = layer_middle[::-1]
    return np.array([np.interp(share, upward, unit) for unit in np.eye(len(upward))])[::-1]


def box_weights(
    latitude: float, longitude: float, grid: TransportGrid, land: np.ndarray, coastal_land: float
) -> np.ndarray:
    """Weights of the boxes around a station, shape (latitude, longitude), with sum 1.

    They are linear between the middles of the four boxes around it. Where some of these are sea
    (land below `coastal_land`) and others are not, the station is coastal and samples the sea.
    """
    rows = (latitude - grid.latitude[0]) / grid.latitude_step
    columns = (longitude - grid.longitude[0]) / grid.longitude_step
    south, west = int(np.floor(rows)), int(np.floor(columns))
    weights = np.zeros(grid.area.shape)
    for row, north in ((south, 1.0 - (rows - south)), (south + 1, rows - south)):
        for column, east in ((west, 1.0 - (columns - west)), (west + 1, columns - west)):
            valid_row = min(max(row, 0), len(grid.latitude) - 1)
            weights[valid_row, column % len(grid.longitude)] += north * east
    sea = weights * (land < coastal_land)
    selected = sea if sea.sum() > 1e-9 else weights
    return selected / selected.sum()


def sampling_matrix(
    stations: StationLocations,
    atmosphere: Atmosphere,
    land: np.ndarray,
    settings: TransportSettings,
) -> sparse.csr_array:
    """Mole fraction at stations per mass in cells (ppm kgC-1), sparse (station, layer * cell)."""
    table = np.zeros((len(stations), *atmosphere.shape))
    for row, (lat, lon, alt) in enumerate(
        zip(stations.latitude, stations.longitude, stations.altitude, strict=True)
    ):
        at_ground = alt <= settings.mountain_altitude or on_ice(
            lat, lon, alt, settings.mountain_altitude
        )
        coastal_land = settings.coastal_land if at_ground else 0.0  # a summit is no coast
        boxes = box_weights(lat, lon, atmosphere.grid, land, coastal_land)
        levels = layer_weights(alt, atmosphere.layer_middle, at_ground)
        table[row] = levels[:, None] * atmosphere.on_cells(boxes) * atmosphere.ppm_per_kg
    return sparse.csr_array(table.reshape(len(stations), -1))
