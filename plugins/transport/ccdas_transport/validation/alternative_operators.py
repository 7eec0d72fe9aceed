"""Mole fractions by simpler operators, the 12 boxes and the closed form."""

from __future__ import annotations

import numpy as np

from ..analytic import analytic_jacobian
from ..constants import DAYS_OF_MONTH
from ..jacobian import TransportJacobian
from ..station_locations import StationLocations
from ..stations import on_ice
from ..tracer import TransportSettings
from ..twelve_boxes import twelve_box_jacobian


def simpler_jacobians(
    stations: StationLocations, settings: TransportSettings
) -> dict[str, TransportJacobian]:
    """Jacobians of the 12 boxes and of the closed form, by name."""
    latitude, longitude, altitude = stations.coordinates
    high = stations.altitude > settings.mountain_altitude
    ice = [
        on_ice(*location, settings.mountain_altitude)
        for location in zip(*stations.coordinates, strict=True)
    ]
    grid = settings.jacobian_grid
    return {
        "12 boxes": twelve_box_jacobian(stations.id, latitude, altitude, grid),
        "closed form": analytic_jacobian(stations.id, latitude, longitude, ~high | ice, grid),
    }


def mole_fraction(jacobian: TransportJacobian, flux: np.ndarray) -> np.ndarray:
    """Mole fraction at the stations of a Jacobian (ppm), shape (month, station).

    Args:
        jacobian: responses of the stations.
        flux: kgC yr-1 from a January on, shape (month, latitude, longitude).
    """
    months = len(flux)
    length = DAYS_OF_MONTH[np.arange(months) % 12] / 365.0  # share of the year
    emitted = (flux * length[:, None, None]).reshape(months, -1)
    table = jacobian.response.reshape(len(jacobian.stations), 12, jacobian.memory, -1)
    out = np.zeros((months, len(jacobian.stations)))
    for month in range(months):
        count = min(jacobian.memory, month + 1)
        recent = emitted[month + 1 - count : month + 1]
        older = emitted[: month + 1 - count].sum() * jacobian.well_mixed
        series = table[:, month % 12, :count][:, ::-1]
        out[month] = np.einsum("smg,mg->s", series, recent, optimize=True) + older
    return out
