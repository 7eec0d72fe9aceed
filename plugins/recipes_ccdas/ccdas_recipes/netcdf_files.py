"""The project's own input files, written as CF netCDF."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ccdas_framework import DataKind, ObservationRecord, Observations, write_netcdf

from .cell_grid import TM2
from .continents import REGIONS, region

Variable = tuple[Any, ...]  # dimensions, values, attributes, as xarray takes them
# units, standard_name (or None), long_name
FORCING = {
    "tasmin": ("degC", "air_temperature", "daily minimum temperature"),
    "tasmax": ("degC", "air_temperature", "daily maximum temperature"),
    "pr": ("mm d-1", "lwe_precipitation_rate", "precipitation"),
    "rsds": ("W m-2", "surface_downwelling_shortwave_flux_in_air", "daily mean shortwave"),
    "vp": ("Pa", "water_vapor_partial_pressure_in_air", "daily mean vapour pressure"),
    "ps": ("Pa", "surface_air_pressure", "daily mean air pressure"),
    "sfcWind": ("m s-1", "wind_speed", "daily mean wind speed"),
    "co2": ("ppm", "mole_fraction_of_carbon_dioxide_in_air", "background CO2 in dry air"),
    "elevation": ("m", "surface_altitude", "elevation of the ground"),
    "theta_sat": ("m3 m-3", None, "soil water content at saturation"),
    "theta_fc": ("m3 m-3", None, "soil water content at field capacity"),
    "theta_wp": ("m3 m-3", None, "soil water content at the wilting point"),
    "campbell_b": ("1", None, "exponent of Campbell's water retention curve"),
    "saturated_conductivity": ("mm d-1", None, "hydraulic conductivity at saturation"),
}
UNITS = {
    "co2": "ppm", "sm": "m3 m-3", "vod": "1",
    "gpp": "gC m-2 d-1", "nep": "gC m-2 d-1", "flux": "gC m-2 d-1",
    "et": "mm d-1", "evapotranspiration": "mm d-1",
}  # fmt: skip
LONG_NAMES = {
    "gpp": "gross primary production, uptake > 0",
    "nep": "net ecosystem production, uptake > 0",
    "flux": "gross primary production (uptake > 0) and net ecosystem exchange (upward > 0)",
    "et": "evapotranspiration, upward > 0",
    "evapotranspiration": "evapotranspiration, upward > 0",
}


def cells(
    latitude: np.ndarray,
    longitude: np.ndarray,
    area: np.ndarray,
    half_width: tuple[float, float],
    column_cell: np.ndarray,
    column_class: np.ndarray,
    column_fraction: np.ndarray,
) -> dict[str, Variable]:
    """The variables of `forcing.nc` that describe cells and columns.

    Args:
        latitude, longitude: of the cell centres (degrees), shape (cell,).
        area: m2, shape (cell,).
        half_width: in latitude and longitude (degrees), two numbers.
        column_cell, column_class, column_fraction: shape (column,).
    """
    label = {"long_name": "region the cell counts to"}
    regions = [region(lat, lon) for lat, lon in zip(latitude, longitude, strict=True)]
    count = len(latitude)
    degrees = {"units": "degrees"}
    return {
        "latitude": ("cell", latitude, {"units": "degrees_north", "standard_name": "latitude"}),
        "longitude": ("cell", longitude, {"units": "degrees_east", "standard_name": "longitude"}),
        "area": ("cell", area, {"units": "m2", "standard_name": "cell_area"}),
        "region": ("cell", np.array(regions, dtype=object), label),
        "latitude_half_width": ("cell", np.full(count, half_width[0]), degrees),
        "longitude_half_width": ("cell", np.full(count, half_width[1]), degrees),
        "column_cell": ("column", np.asarray(column_cell, int), {"long_name": "index of its cell"}),
        "column_class": ("column", np.asarray(column_class, int), {
            "long_name": "plant functional type, 1 to 13"}),
        "column_fraction": ("column", column_fraction, {
            "units": "1", "long_name": "share of the area of the cell"}),
    }  # fmt: skip


def write_forcing(
    path: Path,
    time: np.ndarray,
    fields: Mapping[str, np.ndarray],
    static: Mapping[str, np.ndarray],
    places: Mapping[str, Variable],
    attributes: Mapping[str, str],
) -> None:
    """Write `forcing.nc`.

    Args:
        path: where.
        time: datetime64[D], shape (time,).
        fields: shape (time, cell), units as in `FORCING`.
        static: shape (cell,).
        places: of `cells`.
        attributes: global ones.
    """
    variables: dict[str, Variable] = dict(places)
    for name, values in fields.items():
        variables[name] = (("time", "cell"), np.asarray(values, np.float32), _describe(name))
    for name, values in static.items():
        variables[name] = ("cell", np.asarray(values, float), _describe(name))
    kind = DataKind.declared(attributes["synthetic"]).attributes()
    about = {**attributes, **kind, "regions": REGIONS}
    write_netcdf(path, variables, {"time": ("time", _days(time))}, about)


def record(
    variable: str, observations: Observations, attributes: Mapping[str, str]
) -> ObservationRecord:
    """Observations of a `variable` of `UNITS` and the global attributes of their file."""
    about = {name: text for name, text in attributes.items() if name != "history"}
    long_name = LONG_NAMES.get(variable, variable)
    return ObservationRecord(observations, UNITS[variable], long_name=long_name, **about)


def write_fluxes(
    path: Path,
    months: np.ndarray,
    fluxes: Mapping[str, np.ndarray],
    attributes: Mapping[str, str],
) -> None:
    """Write prescribed fluxes on the grid of the transport model.

    Args:
        path: where.
        months: datetime64[M], shape (time,).
        fluxes: name -> kgC m-2 s-1, positive into the atmosphere, (time, latitude, longitude).
        attributes: global ones.
    """
    edges = np.stack([months, months + 1], axis=1).astype("datetime64[ns]")
    bounds: dict[str, Variable] = {
        "time_bnds": (("time", "bnds"), edges),
        "latitude_bnds": (("latitude", "bnds"), _pairs(TM2.latitude_edges)),
        "longitude_bnds": (("longitude", "bnds"), _pairs(TM2.longitude_edges)),
    }
    coords = {
        "time": ("time", _days(months), {"bounds": "time_bnds"}),
        "latitude": ("latitude", TM2.latitudes, {
            "units": "degrees_north", "standard_name": "latitude", "bounds": "latitude_bnds"}),
        "longitude": ("longitude", TM2.longitudes, {
            "units": "degrees_east", "standard_name": "longitude", "bounds": "longitude_bnds"}),
    }  # fmt: skip
    variables: dict[str, Variable] = dict(bounds)
    for name, values in fluxes.items():
        variables[name] = (("time", "latitude", "longitude"), values, {
            "units": "kgC m-2 s-1",
            "long_name": f"{name} flux of carbon in CO2, positive into the atmosphere",
        })  # fmt: skip
    write_netcdf(path, variables, coords, attributes)


def _describe(name: str) -> dict[str, str]:
    units, standard, long = FORCING[name]
    return {"units": units, "long_name": long} | ({"standard_name": standard} if standard else {})


def _days(time: np.ndarray) -> np.ndarray:
    return np.asarray(time, "datetime64[D]").astype("datetime64[ns]")


def _pairs(edges: np.ndarray) -> np.ndarray:
    return np.stack([edges[:-1], edges[1:]], axis=1)
