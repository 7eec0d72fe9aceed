"""Errors of the transport that come back each year and are common to neighbouring latitudes."""

from __future__ import annotations

import numpy as np

from ccdas_framework import Dense, Diagonal

SEASON_WIDTH = 1.1  # of the periodic kernel (1); fitted to differences from TM5, docs/transport.md


def transport_covariance(
    floor, given, transport, month, latitude, station, *, share, common, own_share, distance
):
    """Covariance of monthly values (ppm2).

        C_ij = (floor^2 + given_i^2 + t_i^2) d_ij
               + f t_i t_j S(m_i - m_j) [g L(lat_i - lat_j) + (1 - g) s_ij]
               + h given_i given_j S(m_i - m_j) s_ij                                 for i != j
        S(m) = exp(-2 sin^2(pi m / 12) / w^2),    L(d) = exp(-(d / distance)^2 / 2)

    with s_ij = 1 at the same station, else 0. The variances are those of independent errors; the
    shares f and h do not average out over the years, nor f g over neighbours.

    Args:
        floor: sd of an error that is every value's own (ppm).
        given: sd that came with each value, of the station in a coarse model (ppm), (obs,).
        transport: error sd of the transport (ppm), shape (obs,).
        month: calendar month, 1..12, shape (obs,).
        latitude: degrees, shape (obs,).
        station: a number or name for each station, shape (obs,).
        share: f of the transport's variance comes back each year, less than 1.
        common: g, the part of that which neighbouring latitudes have in common.
        own_share: h of the variance that came with the values comes back each year, less than 1.
        distance: degrees of latitude.

    Source: periodic kernel of MacKay (1998), Introduction to Gaussian processes; the form is our
        own choice.
    """
    variance = floor**2 + given**2 + transport**2
    if share == 0.0 and own_share == 0.0:
        return Diagonal(np.sqrt(variance))
    turned = np.pi * (month[:, None] - month[None, :]) / 12.0
    season = np.exp(-2.0 * np.sin(turned) ** 2 / SEASON_WIDTH**2)
    apart = (latitude[:, None] - latitude[None, :]) / distance
    same = station[:, None] == station[None, :]
    near = common * np.exp(-0.5 * apart**2) + (1.0 - common) * same
    repeated = share * np.outer(transport, transport) * near
    repeated = (repeated + own_share * np.outer(given, given) * same) * season
    np.fill_diagonal(repeated, variance)
    return Dense(repeated)
