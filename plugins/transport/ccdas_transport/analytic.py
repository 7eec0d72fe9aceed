"""Transport in closed form: zonal diffusion on the sphere with an enhancement near the surface.

It replaces a transport model in tests, twins and experiments without a Jacobian file. It has no
winds. Its error is near 1.5 ppm north of 30 N and 0.7 ppm elsewhere.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import field, frozen
from numpy.polynomial.legendre import legvander

from ccdas_framework import InvalidInput, is_flag, is_number, names_of
from ccdas_framework.grids import EARTH_RADIUS, great_circle_distance

from .constants import KG_PER_PGC, PGC_PER_PPM
from .grid import TransportGrid
from .jacobian import TransportJacobian
from .jacobian_grid import JacobianGrid
from .station_locations import StationLocations

DIFFUSIVITY = 1.5e6  # m2 s-1, meridional mixing of the whole column; own choice
MIXING_TIME = 20.0 * 86400.0  # s, of the surface enhancement into the column; own choice
MONTH = 365.25 / 12.0 * 86400.0  # s, mean length
DEGREES = 20  # of the Legendre series
LOCAL_RANGE = 1.0e6  # m, extent of the local term
LOCAL_STRENGTH = (0.5, 0.25)  # of the local term at a lag of 0 and 1 months; own choice


def _station_labels(value: Any) -> tuple[str, ...]:
    """Labels of stations. A text alone is one label."""
    labels = (value,) if isinstance(value, str) else value
    if not isinstance(labels, list | tuple) or not all(isinstance(name, str) for name in labels):
        raise InvalidInput(
            f"'surface_stations' is {labels!r}; expected labels of stations, as in "
            'surface_stations = ["SPO", "SUM"].',
            code="wrong-value",
            where="surface_stations",
        )
    return tuple(labels)


@frozen
class AnalyticSettings(JacobianGrid):
    """Settings of the Jacobian in closed form.

    Args:
        local_term: a station sees sources within 1000 km more than others of their latitude.
        mountain_altitude: above it (m) a station does not see the surface enhancement.
        surface_stations: labels of high stations that stand on ice and do see it.
    """

    local_term: bool = field(default=False, validator=is_flag)
    mountain_altitude: float = field(default=1500.0, validator=is_number)
    surface_stations: tuple[str, ...] = field(
        default=("SPO", "SUM"), converter=_station_labels, metadata=names_of("place")
    )


def decay_response(rate: np.ndarray, lags: np.ndarray) -> np.ndarray:
    """Mean over a month of the remainder of a month's steady source, n months later (1).

        phi_0 = (x - 1 + e^-x) / x^2,   phi_n = e^-nx (sinh(x/2) / (x/2))^2,   x = rate * month

    Args:
        rate: decay rate (s-1), shape (degree,). A rate of 0 gives 1/2 and 1.
        lags: n, whole months, shape (lag,).

    Returns:
        shape (lag, degree).
    """
    x = np.asarray(rate) * MONTH
    y = np.where(x > 0.0, x, 1.0)  # masked argument: the limit below is exact
    same_month = np.where(x > 0.0, (y - 1.0 + np.exp(-y)) / y**2, 0.5)
    later = np.where(x > 0.0, np.sinh(y / 2.0) / (y / 2.0), 1.0) ** 2
    lags = np.asarray(lags)[:, None]
    return np.where(lags == 0, same_month, np.exp(-lags * x) * later)


def zonal_response(
    station_latitude: np.ndarray,
    source_latitude: np.ndarray,
    lags: np.ndarray,
    surface: np.ndarray,
    pgc_per_ppm: float = PGC_PER_PPM,
) -> np.ndarray:
    """Mole fraction left by 1 PgC emitted in a month at a latitude (ppm PgC-1).

        K_n = 1/m sum_l (2l+1) P_l(sin s) P_l(sin g) [phi_n(r_l) + E phi_n(r_l + 1/tau)]
        r_l = l (l+1) K / a^2

    Args:
        station_latitude: s (degrees), shape (station,).
        source_latitude: g (degrees), shape (latitude,).
        lags: whole months from the emission to the observation, shape (lag,).
        surface: E, 1 for a station near the surface, 0 above the mixed layer, shape (station,).
        pgc_per_ppm: m (PgC ppm-1).

    Returns:
        shape (station, lag, latitude); it tends to 1/m everywhere.

    Source: own construction, mass conserving; diffusion on the sphere in Legendre polynomials.
    """
    degree = np.arange(DEGREES + 1)
    rate = degree * (degree + 1) * DIFFUSIVITY / EARTH_RADIUS**2
    column = decay_response(rate, lags)
    near_ground = decay_response(rate + 1.0 / MIXING_TIME, lags)
    response = column[None] + np.asarray(surface, float)[:, None, None] * near_ground[None]
    at_station = legvander(np.sin(np.deg2rad(station_latitude)), DEGREES) * (2 * degree + 1)
    at_source = legvander(np.sin(np.deg2rad(source_latitude)), DEGREES)
    return np.einsum("sl,snl,gl->sng", at_station, response, at_source) / pgc_per_ppm


def local_response(
    latitude: np.ndarray, longitude: np.ndarray, grid: TransportGrid, lags: np.ndarray
) -> np.ndarray:
    """Further response to near sources, beyond the response to their latitude (ppm PgC-1).

        K_n = k_n [ e^-(d / 1000 km)^2 - its zonal mean ],   k_0 = 0.5, k_1 = 0.25

    Args:
        latitude, longitude: location of the stations (degrees), shape (station,).
        grid: boxes of the sources.
        lags: whole months from the emission to the observation, shape (lag,).

    Returns:
        shape (station, lag, latitude, longitude); its zonal means are zero.
    """
    stations = (np.asarray(a)[:, None, None] for a in (latitude, longitude))
    distance = great_circle_distance(grid.latitude[:, None], grid.longitude, *stations)
    near = np.exp(-((distance / LOCAL_RANGE) ** 2))
    near = near - near.mean(axis=2, keepdims=True)
    strength = np.array([LOCAL_STRENGTH[n] if n < len(LOCAL_STRENGTH) else 0.0 for n in lags])
    return strength[None, :, None, None] * near[:, None]


def analytic_jacobian(
    stations: list[str] | tuple[str, ...],
    latitude: np.ndarray,
    longitude: np.ndarray,
    surface: np.ndarray,
    grid: JacobianGrid | None = None,
    local_term: bool = False,
) -> TransportJacobian:
    """The Jacobian in closed form, the same for every month of the year.

    Args:
        stations: names, shape (station,).
        latitude, longitude: location of the stations (degrees), shape (station,).
        surface: 1 near the surface, 0 above the mixed layer, shape (station,).
        grid: boxes and months of the sources, and mass of the air.
        local_term: add the further response to sources within about 1000 km.
    """
    grid = grid or JacobianGrid()
    boxes, lags = grid.boxes, np.arange(grid.memory_months)
    zonal = zonal_response(latitude, boxes.latitude, lags, surface, grid.pgc_per_ppm)
    response = np.repeat(zonal[..., None], len(boxes.longitude), axis=3)
    if local_term:
        response = response + local_response(latitude, longitude, boxes, lags)
    response = np.broadcast_to(response[:, None], (len(stations), 12, *response.shape[1:]))
    return TransportJacobian(stations, boxes, response / KG_PER_PGC, grid.well_mixed)


def analytic_jacobian_at(
    locations: StationLocations, settings: AnalyticSettings
) -> TransportJacobian:
    """The Jacobian in closed form of stations by their altitude and label.

    Args:
        locations: location of the stations.
        settings: settings of the Jacobian, and which stations are near the surface.
    """
    on_ice = np.isin(locations.id, settings.surface_stations)
    surface = on_ice | ~(locations.altitude > settings.mountain_altitude)
    return analytic_jacobian(
        locations.id, locations.latitude, locations.longitude, surface, settings,
        settings.local_term,
    )  # fmt: skip
