"""Errors of the transport that come back each year and are common to neighbouring latitudes."""

from __future__ import annotations

import numpy as np

from ccdas_framework import Covariance, Dense, Diagonal

SEASON_WIDTH = 1.1  # of the periodic kernel (1); fitted to differences from TM5, docs/transport.md


def transport_covariance(
    floor: float,
    sd: np.ndarray,
    transport: np.ndarray,
    month: np.ndarray,
    latitude: np.ndarray,
    station: np.ndarray,
    *,
    share: float,
    common: float,
    station_share: float,
    distance: float,
) -> Covariance:
    """Covariance of monthly values (ppm2).

        C_ij = (floor^2 + sd_i^2 + t_i^2) d_ij
               + f t_i t_j S(m_i - m_j) [g L(lat_i - lat_j) + (1 - g) s_ij]
               + h sd_i sd_j S(m_i - m_j) s_ij                                       for i != j
        S(m) = exp(-2 sin^2(pi m / 12) / w^2),    L(d) = exp(-(d / distance)^2 / 2)

    with s_ij = 1 at the same station, else 0. The variances are those of independent errors. The
    shares f and h do not average out over the years, nor f g over neighbours.

    Args:
        floor: independent error of each value (ppm).
        sd: error of each observation, of the station in a coarse model (ppm), shape (obs,).
        transport: error sd of the transport (ppm), shape (obs,).
        month: calendar month, 1..12, shape (obs,).
        latitude: degrees, shape (obs,).
        station: a number or name for each station, shape (obs,).
        share: f, share of the transport's variance that comes back each year, less than 1.
        common: g, the part of that which neighbouring latitudes have in common.
        station_share: h, share of the variance of `sd` that comes back each year, less than 1.
        distance: degrees of latitude.

    Source: periodic kernel of MacKay (1998), Introduction to Gaussian processes; the form is own
        choice.
    """
    variance = floor**2 + sd**2 + transport**2
    if share == 0.0 and station_share == 0.0:
        return Diagonal(np.sqrt(variance))
    phase = np.pi * (month[:, None] - month[None, :]) / 12.0
    season = np.exp(-2.0 * np.sin(phase) ** 2 / SEASON_WIDTH**2)
    separation = (latitude[:, None] - latitude[None, :]) / distance
    same = station[:, None] == station[None, :]
    near = common * np.exp(-0.5 * separation**2) + (1.0 - common) * same
    covariance = share * np.outer(transport, transport) * near
    covariance = (covariance + station_share * np.outer(sd, sd) * same) * season
    np.fill_diagonal(covariance, variance)
    return Dense(covariance)
