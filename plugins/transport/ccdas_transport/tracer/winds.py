"""Winds without divergence, as stream functions at the corners of the boxes."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import numpy as np
from attrs import frozen
from scipy.linalg import solve_banded

from ccdas_framework import InvalidInput, netcdf_lock
from ccdas_framework.grids import EARTH_RADIUS

from ..grid import TransportGrid
from .air_exchange import AirExchange
from .atmosphere import Atmosphere
from .wind_file import checksum, read_wind_file

LARGEST_WAVE = 18  # zonal wave number; boxes of 10 degrees resolve no more
SHIPPED_FILE = "era_interim_streamfunction.nc"
SURFACE = 1000.0  # hPa, surface pressure in the conversion of layers to levels
GROUND_EXTRAPOLATION = 950.0  # hPa, lowest level of the extrapolation


@frozen(eq=False)
class Winds:
    """Stream functions of twelve months.

    Args:
        latitude, longitude: location of the corners (degrees), ascending, once around the globe.
        level: pressure (hPa), falling.
        streamfunction: m2 s-1, shape (12, level, latitude, longitude).
        source: origin of the winds.
        checksum: SHA-256 of their file.
    """

    latitude: np.ndarray
    longitude: np.ndarray
    level: np.ndarray
    streamfunction: np.ndarray
    source: str
    checksum: str

    def at_corners(self, grid: TransportGrid, layer_middle: np.ndarray) -> np.ndarray:
        """Stream function (m2 s-1) of each month and layer, shape (12, layer, edge, corner).

        Linear in longitude and latitude and in the logarithm of pressure. Below the lowest level
        the extrapolation follows the shear to 950 hPa (thermal wind). Above the highest level the
        stream function is constant.
        """
        psi = interpolated_around(self.streamfunction, self.longitude, grid.longitude_edges[:-1])
        psi = interpolated(psi, self.latitude, grid.latitude_edges, axis=2)
        level = np.log(self.level[::-1])  # rising
        pressure = np.clip(layer_middle * SURFACE, self.level.min(), GROUND_EXTRAPOLATION)
        return interpolated(psi[:, ::-1], level, np.log(pressure), axis=1)


def interpolated(
    values: np.ndarray, coordinate: np.ndarray, target: np.ndarray, axis: int
) -> np.ndarray:
    """Values at target coordinates of an axis, linear, extrapolated beyond its ends."""
    low = np.clip(np.searchsorted(coordinate, target) - 1, 0, len(coordinate) - 2)
    high_weight = (target - coordinate[low]) / (coordinate[low + 1] - coordinate[low])
    shape = [1] * values.ndim
    shape[axis] = -1
    weight = high_weight.reshape(shape)
    return (1.0 - weight) * values.take(low, axis) + weight * values.take(low + 1, axis)


def interpolated_around(
    values: np.ndarray, longitude: np.ndarray, target: np.ndarray
) -> np.ndarray:
    """Values at target longitudes of the last axis, a circle (degrees, ascending), linear."""
    turned = (target - longitude[0]) % 360.0 + longitude[0]
    closed = np.concatenate([values, values[..., :1]], axis=-1)
    ring = np.append(longitude, longitude[0] + 360.0)
    return interpolated(closed, ring, turned, axis=values.ndim - 1)


def rotational_streamfunction(
    u: np.ndarray, v: np.ndarray, latitude: np.ndarray, longitude: np.ndarray
) -> np.ndarray:
    """Stream function whose flow is nearest to the wind (m2 s-1), shape (..., latitude, longitude).

        u = -1/a dpsi/dlat,   v = 1/(a cos lat) dpsi/dlon,
        psi = argmin of the integral of |u + 1/a dpsi/dlat|^2 + |v - 1/(a cos lat) dpsi/dlon|^2

    wave by wave in longitude, for zonal waves up to 18. It vanishes at the poles except for its
    zonal mean. The minimum obeys the equation of Poisson with the vorticity of the wind.

    Args:
        u, v: eastward and northward (m s-1), shape (..., latitude, longitude).
        latitude: ascending from -90 to 90 (degrees).
        longitude: evenly spaced once around (degrees).

    Source: Helmholtz's theorem; Holton and Hakim (2013), An Introduction to Dynamic Meteorology,
        5th ed., section 11.2.
    """
    count = len(longitude)
    waves = min(LARGEST_WAVE, (count - 1) // 2)
    u_hat, v_hat = (np.fft.rfft(wind, axis=-1)[..., : waves + 1] for wind in (u, v))
    phi = np.deg2rad(latitude)
    step = np.diff(phi)
    between = 0.5 * (phi[1:] + phi[:-1])
    u_between = 0.5 * (u_hat[..., 1:, :] + u_hat[..., :-1, :])
    psi_hat = np.zeros((*u_hat.shape[:-2], len(phi), count // 2 + 1), dtype=complex)
    northward_step = -EARTH_RADIUS * u_between[..., 0] * step
    psi_hat[..., 1:, 0] = np.cumsum(northward_step, axis=-1)
    height = np.zeros(len(phi))
    height[:-1] += 0.5 * step
    height[1:] += 0.5 * step
    stiffness = np.cos(between) / step
    inner = slice(1, -1)
    for wave in range(1, waves + 1):
        spring = wave**2 * height[inner] / np.cos(phi[inner])
        bands = np.zeros((3, len(phi) - 2))
        bands[0, 1:] = bands[2, :-1] = -stiffness[1:-1]
        bands[1] = stiffness[:-1] + stiffness[1:] + spring
        weighted = np.cos(between) * u_between[..., wave]
        right = weighted[..., 1:] - weighted[..., :-1]
        right = right - 1j * wave * height[inner] * v_hat[..., inner, wave]
        flat = right.reshape(-1, len(phi) - 2).T
        solved = solve_banded((1, 1), bands, EARTH_RADIUS * flat)
        psi_hat[..., inner, wave] = solved.T.reshape(right.shape)
    return np.fft.irfft(psi_hat, n=count, axis=-1)


def twelve_months(values: np.ndarray, months: np.ndarray) -> np.ndarray:
    """Values of twelve months from those of twelve, or of January and July, first axis.

    Two months give their mean and an annual harmonic with its extremes in the two.
    """
    if list(months) == list(range(1, 13)):
        return values
    if list(months) != [1, 7]:
        raise InvalidInput(
            f"winds: the months are {', '.join(str(m) for m in months)}; expected all twelve "
            "or January and July (1, 7).",
            code="months-missing",
            where="winds: month",
        )
    turn = np.cos(2.0 * np.pi * np.arange(12) / 12.0).reshape(12, *[1] * (values.ndim - 1))
    return 0.5 * (values[0] + values[1]) + 0.5 * (values[0] - values[1]) * turn


def read_winds(path: Path | str | None = None) -> Winds:
    """Winds of a CF file of u and v on pressure levels, or those that ship.

    Args:
        path: netCDF file as for `read_wind_file`, with months 1 to 12, or 1 and 7. None takes the
            stream functions of ERA-Interim in this package.

    Raises:
        InvalidInput: the file lacks a variable or an axis, or has another unit or grid.
    """
    import xarray as xr  # slow to import

    if path is None:
        shipped = Path(str(files(__package__) / SHIPPED_FILE))
        with netcdf_lock, xr.open_dataset(shipped) as data:
            psi = twelve_months(data["streamfunction"].values, data["month"].values)
            return Winds(
                data["latitude"].values, data["longitude"].values, data["level"].values, psi,
                data.attrs["source"], checksum(shipped),
            )  # fmt: skip
    months, level, latitude, longitude, u, v, title = read_wind_file(path)
    psi = twelve_months(rotational_streamfunction(u, v, latitude, longitude), months)
    return Winds(latitude, longitude, level, psi, f"{Path(path).name}: {title}", checksum(path))


def rotational_flow(
    streamfunction: np.ndarray, density: float, atmosphere: Atmosphere
) -> tuple[np.ndarray, np.ndarray]:
    """Flow of air through the faces of one layer (kg s-1), without divergence to rounding.

    The flow across a face is the difference of the stream function at its two corners, times the
    mass of the layer over a square metre.

    Args:
        streamfunction: m2 s-1 at the corners, shape (latitude edge, longitude).
        density: mass of air in the layer (kg m-2).
        atmosphere: cells of the air.

    Returns:
        eastward through the east side of each box between the caps (kg s-1), shape (row, column),
        and northward through each edge between them, shape (row + 1, column).
    """
    inner = streamfunction[1:-1]
    eastern = np.roll(inner, -1, axis=1)  # at the east side of each box
    eastward = -density * (eastern[1:] - eastern[:-1])
    northward = density * (np.roll(inner, -1, axis=1) - inner)
    return eastward, northward


def faces(atmosphere: Atmosphere) -> tuple[np.ndarray, np.ndarray]:
    """Cells on both sides of the faces of a layer: first west and east, then south and north."""
    cell = atmosphere.cell_of_box
    west = cell[1:-1]
    east = np.roll(west, -1, axis=1)
    return (
        np.concatenate([west.ravel(), cell[:-1].ravel()]),
        np.concatenate([east.ravel(), cell[1:].ravel()]),
    )


def layer_exchange(
    eastward: np.ndarray,
    northward: np.ndarray,
    mixing_east: np.ndarray,
    mixing_north: np.ndarray,
    atmosphere: Atmosphere,
) -> AirExchange:
    """The horizontal exchange of a layer as faces."""
    first, second = faces(atmosphere)
    flow = np.concatenate([eastward.ravel(), northward.ravel()])
    mixing = np.concatenate([mixing_east.ravel(), mixing_north.ravel()])
    return AirExchange(first, second, flow, mixing)
