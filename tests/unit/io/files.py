"""Small made-up forcing files in both layouts."""

import numpy as np
import xarray as xr

from ccdas_framework import Variable

NEEDS = (
    Variable("tasmin", "degC", ("time", "cell"), valid_range=(-90.0, 60.0)),
    Variable("tasmax", "degC", ("time", "cell"), valid_range=(-90.0, 60.0)),
    Variable("pr", "mm d-1", ("time", "cell"), valid_range=(0.0, 2000.0)),
    Variable("rsds", "W m-2", ("time", "cell"), valid_range=(0.0, 600.0), direction="downward"),
    Variable("elevation", "m", ("cell",)),
    Variable("vp", "Pa", ("time", "cell"), optional=True),
    Variable("w_max", "mm", ("column",), optional=True),
)


def weather(shape):
    """Four daily variables; each day's value tells which day of the file it is."""
    day = np.arange(shape[0], dtype=float).reshape(-1, *[1] * (len(shape) - 1))
    place = np.arange(np.prod(shape[1:]), dtype=float).reshape(1, *shape[1:])
    tasmin = np.broadcast_to(0.01 * day + 0.1 * place, shape)
    return {
        "tasmin": (tasmin, "degC"),
        "tasmax": (tasmin + 10.0, "degC"),
        "pr": (np.full(shape, 2.0), "mm d-1"),
        "rsds": (np.full(shape, 150.0), "W m-2"),
    }


def time_axis(days, first="2010-01-01"):
    return ("time", np.arange(days), {"units": f"days since {first}", "calendar": "standard"})


def cells_file(days=730, cells=2, first="2010-01-01"):
    """The project's layout; every cell has two columns."""
    shape = (days, cells)
    data = {n: (("time", "cell"), v, {"units": u}) for n, (v, u) in weather(shape).items()}
    return xr.Dataset(
        {
            **data,
            "elevation": ("cell", np.full(cells, 100.0), {"units": "m"}),
            "w_max": ("column", np.arange(2.0 * cells), {"units": "mm"}),
            "latitude": ("cell", 10.0 * np.arange(cells)),
            "longitude": ("cell", 5.0 * np.arange(cells)),
            "latitude_half_width": ("cell", np.full(cells, 3.75)),
            "longitude_half_width": ("cell", np.full(cells, 5.0)),
            "area": ("cell", np.full(cells, 1e12), {"units": "m2"}),
            "region": ("cell", np.array([f"r{i % 2}" for i in range(cells)], dtype=object)),
            "column_cell": ("column", np.repeat(np.arange(cells), 2)),
            "column_fraction": ("column", np.tile([0.5, 0.25], cells)),
            "column_class": ("column", np.tile([1, 9], cells)),
        },
        coords={"time": time_axis(days, first)},
    )


def grid_file(days=400, latitude=(5.0, -5.0), longitude=(0.0, 10.0, 350.0)):
    """A plain CF grid with three classes; the second cell is sea, where all is NaN."""
    shape = (days, len(latitude), len(longitude))
    data = {
        n: (("time", "lat", "lon"), v.copy(), {"units": u}) for n, (v, u) in weather(shape).items()
    }
    fraction = np.zeros((3, *shape[1:]))
    fraction[0], fraction[1], fraction[2] = 0.4, 0.3, 0.1
    fraction[:, 0, 1] = 0.0
    for values in data.values():
        values[1][:, 0, 1] = np.nan
    return xr.Dataset(
        {
            **data,
            "elevation": (("lat", "lon"), np.full(shape[1:], 100.0), {"units": "m"}),
            "class_fraction": (("class", "lat", "lon"), fraction, {"units": "1"}),
        },
        coords={
            "time": time_axis(days),
            "class": [1, 5, 9],
            "lat": ("lat", np.array(latitude), {"units": "degrees_north"}),
            "lon": ("lon", np.array(longitude), {"units": "degrees_east"}),
        },
    )
