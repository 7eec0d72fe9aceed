"""Monthly fields of cells on their latitude-longitude grid, and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..outputs.cell_raster import unpacked

OF_CELLS = ("area", "region", "latitude_half_width", "longitude_half_width")
KEPT = ("run", "time", "lat", "lon", "class", "class_name", "draw", "control")


def on_grid(fields: Any) -> Any:
    """Fields on (..., lat, lon), where the cells form a grid; else as they are.

    Area, region and half widths of the cells are coordinates, shape (lat, lon). Places without a
    cell have NaN, and "" as region.
    """
    if "cell" not in fields.coords or "compress" not in fields["cell"].attrs:
        return fields
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
    """The inverse of `on_grid`: fields on (run, time, cell), of places with an area.

    A single run or month that was selected becomes a dimension of length one. Fields that are over
    cells already, or have no area, stay as they are.
    """
    if "cell" in fields.dims or not {"lat", "lon"} <= set(fields.dims) or "area" not in fields:
        return fields
    alone = [name for name in ("time", "run") if name in fields.coords and not fields[name].ndim]
    packed = fields.expand_dims(alone).stack(cell=("lat", "lon")).reset_index("cell")
    packed = packed.isel(cell=np.isfinite(packed["area"].transpose(..., "cell").values))
    return packed.rename(lat="latitude", lon="longitude").transpose(..., "cell")
