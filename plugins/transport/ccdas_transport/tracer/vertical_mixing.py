"""Vertical mixing between layers, with a boundary layer that follows land, sea and season."""

from __future__ import annotations

import numpy as np

from ..constants import SECONDS_PER_DAY
from .season import WARMEST, season
from .settings import TransportSettings

NEAR_GROUND = 4.0  # exchange within the boundary layer over that through its top
FREE_TROPOSPHERE = 0.5  # share of the surface pressure above which its mixing alone counts
BOUNDARY_TOP = 0.85  # share of the surface pressure
TROPOPAUSE = 0.20  # share of the surface pressure; top of the AGAGE troposphere
ACROSS_TROPOPAUSE = 200.0 / 1260.0  # hPa d-1: 200 hPa in 1260 d; Cunnold et al. (1983)
CONVECTIVE_SHIFT = 8.0  # degrees of latitude, amplitude over the year; Waliser and Gautier (1993)
SURFACE = 1000.0  # hPa of the published exchange; here shares of the surface pressure


def boundary_exchange(
    land: np.ndarray, summer: np.ndarray, settings: TransportSettings
) -> np.ndarray:
    """Exchange through the top of the boundary layer (hPa d-1), shape of `land`.

        X = X_b [ land exp(a s) + r (1 - land) ]

    Mixing is deep over land in summer and shallow in winter. With a flux of the same season this
    increases the mean near the ground (the rectifier).

    Args:
        land: share of land (1).
        summer: s, from `season`.
        settings: `boundary_mixing` (X_b), `sea_mixing` (r) and `rectifier` (a).

    Source: form is own choice; Denning, Fung and Randall (1995), Nature 376, 240-243; Seidel et al.
        (2012), J. Geophys. Res. 117, D17106 (depth by season and surface).
    """
    over_land = np.exp(settings.rectifier * summer)
    return settings.boundary_mixing * (land * over_land + (1.0 - land) * settings.sea_mixing)


def free_exchange(latitude: np.ndarray, month: int, settings: TransportSettings) -> np.ndarray:
    """Exchange of the free troposphere through 500 hPa (hPa d-1), shape of `latitude`.

        X = X_f { 1 + v exp[ -((lat - lat_c) / w)^2 ] }

    The second term is tropical convection, whose middle lat_c follows the sun by 8 degrees.

    Args:
        latitude: latitude of the cells (degrees).
        month: 0..11.
        settings: `free_mixing` (X_f), `convection` (v) and `convective_width` (w).

    Source: form is own choice; place and season of convection as in Waliser and Gautier (1993), J.
        Climate 6, 2162-2174.
    """
    middle = CONVECTIVE_SHIFT * np.cos(2.0 * np.pi * (month + 0.5 - WARMEST) / 12.0)
    tropical = np.exp(-(((latitude - middle) / settings.convective_width) ** 2))
    return settings.free_mixing * (1.0 + settings.convection * tropical)


def interface_exchange(
    latitude: np.ndarray,
    land: np.ndarray,
    month: int,
    interfaces: np.ndarray,
    settings: TransportSettings,
) -> np.ndarray:
    """Exchange through each interface between layers (hPa d-1), shape (interface, cell).

    Below the top of the boundary layer the exchange is four times that through its top. Its
    logarithm is linear in pressure from there to 500 hPa. It is constant from 500 hPa to the
    tropopause, where 200 hPa are renewed in 1260 d.

    Args:
        latitude, land: latitude and share of land of the cells (degrees, 1), shape (cell,).
        month: 0..11.
        interfaces: shares of the surface pressure, falling, shape (interface,).
        settings: settings of the transport.

    Source: first guesses of the AGAGE 12-box model: 300 hPa above 500 hPa are renewed in 38 d, the
        200 hPa above the tropopause in 1260 d; Cunnold et al. (1983, 1994).
    """
    top = boundary_exchange(land, season(latitude, month), settings)
    free = free_exchange(latitude, month, settings)
    between = np.clip((BOUNDARY_TOP - interfaces) / (BOUNDARY_TOP - FREE_TROPOSPHERE), 0.0, 1.0)
    table = np.exp(
        (1.0 - between[:, None]) * np.log(top)[None, :] + between[:, None] * np.log(free)[None, :]
    )
    table = np.where((interfaces > BOUNDARY_TOP + 1e-9)[:, None], NEAR_GROUND * top, table)
    return np.where((interfaces <= TROPOPAUSE + 1e-9)[:, None], ACROSS_TROPOPAUSE, table)


def column_rates(exchange: np.ndarray, layer_share: np.ndarray) -> np.ndarray:
    """Rates of a tracer between the layers of each column (s-1), shape (cell, layer, layer).

        dm_k/dt = sum over interfaces of X (m_other / M_other - m_k / M_k)

    Args:
        exchange: hPa d-1, shape (interface, cell).
        layer_share: mass of the layers over that of the column, shape (layer,).
    """
    per_second = exchange.T / SURFACE / SECONDS_PER_DAY
    layers = len(layer_share)
    rates = np.zeros((exchange.shape[1], layers, layers))
    for low in range(layers - 1):
        up = per_second[:, low] / layer_share[low]
        down = per_second[:, low] / layer_share[low + 1]
        rates[:, low, low] -= up
        rates[:, low + 1, low] += up
        rates[:, low + 1, low + 1] -= down
        rates[:, low, low + 1] += down
    return rates
