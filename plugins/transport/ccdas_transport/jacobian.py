"""The transport Jacobian: response of each station to the emissions of each box and month."""

from __future__ import annotations

import numpy as np
from attrs import field, frozen

from .constants import DAYS_OF_MONTH
from .grid import TransportGrid


@frozen(eq=False)
class TransportJacobian:
    """Responses of stations to emissions, one climatological year of transport.

    Args:
        stations: their names.
        grid: boxes of the sources.
        response: ppm per kgC emitted during a month, shape (station, 12, lag, latitude,
            longitude), by calendar month of the observation and months since the emission.
        well_mixed: response to emissions older than the table (ppm per kgC).
    """

    stations: tuple[str, ...] = field(converter=tuple)
    grid: TransportGrid
    response: np.ndarray
    well_mixed: float

    @property
    def memory(self) -> int:
        """Months of emissions in the table, the month of the observation included."""
        return self.response.shape[2]


def days_share(memory: int) -> np.ndarray:
    """Days of the month of emission as a share of the year, shape (12, lag)."""
    month = (np.arange(12)[:, None] - np.arange(memory)[None, :]) % 12
    return DAYS_OF_MONTH[month] / 365.0
