"""The transpose of the transport: what each month's flux of each box does to a monthly mean."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from ..constants import KG_PER_PGC, SECONDS_PER_DAY, SECONDS_PER_YEAR
from ..jacobian import TransportJacobian


def month_backward(operators, weights, seed):
    """Weights at the start of a month, and of the flux during it.

    Args:
        operators: of the month.
        weights: of the state at its end, shape (layer, cell, many).
        seed: added after each step, the transpose of sampling; same shape, or None.

    Returns:
        weights of the state, same shape; of the flux (s), shape (cell, many).
    """
    of_flux = 0.0
    for _ in range(operators.steps):
        if seed is not None:
            weights = weights + seed
        weights, part = operators.transposed_step(weights)
        of_flux = of_flux + part
    return weights, of_flux


def adjoint_of_flux(months, atmosphere, weights, sampling, first):
    """Weights of the flux (per kgC yr-1), shape (month, latitude, longitude).

    Args:
        months: operators of January to December.
        atmosphere: its cells.
        weights: of the monthly means, shape (month, station).
        sampling: ppm at stations per kgC in cells, sparse.
        first: calendar month of the first weights, 0..11.
    """
    count = len(weights)
    state = np.zeros((*atmosphere.shape, 1))
    out = np.zeros((count, *atmosphere.cell_of_box.shape))
    for month in reversed(range(count)):
        operators = months[(first + month) % 12]
        seed = (sampling.T @ weights[month] / operators.steps).reshape(state.shape)
        state, of_flux = month_backward(operators, state, seed)
        out[month] = of_flux[atmosphere.cell_of_box, 0] / SECONDS_PER_YEAR
    return out


def station_response(months, atmosphere, stations, sampling, memory, progress, workers):
    """Responses of stations to the emissions of the months before, a TransportJacobian.

    From each calendar month of observation time runs backward through the memory; the stations are
    shared between threads, for the products of sparse matrices let others run.

    Args:
        months: operators of January to December.
        atmosphere: its cells.
        stations: their names are kept.
        sampling: ppm at stations per kgC in cells, sparse (station, layer * cell).
        memory: months of emissions, that of the observation included.
        progress: called with the share that is done, or None.
        workers: threads; None takes one for each processor.
    """
    count = len(stations)
    workers = min(workers or os.cpu_count() or 1, max(count, 1))
    groups = np.array_split(np.arange(count), workers)
    done = [0]
    whole = 12 * memory * len(groups)

    def tell():
        done[0] += 1
        if progress is not None:
            progress(done[0] / whole)

    def of_group(rows):
        return _backward(months, atmosphere, sampling[rows], memory, tell)

    with ThreadPoolExecutor(workers) as pool:
        tables = list(pool.map(of_group, groups))
    response = np.concatenate(tables) if tables else np.zeros((0, 12, memory, 0))
    response = response[..., atmosphere.cell_of_box]
    well_mixed = 1.0 / (atmosphere.pgc_per_ppm * KG_PER_PGC)
    return TransportJacobian(stations.id, atmosphere.grid, response, well_mixed)


def _backward(months, atmosphere, sampling, memory, tell):
    """ppm per kgC emitted in a month, shape (station, 12, memory, cell)."""
    many = sampling.shape[0]
    table = np.zeros((many, 12, memory, atmosphere.cells))
    shape = (*atmosphere.shape, many)
    for observed in range(12):
        state = np.zeros(shape)
        for lag in range(memory):
            month = (observed - lag) % 12
            operators = months[month]
            seed = None
            if lag == 0:
                seed = (sampling.T.toarray() / operators.steps).reshape(shape)
            state, of_flux = month_backward(operators, state, seed)
            table[:, observed, lag] = of_flux.T / (operators.days * SECONDS_PER_DAY)
            tell()
    return table
