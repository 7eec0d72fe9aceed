"""The mean meridional overturning: Hadley and Ferrel cells and their season."""

from __future__ import annotations

import numpy as np

from .air_exchange import AirExchange
from .atmosphere import Atmosphere

HADLEY_MEAN = 8.0e10  # kg s-1, annual mean of either cell; Peixoto and Oort (1992), fig. 7.19
HADLEY_SEASON = 1.2e11  # kg s-1, amplitude of the cell across the equator; Dima and Wallace (2003)
FERREL = 3.0e10  # kg s-1; Peixoto and Oort (1992), fig. 7.19
HADLEY_EDGE = 30.0  # degrees
FERREL_EDGE = 65.0  # degrees
SEASON_WIDTH = 32.0  # degrees, where the seasonal cell ends; Dima and Wallace (2003), fig. 2
SEASON_PEAK = 1.0  # months since 1 January, when the northern winter cell is strongest
TOP = 0.10  # share of the surface pressure above which there is no circulation


def mass_streamfunction(
    latitude: np.ndarray, share: np.ndarray, month: int, strength: float = 1.0
) -> np.ndarray:
    """Northward flow of air above a level, around the globe (kg s-1), shape (latitude, level).

        Psi = strength sin(pi (1 - s)/(1 - s_top)) [ cells(lat) + season(lat) cos(2 pi (t-t_0)/12) ]

    Positive: northward aloft, southward below, as in the northern winter cell.

    Args:
        latitude: degrees, shape (latitude,).
        share: pressure over the surface pressure, shape (level,).
        month: 0..11.
        strength: factor of all cells (1).

    Source: shape is own choice; amplitudes of Peixoto and Oort (1992), Physics of Climate, and Dima
        and Wallace (2003), J. Atmos. Sci. 60, 1522-1527.
    """
    size = np.abs(latitude)
    hadley = np.where(size < HADLEY_EDGE, np.sin(np.pi * size / HADLEY_EDGE), 0.0)
    within = (size >= HADLEY_EDGE) & (size < FERREL_EDGE)
    ferrel = np.sin(np.pi * (size - HADLEY_EDGE) / (FERREL_EDGE - HADLEY_EDGE))
    cells = np.sign(latitude) * (HADLEY_MEAN * hadley - FERREL * np.where(within, ferrel, 0.0))
    across = np.where(size < SEASON_WIDTH, np.cos(0.5 * np.pi * latitude / SEASON_WIDTH) ** 2, 0.0)
    time = month + 0.5
    season = HADLEY_SEASON * across * np.cos(2.0 * np.pi * (time - SEASON_PEAK) / 12.0)
    depth = np.clip((1.0 - share) / (1.0 - TOP), 0.0, 1.0)
    return strength * np.outer(cells + season, np.sin(np.pi * depth))


def overturning_exchange(atmosphere: Atmosphere, month: int, strength: float = 1.0) -> AirExchange:
    """The overturning as faces between cells, without the polar caps.

    Args:
        atmosphere: cells of the air.
        month: 0..11.
        strength: factor (1).
    """
    grid = atmosphere.grid
    edges = np.array(atmosphere.layer_edges)
    psi = mass_streamfunction(grid.latitude_edges, edges, month, strength)
    psi[[0, 1, -2, -1]] = 0.0  # nothing through the edges of the caps
    psi[:, [0, -1]] = 0.0  # nor through ground and top
    psi = psi / len(grid.longitude)
    cell = atmosphere.cell_of_box
    offset = atmosphere.cells * np.arange(atmosphere.layers)
    northward = psi[1:-1, :-1] - psi[1:-1, 1:]  # of each layer, (edge, layer)
    upward = psi[2:-1, 1:-1] - psi[1:-2, 1:-1]  # through the interfaces, (row, interface)
    south = cell[:-1, :, None] + offset
    north = cell[1:, :, None] + offset
    below = cell[1:-1, :, None] + offset[:-1]
    above = cell[1:-1, :, None] + offset[1:]
    flow = [
        np.broadcast_to(northward[:, None, :], south.shape),
        np.broadcast_to(upward[:, None, :], below.shape),
    ]
    flow = np.concatenate([part.ravel() for part in flow])
    return AirExchange(
        np.concatenate([south.ravel(), below.ravel()]),
        np.concatenate([north.ravel(), above.ravel()]),
        flow,
        np.zeros(len(flow)),
    )
