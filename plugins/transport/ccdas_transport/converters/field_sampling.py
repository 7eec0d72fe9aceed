"""Mole fractions at stations from fields of a model with layers between pressures."""

from __future__ import annotations

import re

import numpy as np

from ccdas_framework import InvalidInput, convert_units

from ..regular_grid import on_file_grid
from ..standard_atmosphere import pressure_share
from ..stations import on_ice

SEA_LEVEL = 101325.0  # Pa, where a file has no surface pressure; ISO 2533
MOUNTAIN = 1500.0  # m, above which a station on ice is told from one on rock
HYBRID = (("hyai", "hybi"), ("at", "bt"), ("a_bnds", "b_bnds"))  # p = a + b ps at edges of layers
SURFACE_PRESSURE = ("Met_PS1WET", "Met_PSC2WET", "Met_PS1DRY", "PS", "ps", "surface_pressure")
PRESSURES = (*SURFACE_PRESSURE, "pressure")
MASS = re.compile(r"\b[a-zµ]?g\b|kg|gram")
NO_DIMENSION = {"ppb": "1e-9", "ppbv": "1e-9", "v/v": "1", "vmr": "1"}


def on_grid(data, names, stations, where):
    """Mole fractions of a file with fields, at stations.

    A station is in the box around it, and in the layer that holds its pressure in the standard
    atmosphere; one below the ground of the model, or on an ice sheet, is in the lowest layer.

    Args:
        data: with tracers (time, layer, latitude, longitude) and pressures.
        names: of the tracers.
        stations: where.
        where: the file, for sentences.

    Returns:
        ppm, shape (tracer, time, station); edges of the grid (degrees).

    Raises:
        InvalidInput: another layout or unit, or a station outside the grid.
    """
    kept = {*names, *PRESSURES}  # of hundreds of tracers those that are wanted
    data = data[[n for n in data if n in kept or data[n].ndim < 3]]
    data, *edges = on_file_grid(data, where)
    places = [_box(stations, n, edges, where) for n in range(len(stations))]
    layers = [_layer(data, names[0], place, stations, n, where) for n, place in enumerate(places)]
    values = [_sampled(data, name, places, layers, where) for name in names]
    return np.array(values), edges


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
