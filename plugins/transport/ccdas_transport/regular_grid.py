"""The latitudes and longitudes of a file, and the edges of its boxes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ccdas_framework import InvalidInput

if TYPE_CHECKING:
    import xarray as xr

AXIS_NAMES = {"latitude": ("latitude", "lat"), "longitude": ("longitude", "lon")}
TOLERANCE = 1e-3  # of a step: coordinates are often single precision


def sorted_with_edges(data: xr.Dataset, source: str) -> tuple[xr.Dataset, np.ndarray, np.ndarray]:
    """A dataset from south to north and west to east, and the edges of its boxes.

    Args:
        data: dataset with one-dimensional latitudes and longitudes in any order, under their CF
            name or as `lat` and `lon`.
        source: purpose and path of the file, for messages.

    Returns:
        The dataset with dims `latitude` and `longitude` in ascending order, and the edges of both
        (degrees), one more than there are boxes.

    Raises:
        InvalidInput: an axis is absent, outside the globe, or neither even nor with bounds.
    """
    data = data.rename(
        {
            short: name
            for name, (_, short) in AXIS_NAMES.items()
            if short in data and name not in data
        }
    )
    edges = []
    for name in AXIS_NAMES:
        if name not in data or data[name].dims != (name,):
            raise InvalidInput(
                f"{source} has no one-dimensional `{name}`; it has "
                f"{', '.join(str(n) for n in data.variables)}. Give a regular grid with `{name}` "
                "in degrees.",
                code="missing-coordinate",
                where=f"{source}: {name}",
            )
        if (np.diff(data[name].values) < 0.0).any():
            data = data.sortby(name)
        edges.append(_axis_edges(data, name, source))
    return data, *edges


def _axis_edges(data: xr.Dataset, name: str, source: str) -> np.ndarray:
    """Edges of the boxes of an axis in ascending order (degrees)."""
    where = f"{source}: {name}"
    centres = data[name].values.astype(float)
    limit = 90.0 if name == "latitude" else 540.0
    if not np.isfinite(centres).all() or np.abs(centres).max(initial=0.0) > limit + TOLERANCE:
        raise InvalidInput(
            f"the {name}s of {source} run from {centres.min():g} to {centres.max():g}; expected "
            f"degrees from {-limit:g} to {limit:g}.",
            code="coordinate-out-of-range",
            where=where,
        )
    axis = data[name]
    bounds = axis.attrs.get("bounds") or axis.encoding.get("bounds")
    if bounds in data.variables:
        return _edges_from_bounds(np.sort(data[bounds].values.astype(float), axis=1), name, source)
    if len(centres) < 2:
        raise InvalidInput(
            f"{source} has one {name} and no bounds, so the size of its boxes is unknown. Add "
            f"bounds to `{name}`, as the CF conventions describe.",
            code="missing-bounds",
            where=where,
        )
    edges = latitude_edges(centres) if name == "latitude" else _even_edges(centres)
    if edges is None or (name == "longitude" and edges[-1] - edges[0] > 360.0 + TOLERANCE):
        raise InvalidInput(
            f"the {name}s of {source} are not evenly spaced boxes of one globe ({centres[0]:g}, "
            f"{centres[1]:g}, ... {centres[-1]:g}). Put them on a regular grid, or add bounds to "
            f"`{name}`, as the CF conventions describe.",
            code="uneven-grid",
            where=where,
        )
    return edges


def latitude_edges(centres: np.ndarray) -> np.ndarray | None:
    """Edges of boxes from their centres in ascending order (degrees), None where they are uneven.

    Three kinds of grids meet the poles differently: full boxes that end at the pole (-87.5, ...),
    half boxes with their centres in their middle (GEOS-Chem: -89, -86, -82, ...), and half boxes
    with their centres on the pole (-90, -86, ...), which end at the pole.
    """
    edges = _even_edges(centres)
    if edges is None:
        step = centres[len(centres) // 2] - centres[len(centres) // 2 - 1]
        pole, inner = 90.0 - step / 4.0, 90.0 - step / 2.0
        south = abs(centres[0] + pole) < TOLERANCE
        north = abs(centres[-1] - pole) < TOLERANCE
        edges = _even_edges(centres[int(south) : len(centres) - int(north)])
        if edges is None or not (south or north):
            return None
        for is_half, edge, expected in ((south, edges[0], -inner), (north, edges[-1], inner)):
            if is_half and abs(edge - expected) > TOLERANCE:
                return None  # the box at the pole belongs to another grid
        edges = np.concatenate([[-90.0] * int(south), edges, [90.0] * int(north)])
    return np.clip(edges, -90.0, 90.0)


def _even_edges(centres: np.ndarray) -> np.ndarray | None:
    """Edges of evenly spaced boxes from their centres (degrees), None where they are uneven."""
    if len(centres) < 2:
        return None
    step = (centres[-1] - centres[0]) / (len(centres) - 1)
    even = centres[0] + step * np.arange(len(centres))
    if step <= 0.0 or np.abs(centres - even).max() > TOLERANCE * max(step, 1.0):
        return None
    return centres[0] - step / 2 + step * np.arange(len(centres) + 1)


def _edges_from_bounds(pairs: np.ndarray, name: str, source: str) -> np.ndarray:
    """Edges from CF bounds (degrees), which have to join."""
    gap = np.abs(pairs[1:, 0] - pairs[:-1, 1])
    if gap.max(initial=0.0) > TOLERANCE or (pairs[:, 1] <= pairs[:, 0]).any():
        raise InvalidInput(
            f"the bounds of `{name}` in {source} leave gaps or overlap. Each box must begin at the "
            "end of the box before it.",
            code="uneven-grid",
            where=f"{source}: {name}",
        )
    edges = np.append(pairs[:, 0], pairs[-1, 1])
    return np.clip(edges, -90.0, 90.0) if name == "latitude" else edges
