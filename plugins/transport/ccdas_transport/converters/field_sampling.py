"""Mole fractions at stations from fields of a model with layers between pressures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ccdas_framework import InvalidInput, convert_units, regular_grid

from ..standard_atmosphere import pressure_share
from ..station_locations import StationLocations
from ..stations import on_ice

if TYPE_CHECKING:
    import xarray as xr

SEA_LEVEL = 101325.0  # Pa, where a file has no surface pressure; ISO 2533
MOUNTAIN = 1500.0  # m, above which a station may stand on an ice sheet
HYBRID = (("hyai", "hybi"), ("at", "bt"), ("a_bnds", "b_bnds"))  # p = a + b ps at edges of layers
SURFACE_PRESSURE = ("Met_PS1WET", "Met_PSC2WET", "Met_PS1DRY", "PS", "ps", "surface_pressure")
PRESSURES = (*SURFACE_PRESSURE, "pressure")
MASS = re.compile(r"\b[a-zµ]?g\b|kg|gram")
NO_DIMENSION = {"ppb": "1e-9", "ppbv": "1e-9", "v/v": "1", "vmr": "1"}


def field_samples(
    data: xr.Dataset, names: Sequence[str], stations: StationLocations, source: str
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Mole fractions of a file with fields, at stations.

    A station takes the box around it, and the layer that holds its pressure in the standard
    atmosphere. A station below the ground of the model, or on an ice sheet, takes the lowest layer.

    Args:
        data: dataset with tracers (time, layer, latitude, longitude) and pressures.
        names: names of the tracers.
        stations: location of the stations.
        source: path of the file, for messages.

    Returns:
        ppm, shape (tracer, time, station); edges of the grid (degrees).

    Raises:
        InvalidInput: another layout or unit, or a station outside the grid.
    """
    needed = {*names, *PRESSURES}  # of hundreds of tracers
    data = data[[n for n in data if n in needed or data[n].ndim < 3]]
    data, file_grid = regular_grid(data, source)
    edges = file_grid.edges
    boxes = [_box(stations, n, edges, source) for n in range(len(stations))]
    layers = [_layer(data, names[0], box, stations, n, source) for n, box in enumerate(boxes)]
    values = [_sampled(data, name, boxes, layers, source) for name in names]
    return np.array(values), edges


def ppm_factor(units: Any, where: str) -> float:
    """Factor from the unit of a mole fraction to ppm, with 'mol mol-1 dry' and 'ppb'."""
    text = str(units).removesuffix(" dry").strip()
    try:
        if units is None or text in ("1", "") or MASS.search(text):
            raise InvalidInput("It may be a mass or a mass fraction.")
        return float(convert_units(1.0, NO_DIMENSION.get(text, text), "ppm"))
    except InvalidInput as cause:
        raise InvalidInput(
            f"{where} is in '{units or 'no unit'}', expected a mole fraction such as 'mol mol-1', "
            f"'ppm' or 'ppb'. {cause}",
            code="wrong-units",
            where=where,
        ) from cause


def _box(
    stations: StationLocations, station: int, edges: Sequence[np.ndarray], source: str
) -> dict[str, int]:
    """Position of the box around a station, by dim."""
    north, east = edges
    latitude = stations.latitude[station]
    longitude = (stations.longitude[station] - east[0]) % 360.0 + east[0]
    row = min(int(np.searchsorted(north, latitude, side="right")) - 1, len(north) - 2)
    column = int(np.searchsorted(east, longitude, side="right")) - 1
    if not north[0] <= latitude <= north[-1] or column > len(east) - 2:
        raise InvalidInput(
            f"{source}: station {stations.id[station]} at {latitude:g}, "
            f"{stations.longitude[station]:g} lies outside its grid ({north[0]:g} to {north[-1]:g} "
            f"N, {east[0]:g} to {east[-1]:g} E).",
            code="outside-grid",
            where=f"station '{stations.id[station]}'",
        )
    return {"latitude": row, "longitude": column}


def _sampled(
    data: xr.Dataset,
    name: str,
    boxes: Sequence[dict[str, int]],
    layers: Sequence[np.ndarray],
    source: str,
) -> np.ndarray:
    """Mole fraction (ppm) of a tracer at stations, shape (time, station)."""
    factor = ppm_factor(data[name].attrs.get("units"), f"{source}: {name}")
    order = ("time", _layer_dim(data, name, source), "latitude", "longitude")
    field = data[name].transpose(*order).values  # once: files are often compressed
    times = np.arange(len(field))
    rows = [
        field[times, layer, box["latitude"], box["longitude"]]
        for box, layer in zip(boxes, layers, strict=True)
    ]
    values = factor * np.array(rows, dtype=float).T
    if not np.isfinite(values).all():
        raise InvalidInput(
            f"`{name}` of {source} has missing values at stations.",
            code="missing-values",
            where=f"{source}: {name}",
        )
    return values


def _layer_dim(data: xr.Dataset, name: str, source: str) -> str:
    """Name of the dim of the layers of a tracer."""
    others = [d for d in data[name].dims if d not in ("time", "latitude", "longitude")]
    if data[name].ndim != 4 or len(others) != 1:
        raise InvalidInput(
            f"`{name}` of {source} has dims {data[name].dims}; expected (time, layer, latitude, "
            "longitude).",
            code="wrong-dimensions",
            where=f"{source}: {name}",
        )
    return str(others[0])


def _layer(
    data: xr.Dataset,
    name: str,
    box: dict[str, int],
    stations: StationLocations,
    station: int,
    source: str,
) -> np.ndarray:
    """Position of the layer at the height of a station, shape (time,)."""
    layers = data.sizes[_layer_dim(data, name, source)]
    edges = _pressure_edges(data.isel(box), layers, source)
    from_top = edges[0, 0] < edges[0, -1]
    edges = edges[:, ::-1] if from_top else edges
    if (np.diff(edges, axis=1) >= 0.0).any():
        raise InvalidInput(
            f"{source}: the pressures of its layers do not fall from the ground to the top; a "
            "layer of negative thickness holds no air.",
            code="pressures-not-falling",
            where=f"{source}: pressure",
        )
    latitude, longitude, altitude = (values[station] for values in stations.coordinates)
    pressure = SEA_LEVEL * pressure_share(altitude)
    if on_ice(latitude, longitude, altitude, MOUNTAIN):
        pressure = np.inf
    if (pressure < edges[:, -1]).any():
        raise InvalidInput(
            f"{source}: station {stations.id[station]} at {altitude:g} m ({pressure / 100.0:.0f} "
            f"hPa) lies above the top of its layers ({edges[:, -1].max() / 100.0:.0f} hPa).",
            code="outside-grid",
            where=f"station '{stations.id[station]}'",
        )
    layer = np.maximum((edges > pressure).sum(axis=1) - 1, 0)
    return layers - 1 - layer if from_top else layer


def _pressure_edges(column: xr.Dataset, layers: int, source: str) -> np.ndarray:
    """Pressure at the edges of the layers of a column (Pa), shape (time, layer + 1)."""
    times = column.sizes["time"]
    if "pressure" in column and column["pressure"].shape[-1] == layers + 1:
        pressure = convert_units(column["pressure"].values, _units(column["pressure"], "Pa"), "Pa")
        return np.broadcast_to(pressure, (times, layers + 1))
    for a, b in HYBRID:
        if a in column and b in column and column[a].shape == (layers + 1,):
            default = "hPa" if a == "hyai" else "Pa"  # GEOS-Chem leaves out units at times
            fixed = convert_units(column[a].values, _units(column[a], default), "Pa")
            name = next((n for n in SURFACE_PRESSURE if n in column), None)
            ground = np.full(times, SEA_LEVEL)
            if name is not None:
                default = "hPa" if name.startswith("Met_") else "Pa"
                ground = convert_units(column[name].values, _units(column[name], default), "Pa")
            return fixed + column[b].values * np.broadcast_to(ground, (times,))[:, None]
    raise InvalidInput(
        f"{source} has no pressures at the edges of its {layers} layers: neither "
        f"`pressure` there, nor {', '.join(f'{a} and {b}' for a, b in HYBRID)}.",
        code="missing-variable",
        where=f"{source}: pressure",
    )


def _units(variable: xr.DataArray, default: str) -> str:
    return str(variable.attrs.get("units", default)).replace("mb", "hPa")
