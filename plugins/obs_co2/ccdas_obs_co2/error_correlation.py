"""Errors of the transport that come back each year and are common to neighbouring latitudes."""

from __future__ import annotations

import numpy as np

from ccdas_framework import Dense, Diagonal

SEASON_WIDTH = 1.1  # of the periodic kernel (1); fitted to differences from TM5, docs/transport.md


def transport_covariance(own, transport, month, latitude, share, distance):
    """Covariance of monthly values (ppm2).

        C_ij = own_i^2 d_ij + t_i t_j [(1 - f) d_ij + f S(month_i - month_j) L(lat_i - lat_j)]
        S(m) = exp(-2 sin^2(pi m / 12) / w^2),    L(d) = exp(-(d / distance)^2 / 2)

    The variances are those of independent errors; a share f of the transport's does not average
    out over the years nor over neighbours.

    Args:
        own: error sd of each value apart from the transport (ppm), shape (obs,).
        transport: error sd of the transport (ppm), shape (obs,).
        month: calendar month, 1..12, shape (obs,).
        latitude: degrees, shape (obs,).
        share: f, 0 for independent errors, less than 1.
        distance: degrees of latitude.

    Source: periodic kernel of MacKay (1998), Introduction to Gaussian processes; the form is our
        own choice.
    """
    variance = own**2 + transport**2
    if share == 0.0:
        return Diagonal(np.sqrt(variance))
    turned = np.pi * (month[:, None] - month[None, :]) / 12.0
    season = np.exp(-2.0 * np.sin(turned) ** 2 / SEASON_WIDTH**2)
    apart = (latitude[:, None] - latitude[None, :]) / distance
    common = share * np.outer(transport, transport) * season * np.exp(-0.5 * apart**2)
    np.fill_diagonal(common, variance)
    return Dense(common)
