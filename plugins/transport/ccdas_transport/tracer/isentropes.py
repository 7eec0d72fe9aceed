"""Slope of isentropes, along which eddies mix."""

from __future__ import annotations

import numpy as np

from ccdas_framework.grids import EARTH_RADIUS

from ..standard_atmosphere import GAS_CONSTANT, GRAVITY, LAPSE_RATE, temperature
from .atmosphere import Atmosphere
from .vertical_mixing import TROPOPAUSE

ROTATION = 7.292e-5  # s-1, angular velocity of the Earth; IERS Conventions (2010)
HEAT_CAPACITY = 3.5 * GAS_CONSTANT  # J kg-1 K-1, at constant pressure, of a gas of two atoms


def isentropic_slope(streamfunction: np.ndarray, atmosphere: Atmosphere) -> np.ndarray:
    """Northward increase of pressure on an isentrope (share of the surface pressure m-1).

        dp/dy = p g / (R T (g/c_p - Gamma)) dT/dy,    dT/dy = f/R du/dln(p)

    The vertical shear of the wind gives the meridional temperature gradient (thermal wind). T and
    Gamma are those of the standard atmosphere. Above the tropopause the slope is zero.

    Args:
        streamfunction: stream function of a month (m2 s-1), shape (layer, latitude edge,
            longitude).
        atmosphere: cells of the air.

    Returns:
        zonal mean at the middles of the layers, shape (layer, latitude edge).

    Source: Holton and Hakim (2013), An Introduction to Dynamic Meteorology, 5th ed., sections 2.7
        and 3.4.
    """
    latitude = np.deg2rad(atmosphere.grid.latitude_edges)
    pressure = atmosphere.layer_middle
    wind = -np.gradient(streamfunction.mean(axis=-1), latitude, axis=1) / EARTH_RADIUS  # m s-1
    shear = np.gradient(wind, np.log(pressure), axis=0)
    poleward_fall = 2.0 * ROTATION * np.sin(latitude) * shear / GAS_CONSTANT  # dT/dy, K m-1
    stability = GRAVITY / HEAT_CAPACITY - LAPSE_RATE  # K m-1
    rise = pressure * GRAVITY / (GAS_CONSTANT * temperature(pressure) * stability)
    return np.where((pressure > TROPOPAUSE)[:, None], rise[:, None] * poleward_fall, 0.0)
