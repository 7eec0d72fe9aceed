"""CO2 at stations as a CF file of time series."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ccdas_framework import atomic_write, netcdf_lock

from .output_folder import create_folder_of

if TYPE_CHECKING:
    import xarray as xr

    from .run import ForwardRun


def series_dataset(result: ForwardRun) -> xr.Dataset:
    """`co2(time, station)` with its coordinates, as the CF conventions describe time series.

    Args:
        result: mole fractions of a forward run.
    """
    import xarray as xr  # slow to import

    months = result.months
    first, after = (m.astype("datetime64[ns]") for m in (months, months + 1))
    stations = result.stations
    return xr.Dataset(
        {
            "co2": (
                ("time", "station"),
                result.ppm,
                {
                    "units": "ppm",
                    "standard_name": "mole_fraction_of_carbon_dioxide_in_air",
                    "long_name": "dry-air mole fraction of CO2, monthly mean",
                    "cell_methods": "time: mean",
                },
            ),
            "time_bounds": (("time", "bounds"), np.stack([first, after], axis=1)),
        },
        coords={
            "time": ("time", first, {"standard_name": "time", "bounds": "time_bounds"}),
            "station": (
                "station", np.array(stations.id, dtype=str), {"cf_role": "timeseries_id"},
            ),
            "latitude": (
                "station", stations.latitude,
                {"units": "degrees_north", "standard_name": "latitude"},
            ),
            "longitude": (
                "station", stations.longitude,
                {"units": "degrees_east", "standard_name": "longitude"},
            ),
            "altitude": (
                "station", stations.altitude,
                {"units": "m", "standard_name": "altitude", "positive": "up"},
            ),
        },
        attrs={
            "Conventions": "CF-1.11",
            "featureType": "timeSeries",
            "title": "CO2 at stations by the transport of ccdas_obs_co2",
            **result.attributes,
        },
    )  # fmt: skip


def write_series(path: Path, result: ForwardRun) -> None:
    """Write the mole fractions of a forward run. An interrupted write leaves no file."""
    units = {"units": "days since 1970-01-01", "dtype": "float64"}
    data = series_dataset(result)
    data["co2"].encoding["coordinates"] = "latitude longitude altitude"
    create_folder_of(path)
    with atomic_write(path) as unfinished, netcdf_lock:
        data.to_netcdf(unfinished, encoding={"time": units, "time_bounds": units})
