"""Latitudes and longitudes of a file as geometry: centres, edges, areas and order."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from attrs import frozen

from ..core.errors import Findings, InvalidInput
from ..grids import (
    cell_area,
    even_edges,
    joined_edges,
    latitude_edges,
    midpoint_edges,
    wrapped_longitude,
)
from ..grids.edges import TOLERANCE
from .netcdf import InputFile

AXES = ("latitude", "longitude")
SHORT_NAMES = {"latitude": "lat", "longitude": "lon"}
DEGREES = {"latitude": "degrees north", "longitude": "degrees east"}
LIMITS = {"latitude": 90.0, "longitude": 540.0}  # degrees either way
# edges of cells: none, of points; those of any cells; those of a grid without gaps, evenly spaced
Extent = Literal["points", "cells", "adjoining"]


@frozen(eq=False)
class Axis:
    """Latitudes or longitudes of a file, in the order of the file.

    Args:
        name: of the coordinate in the file.
        centres: degrees north, or degrees east as in the file, shape (n,).
        lower, upper: edges of the cells (degrees), shape (n,); of points the centres.
    """

    name: str
    centres: np.ndarray
    lower: np.ndarray
    upper: np.ndarray

    @property
    def order(self) -> np.ndarray:
        """Positions that sort the centres from south to north or from west to east."""
        return np.argsort(self.centres, kind="stable")

    @property
    def edges(self) -> np.ndarray:
        """Edges of adjoining cells in ascending order (degrees), shape (n + 1,)."""
        return np.append(self.lower[self.order], self.upper[self.order][-1])

    def order_from(self, west: float) -> np.ndarray:
        """Positions that sort longitudes eastward around the globe from a meridian (degrees)."""
        return np.argsort((self.centres - west) % 360.0)


@frozen(eq=False)
class FileGrid:
    """The latitude-longitude grid of a file."""

    latitude: Axis
    longitude: Axis

    @property
    def shape(self) -> tuple[int, int]:
        """Number of latitudes and of longitudes."""
        return len(self.latitude.centres), len(self.longitude.centres)

    @property
    def edges(self) -> tuple[np.ndarray, np.ndarray]:
        """Edges of adjoining cells, latitudes and longitudes, ascending (degrees)."""
        return self.latitude.edges, self.longitude.edges

    @property
    def width(self) -> np.ndarray:
        """Extent of the cells in longitude (degrees), shape (longitude,)."""
        return np.asarray(self.longitude.upper - self.longitude.lower)

    @property
    def area(self) -> np.ndarray:
        """Area of the cells (m2) in the order of the file, shape (latitude, longitude)."""
        south, north = self.latitude.lower, self.latitude.upper
        return cell_area(south[:, None], north[:, None], self.width[None, :])

    @property
    def centres(self) -> tuple[np.ndarray, np.ndarray]:
        """Latitude and longitude in -180..180 of each cell in turn (degrees), shape (cell,)."""
        longitude = wrapped_longitude(self.longitude.centres)
        pairs = np.meshgrid(self.latitude.centres, longitude, indexing="ij")
        return pairs[0].ravel(), pairs[1].ravel()

    @property
    def half_width(self) -> np.ndarray:
        """Half the extent of each cell in turn (degrees), shape (cell, 2)."""
        south, north = self.latitude.lower, self.latitude.upper
        pairs = np.meshgrid(0.5 * (north - south), 0.5 * self.width, indexing="ij")
        return np.stack([half.ravel() for half in pairs], axis=1)

    def ascending(self, dataset: Any) -> Any:
        """The dataset with dimensions `latitude` and `longitude`, both in ascending order."""
        axes = dict(zip(AXES, (self.latitude, self.longitude), strict=True))
        names = {axis.name: kind for kind, axis in axes.items() if axis.name != kind}
        unsorted = {k: axis.order for k, axis in axes.items() if (np.diff(axis.centres) < 0).any()}
        return dataset.rename(names).isel(unsorted)


def coordinate_name(dataset: Any, kind: str) -> str | None:
    """Name of the 'latitude', 'longitude' or 'time' of a file, or None.

    It is known by that name or its usual short form, or by standard name, axis or units as in the
    CF conventions.
    """
    for name in (kind, SHORT_NAMES.get(kind, kind)):
        if name in dataset.variables:
            return name
    import cf_xarray  # noqa: F401  (slow to import; gives datasets `.cf`)

    described = dataset.cf.guess_coord_axis()
    names = described.cf.coordinates.get(kind) or described.cf.standard_names.get(kind)
    return str(names[0]) if names else None


def read_axis(file: InputFile, kind: str, extent: Extent = "points") -> Axis | None:
    """Latitudes or longitudes of a file, or None and a finding.

    Cells extend to their CF bounds, or to the midpoints between centres. Adjoining cells have
    bounds that join, or evenly spaced centres, with half cells allowed at the poles. Latitudes end
    at the poles.

    Args:
        file: with the axis.
        kind: "latitude" or "longitude".
        extent: of the cells.
    """
    name = coordinate_name(file.dataset, kind)
    if name is None:
        file.add_missing(kind, f"coordinate, {DEGREES[kind]}")
        return None
    centres = np.asarray(file.dataset[name].values, dtype=float)
    if extent == "points":
        return Axis(name, centres, centres, centres)
    if extent == "adjoining" and not _is_on_globe(file, kind, centres):
        return None
    pairs = _bounds(file.dataset, name)
    if pairs is None and len(centres) < 2:
        file.add(
            "missing-bounds",
            name,
            f"{file.path} has one '{name}' and no bounds, so the size of its cells is not known. "
            f"Add bounds to '{name}', as the CF conventions describe.",
        )
        return None
    if extent == "adjoining":
        pairs = _adjoining(file, kind, centres, pairs)
        if pairs is None:
            return None
    elif pairs is None:
        pairs = np.stack(midpoint_edges(centres), axis=1)
    if kind == "latitude":
        pairs = np.clip(pairs, -90.0, 90.0)
    return Axis(name, centres, pairs[:, 0], pairs[:, 1])


def read_grid(file: InputFile, extent: Extent = "cells") -> FileGrid | None:
    """The latitude-longitude grid of a file, or None and findings.

    Both axes have one dimension. See `read_axis` for the arguments.
    """
    for kind in AXES:
        name = coordinate_name(file.dataset, kind)
        if name is None or file.dataset[name].dims != (name,):
            file.add(
                "missing-coordinate",
                kind,
                f"{file.path} has no one-dimensional '{kind}'; it has "
                f"{', '.join(str(n) for n in file.dataset.variables)}. Give a regular grid with CF "
                f"coordinates in {DEGREES[kind]}.",
            )
    if file.is_faulty:
        return None
    latitude, longitude = (read_axis(file, kind, extent) for kind in AXES)
    return FileGrid(latitude, longitude) if latitude and longitude else None


def read_points(file: InputFile) -> tuple[np.ndarray, np.ndarray] | None:
    """Latitude and longitude of a list of points or cells (degrees), or None and findings.

    Longitudes are in -180..180.
    """
    latitude, longitude = (read_axis(file, kind) for kind in AXES)
    if latitude is None or longitude is None:
        return None
    return latitude.centres, wrapped_longitude(longitude.centres)


def regular_grid(dataset: Any, where: str, extent: Extent = "adjoining") -> tuple[Any, FileGrid]:
    """A dataset on a latitude-longitude grid in ascending order, and the grid of its file.

    Args:
        dataset: xarray dataset with one-dimensional latitudes and longitudes in any order.
        where: name of the file, for messages.
        extent: "adjoining" cells without gaps, any "cells", or "points".

    Returns:
        The dataset with dimensions `latitude` and `longitude`, from south to north and from west
        to east, and its grid in the order of the file; the `edges` of the grid ascend.

    Raises:
        InvalidInput: an axis is absent or not on the globe, or the edges of its cells are unknown.
    """
    findings = Findings()
    grid = read_grid(InputFile(where, dataset, findings), extent)
    if grid is None:
        first = next(iter(findings))
        text = " ".join(finding.message for finding in findings)
        raise InvalidInput(text, code=first.code, where=first.where)
    return grid.ascending(dataset), grid


def _bounds(dataset: Any, name: str) -> np.ndarray | None:
    """Lower and upper edge of each cell from CF bounds (degrees), shape (n, 2), or None."""
    axis = dataset[name]
    bounds = axis.attrs.get("bounds") or axis.encoding.get("bounds")
    if bounds not in dataset.variables:
        return None
    return np.sort(np.asarray(dataset[bounds].values, dtype=float), axis=-1)


def _is_on_globe(file: InputFile, kind: str, centres: np.ndarray) -> bool:
    """Whether all centres are degrees on the globe; otherwise a finding."""
    limit = LIMITS[kind]
    if np.isfinite(centres).all() and np.abs(centres).max(initial=0.0) <= limit + TOLERANCE:
        return True
    file.add(
        "out-of-range",
        kind,
        f"the {kind}s of {file.path} run from {centres.min():g} to {centres.max():g}; expected "
        f"degrees from {-limit:g} to {limit:g}.",
    )
    return False


def _adjoining(
    file: InputFile, kind: str, centres: np.ndarray, bounds: np.ndarray | None
) -> np.ndarray | None:
    """Edges of cells that join (degrees), shape (n, 2), or None and a finding."""
    order = np.argsort(centres, kind="stable")
    ascending = centres[order]
    if bounds is not None:
        edges = joined_edges(bounds[order])
        code = "gaps-in-bounds"
        message = (
            f"the bounds of '{kind}' in {file.path} leave gaps or overlap. Each cell must begin "
            "where the one before ends."
        )
    else:
        edges = latitude_edges(ascending) if kind == "latitude" else even_edges(ascending)
        if edges is not None and edges[-1] - edges[0] > 360.0 + TOLERANCE:
            edges = None
        code = "uneven-grid"
        message = (
            f"the {kind}s of {file.path} are not evenly spaced cells of one globe "
            f"({ascending[0]:g}, {ascending[1]:g}, ... {ascending[-1]:g}). Put them on a "
            f"regular grid, or add bounds to '{kind}', as the CF conventions describe."
        )
    if edges is None:
        file.add(code, kind, message)
        return None
    pairs = np.empty((len(centres), 2))
    pairs[order] = np.stack([edges[:-1], edges[1:]], axis=1)
    return pairs
