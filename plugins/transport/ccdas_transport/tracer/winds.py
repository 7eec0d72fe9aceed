"""Winds: the part without divergence, as stream functions at the corners of the boxes."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import numpy as np
from attrs import frozen
from scipy.linalg import solve_banded

from ccdas_framework import InvalidInput

from ..constants import EARTH_RADIUS
from .air_exchange import Exchange
from .wind_file import checksum, read_wind_file

LARGEST_WAVE = 18  # zonal wave number; boxes of 10 degrees resolve no more
SHIPPED = "era_interim_streamfunction.nc"
SURFACE = 1000.0  # hPa, where layers that are shares of the surface pressure meet the levels
GROUND_EXTRAPOLATION = 950.0  # hPa, how far down the shear above is continued


@frozen(eq=False)
class Winds:
    """Stream functions of twelve months.

    Args:
        latitude, longitude: of the corners (degrees), ascending; the longitudes go once around.
        level: pressure (hPa), falling.
        streamfunction: m2 s-1, shape (12, level, latitude, longitude).
        source: where the winds come from.
        checksum: SHA-256 of their file.
    """

    latitude: np.ndarray
    longitude: np.ndarray
    level: np.ndarray
    streamfunction: np.ndarray
    source: str
    checksum: str

    def at_corners(self, grid, layer_middle):
        """Stream function (m2 s-1) of each month and layer, shape (12, layer, edge, corner).

        Linear in longitude and latitude and in the logarithm of pressure. Below the lowest level
        the shear is continued to 950 hPa (thermal wind); above the highest it stays.
        """
        psi = around(self.streamfunction, self.longitude, grid.longitude_edges[:-1])
        psi = interpolated(psi, self.latitude, grid.latitude_edges, axis=2)
        level = np.log(self.level[::-1])  # rising
        wanted = np.clip(layer_middle * SURFACE, self.level.min(), GROUND_EXTRAPOLATION)
        return interpolated(psi[:, ::-1], level, np.log(wanted), axis=1)


def interpolated(values, at, wanted, axis):
    """Linear along an axis, continued beyond its ends."""
    low = np.clip(np.searchsorted(at, wanted) - 1, 0, len(at) - 2)
    high_weight = (wanted - at[low]) / (at[low + 1] - at[low])
    shape = [1] * values.ndim
    shape[axis] = -1
    weight = high_weight.reshape(shape)
    return (1.0 - weight) * values.take(low, axis) + weight * values.take(low + 1, axis)


def around(values, longitude, wanted):
    """Linear along the last axis, a circle of longitudes (degrees, ascending)."""
    turned = (wanted - longitude[0]) % 360.0 + longitude[0]
    closed = np.concatenate([values, values[..., :1]], axis=-1)
    ring = np.append(longitude, longitude[0] + 360.0)
    return interpolated(closed, ring, turned, axis=values.ndim - 1)


def rotational_streamfunction(u, v, latitude, longitude):
    """Stream function whose flow is nearest to the wind (m2 s-1), shape (..., latitude, longitude).

        u = -1/a dpsi/dlat,   v = 1/(a cos lat) dpsi/dlon,
        psi = argmin of the integral of |u + 1/a dpsi/dlat|^2 + |v - 1/(a cos lat) dpsi/dlon|^2

    wave by wave in longitude, zonal waves up to 18; it vanishes at the poles but for its zonal
    mean. The minimum obeys the equation of Poisson with the vorticity of the wind.

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
    fall = -EARTH_RADIUS * u_between[..., 0] * step
    psi_hat[..., 1:, 0] = np.cumsum(fall, axis=-1)
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


def twelve_months(values, months):
    """Values of twelve months from those of twelve, or of January and July, first axis.

    From two months: their mean and an annual harmonic with its extremes in the two.
    """
    if list(months) == list(range(1, 13)):
        return values
    if list(months) != [1, 7]:
        raise InvalidInput(
            f"winds: the months given are {', '.join(str(m) for m in months)}; expected all twelve "
            "or January and July (1, 7)."
        )
    turn = np.cos(2.0 * np.pi * np.arange(12) / 12.0).reshape(12, *[1] * (values.ndim - 1))
    return 0.5 * (values[0] + values[1]) + 0.5 * (values[0] - values[1]) * turn


def read_winds(path=None):
    """Winds of a CF file of u and v on pressure levels, or those that ship.

    Args:
        path: netCDF file as `read_wind_file` reads it, with months 1 to 12, or 1 and 7. None: the
            stream functions of ERA-Interim in this package.

    Raises:
        InvalidInput: what the file lacks, in a sentence.
    """
    import xarray as xr  # slow to import

    if path is None:
        shipped = Path(str(files(__package__) / SHIPPED))
        with xr.open_dataset(shipped) as data:
            psi = twelve_months(data["streamfunction"].values, data["month"].values)
            return Winds(
                data["latitude"].values, data["longitude"].values, data["level"].values, psi,
                data.attrs["source"], checksum(shipped),
            )  # fmt: skip
    months, level, latitude, longitude, u, v, title = read_wind_file(path)
    psi = twelve_months(rotational_streamfunction(u, v, latitude, longitude), months)
    return Winds(latitude, longitude, level, psi, f"{Path(path).name}: {title}", checksum(path))


def rotational_flow(streamfunction, density, atmosphere):
    """Air through the faces of one layer (kg s-1), without divergence to rounding.

    The flow across a face is the difference of the stream function at its two corners, times the
    mass of the layer over a square metre.

    Args:
        streamfunction: m2 s-1 at the corners, shape (latitude edge, longitude).
        density: air of the layer (kg m-2).
        atmosphere: its cells.

    Returns:
        eastward through the east side of each box between the caps (kg s-1), shape (row, column),
        and northward through each edge between them, shape (row + 1, column).
    """
    inner = streamfunction[1:-1]
    eastern = np.roll(inner, -1, axis=1)  # at the east side of each box
    eastward = -density * (eastern[1:] - eastern[:-1])
    northward = density * (np.roll(inner, -1, axis=1) - inner)
    return eastward, northward


def faces(atmosphere):
    """Cells on both sides of the faces of a layer: first west and east, then south and north."""
    cell = atmosphere.cell_of_box
    west = cell[1:-1]
    east = np.roll(west, -1, axis=1)
    return (
        np.concatenate([west.ravel(), cell[:-1].ravel()]),
        np.concatenate([east.ravel(), cell[1:].ravel()]),
    )


def layer_exchange(eastward, northward, mixing_east, mixing_north, atmosphere):
    """The horizontal exchange of a layer as faces."""
    first, second = faces(atmosphere)
    flow = np.concatenate([eastward.ravel(), northward.ravel()])
    mixing = np.concatenate([mixing_east.ravel(), mixing_north.ravel()])
    return Exchange(first, second, flow, mixing)
