"""The transport Jacobian: how each month's emission of each box changes what a station sees."""

from __future__ import annotations

import numpy as np
from attrs import field, frozen

from .analytic import PGC_PER_PPM, local_response, zonal_response
from .constants import DAYS_OF_MONTH, KG_PER_PGC
from .transport_grid import TransportGrid


@frozen(eq=False)
class TransportJacobian:
    """Responses of stations to emissions, one climatological year of transport.

    Args:
        stations: their names.
        grid: boxes of the sources.
        response: ppm per kgC emitted during a month, shape (station, 12, lag, latitude,
            longitude): calendar month of the observation, whole months since the emission.
        well_mixed: response to emissions older than the table (ppm per kgC).
    """

    stations: tuple[str, ...] = field(converter=tuple)
    grid: TransportGrid
    response: np.ndarray
    well_mixed: float

    @property
    def memory(self) -> int:
        """Months of emissions in the table, that of the observation included."""
        return self.response.shape[2]


def analytic_jacobian(
    stations,
    latitude,
    longitude,
    surface,
    grid=None,
    memory=48,
    pgc_per_ppm=PGC_PER_PPM,
    local_term=False,
):
    """The Jacobian in closed form, the same for every month of the year.

    Args:
        stations: names, shape (station,).
        latitude, longitude: of the stations (degrees), shape (station,).
        surface: 1 near the surface, 0 above the mixed layer, shape (station,).
        grid: boxes of the sources; by default those of TM2.
        memory: months in the table.
        pgc_per_ppm: PgC ppm-1.
        local_term: add what a station sees of sources within about 1000 km.
    """
    grid = grid or TransportGrid()
    lags = np.arange(memory)
    zonal = zonal_response(latitude, grid.latitude, lags, surface, pgc_per_ppm)
    response = np.repeat(zonal[..., None], len(grid.longitude), axis=3)
    if local_term:
        response = response + local_response(latitude, longitude, grid, lags)
    response = np.broadcast_to(response[:, None], (len(stations), 12, *response.shape[1:]))
    return TransportJacobian(
        stations, grid, response / KG_PER_PGC, 1.0 / (pgc_per_ppm * KG_PER_PGC)
    )


def days_share(memory):
    """Days of the month of emission as a share of the year, shape (12, lag)."""
    month = (np.arange(12)[:, None] - np.arange(memory)[None, :]) % 12
    return DAYS_OF_MONTH[month] / 365.0
