"""Edges of the cells of an axis, from CF bounds or from centres."""

from __future__ import annotations

from typing import Literal

import numpy as np

from ..grids import (
    bounds_around,
    even_edges,
    is_nearly_even,
    joined_edges,
    latitude_edges,
    midpoint_edges,
)
from ..grids.edges import TOLERANCE
from .angles import LIMITS, in_degrees
from .netcdf import InputFile

BEYOND = {"latitude": 5.0, "longitude": 360.0}  # degrees that bounds may pass the limits
# edges of cells: none, of points; those of any cells; those of a grid without gaps, evenly spaced
Extent = Literal["points", "cells", "adjoining"]


def cell_edges(
    file: InputFile, name: str, kind: str, extent: Extent, order: np.ndarray, ascending: np.ndarray
) -> np.ndarray | None:
    """Lower and upper edge of each cell of an axis (degrees), shape (n, 2), or None and a finding.

    Args:
        file: with the axis.
        name: of the coordinate in the file, of one dimension.
        kind: "latitude" or "longitude".
        extent: of the cells, "cells" or "adjoining".
        order, ascending: positions that sort the centres, and sorted centres (degrees), shape (n,).
    """
    if not file.has_dimensions(name, (name,)):
        return None
    axis = file.dataset[name]
    bounds = axis.attrs.get("bounds") or axis.encoding.get("bounds")
    if bounds in file.dataset.variables:
        pairs = _pairs_of_bounds(file, name, kind, extent, str(bounds), order, ascending)
    else:
        pairs = _pairs_of_centres(file, name, kind, extent, ascending)
    if pairs is None:
        return None
    if kind == "latitude":
        pairs = np.clip(pairs, -90.0, 90.0)
    edges = np.empty_like(pairs)
    edges[order] = pairs
    return edges


def _pairs_of_centres(
    file: InputFile, name: str, kind: str, extent: Extent, ascending: np.ndarray
) -> np.ndarray | None:
    """Edges of cells between ascending centres (degrees), shape (n, 2), or None and a finding."""
    if len(ascending) < 2:
        file.add(
            "missing-bounds",
            name,
            f"{file.path} has one '{name}' and no bounds, so the size of its cells is not known. "
            f"Add bounds to '{name}', as the CF conventions describe.",
        )
        return None
    pairs = None
    if extent == "cells" and is_nearly_even(ascending):
        pairs = np.stack(midpoint_edges(ascending), axis=1)
    else:
        edges = latitude_edges(ascending) if kind == "latitude" else even_edges(ascending)
        pairs = None if edges is None else np.stack([edges[:-1], edges[1:]], axis=1)
    if pairs is not None and pairs[-1, 1] - pairs[0, 0] <= 360.0 + TOLERANCE:
        return pairs
    steps = np.diff(ascending)
    file.add(
        "uneven-grid",
        name,
        f"the {kind}s of {file.path} are not evenly spaced cells of one globe, each once "
        f"({ascending[0]:g}, {ascending[1]:g}, ... {ascending[-1]:g}, in steps of {steps.min():g} "
        f"to {steps.max():g} degrees), and have no bounds. Put them on a regular grid, or add "
        f"bounds to '{name}', as the CF conventions describe.",
    )
    return None


def _pairs_of_bounds(
    file: InputFile, name: str, kind: str, extent: Extent, bounds: str,
    order: np.ndarray, ascending: np.ndarray,
) -> np.ndarray | None:  # fmt: skip
    """Edges of cells in the order of the axis (degrees), shape (n, 2), or None and a finding."""
    variable = file.dataset[bounds]
    if variable.ndim != 2 or variable.dims[0] != name or variable.shape[1] != 2:
        fault = f"has the dimensions {variable.dims}; expected ('{name}', 2), bounds of '{name}'."
        file.add_fault("wrong-dimensions", bounds, fault)
        return None
    values = in_degrees(file, bounds, kind, file.dataset[name].attrs.get("units"))
    if values is None:
        return None
    limit = LIMITS[kind] + BEYOND[kind]
    on_globe = bool(np.all(np.abs(values) <= limit + TOLERANCE))
    pairs = np.sort(values[order], axis=1)
    if kind == "longitude" and on_globe:
        pairs = bounds_around(ascending, pairs)
    inside = (pairs[:, 0] <= ascending + TOLERANCE) & (ascending <= pairs[:, 1] + TOLERANCE)
    wrong = ~(inside & (pairs[:, 1] > pairs[:, 0]))
    if wrong.any() or not on_globe:
        first = int(order[np.argmax(wrong)])
        file.add_fault(
            "wrong-bounds",
            bounds,
            f"is missing, not around its '{name}' or outside {-limit:g} to {limit:g} degrees, for "
            f"instance {values[first].tolist()} around {file.dataset[name].values[first]:g}. Give "
            "the two edges of each cell.",
        )
        return None
    is_joined = extent == "adjoining"
    if is_joined:
        edges = joined_edges(pairs)
        faulty = edges is None
        pairs = pairs if edges is None else np.stack([edges[:-1], edges[1:]], axis=1)
    else:
        faulty = bool((pairs[1:, 0] < pairs[:-1, 1] - TOLERANCE).any())
    if not faulty and pairs[-1, 1] - pairs[0, 0] <= 360.0 + TOLERANCE:
        return pairs
    rule = "begin where the one before ends" if is_joined else "lie apart from the others"
    file.add_fault(
        "gaps-in-bounds" if is_joined else "overlapping-cells",
        name,
        f"has bounds, '{bounds}', that {'leave gaps or ' if is_joined else ''}overlap. Each cell "
        f"must {rule}.",
    )
    return None
