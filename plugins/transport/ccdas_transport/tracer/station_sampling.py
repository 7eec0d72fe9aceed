"""Weights of the cells of the air at each station."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from ..standard_atmosphere import pressure_share
from ..stations import on_ice


def layer_weights(altitude, layer_middle, at_ground):
    """Weights of the layers at a station, linear in pressure between their middles; they sum to 1.

    Args:
        altitude: m.
        layer_middle: shares of the surface pressure, falling, shape (layer,).
        at_ground: the station sees the lowest layer alone.
    """
    if at_ground:
        return np.eye(len(layer_middle))[0]
    share = pressure_share(altitude)
    upward = layer_middle[::-1]
    return np.array([np.interp(share, upward, unit) for unit in np.eye(len(upward))])[::-1]


def box_weights(latitude, longitude, grid, land_share, coastal_land):
    """Weights of the boxes around a station, shape (latitude, longitude); they sum to 1.

    They are linear between the middles of the four boxes around it. Where some of these are sea
    (land below `coastal_land`) and others are not, the station is coastal and keeps the sea alone.
    """
    rows = (latitude - grid.latitude[0]) / grid.latitude_step
    columns = (longitude - grid.longitude[0]) / grid.longitude_step
    south, west = int(np.floor(rows)), int(np.floor(columns))
    weights = np.zeros(grid.area.shape)
    for row, north in ((south, 1.0 - (rows - south)), (south + 1, rows - south)):
        for column, east in ((west, 1.0 - (columns - west)), (west + 1, columns - west)):
            row_kept = min(max(row, 0), len(grid.latitude) - 1)
            weights[row_kept, column % len(grid.longitude)] += north * east
    sea = weights * (land_share < coastal_land)
    kept = sea if sea.sum() > 1e-9 else weights
    return kept / kept.sum()


def sampling(stations, atmosphere, land_share, settings):
    """Mole fraction at stations per mass in cells (ppm kgC-1), sparse (station, layer * cell)."""
    table = np.zeros((len(stations), *atmosphere.shape))
    for row, (lat, lon, alt) in enumerate(
        zip(stations.latitude, stations.longitude, stations.altitude, strict=True)
    ):
        at_ground = alt <= settings.mountain_altitude or on_ice(
            lat, lon, alt, settings.mountain_altitude
        )
        coastal_land = settings.coastal_land if at_ground else 0.0  # a summit is no coast
        boxes = box_weights(lat, lon, atmosphere.grid, land_share, coastal_land)
        levels = layer_weights(alt, atmosphere.layer_middle, at_ground)
        table[row] = levels[:, None] * atmosphere.on_cells(boxes) * atmosphere.ppm_per_kg
    return sparse.csr_array(table.reshape(len(stations), -1))
