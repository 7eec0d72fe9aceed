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
DatasetVariable = tuple[str, Any, Mapping[str, Any]]  # dimensions, values, attributes


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
    variables = {name: (table[name][0], array, table[name][1]) for name, array in values.items()}
    return dataset_of(variables, attributes)


def dataset_of(
    variables: Mapping[str, DatasetVariable], attributes: Mapping[str, Any] | None = None
) -> Any:
    """Dataset of variables by name. Values that are None are left out."""
    import xarray as xr  # slow to import

    data = {}
    for name, (dims, array, about) in variables.items():
        if array is not None:
            is_text = np.asarray(array).dtype.kind in "OUS"
            data[name] = (dims.split(), strings(array) if is_text else np.asarray(array), about)
    return xr.Dataset(data, attrs=attributes or {})


def file_attributes(attributes: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Global attributes with the conventions and without those that are None."""
    present = {k: _encodable(v) for k, v in (attributes or {}).items() if v is not None}
    return {"Conventions": CONVENTIONS, **present}


def _encodable(value: Any) -> Any:
    """A text that UTF-8 can encode, as names of files in messages of errors may not be."""
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value


def root_group(attributes: Mapping[str, Any] | None = None) -> Any:
    """An empty dataset that carries the attributes of a file."""
    return dataset_of({}, file_attributes(attributes))


def period_and_place(observations: Observations) -> dict[str, DatasetVariable]:
    """Period and place of observations, dimension obs."""
    start, end = days_since_epoch(observations.start), days_since_epoch(observations.end)
    return {
        "time_start": ("obs", start, {**DAYS, "long_name": "first day, included"}),
        "time_end": ("obs", end, {**DAYS, "long_name": "last day, included"}),
        "latitude": ("obs", observations.latitude, LATITUDE),
        "longitude": ("obs", observations.longitude, LONGITUDE),
    }
