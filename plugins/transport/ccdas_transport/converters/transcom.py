"""Responses to the basis functions of TransCom 3, level 2: a month's pulse of each region."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ccdas_framework import InvalidInput

from ..constants import DAYS_OF_MONTH, KG_PER_PGC
from ..jacobian import TransportJacobian
from ..jacobian_grid import JacobianGrid
from ..netcdf_input import open_netcdf
from ..station_locations import StationLocations
from .model_output import lower_case_names, station_columns
from .pulse_responses import cyclic_responses, pulse_jacobian
from .region_patterns import read_patterns

VARIABLE = "tracer_data_month"
PULSE_RATE = 1.0  # PgC yr-1 during the month of a pulse; Gurney et al. (2000), CSU Paper 707
FIRST_MONTH = np.datetime64("2001-01")  # of a year without 29 February; the runs are cyclic


def transcom_jacobian(
    path: Path,
    stations: StationLocations,
    grid: JacobianGrid,
    patterns: Path | None,
    rate: float = PULSE_RATE,
) -> TransportJacobian:
    """The Jacobian of a response file of TransCom 3.

    The variable `tracer_data_month` has dims in the order (month of the run, month of the pulse,
    region, station), in ppm. The initial level (350 ppm in many runs), which is the value before
    the pulse of December, is subtracted.

    Args:
        path: netCDF file.
        stations: stations of the Jacobian. Their ids are looked up in `site_name`, in any case of
            letters. A file without names needs all of its stations, in its order.
        grid: boxes and months of the sources, and mass of the air.
        patterns: file of the regions' flux patterns, as for `read_patterns`.
        rate: rate of a pulse (PgC yr-1).

    Raises:
        InvalidInput: the file has another form.

    Source: Gurney et al. (2000), TransCom 3 experimental protocol, CSU Paper 707; (2004), Global
        Biogeochem. Cycles 18, GB1010.
    """
    path = Path(path)
    if patterns is None:
        raise InvalidInput(
            f"transcom: the responses of {path} are those of regions. Give the file of their flux "
            "patterns with --patterns.",
            code="missing-option",
            where="--patterns",
        )
    source = f"transcom: {path}"
    regions = read_patterns(patterns)
    with open_netcdf(path, "transcom") as data:
        if VARIABLE not in data or data[VARIABLE].ndim != 4 or data[VARIABLE].shape[1] != 12:
            content = data[VARIABLE].dims if VARIABLE in data else ", ".join(str(n) for n in data)
            raise InvalidInput(
                f"{source} needs a variable `{VARIABLE}` with the dims month of the run, month of "
                f"the pulse (12), region, station, in this order; it has {content}.",
                code="wrong-dimensions" if VARIABLE in data else "missing-variable",
                where=f"{source}: {VARIABLE}",
            )
        table = data[VARIABLE].values.astype(float)
        names = lower_case_names(data["site_name"].values) if "site_name" in data else None
    if table.shape[2] != len(regions.name):
        raise InvalidInput(
            f"{source} has {table.shape[2]} regions, the patterns of {patterns} are of "
            f"{len(regions.name)}. Give the patterns of these responses.",
            code="wrong-length",
            where="--patterns",
        )
    table = table[..., _columns(stations, names, table.shape[3], source)]
    table = table - _initial_level(table, source)
    emitted = rate * KG_PER_PGC * DAYS_OF_MONTH / 365.0  # kgC, of each month's pulse
    response = (table / emitted[None, :, None, None]).transpose(1, 2, 0, 3)
    count = len(regions.name)
    cyclic = cyclic_responses(
        FIRST_MONTH + np.arange(table.shape[0]),
        np.repeat(FIRST_MONTH + np.arange(12), count),
        np.tile(np.arange(count), 12),
        response.reshape(12 * count, *table.shape[::3]),
        regions.name,
        stations.id,
        grid.memory_months,
        source,
    )
    return pulse_jacobian(stations.id, cyclic, regions, grid, source)


def _columns(
    stations: StationLocations, names: list[str] | None, count: int, source: str
) -> np.ndarray:
    """Position in the file of each station."""
    if names is None:
        if len(stations) != count:
            raise InvalidInput(
                f"{source} has {count} stations without names, --stations has {len(stations)}. "
                "Give all of them in the order of the file (as in the protocol's list), or a file "
                "with `site_name`.",
                code="wrong-length",
                where="--stations",
            )
        return np.arange(count)
    return station_columns(stations, names, source)


def _initial_level(table: np.ndarray, source: str) -> float:
    """Initial mole fraction of the run (ppm): the value in January of the run of December."""
    level = table[0, 11]
    if not np.isfinite(table).all() or np.ptp(level) > 0.01:
        raise InvalidInput(
            f"{source}: in January the pulse of December reaches stations, from "
            f"{np.nanmin(level):g} to {np.nanmax(level):g} ppm, or values are missing. Dims must "
            "be month of the run, month of the pulse, region, station, in this order.",
            code="wrong-dimensions",
            where=f"{source}: {VARIABLE}",
        )
    return float(level.mean())
