"""Coordinates of a file: how they are found, and the cells they describe."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.errors import InvalidInput, did_you_mean
from .units import convert

EARTH_RADIUS = 6.371e6  # m, sphere of the Earth's volume (IUGG mean radius R1, rounded)


def open_netcdf(path: Any, problems: list[str], *, group: str | None = None) -> Any | None:
    """A file opened with times undecoded, or None and a problem."""
    from pathlib import Path

    import xarray as xr  # slow to import

    if not Path(path).is_file():
        problems.append(f"There is no file {path}. Give the path of a netCDF file.")
        return None
    try:
        return xr.open_dataset(path, decode_times=False, decode_timedelta=False, group=group)
    except (OSError, ValueError) as cause:
        problems.append(f"{path} could not be read as netCDF ({cause}). Check that it is complete.")
        return None


def coordinate_name(dataset: Any, kind: str) -> str | None:
    """Name of the 'latitude', 'longitude' or 'time' of a file.

    Found by name, or by standard name, axis or units as the CF conventions have it.
    """
    import cf_xarray  # noqa: F401  (slow to import; gives datasets `.cf`)

    if kind in dataset.variables:
        return kind
    guessed = dataset.cf.guess_coord_axis()
    found = guessed.cf.coordinates.get(kind) or guessed.cf.standard_names.get(kind)
    return str(found[0]) if found else None


def texts(values: Any) -> np.ndarray:
    """Labels as an array of str, whether the file has strings, bytes or numbers."""
    flat = np.asarray(values)
    decoded = [v.decode() if isinstance(v, bytes) else str(v) for v in flat.ravel().tolist()]
    return np.array(decoded, dtype=str).reshape(flat.shape)


def wrapped(longitude: Any) -> np.ndarray:
    """Longitude in -180..180 (degrees east), same shape."""
    longitude = np.asarray(longitude, dtype=float)
    inside = (longitude >= -180.0) & (longitude <= 180.0)
    return np.asarray(np.where(inside, longitude, (longitude + 180.0) % 360.0 - 180.0))


def in_units(
    variable: Any, units: str, where: str, problems: list[str], *, difference: bool = False
) -> np.ndarray | None:
    """Values of a variable of a file in the units wanted, or None and a problem.

    A text may leave out units only where '1' is wanted.
    """
    found = variable.attrs.get("units")
    if found is None and units != "1":
        problems.append(
            f"{where} has no units; expected '{units}' or something that converts to it. "
            "Add the attribute 'units'."
        )
        return None
    try:
        return convert(
            variable.values, "1" if found is None else str(found), units, difference=difference
        )
    except (ValueError, TypeError):
        problems.append(f"{where} holds no numbers; expected values in '{units}'.")
    except InvalidInput as cause:
        problems.append(f"{where} is in '{found}', expected '{units}'. {cause}")
    return None


def sphere_area(south: np.ndarray, north: np.ndarray, width: np.ndarray) -> np.ndarray:
    """Area between two latitudes over a width in longitude (all degrees); m2.

    area = R^2 dlon (sin(north) - sin(south))
    """
    band = np.sin(np.radians(north)) - np.sin(np.radians(south))
    return np.asarray(EARTH_RADIUS**2 * np.radians(width) * band)


def edges(
    dataset: Any, name: str, where: str, problems: list[str]
) -> tuple[np.ndarray, np.ndarray] | None:
    """Lower and upper edge of each point of an axis (degrees): its CF bounds, or the midpoints.

    None and a problem where there is one point and no bounds.
    """
    axis = dataset[name]
    bounds = axis.attrs.get("bounds") or axis.encoding.get("bounds")
    if bounds in dataset.variables:
        pairs = np.asarray(dataset[bounds].values, dtype=float)
        return pairs.min(axis=-1), pairs.max(axis=-1)
    centre = np.asarray(axis.values, dtype=float)
    if len(centre) < 2:
        problems.append(
            f"{where} has one '{name}' and no bounds, so the size of its cells is not known. "
            f"Add bounds to '{name}', as the CF conventions describe."
        )
        return None
    middle = 0.5 * (centre[1:] + centre[:-1])
    ends = np.concatenate(
        [[centre[0] - (middle[0] - centre[0])], middle, [2.0 * centre[-1] - middle[-1]]]
    )
    return np.minimum(ends[:-1], ends[1:]), np.maximum(ends[:-1], ends[1:])


def missing(name: str, what: str, where: str, dataset: Any) -> str:
    """The sentence about a variable that a file has not."""
    known = sorted(str(v) for v in dataset.variables)
    return (
        f"{where} has no variable '{name}' ({what})."
        f"{did_you_mean(name, known)} The file has: {', '.join(known)}."
    )
