"""Horizontal mixing by eddies, which monthly mean winds do not hold."""

from __future__ import annotations

import numpy as np

from ..constants import EARTH_RADIUS

STORM_TRACKS, POLAR = 45.0, 75.0  # degrees, between which mixing falls off
LOWER, UPPER = 0.75, 0.35  # shares of the surface pressure where both diffusivities are given
SHORTEST = 0.25 * 86400.0  # s, of an exchange between neighbours along a latitude


def diffusivity(latitude, share, settings):
    """Horizontal diffusivity (m2 s-1), shape (level, latitude).

        K = K_m(p) [e + (1 - e) min(1, lat/lat_m)^2] [1 - (1 - p_o) within((lat - 45)/30)]

    K_m is linear in pressure between 750 and 350 hPa and constant beyond; within() keeps to 0..1.

    Args:
        latitude: degrees, shape (latitude,).
        share: p, pressure as a share of that at the surface, shape (level,).
        settings: `eddy_lower`, `eddy_upper`, `eddy_tropics` (e), `eddy_edge` (lat_m) and
            `eddy_polar` (p_o).

    Source: first guesses from the turnover times of the AGAGE 12-box model, K = M d / (t m L) for
        boxes of mass M whose middles are d apart and touch along L with m kg m-2; Cunnold et al.
        (1983), J. Geophys. Res. 88, 8379-8400; Rigby et al. (2013), Atmos. Chem. Phys. 13,
        2691-2702.
    """
    upward = np.clip((LOWER - share) / (LOWER - UPPER), 0.0, 1.0)
    middle = settings.eddy_lower + upward * (settings.eddy_upper - settings.eddy_lower)
    poleward = np.minimum(1.0, np.abs(latitude) / settings.eddy_edge) ** 2
    profile = settings.eddy_tropics + (1.0 - settings.eddy_tropics) * poleward
    beyond = np.clip((np.abs(latitude) - STORM_TRACKS) / (POLAR - STORM_TRACKS), 0.0, 1.0)
    profile = profile * (1.0 - (1.0 - settings.eddy_polar) * beyond)
    return middle[:, None] * profile[None, :]


def horizontal_mixing(atmosphere, settings):
    """Air exchanged through the sides of the boxes by eddies (kg s-1).

        G = K m L / d

    m is the air of the layer over a square metre, L the length of a side, d the distance of the
    middles. Along a latitude it is limited to one exchange in six hours, where boxes are narrow.

    Returns:
        through east sides, shape (layer, row, column), and north and south sides of the rows
        between the caps, shape (layer, row + 1, column).
    """
    grid = atmosphere.grid
    columns = len(grid.longitude)
    width = np.deg2rad(grid.longitude_step)
    height = np.deg2rad(grid.latitude_step) * EARTH_RADIUS
    density = atmosphere.column_density * atmosphere.layer_share[:, None]  # kg m-2
    row = grid.latitude[1:-1]
    across = EARTH_RADIUS * np.cos(np.deg2rad(row)) * width
    spread = settings.eddy_zonal * diffusivity(row, atmosphere.layer_middle, settings)
    spread = np.minimum(spread, across**2 / SHORTEST)
    east = spread * density * height / across
    edge = grid.latitude_edges[1:-1]
    length = EARTH_RADIUS * np.cos(np.deg2rad(edge)) * width
    north = diffusivity(edge, atmosphere.layer_middle, settings) * density * length / height

    def everywhere(values):
        return np.repeat(values[:, :, None], columns, axis=2)

    return everywhere(east), everywhere(north)
