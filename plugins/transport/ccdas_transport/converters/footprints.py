"""Footprints: what a receptor sees of fluxes before its time, on a regular grid."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from attrs import frozen

from ccdas_framework import InvalidInput, convert_units

from ..constants import KG_PER_PGC, MOLAR_MASS_CARBON
from ..grid import box_area, regridded
from ..jacobian import TransportJacobian
from ..netcdf_input import open_file
from ..regular_grid import on_file_grid

UNITS = "ppm umol-1 m2 s"  # ppm per (umol m-2 s-1)
UMOL_PER_KG = 1e9 / MOLAR_MASS_CARBON
SECOND = np.timedelta64(1, "s")


@frozen(eq=False)
class Footprint:
    """What one receptor sees.

    Args:
        station: its name.
        time: of the receptor, datetime64[s].
        start, end: of the intervals in which fluxes are seen, datetime64[s], shape (interval,).
        values: ppm per (umol m-2 s-1) during an interval, shape (interval, latitude, longitude).
        latitude_edges, longitude_edges: of the grid, ascending (degrees).
    """

    station: str
    time: np.datetime64
    start: np.ndarray
    end: np.ndarray
    values: np.ndarray
    latitude_edges: np.ndarray
    longitude_edges: np.ndarray


def read_footprints(path, stations):
    """Footprints of a file in the documented layout, one after the other.

    `footprint(receptor, time, latitude, longitude)`, ppm per (umol m-2 s-1), with `station` and
    `receptor_time` over `receptor`; `time` is how long before the receptor each interval begins
    ('hours' or 'days', 1, 2, ... or -1, -2, ...), evenly spaced.

    Args:
        path: netCDF file.
        stations: those wanted; footprints of others are left out.

    Raises:
        InvalidInput: the file has another layout or unit.
    """
    path = Path(path)
    where = f"footprint: {path}"
    with open_file(path, "footprint") as data:
        dims = data["footprint"].dims if "footprint" in data else ()
        of_receptor = all(n in data and data[n].ndim == 1 for n in ("station", "receptor_time"))
        if len(dims) != 4 or not {"receptor", "time"} <= set(dims) or not of_receptor:
            raise InvalidInput(
                f"{where} needs `footprint(receptor, time, latitude, longitude)` with `station` "
                "and `receptor_time` over `receptor`; it has "
                f"{', '.join(str(n) for n in data.variables)}."
            )
        data, *edges = on_file_grid(data, where)
        start, end = _intervals(data["time"], where)
        factor = unit_factor(data["footprint"].attrs.get("units"), where)
        times = data["receptor_time"].values
        if times.dtype.kind != "M":
            raise InvalidInput(
                f"{where}: `receptor_time` holds no dates of the standard calendar. Give CF units "
                "such as 'hours since 2010-01-01'."
            )
        table = data["footprint"].transpose("receptor", "time", "latitude", "longitude")
        names = [str(n.decode() if isinstance(n, bytes) else n) for n in data["station"].values]
        for row, (name, time) in enumerate(zip(names, times.astype("datetime64[s]"), strict=True)):
            if name in stations.id:
                values = without_gaps(table[row].values, factor, where)
                yield Footprint(name, time, time - start, time - end, values, *edges)


def unit_factor(units, where):
    """Factor that takes a sensitivity to ppm per (umol m-2 s-1)."""
    if units is None:
        raise InvalidInput(f"{where}: the footprint has no unit; expected '{UNITS}'.")
    try:
        return float(convert_units(1.0, str(units), UNITS))
    except InvalidInput as cause:
        raise InvalidInput(
            f"{where}: the footprint is in '{units}', expected '{UNITS}', that is ppm per "
            f"(umol m-2 s-1). {cause}"
        ) from cause


def without_gaps(values, factor, where):
    """Values times a factor, 0 where they are missing, in the precision of the file.

    Raises:
        InvalidInput: a value is negative or not finite; no receptor sees less of more.
    """
    values = np.where(np.isnan(values), np.zeros((), values.dtype), values)
    if values.size and not 0.0 <= values.min() <= values.max() < np.inf:
        raise InvalidInput(
            f"{where}: footprints run from {values.min():g} to {values.max():g}; expected none "
            "below 0. Give the value for missing ones as the attribute _FillValue."
        )
    return values if factor == 1.0 else values * factor


def _intervals(axis, where):
    """How long before the receptor intervals begin and end, timedelta64[s], both (time,)."""
    values = axis.values
    units = str(axis.attrs.get("units", "not given"))
    try:
        ages = np.abs(convert_units(values, units, "s"))
    except (InvalidInput, TypeError, ValueError):
        raise InvalidInput(
            f"{where}: `time` is how long before the receptor an interval begins, in 'hours' or "
            f"'days'; its units are '{units}'."
        ) from None
    steps = np.diff(ages)
    if len(ages) == 0 or (steps <= 0.0).any() or np.ptp(np.append(steps, ages[0])) > 1.0:
        raise InvalidInput(
            f"{where}: `time` must be even steps back from the receptor (1, 2, 3, ... hours), each "
            f"where an interval begins; it begins {values[:3]}."
        )
    step = ages[0]
    return tuple(np.round(a).astype(int) * SECOND for a in (ages, ages - step))


def footprint_jacobian(footprints, stations, grid, memory, pgc_per_ppm, older, where):
    """The Jacobian of footprints: means over the receptors of each calendar month.

    A kgC emitted evenly in a box during a month is a flux of 1 / (A T) kgC m-2 s-1, so

        J(s, m, n, g) = mean_receptors sum_{intervals in month m-n} f(g) u / (A_g T_{m-n})
                        + rest(s, m, n, g) older(s, m, n, g),       u = 1e9/12.011 umol kg-1

    `rest` is the share of the month before the observation, and of the box, that the footprints
    do not reach; there another Jacobian stands, or the well-mixed value.

    Args:
        footprints: iterable of `Footprint`.
        stations: all need a receptor in each calendar month.
        grid: transport grid.
        memory: months since the emission.
        pgc_per_ppm: PgC ppm-1.
        older: another Jacobian of these stations on this grid, or None.
        where: the file, for sentences.

    Raises:
        InvalidInput: a station has no receptor in some calendar month.
    """
    index = {name: row for row, name in enumerate(stations.id)}
    shape = (len(stations), 12, memory, *grid.area.shape)
    seen, rest = np.zeros(shape), np.zeros(shape)
    count = np.zeros(shape[:2])
    for one in footprints:
        row, of_year = index[one.station], one.time.astype("datetime64[M]").astype(int) % 12
        count[row, of_year] += 1
        inside = _covered(one, grid)
        for lag, first, length, before in months_back(one.time, memory):
            share = _overlap(one, first, length)  # of each interval, in this month
            if share.any():
                seen_then = share > 0.0
                of_month = np.einsum("i,iab->ab", share[seen_then], one.values[seen_then])
                moved = regridded(of_month, one.latitude_edges, one.longitude_edges, grid)
                seen[row, of_year, lag] += moved * UMOL_PER_KG / (grid.area * length)
            reached = (share * (one.end - one.start) / SECOND).sum() / length
            rest[row, of_year, lag] += before - reached * inside
    _check_complete(stations, count, where)
    receptors = count[:, :, None, None, None]
    well_mixed = 1.0 / (pgc_per_ppm * KG_PER_PGC)
    beyond = np.full((1, 1, memory, 1, 1), well_mixed)
    if (
        older is not None
    ):  # per share of the month that had passed: half of it, on average, at lag 0
        beyond = older.response * np.where(np.arange(memory) == 0, 2.0, 1.0)[:, None, None]
    response = (seen + np.maximum(rest, 0.0) * beyond) / receptors
    return TransportJacobian(stations.id, grid, response, well_mixed)


def months_back(time, memory):
    """The month of a time and those before it.

    Yields:
        whole months back, first moment, length (s), share of it that is before the time.
    """
    month = time.astype("datetime64[M]")
    for lag in range(memory):
        first = (month - lag).astype("datetime64[s]")
        length = ((month - lag + 1).astype("datetime64[s]") - first) / SECOND
        yield lag, first, length, min((time - first) / SECOND / length, 1.0)


def _overlap(one, first, length):
    """Share of each interval of a footprint that lies in a month, shape (interval,)."""
    begin, end = ((edge - first) / SECOND for edge in (one.start, one.end))
    inside = np.minimum(end, length) - np.maximum(begin, 0.0)
    return np.maximum(inside, 0.0) / (end - begin)


def _covered(one, grid):
    """Share of each box that the grid of a footprint covers, shape (latitude, longitude)."""
    area = box_area(one.latitude_edges, one.longitude_edges)
    return regridded(area, one.latitude_edges, one.longitude_edges, grid) / grid.area


def _check_complete(stations, count, where):
    """Refuse stations without a receptor in some calendar month."""
    gaps = [
        f"{name} (months {', '.join(str(m + 1) for m in np.flatnonzero(count[row] == 0))})"
        for row, name in enumerate(stations.id)
        if (count[row] == 0).any()
    ]
    if gaps:
        raise InvalidInput(
            f"{where}: no receptor for {'; '.join(gaps)}. A cyclic year needs footprints of every "
            "calendar month; leave these stations out, or add the footprints."
        )
