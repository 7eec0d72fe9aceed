"""CF netCDF files written from plain arrays, and attributes common to all files written."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import Any

import numpy as np

from .atomic import atomic_write
from .netcdf_lock import netcdf_lock

CONVENTIONS = "CF-1.10"
LATITUDE = {"units": "degrees_north", "standard_name": "latitude"}
LONGITUDE = {"units": "degrees_east", "standard_name": "longitude"}
DAYS = {"units": "days since 1970-01-01", "calendar": "standard"}

Columns = Mapping[str, tuple[Any, ...]]  # name -> dimensions, values, attributes, as xarray takes


def write_netcdf(
    path: str | PathLike[str],
    variables: Columns,
    coords: Columns,
    attributes: Mapping[str, str],
) -> None:
    """Write a compressed CF netCDF file. An unfinished file never appears under its name.

    Args:
        path: netCDF file.
        variables: name -> (dimensions, values) or (dimensions, values, attributes).
        coords: coordinate variables, likewise.
        attributes: global attributes; `Conventions` is added.
    """
    import xarray as xr  # slow to import

    dataset = xr.Dataset(variables, coords, {"Conventions": "CF-1.8", **attributes})
    encoding: dict[str, dict[str, Any]] = {}
    for name, variable in dataset.variables.items():
        if variable.dtype.kind == "M":
            whole = bool((variable.values == variable.values.astype("datetime64[D]")).all())
            units = "days since 2000-01-01" if whole else "seconds since 1970-01-01"
            encoding[str(name)] = {
                "units": units, "calendar": "standard", "dtype": "int32" if whole else "int64",
            }  # fmt: skip
        elif variable.dtype.kind in "fi":
            encoding[str(name)] = {"zlib": True, "complevel": 4}
    with atomic_write(path) as temporary, netcdf_lock:
        dataset.to_netcdf(temporary, encoding=encoding)


def days_since_epoch(dates: Any) -> np.ndarray:
    """datetime64 as whole days since 1970-01-01, in the attributes `DAYS`."""
    return np.asarray(dates, "datetime64[D]").astype("int64").astype("int32")


def month_bounds(months: Any) -> np.ndarray:
    """First day of each month and of the next, in days since the epoch, shape (month, 2)."""
    months = np.asarray(months).astype("datetime64[M]")
    return days_since_epoch(np.stack([months, months + 1], axis=1))
