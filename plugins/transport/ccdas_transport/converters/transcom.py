"""Responses to the basis functions of TransCom 3, level 2: a month's pulse of each region."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ccdas_framework import InvalidInput

from ..constants import DAYS_OF_MONTH, KG_PER_PGC
from ..netcdf_input import open_file
from .model_output import positions, texts
from .pulse_responses import by_calendar, pulse_jacobian
from .region_patterns import read_patterns

VARIABLE = "tracer_data_month"
RATE = 1.0  # PgC yr-1 during the month of a pulse; Gurney et al. (2000), CSU Paper 707
FIRST = np.datetime64("2001-01")  # of a year without 29 February; the runs are cyclic


def transcom_jacobian(path, stations, grid, memory, pgc_per_ppm, patterns, rate=RATE):
    """The Jacobian of a response file of TransCom 3.

    The variable `tracer_data_month` has dims in the order (month of the run, month of the pulse,
    region, station), in ppm; a level on which the run began (350 ppm in many) is taken off, as
    seen before the pulse of December.

    Args:
        path: netCDF file.
        stations: those wanted. Their ids are looked up in `site_name`, in any case of letters; a
            file without names needs all of its stations, in its order.
        grid: transport grid.
        memory: months since the emission that are kept; later ones are well mixed.
        pgc_per_ppm: PgC ppm-1.
        patterns: file of the regions' flux patterns, as `read_patterns` takes it.
        rate: of a pulse (PgC yr-1).

    Raises:
        InvalidInput: what the file holds is not this.

    Source: Gurney et al. (2000), TransCom 3 experimental protocol, CSU Paper 707; (2004), Global
        Biogeochem. Cycles 18, GB1010.
    """
    path = Path(path)
    if patterns is None:
        raise InvalidInput(
            f"transcom: the responses of {path} are those of regions. Give the file of their flux "
            "patterns with --patterns."
        )
    where = f"transcom: {path}"
    regions = read_patterns(patterns)
    with open_file(path, "transcom") as data:
        if VARIABLE not in data or data[VARIABLE].ndim != 4 or data[VARIABLE].shape[1] != 12:
            found = data[VARIABLE].dims if VARIABLE in data else ", ".join(str(n) for n in data)
            raise InvalidInput(
                f"{where} needs a variable `{VARIABLE}` with the dims month of the run, month of "
                f"the pulse (12), region, station, in this order; it has {found}."
            )
        table = data[VARIABLE].values.astype(float)
        names = texts(data["site_name"].values) if "site_name" in data else None
    if table.shape[2] != len(regions.name):
        raise InvalidInput(
            f"{where} has {table.shape[2]} regions, the patterns of {patterns} are of "
            f"{len(regions.name)}. Give the patterns that the responses were made with."
        )
    table = table[..., _columns(stations, names, table.shape[3], where)]
    table = table - _level(table, where)
    emitted = rate * KG_PER_PGC * DAYS_OF_MONTH / 365.0  # kgC, of each month's pulse
    response = (table / emitted[None, :, None, None]).transpose(1, 2, 0, 3)
    count = len(regions.name)
    of_calendar = by_calendar(
        FIRST + np.arange(table.shape[0]),
        np.repeat(FIRST + np.arange(12), count),
        np.tile(np.arange(count), 12),
        response.reshape(12 * count, *table.shape[::3]),
        regions.name,
        stations.id,
        memory,
        where,
    )
    return pulse_jacobian(stations.id, of_calendar, regions, grid, pgc_per_ppm, where)


def _columns(stations, names, count, where):
    """Position in the file of each station that is wanted."""
    if names is None:
        if len(stations) != count:
            raise InvalidInput(
                f"{where} has {count} stations without names, {len(stations)} were given. Give all "
                "of them in the order of the file (as in the protocol's list), or a file with "
                "`site_name`."
            )
        return np.arange(count)
    return positions(stations, names, where)


def _level(table, where):
    """What the run began with (ppm): the value in January where December emits."""
    level = table[0, 11]
    if not np.isfinite(table).all() or np.ptp(level) > 0.01:
        raise InvalidInput(
            f"{where}: in January stations see the pulse of December, from {np.nanmin(level):g} to "
            f"{np.nanmax(level):g} ppm, or values are missing. Dims must be month of the run, "
            "month of the pulse, region, station, in this order."
        )
    return float(level.mean())
