"""Forward run of a tracer, from emissions to monthly means at stations."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from ..constants import SECONDS_PER_YEAR
from .atmosphere import Atmosphere
from .month_operators import Month


def monthly_mole_fraction(
    months: tuple[Month, ...],
    atmosphere: Atmosphere,
    flux: np.ndarray,
    sampling: sparse.csr_array,
    first: int,
    state: np.ndarray,
) -> np.ndarray:
    """Monthly mean mole fraction at stations (ppm), shape (many, month, station).

    Args:
        months: operators of January to December.
        atmosphere: cells of the air.
        flux: kgC yr-1, shape (many, month, latitude, longitude).
        sampling: ppm at stations per kgC in cells, sparse.
        first: calendar month of the first flux, 0..11.
        state: initial mass of the tracer (kgC), shape (layer, cell, many).
    """
    count = flux.shape[1]
    out = np.zeros((len(flux), count, sampling.shape[0]))
    per_second = atmosphere.on_cells(flux) / SECONDS_PER_YEAR
    for month in range(count):
        operators = months[(first + month) % 12]
        total = np.zeros((sampling.shape[0], len(flux)))
        for _ in range(operators.steps):
            state = operators.step(state, per_second[:, month].T)
            total += sampling @ state.reshape(-1, len(flux))
        out[:, month] = (total / operators.steps).T
    return out
