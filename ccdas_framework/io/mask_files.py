"""Masks of regions from a netCDF file, brought to the cells of a grid."""

from __future__ import annotations

from collections.abc import Collection
from os import PathLike

import numpy as np
from attrs import field, frozen

from ..core.domain import Grid
from ..core.errors import Findings, did_you_mean
from ..grids import overlap_by_area, overlap_by_longitude
from .coordinates import FileGrid, read_grid
from .missing_values import undeclared, within_rounding
from .netcdf import InputFile, open_netcdf
from .quality_flags import flag_meanings, flag_numbers

NOWHERE = 0  # the number of a region map that stands for no region


@frozen(eq=False)
class RegionMasks:
    """Regions of a file on its own regular grid.

    Args:
        where: file and variable, for messages.
        names: names of the regions.
        numbers: number of each region in a map of regions; None if the file has shares.
        shares: share of each cell of the file in each region, NaN where a cell does not count,
            shape (region, latitude, longitude).
        file_grid: cells of the file.
    """

    where: str
    names: tuple[str, ...]
    numbers: tuple[int, ...] | None
    shares: np.ndarray = field(repr=False)
    file_grid: FileGrid = field(repr=False)

    def position(self, region: str) -> int | None:
        """Position of a region by its name or number, or None."""
        if region in self.names:
            return self.names.index(region)
        if self.numbers is not None and region.lstrip("-").isdigit():
            number = int(region)
            return self.numbers.index(number) if number in self.numbers else None
        return None

    def of_cells(self, grid: Grid) -> np.ndarray:
        """Share of each cell in each region, shape (region, cell).

        Shares are averaged over the area of the cell that counts. A cell without such an area is
        in no region.
        """
        latitude, longitude = self.file_grid.latitude, self.file_grid.longitude
        south = np.maximum(grid.latitude - grid.half_width[:, 0], -90.0)
        north = np.minimum(grid.latitude + grid.half_width[:, 0], 90.0)
        rows = overlap_by_area(south, north, latitude.lower, latitude.upper)
        west = grid.longitude - grid.half_width[:, 1]
        east = west + 2.0 * grid.half_width[:, 1]
        columns = overlap_by_longitude(west, east, longitude.lower, longitude.upper)
        counts = np.all(np.isfinite(self.shares), axis=0)
        total = _weighted(rows, counts.astype(float), columns)
        inside = np.stack([_weighted(rows, np.where(counts, s, 0.0), columns) for s in self.shares])
        return np.asarray(np.where(total > 0.0, inside / np.where(total > 0.0, total, 1.0), 0.0))


def _weighted(rows: np.ndarray, values: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Sum over the cells of a file that each cell overlaps, shape (cell,)."""
    return np.asarray(np.einsum("cj,cj->c", rows @ values, columns))


def read_masks(
    path: str | PathLike[str],
    variable: str | None,
    leave_out: Collection[int],
    findings: Findings,
) -> RegionMasks | None:
    """The regions of a file, or None and findings.

    A map of whole numbers, (latitude, longitude), has a number for each region, with names from the
    CF attributes `flag_values` and `flag_meanings`. Cells of the file with the number 0, a negative
    or missing number, or one of `leave_out` do not count. A cell at a coast therefore lies
    completely in its region. Shares between 0 and 1 have the shape (region, latitude, longitude) or
    (latitude, longitude), and do not count where they are missing.

    Args:
        path: netCDF file.
        variable: name of the variable; None takes the only one of that shape.
        leave_out: numbers of a map that do not count, such as the sea.
        findings: receives a finding for each thing wrong.
    """
    file = open_netcdf(path, findings)
    if file is None:
        return None
    with file.dataset:
        grid = read_grid(file)
        if grid is None:
            return None
        dims = (grid.latitude.name, grid.longitude.name)
        of_grid = [
            str(n) for n, v in file.dataset.data_vars.items()
            if set(dims) <= set(v.dims) and v.ndim <= 3 and v.dtype.kind in "iuf"
        ]  # fmt: skip
        if variable is None and len(of_grid) == 1:
            variable = of_grid[0]
        if variable is None:
            file.add(
                "ambiguous-variable",
                "",
                f"{path} has {len(of_grid)} variables over latitude and longitude"
                f"{': ' + ', '.join(of_grid) if of_grid else ''}. Say which holds the regions: "
                'variable = "NAME" in a table [targets.masks.NAME].',
            )
            return None
        if variable not in of_grid:
            file.add(
                "missing-variable",
                variable,
                f"{path} has no variable '{variable}' over latitude and longitude."
                f"{did_you_mean(variable, of_grid)} It has: {', '.join(of_grid) or 'none'}.",
            )
            return None
        regions = _regions(file, variable, dims, leave_out)
    return None if regions is None else RegionMasks(f"'{variable}' of {path}", *regions, grid)


def _regions(
    file: InputFile, name: str, dims: tuple[str, str], leave_out: Collection[int]
) -> tuple[tuple[str, ...], tuple[int, ...] | None, np.ndarray] | None:
    """Names, numbers and shares of the regions of a variable, or None and a finding."""
    variable = file.dataset[name]
    others = [str(dim) for dim in variable.dims if dim not in dims]
    stored = variable.transpose(*others, *dims).values
    regions = [*flag_numbers(variable.attrs.get("flag_values", [])), *leave_out]
    missing = undeclared(stored) & ~np.isin(stored, regions)
    array = np.where(missing, np.nan, np.asarray(stored, dtype=float))
    finite = array[np.isfinite(array)]
    is_map = bool(np.all(finite == np.round(finite)))
    if not others and is_map and ("flag_values" in variable.attrs or np.any(finite > 1.0)):
        return _numbered(file, name, array, leave_out)
    if leave_out:
        file.add_fault(
            "wrong-key",
            name,
            "holds shares of regions, so that no number can be left out of it; set what does not "
            "count to missing, and take `leave_out` away.",
        )
        return None
    array = within_rounding(array, 0.0, 1.0)
    finite = array[np.isfinite(array)]
    if not len(finite) or finite.min() < 0.0 or finite.max() > 1.0:
        values_range = f"{finite.min():g} to {finite.max():g}" if len(finite) else "nothing"
        file.add_fault(
            "out-of-range",
            name,
            f"holds {values_range}; expected a map of region numbers (latitude, longitude), or "
            "shares of regions between 0 and 1.",
        )
        return None
    if not others:
        return (name,), None, array[None]
    labels = file.texts(others[0]) if others[0] in variable.coords else None
    if file.is_faulty:
        return None
    names = [str(n) for n in range(1, len(array) + 1)] if labels is None else labels.tolist()
    return tuple(names), None, array


def _numbered(
    file: InputFile, name: str, array: np.ndarray, leave_out: Collection[int]
) -> tuple[tuple[str, ...], tuple[int, ...], np.ndarray] | None:
    """Regions of a map of whole numbers; see `read_masks`."""
    present = np.unique(array[np.isfinite(array)]).astype(int).tolist()
    absent = [str(n) for n in leave_out if n not in present]
    if absent:
        file.add_fault(
            "unknown-region",
            name,
            f"has no region {', '.join(absent)} to leave out. It has: "
            f"{', '.join(map(str, present))}.",
        )
        return None
    numbers = tuple(n for n in present if n > NOWHERE and n not in leave_out)
    if not numbers:
        file.add_fault("no-region", name, "has no region left; expected numbers above 0.")
        return None
    attributes = file.dataset[name].attrs
    flags = flag_numbers(attributes.get("flag_values", [])).tolist()
    meaning = dict(zip(flags, flag_meanings(attributes.get("flag_meanings", "")), strict=False))
    names = tuple(meaning.get(n, str(n)).replace("_", " ") for n in numbers)
    counts = np.isin(array, numbers)
    shares = np.stack([np.where(counts, (array == n).astype(float), np.nan) for n in numbers])
    return names, numbers, shares
