"""Horizontal mixing by eddies, which monthly mean winds do not resolve."""

from __future__ import annotations

import numpy as np

from ccdas_framework.grids import EARTH_RADIUS

from .air_exchange import AirExchange
from .atmosphere import Atmosphere
from .settings import TransportSettings

# degrees poleward of which eddies weaken: the storm tracks of the north lie nearer the equator
NORTHERN_TRACKS, SOUTHERN_TRACKS = 35.0, 45.0
WEAKENING = 30.0  # degrees over which eddies weaken
LOWER, UPPER = 0.75, 0.35  # shares of the surface pressure of the two diffusivities
SHORTEST_EXCHANGE = 0.25 * 86400.0  # s, between neighbours at one latitude
SLABS = 200  # of a column, each joined with one on either side


def diffusivity(latitude: np.ndarray, share: np.ndarray, settings: TransportSettings) -> np.ndarray:
    """Horizontal diffusivity (m2 s-1), shape (level, latitude).

        K = K_m(p) [e + (1 - e) min(1, |lat|/lat_m)^2] [1 - (1 - p_o) within((|lat| - lat_s)/30)]

    K_m is linear in pressure between 750 and 350 hPa and constant beyond. within() clips to 0..1.
    lat_s is 35 in the north and 45 in the south.

    Args:
        latitude: degrees, shape (latitude,).
        share: p, pressure over the surface pressure, shape (level,).
        settings: `eddy_lower`, `eddy_upper`, `eddy_tropics` (e), `eddy_edge` (lat_m) and
            `eddy_polar` (p_o).

    Source: first guesses from the turnover times of the AGAGE 12-box model, K = M d / (t m L) for
        boxes of mass M whose middles are d apart and touch along L with m kg m-2; Cunnold et al.
        (1983), J. Geophys. Res. 88, 8379-8400; Rigby et al. (2013), Atmos. Chem. Phys. 13,
        2691-2702. Storm tracks of the two hemispheres: Peixoto and Oort (1992), Physics of
        Climate; Trenberth (1991), J. Atmos. Sci. 48, 2159-2178.
    """
    upward = np.clip((LOWER - share) / (LOWER - UPPER), 0.0, 1.0)
    middle = settings.eddy_lower + upward * (settings.eddy_upper - settings.eddy_lower)
    poleward = np.minimum(1.0, np.abs(latitude) / settings.eddy_edge) ** 2
    profile = settings.eddy_tropics + (1.0 - settings.eddy_tropics) * poleward
    tracks = np.where(latitude > 0.0, NORTHERN_TRACKS, SOUTHERN_TRACKS)
    beyond = np.clip((np.abs(latitude) - tracks) / WEAKENING, 0.0, 1.0)
    profile = profile * (1.0 - (1.0 - settings.eddy_polar) * beyond)
    return middle[:, None] * profile[None, :]


def zonal_mixing(atmosphere: Atmosphere, settings: TransportSettings) -> np.ndarray:
    """Air exchanged through the east sides of the boxes by eddies (kg s-1).

        G = K m L / d

    m is the air of the layer over a square metre, L the length of a side, d the distance of the
    middles. It is limited to one exchange in six hours, where boxes are narrow.

    Returns:
        between the caps, shape (layer, row, column).
    """
    grid = atmosphere.grid
    height = np.deg2rad(grid.latitude_step) * EARTH_RADIUS
    row = grid.latitude[1:-1]
    across = EARTH_RADIUS * np.cos(np.deg2rad(row)) * np.deg2rad(grid.longitude_step)
    spread = settings.eddy_zonal * diffusivity(row, atmosphere.layer_middle, settings)
    spread = np.minimum(spread, across**2 / SHORTEST_EXCHANGE)
    density = atmosphere.column_density * atmosphere.layer_share[:, None]  # kg m-2
    east = spread * density * height / across
    return np.repeat(east[:, :, None], len(grid.longitude), axis=2)


def meridional_mixing(
    atmosphere: Atmosphere, slope: np.ndarray, settings: TransportSettings
) -> np.ndarray:
    """Air that eddies exchange between neighbouring rows along isentropes (kg s-1).

    The column at an edge is cut into slabs. A slab at p exchanges G = K m L / d of air between
    p - D/2 in the row to the south and p + D/2 in that to the north, D = s d dp/dy: s is
    `eddy_slope`, d the distance of the rows. Neither end lies below the ground or above the top.

    Args:
        atmosphere: cells of the air.
        slope: dp/dy of the isentropes (share m-1), shape (layer, latitude edge).
        settings: settings of the transport.

    Returns:
        exchange of one box, shape (row + 1, layer in the south, layer in the north).

    Source: mixing along isentropes, Plumb and Mahlman (1987), J. Atmos. Sci. 44, 298-327; the form
        is own choice, which keeps each exchange positive.
    """
    grid = atmosphere.grid
    edge = grid.latitude_edges[1:-1]
    distance = np.deg2rad(grid.latitude_step) * EARTH_RADIUS
    length = EARTH_RADIUS * np.cos(np.deg2rad(edge)) * np.deg2rad(grid.longitude_step)
    slab = (np.arange(SLABS) + 0.5) / SLABS  # share of the surface pressure
    upward = atmosphere.layer_middle[::-1]
    at_slab = [np.interp(slab, upward, column) for column in slope[::-1, 1:-1].T]
    rise = settings.eddy_slope * distance * np.transpose(at_slab)
    room = 2.0 * np.minimum(slab, 1.0 - slab)[:, None]
    half = 0.5 * np.clip(rise, -room, room)
    amount = diffusivity(edge, slab, settings) * atmosphere.column_density / SLABS
    south, north = (_layer(slab[:, None] + part, atmosphere) for part in (-half, half))
    table = np.zeros((len(edge), atmosphere.layers, atmosphere.layers))
    place = np.broadcast_to(np.arange(len(edge)), amount.shape)
    np.add.at(table, (place, south, north), amount * length / distance)
    return table


def _layer(share: np.ndarray, atmosphere: Atmosphere) -> np.ndarray:
    """Position of the layer that holds a pressure (share of the surface pressure)."""
    rising = np.array(atmosphere.layer_edges)[::-1]
    above = np.searchsorted(rising, share, side="left") - 1
    return atmosphere.layers - 1 - np.clip(above, 0, atmosphere.layers - 1)


def within_layers(table: np.ndarray, atmosphere: Atmosphere) -> np.ndarray:
    """The part of `meridional_mixing` within layers, shape (layer, row + 1, column)."""
    inside = np.diagonal(table, axis1=1, axis2=2).T
    return np.repeat(inside[:, :, None], len(atmosphere.grid.longitude), axis=2)


def between_layers(table: np.ndarray, atmosphere: Atmosphere) -> AirExchange:
    """The part of `meridional_mixing` between layers, as faces."""
    edge, south, north = np.nonzero(table * ~np.eye(atmosphere.layers, dtype=bool))
    cell = atmosphere.cell_of_box
    first = cell[edge] + atmosphere.cells * south[:, None]
    second = cell[edge + 1] + atmosphere.cells * north[:, None]
    mixing = np.broadcast_to(table[edge, south, north][:, None], first.shape)
    return AirExchange(first.ravel(), second.ravel(), np.zeros(first.size), mixing.ravel())
