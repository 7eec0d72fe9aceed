"""Datasets from tables that state the dimensions and attributes of each variable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..core.observations import Observations
from ..io.netcdf import texts
from ..io.netcdf_writer import CONVENTIONS, DAYS, LATITUDE, LONGITUDE, days_since_epoch

# name -> dimensions, separated by spaces, and attributes
VariableTable = Mapping[str, tuple[str, Mapping[str, Any]]]


def named(long_name: str) -> dict[str, str]:
    """Attributes of a label, or of a variable whose units are in another one."""
    return {"long_name": long_name}


def pure(long_name: str) -> dict[str, str]:
    """Attributes of a variable without unit."""
    return {"units": "1", "long_name": long_name}


def strings(values: Any) -> np.ndarray:
    """Labels as netCDF strings."""
    return texts(list(values)).astype(object)


def table_dataset(
    table: VariableTable, values: Mapping[str, Any], attributes: Mapping[str, Any] | None = None
) -> Any:
    """Dataset of the variables of a table. Values that are None are left out.

    Raises:
        KeyError: the table lacks a name.
    """
    import xarray as xr  # slow to import

    data = {}
    for name, array in values.items():
        dims, about = table[name]
        if array is not None:
            is_text = np.asarray(array).dtype.kind in "OUS"
            data[name] = (dims.split(), strings(array) if is_text else np.asarray(array), about)
    return xr.Dataset(data, attrs=attributes or {})


def file_attributes(attributes: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Global attributes with the conventions and without those that are None."""
    present = {k: v for k, v in (attributes or {}).items() if v is not None}
    return {"Conventions": CONVENTIONS, **present}


def root_group(attributes: Mapping[str, Any] | None = None) -> Any:
    """An empty dataset that carries the attributes of a file."""
    return table_dataset({}, {}, file_attributes(attributes))


PERIOD_AND_PLACE: VariableTable = {
    "time_start": ("obs", {**DAYS, "long_name": "first day, included"}),
    "time_end": ("obs", {**DAYS, "long_name": "last day, included"}),
    "latitude": ("obs", LATITUDE),
    "longitude": ("obs", LONGITUDE),
}


def period_and_place(observations: Observations) -> dict[str, np.ndarray]:
    """Values of `PERIOD_AND_PLACE`, shape (obs,)."""
    return {
        "time_start": days_since_epoch(observations.start),
        "time_end": days_since_epoch(observations.end),
        "latitude": observations.latitude,
        "longitude": observations.longitude,
    }
