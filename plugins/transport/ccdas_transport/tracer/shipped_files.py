"""The two files that ship with the transport: reading and making them."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import numpy as np

from ccdas_framework import InvalidInput, netcdf_lock

from ..constants import KG_PER_PGC, PGC_PER_PPM
from ..grid import TransportGrid
from ..jacobian import TransportJacobian
from ..jacobian_file import jacobian_dataset, read_jacobian
from ..jacobian_grid import JacobianGrid
from ..station_locations import StationLocations, check_locations
from ..stations import Stations
from .model import Transport
from .wind_file import checksum
from .winds import interpolated, interpolated_around, read_winds

STATIONS_FILE = "stations.csv"  # of the Jacobian that ships: labels, degrees, m
JACOBIAN_FILE = "jacobian.nc"
RELATIVE_STEP = (
    0.016  # of the packed numbers, as a share of the well-mixed response to a month of 31 days
)
ORDER = ("station", "lag", "latitude", "longitude", "month")  # compresses best

CREDIT = (
    "Contains modified Copernicus Climate Change Service information: ERA-Interim, Dee et al. "
    "(2011), Q. J. R. Meteorol. Soc. 137, 553-597. Neither the European Commission nor ECMWF is "
    "responsible for any use of it."
)


def write_streamfunction(winds: Path | str, path: Path | str) -> None:
    """Write the stream functions of January and July at the corners of the TM2 grid.

    They are 16-bit numbers. The flow is rounded to about 1e-4 of its largest value and has no
    divergence.

    Args:
        winds: path of a CF file of u and v.
        path: netCDF file to write, some 20 kB.
    """
    import xarray as xr

    source = read_winds(winds)
    grid = TransportGrid()
    psi = interpolated_around(
        source.streamfunction[[0, 6]], source.longitude, grid.longitude_edges[:-1]
    )
    psi = interpolated(psi, source.latitude, grid.latitude_edges, axis=2)
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
            "level": ("level", source.level, {"units": "hPa"}),
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
    with netcdf_lock:
        data.to_netcdf(path, encoding={"streamfunction": packing})


def shipped_stations() -> Stations:
    """The stations of the Jacobian that ships."""
    return Stations.read(_package_file(STATIONS_FILE))


def write_shipped_jacobian(
    path: Path | str,
    stations: Stations | None = None,
    progress: Callable[[float], None] | None = None,
) -> None:
    """Write the Jacobian of stations in 16-bit numbers, a few MB, in the documented form.

    Its numbers are whole multiples of a step, 0.016 of the well-mixed response to a month of 31
    days. Each is right to 0.009 ppm per PgC, and their sum over the boxes to half a step.

    Args:
        path: netCDF file to write.
        stations: stations of the Jacobian. None takes the stations that ship.
        progress: called with the completed fraction.
    """
    stations = stations or shipped_stations()
    transport = Transport.from_files()
    jacobian = transport.response(stations, progress)
    attributes = {
        **transport.attributes(),
        "title": "Transport Jacobian of CO2 by winds, for the stations that ship",
        "rounding": f"to multiples of {step():.6g} ppm yr kg-1; sums over the boxes are kept",
        "credit": CREDIT,
        "history": "ccdas_transport.tracer.shipped_files.write_shipped_jacobian",
    }
    data = jacobian_dataset(
        jacobian, stations.latitude, stations.longitude, attributes, stations.altitude
    )
    rounded = rounded_to_steps(data["jacobian"].values / step()).astype(np.int16)
    data["jacobian"] = (data["jacobian"].dims, rounded, data["jacobian"].attrs)
    data["jacobian"].attrs["scale_factor"] = step()
    data = data.transpose(..., *ORDER)
    sizes = data["jacobian"].sizes
    chunks = (1, *(sizes[name] for name in ORDER[1:]))
    packing = {"zlib": True, "complevel": 9, "shuffle": True, "chunksizes": chunks}
    with netcdf_lock:
        data.to_netcdf(path, encoding={"jacobian": packing})


def step() -> float:
    """Step of the numbers of the Jacobian that ships (ppm yr kg-1)."""
    return RELATIVE_STEP * 31.0 / 365.0 / (PGC_PER_PPM * KG_PER_PGC)


def rounded_to_steps(table: np.ndarray) -> np.ndarray:
    """Whole numbers near a table, whose sums over its last two axes agree to a half.

    All are rounded down except those with the largest remainders, as many as the sum needs.
    """
    flat = table.reshape(*table.shape[:-2], -1)
    down = np.floor(flat)
    order = np.argsort(down - flat, axis=-1, kind="stable")  # largest remainder first
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.broadcast_to(np.arange(flat.shape[-1]), flat.shape), axis=-1)
    missing = np.rint((flat - down).sum(axis=-1))
    return (down + (rank < missing[..., None])).reshape(table.shape)


def shipped_jacobian(locations: StationLocations, grid: JacobianGrid) -> TransportJacobian:
    """Rows of the Jacobian that ships for stations at these locations.

    Raises:
        InvalidInput: a station is absent or elsewhere, or the settings declare another grid or mass
            of the air.
    """
    shipped = JacobianGrid(memory_months=grid.memory_months)
    if grid != shipped:
        raise InvalidInput(
            "transport = 'winds' takes the Jacobian that ships, of boxes of "
            f"{shipped.latitude_step:g} by {shipped.longitude_step:g} degrees and "
            f"{shipped.pgc_per_ppm:g} PgC ppm-1; the settings declare boxes of "
            f"{grid.latitude_step:g} by {grid.longitude_step:g} degrees{_variant(grid)} and "
            f"{grid.pgc_per_ppm:g}. Leave them out, or make a Jacobian with `ccdas transport "
            "jacobian` and name it in `jacobian`.",
            code="wrong-grid",
            where="transport",
        )
    stations = shipped_stations()
    for name in locations.id:
        if name not in stations.id:
            raise InvalidInput(
                f"station '{name}' is not in the Jacobian that ships. Its stations: "
                f"{', '.join(stations.id)}. Make one with `ccdas transport jacobian` and name it "
                "in `jacobian`, or leave the station out.",
                code="unknown-station",
                where=f"station '{name}'",
            )
    check_locations(locations, stations, "the Jacobian that ships")
    return read_jacobian(_package_file(JACOBIAN_FILE), locations.id, grid)


def _variant(grid: JacobianGrid) -> str:
    """Further properties of a grid, in words."""
    half = ", half boxes at the poles" if grid.half_polar_boxes else ""
    return half + (", centred on the date line" if grid.centred_on_date_line else "")


def _package_file(name: str) -> Path:
    """Path of a file of this package."""
    return Path(str(files(__package__) / name))
