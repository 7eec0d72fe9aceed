"""The transpose of the transport: sensitivity of monthly means to the fluxes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from scipy import sparse

from ccdas_framework import cores

from ..constants import KG_PER_PGC, SECONDS_PER_DAY, SECONDS_PER_YEAR
from ..jacobian import TransportJacobian
from ..station_locations import StationLocations
from .atmosphere import Atmosphere
from .month_operators import Month


def month_backward(
    operators: Month, weights: np.ndarray, seed: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Weights at the start of a month, and of the flux during it.

    Args:
        operators: operators of the month.
        weights: weights of the state at its end, shape (layer, cell, station).
        seed: weights added after each step, the transpose of sampling; same shape, or None.

    Returns:
        weights of the state, same shape; weights of the flux (s), shape (cell, station).
    """
    flux_weights = 0.0
    for _ in range(operators.steps):
        if seed is not None:
            weights = weights + seed
        weights, part = operators.transposed_step(weights)
        flux_weights = flux_weights + part
    return weights, flux_weights


def adjoint_of_flux(
    months: tuple[Month, ...],
    atmosphere: Atmosphere,
    weights: np.ndarray,
    sampling: sparse.csr_array,
    first: int,
) -> np.ndarray:
    """Weights of the flux (per kgC yr-1), shape (month, latitude, longitude).

    Args:
        months: operators of January to December.
        atmosphere: cells of the air.
        weights: weights of the monthly means, shape (month, station).
        sampling: ppm at stations per kgC in cells, sparse.
        first: calendar month of the first weights, 0..11.
    """
    count = len(weights)
    state = np.zeros((*atmosphere.shape, 1))
    out = np.zeros((count, *atmosphere.cell_of_box.shape))
    for month in reversed(range(count)):
        operators = months[(first + month) % 12]
        seed = (sampling.T @ weights[month] / operators.steps).reshape(state.shape)
        state, flux_weights = month_backward(operators, state, seed)
        out[month] = flux_weights[atmosphere.cell_of_box, 0] / SECONDS_PER_YEAR
    return out


def station_response(
    months: tuple[Month, ...],
    atmosphere: Atmosphere,
    stations: StationLocations,
    sampling: sparse.csr_array,
    memory: int,
    progress: Callable[[float], None] | None,
    workers: int | None,
) -> TransportJacobian:
    """Responses of stations to the emissions of the months before, a TransportJacobian.

    From each calendar month of observation, time runs backward through the memory. Threads share
    the stations, since products of sparse matrices release the interpreter.

    Args:
        months: operators of January to December.
        atmosphere: cells of the air.
        stations: stations of the Jacobian.
        sampling: ppm at stations per kgC in cells, sparse (station, layer * cell).
        memory: months of emissions, the month of the observation included.
        progress: called with the completed fraction, or None.
        workers: number of threads. None takes one for each core that this process may use.
    """
    count = len(stations)
    workers = min(workers or cores(), max(count, 1))
    groups = np.array_split(np.arange(count), workers)
    completed = [0]
    total = 12 * memory * len(groups)

    def report() -> None:
        completed[0] += 1
        if progress is not None:
            progress(completed[0] / total)

    def group_response(rows: np.ndarray) -> np.ndarray:
        return _run_backward(months, atmosphere, sampling[rows], memory, report)

    with ThreadPoolExecutor(workers) as pool:
        tables = list(pool.map(group_response, groups))
    response = np.concatenate(tables) if tables else np.zeros((0, 12, memory, 0))
    response = response[..., atmosphere.cell_of_box]
    well_mixed = 1.0 / (atmosphere.pgc_per_ppm * KG_PER_PGC)
    return TransportJacobian(stations.id, atmosphere.grid, response, well_mixed)


def _run_backward(
    months: tuple[Month, ...],
    atmosphere: Atmosphere,
    sampling: sparse.csr_array,
    memory: int,
    report: Callable[[], None],
) -> np.ndarray:
    """ppm per kgC emitted in a month, shape (station, 12, memory, cell)."""
    station_count = sampling.shape[0]
    table = np.zeros((station_count, 12, memory, atmosphere.cells))
    shape = (*atmosphere.shape, station_count)
    for observed in range(12):
        state = np.zeros(shape)
        for lag in range(memory):
            month = (observed - lag) % 12
            operators = months[month]
            seed = None
            if lag == 0:
                seed = (sampling.T.toarray() / operators.steps).reshape(shape)
            state, flux_weights = month_backward(operators, state, seed)
            table[:, observed, lag] = flux_weights.T / (operators.days * SECONDS_PER_DAY)
            report()
    return table
