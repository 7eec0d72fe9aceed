"""A Jacobian in the operator's own form, moved to another grid or length."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ccdas_framework import InvalidInput

from ..constants import KG_PER_PGC
from ..grid import latitude_shares, longitude_shares
from ..jacobian import TransportJacobian
from ..jacobian_file import read_table
from ..netcdf_input import open_file
from ..regular_grid import on_file_grid


def regridded_jacobian(path, stations, grid, memory, pgc_per_ppm):
    """A Jacobian file on another grid; a box sees the mean of those it overlaps, by area.

    An even flux of a box gives what the overlapped boxes give together, and what is well mixed
    stays so. Months that the file does not hold are well mixed.

    Args:
        path: netCDF file in the operator's form.
        stations: names, or None for all of the file.
        grid: to move it to.
        memory: months since the emission.
        pgc_per_ppm: PgC ppm-1, for months the file does not hold.

    Raises:
        InvalidInput: the file has another form, covers part of the globe, or lacks a station.
    """
    path = Path(path)
    where = f"jacobian: {path}"
    with open_file(path, "jacobian") as data:
        held = next((data.sizes[name] for name in ("lag", "flux_month") if name in data.dims), 0)
        data, north, east = on_file_grid(data, where)
        whole = abs(north[0] + 90.0) + abs(north[-1] - 90.0) + abs(east[-1] - east[0] - 360.0)
        if whole > 1e-3:
            raise InvalidInput(
                f"{where} covers {north[0]:g} to {north[-1]:g} N and {east[0]:g} to {east[-1]:g} "
                "E; a Jacobian needs sources all over the globe."
            )
        names = stations or [str(name) for name in data["station"].values]
        response = read_table(path, data, names, held, pgc_per_ppm)
    rows = latitude_shares(grid.latitude_edges[:-1], grid.latitude_edges[1:], north)
    columns = longitude_shares(grid.longitude_edges[:-1], grid.longitude_edges[1:], east)
    well_mixed = 1.0 / (pgc_per_ppm * KG_PER_PGC)
    out = np.full((len(names), 12, memory, *grid.area.shape), well_mixed)
    kept = min(held, memory)
    out[:, :, :kept] = np.einsum(
        "smlij,ai,bj->smlab", response[:, :, :kept], rows, columns, optimize=True
    )
    return TransportJacobian(names, grid, out, well_mixed)
