"""The two files that ship with the transport, and how they are made."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import numpy as np

from ccdas_framework import InvalidInput

from ..constants import KG_PER_PGC, PGC_PER_PPM
from ..grid import TransportGrid
from ..jacobian_file import jacobian_dataset, read_jacobian
from ..station_locations import check_places
from ..stations import Stations
from .model import Transport
from .wind_file import checksum
from .winds import around, interpolated, read_winds

STATIONS = "stations.csv"  # of the Jacobian that ships: labels, degrees, m
JACOBIAN = "jacobian.nc"
STEP = 0.016  # of the packed numbers, as a share of the well-mixed response to a month of 31 days
ORDER = ("station", "lag", "latitude", "longitude", "month")  # as it is smallest

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
    psi = around(read.streamfunction[[0, 6]], read.longitude, grid.longitude_edges[:-1])
    psi = interpolated(psi, read.latitude, grid.latitude_edges, axis=2)
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


def shipped_stations():
    """The stations of the Jacobian that ships."""
    return Stations.read(_beside(STATIONS))


def write_shipped_jacobian(path, stations=None, progress=None):
    """Write the Jacobian of stations in 16-bit numbers, a few MB, in the documented form.

    Its numbers are whole multiples of a step of 0.016 of the well-mixed response to a month of 31
    days, so that each is right to 0.009 ppm per PgC, and their sum over the boxes to half a step.

    Args:
        path: netCDF file to write.
        stations: Stations; those that ship by default.
        progress: called with the share that is done.
    """
    stations = stations or shipped_stations()
    transport = Transport.from_files()
    jacobian = transport.response(stations, progress)
    attributes = {
        **transport.attributes(),
        "title": "Transport Jacobian of CO2 by winds, for the stations that ship",
        "rounding": f"to multiples of {step():.6g} ppm yr kg-1; sums over the boxes are kept",
        "credit": CREDIT,
        "history": "ccdas_obs_co2.transport.shipped.write_shipped_jacobian",
    }
    data = jacobian_dataset(
        jacobian, stations.latitude, stations.longitude, attributes, stations.altitude
    )
    rounded = whole_steps(data["jacobian"].values / step()).astype(np.int16)
    data["jacobian"] = (data["jacobian"].dims, rounded, data["jacobian"].attrs)
    data["jacobian"].attrs["scale_factor"] = step()
    data = data.transpose(..., *ORDER)
    sizes = data["jacobian"].sizes
    chunks = (1, *(sizes[name] for name in ORDER[1:]))
    packing = {"zlib": True, "complevel": 9, "shuffle": True, "chunksizes": chunks}
    data.to_netcdf(path, encoding={"jacobian": packing})


def step():
    """Step of the numbers of the Jacobian that ships (ppm yr kg-1)."""
    return STEP * 31.0 / 365.0 / (PGC_PER_PPM * KG_PER_PGC)


def whole_steps(table):
    """Whole numbers near those of a table, with the same sums over its last two axes to a half.

    All are rounded down but those with the largest remainders, as many as the sum asks for.
    """
    flat = table.reshape(*table.shape[:-2], -1)
    down = np.floor(flat)
    order = np.argsort(down - flat, axis=-1, kind="stable")  # largest remainder first
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.broadcast_to(np.arange(flat.shape[-1]), flat.shape), axis=-1)
    missing = np.rint((flat - down).sum(axis=-1))
    return (down + (rank < missing[..., None])).reshape(table.shape)


def shipped_jacobian(places, grid, memory, pgc_per_ppm):
    """Rows of the Jacobian that ships for stations at these places, `StationPlaces`.

    Raises:
        InvalidInput: a station is not in it or elsewhere, or the settings ask for another grid,
            memory or mass of the air.
    """
    ours = TransportGrid()
    if grid != ours or pgc_per_ppm != PGC_PER_PPM:
        raise InvalidInput(
            "transport = 'winds' takes the Jacobian that ships, of boxes of "
            f"{ours.latitude_step:g} by {ours.longitude_step:g} degrees and {PGC_PER_PPM:g} PgC "
            f"ppm-1; the settings ask for boxes of {grid.latitude_step:g} by "
            f"{grid.longitude_step:g} degrees{_kind(grid)} and {pgc_per_ppm:g}. Leave them out, or "
            "make a Jacobian with `ccdas transport jacobian` and name it in `jacobian`."
        )
    known = shipped_stations()
    for name in places.id:
        if name not in known.id:
            raise InvalidInput(
                f"station '{name}' is not in the Jacobian that ships. It knows: "
                f"{', '.join(known.id)}. Make one with `ccdas transport jacobian` and name it in "
                "`jacobian`, or leave the station out."
            )
    check_places(places, known, "the Jacobian that ships")
    return read_jacobian(_beside(JACOBIAN), places.id, grid, memory, pgc_per_ppm)


def _kind(grid):
    """What else defines a grid, in words."""
    half = ", half ones at the poles" if grid.half_polar_boxes else ""
    return half + (", centred on the date line" if grid.centred_on_date_line else "")


def _beside(name):
    """A file of this package."""
    return Path(str(files(__package__) / name))
