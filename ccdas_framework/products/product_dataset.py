"""The CF dataset of a product."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..core.variables import Variable
from ..io.atomic import atomic_folder, atomic_write
from ..io.netcdf_lock import netcdf_lock
from ..io.netcdf_writer import DAYS, days_since_epoch, month_bounds
from ..outputs.variable_tables import DatasetVariable, dataset_of, file_attributes
from .cf_names import cf_name, cf_units
from .output_name import ZARR
from .product_grid import ProductGrid

FILL = np.float32(1e20)  # of missing values, as in CMIP
ENDINGS = {  # of a variable -> words, and modifier of the standard name
    "": ("posterior", ""),
    "_sd": ("standard deviation of the posterior", " standard_error"),
    "_prior": ("prior", ""),
    "_prior_sd": ("standard deviation of the prior", " standard_error"),
    "_member": ("draw from the posterior", ""),
}
MEMBER = {"long_name": "number of the member", "standard_name": "realization", "units": "1"}
SDS = (
    "Standard deviations hold the errors of the optimised parameters and are those of one cell and "
    "month. They do not add over cells or months: use members, or targets of the run."
)
FINER = "Values are area means of the grid of the model ({own}), which this grid adds nothing to."


def product_dataset(
    fields: Mapping[str, Mapping[str, np.ndarray]],
    variables: Mapping[str, Variable],
    month: np.ndarray,
    grid: ProductGrid,
    attributes: Mapping[str, Any],
    window: tuple[np.datetime64, np.datetime64] | None = None,
) -> Any:
    """The dataset of a product, dimensions time, lat and lon.

    Args:
        fields: name -> ending of `ENDINGS` -> values, shape (month, place), members (member, month,
            place).
        variables: unit and long name of each field.
        month: of each time, datetime64, shape (month,).
        window: first and last day of the values; None for whole months.
    """
    bounds = month_bounds(month)
    if window is not None:
        first, last = days_since_epoch(np.array(window))
        bounds = np.clip(bounds, first, last + 1)
    contents = _coordinates(bounds, grid)
    coordinates = [n for n in ("time", "lat", "lon", "member") if n in contents]
    for name, by_ending in fields.items():
        called, variable = cf_name(variables[name]), variables[name]
        for ending, values in by_ending.items():
            words, modifier = ENDINGS[ending]
            about = {"units": cf_units(variable)}
            about["long_name"] = f"{variable.long_name or name}, {words}"
            if called.standard_name:
                about["standard_name"] = called.standard_name + modifier
            about |= {"cell_methods": "area: time: mean", "cell_measures": "area: areacella"}
            beside = f"{called.name}{ending}_sd"
            if f"{ending}_sd" in by_ending:
                about["ancillary_variables"] = beside
            dims = "member time lat lon" if ending == "_member" else "time lat lon"
            if ending == "_member" and "member" not in contents:
                numbers = np.arange(1, len(values) + 1, dtype="int32")
                contents["member"] = ("member", numbers, MEMBER)
                coordinates.append("member")
            unpacked = grid.unpacked(values).astype("float32")
            contents[f"{called.name}{ending}"] = (dims, unpacked, about)
    comment = " ".join(filter(None, (attributes.get("comment", ""), SDS)))
    about_file = file_attributes({**attributes, "comment": comment})
    return dataset_of(contents, about_file).set_coords(coordinates)


def _coordinates(bounds: np.ndarray, grid: ProductGrid) -> dict[str, DatasetVariable]:
    """Axes with their bounds, and the area of the model in each cell."""
    contents: dict[str, DatasetVariable] = {
        "time": (
            "time", bounds.mean(axis=1),
            {**DAYS, "standard_name": "time", "long_name": "middle of the mean", "axis": "T",
             "bounds": "time_bnds"},
        ),
        "time_bnds": ("time bnds", bounds.astype(float), {}),
    }  # fmt: skip
    for name, edges, axis, units, words in (
        ("lat", grid.latitude_edges, "Y", "degrees_north", "latitude"),
        ("lon", grid.longitude_edges, "X", "degrees_east", "longitude"),
    ):
        about = {
            "units": units, "standard_name": words, "long_name": words, "axis": axis,
            "bounds": f"{name}_bnds",
        }  # fmt: skip
        contents[name] = (name, 0.5 * (edges[:-1] + edges[1:]), about)
        contents[f"{name}_bnds"] = (f"{name} bnds", np.stack([edges[:-1], edges[1:]], axis=1), {})
    about_area = {
        "units": "m2", "standard_name": "cell_area", "long_name": "area of the cells of the model",
    }  # fmt: skip
    contents["areacella"] = ("lat lon", grid.unpacked(grid.area), about_area)
    return contents


def write_dataset(path: Path, dataset: Any) -> None:
    """A compressed netCDF file, or a zarr folder; only fields of the file have missing values."""
    if path.suffix == ZARR:
        with atomic_folder(path) as temporary:
            dataset.to_zarr(temporary, mode="w")
        return
    encoding: dict[str, dict[str, Any]] = {}
    for name, variable in dataset.variables.items():
        on_grid = variable.dims[-2:] == ("lat", "lon")
        if on_grid:
            encoding[name] = {"zlib": True, "complevel": 4, "_FillValue": variable.dtype.type(FILL)}
        elif variable.dtype.kind in "fi":
            encoding[name] = {"_FillValue": None}
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as temporary, netcdf_lock:
        dataset.to_netcdf(temporary, encoding=encoding)
