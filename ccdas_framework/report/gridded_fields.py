"""Monthly fields of cells on their latitude-longitude grid, and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.errors import InvalidInput
from ..outputs.cell_raster import unpacked

OF_CELLS = ("area", "region", "latitude_half_width", "longitude_half_width")
KEPT = ("run", "time", "lat", "lon", "class", "class_name", "draw", "control")


def on_grid(fields: Any) -> Any:
    """Fields on (..., lat, lon), where the cells form a grid; else as they are.

    Area, region and half widths of the cells are coordinates, shape (lat, lon) or (cell,). Places
    without a cell have NaN, and "" as region.
    """
    if "cell" not in fields.coords or "compress" not in fields["cell"].attrs:
        of_places = (*OF_CELLS, "latitude", "longitude")
        return fields.set_coords([name for name in of_places if name in fields.variables])
    import xarray as xr  # slow to import

    position = fields["cell"].values
    shape = fields.sizes["lat"], fields.sizes["lon"]
    coords = {name: fields[name] for name in KEPT if name in fields.coords}
    of_cells = {name: fields[name] for name in OF_CELLS if name in fields.variables}
    data = {}
    for name, variable in {**fields.data_vars, **of_cells}.items():
        if "cell" not in variable.dims:
            data[name] = variable
            continue
        last = variable.transpose(..., "cell")
        if variable.dtype.kind in "fi":
            values = unpacked(last.values, position, shape)
        elif name == "region":
            values = np.full(shape, "", dtype=variable.values.astype(str).dtype)
            values.ravel()[position] = variable.values
        else:
            continue
        data[name] = xr.DataArray(values, dims=(*last.dims[:-1], "lat", "lon"))
        data[name].attrs = variable.attrs
    return xr.Dataset(data, coords=coords, attrs=fields.attrs).set_coords(list(of_cells))


def on_cells(fields: Any) -> Any:
    """Monthly fields over cells, (run, time, cell), of a dataset or a single field.

    On a grid these are the places with an area. A run, month, row, column or cell that was
    selected becomes a dimension of length one, and so do runs and months after a mean or a
    difference. The run is then "", and the month has no date.

    Args:
        fields: of `OpenedRun.fields`, or a part of them. A field without a name is called "field".

    Raises:
        InvalidInput: other data, or a part without any cell or month.
    """
    import xarray as xr  # slow to import

    if isinstance(fields, xr.DataArray):
        if fields.name in fields.coords:
            raise _wrong_fields(f"'{fields.name}' is a coordinate", str(fields.name))
        fields = fields.to_dataset(name=fields.name or "field")
    if not isinstance(fields, xr.Dataset):
        raise _wrong_fields(f"they are a {type(fields).__name__}")
    if "area" not in fields.variables:
        raise _wrong_fields("they have no 'area'", "area")
    dims = {str(name) for name in fields.dims}
    places = ("cell",) if "cell" in dims or "latitude" in fields.variables else ("lat", "lon")
    if "lat" in places and not {*places} <= {*dims, *fields.coords}:
        raise _wrong_fields(f"they are over {', '.join(sorted(dims)) or 'nothing'}")
    axes = ("run", "time", *places)
    of_cells = [n for n in (*OF_CELLS, "latitude", "longitude") if n in fields.variables]
    fields = fields.reset_coords(of_cells)
    if "run" not in {*dims, *fields.coords}:
        fields = fields.assign_coords(run="")
    data = {}
    for name, field in fields.data_vars.items():
        own = {str(n) for n in field.dims}
        if own <= {*axes} and {*places} & dims <= own:
            wanted = places if name in of_cells else axes
            data[name] = field.expand_dims([axis for axis in wanted if axis not in own])
    if set(data) <= {*of_cells}:
        raise _wrong_fields(f"they are over {', '.join(sorted(dims))}")
    fields = xr.Dataset(data, attrs=fields.attrs)
    _require_some(fields, "run", "time", *places)
    if places == ("lat", "lon"):
        fields = fields.stack(cell=places).reset_index("cell")
        fields = fields.isel(cell=np.isfinite(fields["area"].transpose(..., "cell").values))
        fields = fields.rename(lat="latitude", lon="longitude")
    _require_some(fields, "cell")
    return fields.transpose("run", "time", "cell", missing_dims="ignore")


def _require_some(fields: Any, *axes: str) -> None:
    for axis in axes:
        if not fields.sizes[axis]:
            raise InvalidInput(
                f"the selected part of the fields has no {axis}. Select a larger part. Latitudes "
                "and longitudes ascend: sel(lat=slice(30, 60)).",
                code="empty-selection",
                where=axis,
            )


def _wrong_fields(found: str, where: str = "fields") -> InvalidInput:
    return InvalidInput(
        f"this is no part of the fields of a run: {found}. Expected `run.fields` of "
        "open_run(FOLDER), or a part of it over run, time and lat, lon or cell, with the "
        "coordinate 'area', such as run.fields[\"gpp\"].isel(time=6).",
        code="missing-field",
        where=where,
    )
