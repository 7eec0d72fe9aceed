"""Footprints: response of a receptor to earlier fluxes, on a regular grid."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from attrs import frozen

from ccdas_framework import InvalidInput, convert_units, regular_grid
from ccdas_framework.grids import grid_area

from ..constants import MOLAR_MASS_CARBON
from ..grid import TransportGrid, regridded
from ..jacobian import TransportJacobian
from ..jacobian_grid import JacobianGrid
from ..netcdf_input import open_netcdf, station_names
from ..station_locations import StationLocations

if TYPE_CHECKING:
    import xarray as xr

UNITS = "ppm umol-1 m2 s"  # ppm per (umol m-2 s-1)
UMOL_PER_KG = 1e9 / MOLAR_MASS_CARBON
SECOND = np.timedelta64(1, "s")


@frozen(eq=False)
class Footprint:
    """Response of one receptor to earlier fluxes.

    Args:
        station: name of its station.
        time: time of the receptor, datetime64[s].
        start, end: limits of the intervals of the fluxes, datetime64[s], shape (interval,).
        values: ppm per (umol m-2 s-1) during an interval, shape (interval, latitude, longitude).
        latitude_edges, longitude_edges: edges of the grid, ascending (degrees).
    """

    station: str
    time: np.datetime64
    start: np.ndarray
    end: np.ndarray
    values: np.ndarray
    latitude_edges: np.ndarray
    longitude_edges: np.ndarray


def read_footprints(path: Path, stations: StationLocations) -> Iterator[Footprint]:
    """Footprints of a file in the documented layout.

    `footprint(receptor, time, latitude, longitude)`, ppm per (umol m-2 s-1), with `station` and
    `receptor_time` over `receptor`. `time` is the age of each interval at its beginning ('hours' or
    'days', 1, 2, ... or -1, -2, ...), evenly spaced.

    Args:
        path: netCDF file.
        stations: stations of the Jacobian. Footprints of other stations do not count.

    Yields:
        Footprints, receptor by receptor.

    Raises:
        InvalidInput: the file has another layout or unit.
    """
    path = Path(path)
    source = f"footprint: {path}"
    with open_netcdf(path, "footprint") as data:
        dims = data["footprint"].dims if "footprint" in data else ()
        has_receptors = all(n in data and data[n].ndim == 1 for n in ("station", "receptor_time"))
        if len(dims) != 4 or not {"receptor", "time"} <= set(dims) or not has_receptors:
            raise InvalidInput(
                f"{source} needs `footprint(receptor, time, latitude, longitude)` with `station` "
                "and `receptor_time` over `receptor`; it has "
                f"{', '.join(str(n) for n in data.variables)}.",
                code="missing-variable",
                where=f"{source}: footprint",
            )
        data, file_grid = regular_grid(data, source)
        edges = file_grid.edges
        start, end = _interval_ages(data["time"], source)
        factor = unit_factor(data["footprint"].attrs.get("units"), source)
        times = data["receptor_time"].values
        if times.dtype.kind != "M":
            raise InvalidInput(
                f"{source}: `receptor_time` holds no dates of the standard calendar. Give CF units "
                "such as 'hours since 2010-01-01'.",
                code="wrong-units",
                where=f"{source}: receptor_time",
            )
        table = data["footprint"].transpose("receptor", "time", "latitude", "longitude")
        names = station_names(data, source)
        for row, (name, time) in enumerate(zip(names, times.astype("datetime64[s]"), strict=True)):
            if name in stations.id:
                values = filled_values(table[row].values, factor, source)
                yield Footprint(name, time, time - start, time - end, values, *edges)


def unit_factor(units: Any, source: str) -> float:
    """Factor from the unit of a footprint to ppm per (umol m-2 s-1)."""
    where = f"{source}: footprint"
    if units is None:
        raise InvalidInput(
            f"{source}: the footprint has no unit; expected '{UNITS}'.",
            code="missing-units",
            where=where,
        )
    try:
        return float(convert_units(1.0, str(units), UNITS))
    except InvalidInput as cause:
        raise InvalidInput(
            f"{source}: the footprint is in '{units}', expected '{UNITS}', that is ppm per "
            f"(umol m-2 s-1). {cause}",
            code="wrong-units",
            where=where,
        ) from cause


def filled_values(values: np.ndarray, factor: float, source: str) -> np.ndarray:
    """Values times a factor, 0 where they are missing, in the precision of the file.

    Raises:
        InvalidInput: a value is negative or not finite.
    """
    values = np.where(np.isnan(values), np.zeros((), values.dtype), values)
    if values.size and not 0.0 <= values.min() <= values.max() < np.inf:
        raise InvalidInput(
            f"{source}: footprints run from {values.min():g} to {values.max():g}; expected none "
            "below 0. Give the value for missing ones as the attribute _FillValue.",
            code="negative-footprint",
            where=f"{source}: footprint",
        )
    return values if factor == 1.0 else values * factor


def _interval_ages(axis: xr.DataArray, source: str) -> tuple[np.ndarray, np.ndarray]:
    """Age of the intervals at their beginning and end, timedelta64[s], both (time,)."""
    values = axis.values
    where = f"{source}: time"
    units = str(axis.attrs.get("units", "not given"))
    try:
        ages = np.abs(convert_units(values, units, "s"))
    except (InvalidInput, TypeError, ValueError):
        raise InvalidInput(
            f"{source}: `time` is the time from the beginning of an interval to the receptor, in "
            f"'hours' or 'days'; its units are '{units}'.",
            code="wrong-units",
            where=where,
        ) from None
    steps = np.diff(ages)
    if len(ages) == 0 or (steps <= 0.0).any() or np.ptp(np.append(steps, ages[0])) > 1.0:
        raise InvalidInput(
            f"{source}: `time` must be even steps back from the receptor (1, 2, 3, ... hours), "
            f"each at the beginning of an interval; it begins {values[:3]}.",
            code="uneven-times",
            where=where,
        )
    step = ages[0]
    begin, end = (np.round(a).astype(int) * SECOND for a in (ages, ages - step))
    return begin, end


def footprint_jacobian(
    footprints: Iterable[Footprint],
    stations: StationLocations,
    grid: JacobianGrid,
    older: TransportJacobian | None,
    source: str,
) -> TransportJacobian:
    """The Jacobian of footprints: means over the receptors of each calendar month.

    A kgC emitted evenly in a box during a month is a flux of 1 / (A T) kgC m-2 s-1, so

        J(s, m, n, g) = mean_receptors sum_{intervals in month m-n} f(g) u / (A_g T_{m-n})
                        + unreached(s, m, n, g) older(s, m, n, g),       u = 1e9/12.011 umol kg-1

    `unreached` is the share of the month before the observation, and of the box, that the
    footprints do not reach. There another Jacobian counts, or the well-mixed value.

    Args:
        footprints: footprints of all receptors.
        stations: stations of the Jacobian. Each needs a receptor in each calendar month.
        grid: boxes and months of the sources, and mass of the air.
        older: another Jacobian of these stations on this grid, or None.
        source: kind and path of the footprints, for messages.

    Raises:
        InvalidInput: a station has no receptor in some calendar month.
    """
    index = {name: row for row, name in enumerate(stations.id)}
    boxes, memory = grid.boxes, grid.memory_months
    area = boxes.area
    shape = (len(stations), 12, memory, *area.shape)
    reached, unreached = np.zeros(shape), np.zeros(shape)
    count = np.zeros(shape[:2])
    for footprint in footprints:
        row = index[footprint.station]
        calendar = footprint.time.astype("datetime64[M]").astype(int) % 12
        count[row, calendar] += 1
        coverage = _coverage(footprint, boxes)
        for lag, first, length, before in months_back(footprint.time, memory):
            share = _month_share(footprint, first, length)  # of each interval, in this month
            if share.any():
                inside = share > 0.0
                month_sum = np.einsum("i,iab->ab", share[inside], footprint.values[inside])
                on_boxes = regridded(
                    month_sum, footprint.latitude_edges, footprint.longitude_edges, boxes
                )
                reached[row, calendar, lag] += on_boxes * UMOL_PER_KG / (area * length)
            duration = (share * (footprint.end - footprint.start) / SECOND).sum() / length
            unreached[row, calendar, lag] += before - duration * coverage
    _check_complete(stations, count, source)
    receptors = count[:, :, None, None, None]
    beyond = np.full((1, 1, memory, 1, 1), grid.well_mixed)
    if older is not None:
        # per share of the month before the observation: half of it, on average, at lag 0
        beyond = older.response * np.where(np.arange(memory) == 0, 2.0, 1.0)[:, None, None]
    response = (reached + np.maximum(unreached, 0.0) * beyond) / receptors
    return TransportJacobian(stations.id, boxes, response, grid.well_mixed)


def months_back(
    time: np.datetime64, memory: int
) -> Iterator[tuple[int, np.datetime64, float, float]]:
    """The month of a time and the months before it.

    Yields:
        whole months back, first moment, length (s), share of it that is before the time.
    """
    month = time.astype("datetime64[M]")
    for lag in range(memory):
        first = (month - lag).astype("datetime64[s]")
        length = ((month - lag + 1).astype("datetime64[s]") - first) / SECOND
        yield lag, first, length, min((time - first) / SECOND / length, 1.0)


def _month_share(footprint: Footprint, first: np.datetime64, length: float) -> np.ndarray:
    """Share of each interval of a footprint that lies in a month, shape (interval,)."""
    begin, end = ((edge - first) / SECOND for edge in (footprint.start, footprint.end))
    inside = np.minimum(end, length) - np.maximum(begin, 0.0)
    return np.maximum(inside, 0.0) / (end - begin)


def _coverage(footprint: Footprint, grid: TransportGrid) -> np.ndarray:
    """Share of each box inside the grid of a footprint, shape (latitude, longitude)."""
    edges = footprint.latitude_edges, footprint.longitude_edges
    return regridded(grid_area(*edges), *edges, grid) / grid.area


def _check_complete(stations: StationLocations, count: np.ndarray, source: str) -> None:
    """Refuse stations without a receptor in some calendar month."""
    incomplete = np.flatnonzero((count == 0).any(axis=1))
    if len(incomplete):
        gaps = [
            f"{stations.id[row]} "
            f"(months {', '.join(str(m + 1) for m in np.flatnonzero(count[row] == 0))})"
            for row in incomplete
        ]
        raise InvalidInput(
            f"{source}: no receptor for {'; '.join(gaps)}. A cyclic year needs footprints of every "
            "calendar month; leave these stations out, or add the footprints.",
            code="months-missing",
            where=f"station '{stations.id[incomplete[0]]}'",
        )
