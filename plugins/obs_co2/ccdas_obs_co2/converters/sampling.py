"""Monthly means at stations from the mole fractions of a model with layers between pressures."""

from __future__ import annotations

import re

import numpy as np

from ccdas_framework import InvalidInput, convert_units

from ..file_grid import on_file_grid
from ..file_time import file_months, open_file
from ..transport.stations import on_ice, pressure_share

SEA_LEVEL = 101325.0  # Pa, where a file has no surface pressure; ISO 2533
MOUNTAIN = 1500.0  # m, above which a station on ice is told from one on rock
HYBRID = (("hyai", "hybi"), ("at", "bt"), ("a_bnds", "b_bnds"))  # p = a + b ps at edges of layers
SURFACE_PRESSURE = ("Met_PS1WET", "Met_PSC2WET", "Met_PS1DRY", "PS", "ps", "surface_pressure")
PRESSURES = (*SURFACE_PRESSURE, "pressure")
MASS = re.compile(r"\b[a-zµ]?g\b|kg|gram")
NO_DIMENSION = {"ppb": "1e-9", "ppbv": "1e-9", "v/v": "1", "vmr": "1"}


def monthly_at_stations(files, tracers, stations):
    """Mole fraction at stations, means over calendar months.

    A station is in the box around it, and in the layer that holds its pressure in the standard
    atmosphere; one below the ground of the model, or on an ice sheet, is in the lowest layer.

    Args:
        files: netCDF files of one run, with variables (time, layer, latitude, longitude).
        tracers: names to look for, several for each tracer, shape (tracer,).
        stations: where.

    Returns:
        Months, datetime64[M], shape (month,); ppm, shape (tracer, month, station); edges of the
        grid.

    Raises:
        InvalidInput: a file has another layout or unit, or a station lies outside its grid.
    """
    series, edges = {}, None
    for file in files:
        where = str(file)
        with open_file(file, "transport") as data:
            months = file_months(data, where)
            names = [_found(data, variables, where) for variables in tracers]
            # of hundreds of tracers those that are wanted, with all that is none
            kept = {*names, *PRESSURES}
            data = data[[n for n in data if n in kept or data[n].ndim < 3]]
            data, *found = on_file_grid(data, where)
            check_same_grid(edges, found, where)
            edges = found
            places = [_box(stations, n, edges, where) for n in range(len(stations))]
            layers = [
                _layer(data, names[0], place, stations, n, where) for n, place in enumerate(places)
            ]
            values = np.array([_sampled(data, name, places, layers, where) for name in names])
            for month in np.unique(months):
                series.setdefault(month, []).append(values[:, months == month])
    found = np.array(sorted(series))
    means = [np.concatenate(series[month], axis=1).mean(axis=1) for month in found]
    return found, np.stack(means, axis=1), edges


def _found(data, variables, where):
    """The first of several names that a file has."""
    name = next((v for v in variables if v in data), None)
    if name is None:
        known = [str(n) for n in data]
        told = ", ".join(known[:20]) + (", ..." if len(known) > 20 else "")
        raise InvalidInput(
            f"{where} has none of the variables {', '.join(variables)}; it has {told}. Name it in "
            "the column `variable`."
        )
    return name


def check_same_grid(edges, found, where):
    """Refuse files of one Jacobian that have different grids; `edges` may be None."""
    if edges is not None and any(
        len(a) != len(b) or np.abs(a - b).max() > 1e-3 for a, b in zip(edges, found, strict=True)
    ):
        raise InvalidInput(f"{where} has another grid than the files before it.")


def ppm_factor(units, where):
    """Factor that takes a mole fraction to ppm; 'mol mol-1 dry' and 'ppb' are known."""
    text = str(units).removesuffix(" dry").strip()
    try:
        if units is None or text in ("1", "") or MASS.search(text):
            raise InvalidInput("A mass, or what may be a mass fraction, is not taken for it.")
        return float(convert_units(1.0, NO_DIMENSION.get(text, text), "ppm"))
    except InvalidInput as cause:
        raise InvalidInput(
            f"{where} is in '{units or 'no unit'}', expected a mole fraction such as 'mol mol-1', "
            f"'ppm' or 'ppb'. {cause}"
        ) from cause


def _box(stations, station, edges, where):
    """Position of the box around a station, by dim."""
    north, east = edges
    latitude = stations.latitude[station]
    longitude = (stations.longitude[station] - east[0]) % 360.0 + east[0]
    row = min(int(np.searchsorted(north, latitude, side="right")) - 1, len(north) - 2)
    column = int(np.searchsorted(east, longitude, side="right")) - 1
    if not north[0] <= latitude <= north[-1] or column > len(east) - 2:
        raise InvalidInput(
            f"{where}: station {stations.id[station]} at {latitude:g}, "
            f"{stations.longitude[station]:g} lies outside its grid ({north[0]:g} to {north[-1]:g} "
            f"N, {east[0]:g} to {east[-1]:g} E)."
        )
    return {"latitude": row, "longitude": column}


def _sampled(data, name, places, layers, where):
    """Mole fraction (ppm) of a tracer at stations, shape (time, station)."""
    factor = ppm_factor(data[name].attrs.get("units"), f"`{name}` of {where}")
    order = ("time", _layer_dim(data, name, where), "latitude", "longitude")
    field = data[name].transpose(*order).values  # once: files are often compressed
    times = np.arange(len(field))
    rows = [
        field[times, layer, place["latitude"], place["longitude"]]
        for place, layer in zip(places, layers, strict=True)
    ]
    values = factor * np.array(rows, dtype=float).T
    if not np.isfinite(values).all():
        raise InvalidInput(f"`{name}` of {where} has missing values at stations.")
    return values


def _layer_dim(data, name, where):
    """Name of the dim of the layers of a tracer."""
    others = [d for d in data[name].dims if d not in ("time", "latitude", "longitude")]
    if data[name].ndim != 4 or len(others) != 1:
        raise InvalidInput(
            f"`{name}` of {where} has dims {data[name].dims}; expected (time, layer, latitude, "
            "longitude)."
        )
    return others[0]


def _layer(data, name, place, stations, station, where):
    """Position of the layer at the height of a station, shape (time,)."""
    layers = data.sizes[_layer_dim(data, name, where)]
    edges = _pressure_edges(data.isel(place), layers, where)
    from_top = edges[0, 0] < edges[0, -1]
    edges = edges[:, ::-1] if from_top else edges
    if (np.diff(edges, axis=1) >= 0.0).any():
        raise InvalidInput(
            f"{where}: the pressures of its layers do not fall from the ground to the top; a layer "
            "of negative thickness holds no air."
        )
    where_on_earth = (
        stations.latitude[station], stations.longitude[station], stations.altitude[station],
    )  # fmt: skip
    altitude = where_on_earth[2]
    pressure = SEA_LEVEL * pressure_share(altitude)
    if on_ice(*where_on_earth, MOUNTAIN):
        pressure = np.inf
    if (pressure < edges[:, -1]).any():
        raise InvalidInput(
            f"{where}: station {stations.id[station]} at {altitude:g} m ({pressure / 100.0:.0f} "
            f"hPa) lies above the top of its layers ({edges[:, -1].max() / 100.0:.0f} hPa)."
        )
    layer = np.maximum((edges > pressure).sum(axis=1) - 1, 0)
    return layers - 1 - layer if from_top else layer


def _pressure_edges(here, layers, where):
    """Pressure at the edges of the layers of a column (Pa), shape (time, layer + 1)."""
    times = here.sizes["time"]
    if "pressure" in here and here["pressure"].shape[-1] == layers + 1:
        found = convert_units(here["pressure"].values, _units(here["pressure"], "Pa"), "Pa")
        return np.broadcast_to(found, (times, layers + 1))
    for a, b in HYBRID:
        if a in here and b in here and here[a].shape == (layers + 1,):
            default = "hPa" if a == "hyai" else "Pa"  # GEOS-Chem leaves out units at times
            fixed = convert_units(here[a].values, _units(here[a], default), "Pa")
            name = next((n for n in SURFACE_PRESSURE if n in here), None)
            ground = np.full(times, SEA_LEVEL)
            if name is not None:
                default = "hPa" if name.startswith("Met_") else "Pa"
                ground = convert_units(here[name].values, _units(here[name], default), "Pa")
            return fixed + here[b].values * np.broadcast_to(ground, (times,))[:, None]
    raise InvalidInput(
        f"{where} says nothing of the pressures at the edges of its {layers} layers: neither "
        f"`pressure` there, nor {', '.join(f'{a} and {b}' for a, b in HYBRID)}."
    )


def _units(variable, default):
    return str(variable.attrs.get("units", default)).replace("mb", "hPa")
