"""What simpler operators make of the same fluxes: the 12 boxes and the closed form."""

from __future__ import annotations

import numpy as np

from ..analytic import analytic_jacobian
from ..constants import DAYS_OF_MONTH
from ..stations import on_ice
from ..twelve_boxes import twelve_box_jacobian


def simpler_jacobians(stations, grid, settings):
    """Jacobians of the 12 boxes and of the closed form, by name."""
    places = stations.latitude, stations.longitude, stations.altitude
    high = stations.altitude > settings.mountain_altitude
    ice = [on_ice(*place, settings.mountain_altitude) for place in zip(*places, strict=True)]
    asked = grid, settings.memory, settings.pgc_per_ppm
    return {
        "12 boxes": twelve_box_jacobian(stations.id, places[0], places[2], *asked),
        "closed form": analytic_jacobian(stations.id, *places[:2], ~high | ice, *asked),
    }


def through(jacobian, flux):
    """Mole fraction at the stations of a Jacobian (ppm), shape (month, station).

    Args:
        jacobian: the record.
        flux: kgC yr-1 from a January on, shape (month, latitude, longitude).
    """
    months = len(flux)
    length = DAYS_OF_MONTH[np.arange(months) % 12] / 365.0  # share of the year
    emitted = (flux * length[:, None, None]).reshape(months, -1)
    table = jacobian.response.reshape(len(jacobian.stations), 12, jacobian.memory, -1)
    out = np.zeros((months, len(jacobian.stations)))
    for month in range(months):
        held = min(jacobian.memory, month + 1)
        recent = emitted[month + 1 - held : month + 1]
        older = emitted[: month + 1 - held].sum() * jacobian.well_mixed
        series = table[:, month % 12, :held][:, ::-1]
        out[month] = np.einsum("smg,mg->s", series, recent, optimize=True) + older
    return out
