"""Coordinates of a file: how they are found, and the cells they describe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..core.errors import Findings, InvalidInput, did_you_mean
from .finding_places import place
from .units import convert

EARTH_RADIUS = 6.371e6  # m, sphere of the Earth's volume (IUGG mean radius R1, rounded)


def open_netcdf(path: Any, findings: Findings, *, group: str | None = None) -> Any | None:
    """A file opened with times undecoded, or None and a finding."""
    import xarray as xr  # slow to import

    if not Path(path).is_file():
        findings.add(
            "missing-file", place(path), f"There is no file {path}. Give the path of a netCDF file."
        )
        return None
    try:
        return xr.open_dataset(path, decode_times=False, decode_timedelta=False, group=group)
    except (OSError, ValueError) as cause:
        findings.add(
            "unreadable-file",
            place(path),
            f"{path} could not be read as netCDF ({cause}). Check that it is complete.",
        )
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
    variable: Any,
    units: str,
    name: str,
    where: str,
    findings: Findings,
    *,
    difference: bool = False,
) -> np.ndarray | None:
    """Values of a variable of a file in other units, or None and a finding.

    A file may leave out units only where `units` is '1'.

    Args:
        variable: xarray variable.
        units: of the result.
        name: of the variable in the file.
        where: path of the file.
        findings: gets a missing or wrong unit.
        difference: the values are differences or standard deviations.
    """
    found = variable.attrs.get("units")
    what = f"'{name}' in {where}"
    if found is None and units != "1":
        findings.add(
            "missing-units",
            place(where, name),
            f"{what} has no units; expected '{units}' or something that converts to it. "
            "Add the attribute 'units'.",
        )
        return None
    try:
        return convert(
            variable.values, "1" if found is None else str(found), units, difference=difference
        )
    except (ValueError, TypeError):
        findings.add(
            "not-numeric",
            place(where, name),
            f"{what} holds no numbers; expected values in '{units}'.",
        )
    except InvalidInput as cause:
        findings.add(
            "wrong-units",
            place(where, name),
            f"{what} is in '{found}', expected '{units}'. {cause}",
        )
    return None


def sphere_area(south: np.ndarray, north: np.ndarray, width: np.ndarray) -> np.ndarray:
    """Area between two latitudes over a width in longitude (all degrees); m2.

    area = R^2 dlon (sin(north) - sin(south))
    """
    band = np.sin(np.radians(north)) - np.sin(np.radians(south))
    return np.asarray(EARTH_RADIUS**2 * np.radians(width) * band)


def edges(
    dataset: Any, name: str, where: str, findings: Findings
) -> tuple[np.ndarray, np.ndarray] | None:
    """Lower and upper edge of each point of an axis (degrees): its CF bounds, or the midpoints.

    None and a finding where there is one point and no bounds.
    """
    axis = dataset[name]
    bounds = axis.attrs.get("bounds") or axis.encoding.get("bounds")
    if bounds in dataset.variables:
        pairs = np.asarray(dataset[bounds].values, dtype=float)
        return pairs.min(axis=-1), pairs.max(axis=-1)
    centre = np.asarray(axis.values, dtype=float)
    if len(centre) < 2:
        findings.add(
            "missing-bounds",
            place(where, name),
            f"{where} has one '{name}' and no bounds, so the size of its cells is not known. "
            f"Add bounds to '{name}', as the CF conventions describe.",
        )
        return None
    middle = 0.5 * (centre[1:] + centre[:-1])
    ends = np.concatenate(
        [[centre[0] - (middle[0] - centre[0])], middle, [2.0 * centre[-1] - middle[-1]]]
    )
    return np.minimum(ends[:-1], ends[1:]), np.maximum(ends[:-1], ends[1:])


def missing(name: str, what: str, where: str, dataset: Any, findings: Findings) -> None:
    """Add a finding about a variable that a file lacks."""
    known = sorted(str(v) for v in dataset.variables)
    findings.add(
        "missing-variable",
        place(where, name),
        f"{where} has no variable '{name}' ({what})."
        f"{did_you_mean(name, known)} The file has: {', '.join(known)}.",
    )
