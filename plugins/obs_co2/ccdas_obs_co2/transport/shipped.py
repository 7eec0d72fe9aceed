"""The two files that ship with the transport, and how they are made."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..transport_grid import TransportGrid
from .winds import _around, _interpolated, checksum, read_winds

CREDIT = (
    "Contains modified Copernicus Climate Change Service information: ERA-Interim, Dee et al. "
    "(2011), Q. J. R. Meteorol. Soc. 137, 553-597. Neither the European Commission nor ECMWF is "
    "responsible for any use of it."
)


def write_streamfunction(winds, path):
    """Write the stream functions of January and July at the corners of the TM2 grid.

    They are 16-bit numbers: the flow is rounded to about 1e-4 of its largest value and stays
    without divergence.

    Args:
        winds: path of a CF file of u and v.
        path: netCDF file to write, some 20 kB.
    """
    import xarray as xr

    read = read_winds(winds)
    grid = TransportGrid()
    psi = _around(read.streamfunction[[0, 6]], read.longitude, grid.longitude_edges[:-1])
    psi = _interpolated(psi, read.latitude, grid.latitude_edges, axis=2)
    scale = float(np.abs(psi).max() / 32000.0)
    data = xr.Dataset(
        {
            "streamfunction": (
                ("month", "level", "latitude", "longitude"),
                psi,
                {"units": "m2 s-1", "long_name": "stream function of the rotational wind"},
            )
        },
        coords={
            "month": ("month", np.array([1, 7], dtype="int8")),
            "level": ("level", read.level, {"units": "hPa"}),
            "latitude": ("latitude", grid.latitude_edges, {"units": "degrees_north"}),
            "longitude": ("longitude", grid.longitude_edges[:-1], {"units": "degrees_east"}),
        },
        attrs={
            "Conventions": "CF-1.11",
            "title": "Rotational wind of January and July",
            "source": f"ERA-Interim monthly means ({Path(winds).name})",
            "source_sha256": checksum(winds),
            "credit": CREDIT,
        },
    )
    packing = {"dtype": "int16", "scale_factor": scale, "zlib": True, "complevel": 9}
    data.to_netcdf(path, encoding={"streamfunction": packing})
