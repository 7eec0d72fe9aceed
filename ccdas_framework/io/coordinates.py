"""Latitudes and longitudes of a file as geometry: centres, edges, areas and order."""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import frozen

from ..core.errors import Findings, InvalidInput
from ..grids import cell_area, eastward, wrapped_longitude
from .angles import DEGREES, geographic
from .cell_edges import Extent, cell_edges
from .netcdf import InputFile

AXES = ("latitude", "longitude")
SHORT_NAMES = {"latitude": "lat", "longitude": "lon"}


@frozen(eq=False)
class Axis:
    """Latitudes or longitudes of a file, in the order of the file.

    Args:
        name: of the coordinate in the file.
        centres: degrees north, or degrees east as in the file, shape (n,).
        order: positions that sort the centres from south to north, or from west to east around the
            globe as `eastward`, shape (n,).
        ascending: sorted centres, of longitudes as of `eastward` (degrees), shape (n,).
        lower, upper: edges of the cells (degrees), shape (n,); of points the centres.
    """

    name: str
    centres: np.ndarray
    order: np.ndarray
    ascending: np.ndarray
    lower: np.ndarray
    upper: np.ndarray

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
        """The dataset with ascending dimensions `latitude` and `longitude` in degrees."""
        axes = dict(zip(AXES, (self.latitude, self.longitude), strict=True))
        names = {axis.name: kind for kind, axis in axes.items() if axis.name != kind}
        unsorted = {k: axis.order for k, axis in axes.items() if (np.diff(axis.order) != 1).any()}
        coordinates = {
            kind: (kind, axis.ascending, {"units": f"degrees_{DEGREES[kind].split()[1]}"})
            for kind, axis in axes.items()
        }
        return dataset.rename(names).isel(unsorted).assign_coords(coordinates)


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

    Degrees north, south, east and west and radians are read by their units; a coordinate without
    units is in degrees. Cells extend to their CF bounds, or to the midpoints between centres in
    even steps. They may cross Greenwich and the date line, but not overlap. Adjoining cells leave
    no gaps either. At the poles, half cells are allowed, and latitudes end there.

    Args:
        file: with the axis.
        kind: "latitude" or "longitude".
        extent: of the cells.
    """
    name = coordinate_name(file.dataset, kind)
    if name is None:
        file.add_missing(kind, f"coordinate, {DEGREES[kind]}")
        return None
    if file.dataset[name].ndim != 1:
        file.add_fault(
            "wrong-dimensions",
            name,
            f"has the dimensions {file.dataset[name].dims}; expected one dimension.",
        )
        return None
    centres = geographic(file, name, kind)
    if centres is None:
        return None
    if kind == "longitude":
        order, ascending = eastward(centres)
    else:
        order = np.argsort(centres, kind="stable")
        ascending = centres[order]
    if extent == "points":
        return Axis(name, centres, order, ascending, centres, centres)
    edges = cell_edges(file, name, kind, extent, order, ascending)
    return None if edges is None else Axis(name, centres, order, ascending, *edges.T)


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
    if not file.has_dimensions(longitude.name, file.dataset[latitude.name].dims):
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
