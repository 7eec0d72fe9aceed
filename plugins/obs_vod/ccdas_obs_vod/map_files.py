"""Maps of biomass and optical depth from netCDF files, and their means over cells."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from attrs import frozen

from ccdas_framework import (
    InvalidInput,
    convert_units,
    netcdf_lock,
    regular_grid,
    with_carbon,
    with_missing,
)
from ccdas_framework.grids import overlap_by_area, overlap_by_longitude

from .optical_depth import CARBON_FRACTION

if TYPE_CHECKING:
    import xarray as xr

# live biomass over its part above ground (1): root biomass is about a quarter of that above ground
# in forests; Saatchi et al. (2011), Proc. Natl. Acad. Sci. 108, 9899-9904
LIVE_OVER_ABOVE_GROUND = 1.26
PARTS = ("above_ground", "live")
LARGEST_CARBON = 2e5  # gC m-2; the densest forest holds 1.9e5 (Keith et al. 2009, PNAS 106, 11635)
LARGEST_DEPTH = 4.0  # 1, as the operator accepts
POINT = 1e-4  # degrees; half the extent of a place without one


@frozen(eq=False)
class Map:
    """Values on a latitude-longitude grid, from south to north and eastward.

    Args:
        values: NaN where missing, shape (latitude, longitude).
        latitude_edges, longitude_edges: of the grid, ascending (degrees).
        about: file, variable and interpretation, for messages and results.
    """

    values: np.ndarray
    latitude_edges: np.ndarray
    longitude_edges: np.ndarray
    about: str

    @property
    def centres(self) -> tuple[np.ndarray, np.ndarray]:
        """Latitude and longitude of each cell in turn (degrees), shape (cell,)."""
        pairs = np.meshgrid(
            0.5 * (self.latitude_edges[1:] + self.latitude_edges[:-1]),
            0.5 * (self.longitude_edges[1:] + self.longitude_edges[:-1]),
            indexing="ij",
        )
        return pairs[0].ravel(), pairs[1].ravel()

    def mean_over_grid(self, other: Map) -> tuple[np.ndarray, np.ndarray]:
        """Mean of the valid part of each cell of another map, and its share, (cell,) each."""
        south, north = other.latitude_edges[:-1], other.latitude_edges[1:]
        west, east = other.longitude_edges[:-1], other.longitude_edges[1:]
        rows, columns = self._overlap(south, north, west, east)
        valid = np.isfinite(self.values)
        area = (rows @ valid @ columns.T).ravel()
        total = (rows @ np.where(valid, self.values, 0.0) @ columns.T).ravel()
        return _mean_and_share(total, area, np.outer(rows.sum(axis=1), columns.sum(axis=1)).ravel())

    def mean_over_cells(
        self, latitude: np.ndarray, longitude: np.ndarray, half_width: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Mean of the valid part of each cell, and its share, shape (cell,) each.

        Args:
            latitude, longitude: centres of the cells (degrees), shape (cell,).
            half_width: half their extent in latitude and longitude (degrees), shape (cell, 2).
        """
        height, width = np.maximum(half_width, POINT).T
        edges = latitude - height, latitude + height, longitude - width, longitude + width
        rows, columns = self._overlap(*edges)
        valid = np.isfinite(self.values)
        area = ((rows @ valid) * columns).sum(axis=1)
        total = ((rows @ np.where(valid, self.values, 0.0)) * columns).sum(axis=1)
        return _mean_and_share(total, area, rows.sum(axis=1) * columns.sum(axis=1))

    def _overlap(
        self, south: np.ndarray, north: np.ndarray, west: np.ndarray, east: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        rows = overlap_by_area(south, north, self.latitude_edges[:-1], self.latitude_edges[1:])
        columns = overlap_by_longitude(
            west, east, self.longitude_edges[:-1], self.longitude_edges[1:]
        )
        return rows, columns


def read_biomass(path: Path, variable: str | None, part: str) -> Map:
    """Carbon above ground (gC m-2) of a map of carbon or of dry matter.

    The unit tells carbon (kgC m-2) from dry matter (Mg ha-1, kg m-2), whose carbon fraction is
    0.47.

    Args:
        path: netCDF file.
        variable: its name; None where the file has only one on a grid.
        part: "above_ground", or "live" where roots are included.

    Raises:
        InvalidInput: no such file or variable, a unit that is no mass on an area, negative or
            impossible values, no value.
    """
    units, source = _read(path, variable, "biomass")
    name = source.about
    try:
        carbon = convert_units(source.values, units, "gC m-2")
        kind = "carbon"
    except InvalidInput:
        try:
            carbon = CARBON_FRACTION * convert_units(source.values, units, "g m-2")
        except InvalidInput as cause:
            raise InvalidInput(
                f"{name} is in '{units}'. Expected carbon such as kgC m-2, or dry matter such as "
                "Mg ha-1. Correct the attribute `units`.",
                code="wrong-units",
                where=name,
            ) from cause
        kind = f"dry matter, of which {CARBON_FRACTION:g} is carbon"
    if part == "live":
        carbon = carbon / LIVE_OVER_ABOVE_GROUND
        kind += f"; above ground and roots, {LIVE_OVER_ABOVE_GROUND:g} times that above ground"
    _refuse_outside(carbon, 0.0, LARGEST_CARBON, "gC m-2 above ground", name)
    about = f"{name} ({units}: {kind})"
    return Map(carbon, source.latitude_edges, source.longitude_edges, about)


def read_optical_depth(path: Path, variable: str | None) -> Map:
    """Optical depth (1) of a map, the mean of its times.

    Raises:
        InvalidInput: as `read_biomass`; the unit is not dimensionless.
    """
    units, source = _read(path, variable, "optical depth")
    try:
        depth = convert_units(source.values, units, "1")
    except InvalidInput as cause:
        raise InvalidInput(
            f"{source.about} is in '{units}'. Optical depth has no dimension: expected '1'.",
            code="wrong-units",
            where=source.about,
        ) from cause
    _refuse_outside(depth, -0.5, LARGEST_DEPTH, "1", source.about)
    return Map(depth, source.latitude_edges, source.longitude_edges, source.about)


def _read(path: Path, variable: str | None, purpose: str) -> tuple[str, Map]:
    """Unit and map of a variable; the mean over a dimension of time where it has one."""
    with open_netcdf(path, purpose) as data:
        name = _variable(data, variable, f"{purpose}: {path}")
        where = f"{purpose}: {path}: {name}"
        array, grid = regular_grid(data[[name]], f"{purpose}: {path}")
        array = with_missing(array[name])
        further = [str(d) for d in array.dims if d not in ("latitude", "longitude", "time")]
        if further:
            raise InvalidInput(
                f"{where} has the dimensions {', '.join(map(str, array.dims))}. Expected latitude "
                f"and longitude, and perhaps time. Select one element of {', '.join(further)}.",
                code="wrong-dimensions",
                where=where,
            )
        if "time" in array.dims:
            array = array.mean("time")
        units = str(array.attrs.get("units", data[name].attrs.get("units", "")))
        units = with_carbon(units, str(data[name].attrs.get("standard_name", "")))
        values = array.transpose("latitude", "longitude").values.astype(float)
    if not np.isfinite(values).any():
        raise InvalidInput(f"{where} has no value.", code="no-values", where=where)
    return units, Map(values, *grid.edges, where)


@contextmanager
def open_netcdf(path: Path, purpose: str) -> Iterator[xr.Dataset]:
    """A netCDF file as a dataset, open until the end of the block.

    Raises:
        InvalidInput: the file does not exist or is no netCDF file.
    """
    import xarray as xr  # slow to import

    where = f"{purpose}: {path}"
    if not path.is_file():
        raise InvalidInput(
            f"There is no file {path} of {purpose}.", code="missing-file", where=where
        )
    with netcdf_lock:
        try:
            data = xr.open_dataset(path, decode_timedelta=False)
        except (OSError, ValueError) as cause:
            raise InvalidInput(
                f"{path} of {purpose} could not be read as netCDF. Check that it is complete.",
                code="unreadable-file",
                where=where,
            ) from cause
        with data:
            yield data


def _variable(data: xr.Dataset, name: str | None, where: str) -> str:
    """Name of the variable to read: the one named, or the only one of two or three dimensions."""
    candidates = [str(n) for n, array in data.data_vars.items() if 2 <= array.ndim <= 3]
    if name is None and len(candidates) == 1:
        return candidates[0]
    if name is not None and name in data.data_vars:
        return name
    request = "no name was given" if name is None else f"'{name}' was asked for"
    raise InvalidInput(
        f"{where}: {request}, and the file has {', '.join(map(str, data.data_vars)) or 'none'}. "
        "Name the variable.",
        code="missing-variable",
        where=where,
    )


def _refuse_outside(values: np.ndarray, low: float, high: float, units: str, where: str) -> None:
    """An error for values that the quantity cannot have."""
    outside = (values < low) | (values > high)
    if outside.any():
        extreme: Any = values[outside][np.argmax(np.abs(values[outside]))]
        raise InvalidInput(
            f"{where} has {outside.sum()} values outside {low:g} to {high:g} {units}, such as "
            f"{extreme:g}. Mark missing values with `_FillValue`, and check the unit.",
            code="out-of-range",
            where=where,
        )


def _mean_and_share(
    total: np.ndarray, area: np.ndarray, cell_area: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Mean over the valid area, NaN without one, and its share of the cell."""
    covered = area > 0.0
    mean = np.where(covered, total / np.where(covered, area, 1.0), np.nan)
    return mean, np.where(cell_area > 0.0, area / np.where(cell_area > 0.0, cell_area, 1.0), 0.0)
