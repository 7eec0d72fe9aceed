"""A Jacobian in the operator's own form, moved to another grid or memory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from attrs import evolve

from ccdas_framework import InvalidInput, regular_grid
from ccdas_framework.grids import overlap_by_area, overlap_by_longitude, share_of_overlap

from ..jacobian import TransportJacobian
from ..jacobian_file import read_table
from ..jacobian_grid import JacobianGrid
from ..netcdf_input import open_netcdf, station_names


def regridded_jacobian(
    path: Path, stations: Sequence[str] | None, grid: JacobianGrid
) -> TransportJacobian:
    """A Jacobian file on another grid. A box takes the mean of the boxes it overlaps, by area.

    An even flux of a box gives the same as the overlapped boxes together, and a well-mixed
    response stays so. Months beyond the file are well mixed.

    Args:
        path: netCDF file in the operator's form.
        stations: names, or None for all of the file.
        grid: boxes and months of the result. Its `pgc_per_ppm` gives the well-mixed response.

    Raises:
        InvalidInput: the file has another form, covers part of the globe, or lacks a station.
    """
    path = Path(path)
    source = f"jacobian: {path}"
    with open_netcdf(path, "jacobian") as data:
        memory = next((data.sizes[name] for name in ("lag", "flux_month") if name in data.dims), 0)
        data, file_grid = regular_grid(data, source)
        north, east = file_grid.edges
        gap = abs(north[0] + 90.0) + abs(north[-1] - 90.0) + abs(east[-1] - east[0] - 360.0)
        if gap > 1e-3:
            raise InvalidInput(
                f"{source} covers {north[0]:g} to {north[-1]:g} N and {east[0]:g} to {east[-1]:g} "
                "E; a Jacobian needs sources all over the globe.",
                code="partial-globe",
                where=source,
            )
        names = stations or station_names(data, source)
        all_months = evolve(grid, memory_months=max(memory, 1))
        response = read_table(path, data, names, all_months)
    boxes = grid.boxes
    lat, lon = boxes.latitude_edges, boxes.longitude_edges
    rows = share_of_overlap(overlap_by_area(lat[:-1], lat[1:], north[:-1], north[1:]))
    columns = share_of_overlap(overlap_by_longitude(lon[:-1], lon[1:], east[:-1], east[1:]))
    out = np.full((len(names), 12, grid.memory_months, *boxes.area.shape), grid.well_mixed)
    shared = min(memory, grid.memory_months)
    out[:, :, :shared] = np.einsum(
        "smlij,ai,bj->smlab", response[:, :, :shared], rows, columns, optimize=True
    )
    return TransportJacobian(names, boxes, out, grid.well_mixed)
