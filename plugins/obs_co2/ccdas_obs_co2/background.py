"""Prescribed emissions: fossil fuel, ocean and land use, from a file or from round numbers."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from ccdas_transport import (
    DAYS_OF_MONTH,
    KG_PER_PGC,
    SECONDS_PER_DAY,
    TransportGrid,
    calendar_months,
    carbon_factor,
    carbon_flux,
    land_share,
    open_netcdf,
    regridded,
)

from ccdas_framework import InvalidInput, regular_grid, with_carbon
from ccdas_framework.grids import days_in_month, grid_area

KINDS = ("fossil", "ocean", "land_use")
YEAR = 12  # months of a file, at least
UNITS, PLAIN = "kgC m-2 s-1", "kg m-2 s-1"

# Fossil emissions (PgC yr-1), rounded: Friedlingstein et al. (2020), Earth Syst. Sci. Data 12,
# 3269-3340, to 2009; the decade of 2010 as in its earlier editions (Le Quere et al.). A year
# outside takes the nearest.
FOSSIL = {
    2000: 6.9, 2001: 6.9, 2002: 7.1, 2003: 7.4, 2004: 7.8, 2005: 8.0, 2006: 8.3, 2007: 8.5,
    2008: 8.7, 2009: 8.6, 2010: 9.1, 2011: 9.5, 2012: 9.6, 2013: 9.7, 2014: 9.8, 2015: 9.9,
}  # fmt: skip
LAND_USE = 1.0  # PgC yr-1, mean of the decade, to the atmosphere; Global Carbon Budget
OCEAN = -2.6  # PgC yr-1, mean of the decade; Global Carbon Budget


def default_patterns(grid: TransportGrid) -> dict[str, np.ndarray]:
    """Distribution of the emissions of each kind, with sum one, shape (latitude, longitude).

    Fossil: land, weighted by exp(-((latitude - 42)/10)^2); land use: land from 20 S to 12 N;
    ocean: sea from 70 S to 70 N. Own choice, for use without data.
    """
    land = land_share(grid)
    latitude = grid.latitude[:, None]
    weight = {
        "fossil": grid.area * land * np.exp(-(((latitude - 42.0) / 10.0) ** 2)),
        "ocean": grid.area * (1.0 - land) * (np.abs(latitude) < 70.0),
        "land_use": grid.area * land * ((latitude > -20.0) & (latitude < 12.0)),
    }
    return {kind: w / w.sum() for kind, w in weight.items()}


def default_emissions(
    kinds: Sequence[str], months: np.ndarray, grid: TransportGrid
) -> dict[str, np.ndarray]:
    """Emissions without data by kind (kgC per month), (month, latitude, longitude) each.

    Args:
        kinds: names in KINDS.
        months: datetime64[M], shape (month,).
        grid: transport grid.
    """
    years = months.astype("datetime64[Y]").astype(int) + 1970
    fossil = np.interp(years, list(FOSSIL), list(FOSSIL.values()))
    yearly = {
        "fossil": fossil,
        "ocean": np.full(len(months), OCEAN),
        "land_use": np.full(len(months), LAND_USE),
    }
    patterns, mass = default_patterns(grid), month_mass(months)
    return {kind: (yearly[kind] * mass)[:, None, None] * patterns[kind] for kind in kinds}


def month_mass(months: np.ndarray) -> np.ndarray:
    """Mass of each month (kgC) at a rate of 1 PgC yr-1, shape (month,); February has 28 days."""
    return np.asarray(KG_PER_PGC * DAYS_OF_MONTH[months.astype(int) % 12] / 365.0)


def read_emissions(
    path: Path | str, kinds: Sequence[str], months: np.ndarray, grid: TransportGrid
) -> dict[str, np.ndarray]:
    """Emissions of a file by kind (kgC per month), (month, latitude, longitude) each.

    The file has variables `fossil`, `ocean`, `land_use` (those that are switched on), dims (time,
    latitude, longitude), kgC m-2 s-1 or what converts to it, to the atmosphere, one value a
    calendar month, on a regular grid in any order. A plain kg is of carbon.

    Args:
        path: netCDF file.
        kinds: names in KINDS.
        months: months of the result, datetime64[M], shape (month,). Where the file starts later,
            its first year is repeated, with a warning.
        grid: transport grid.

    Raises:
        InvalidInput: a variable is absent, a unit does not convert, numbers are missing or too
            large for a flux, months are not complete, or the file ends before the window does.
    """
    source = f"prescribed fluxes: {path}"
    if not Path(path).exists():
        raise InvalidInput(
            f"no file of prescribed fluxes at {path}. Give the path of one in "
            "`background`, or leave the setting out to use round numbers.",
            code="missing-file",
            where=source,
        )
    with open_netcdf(Path(path), "prescribed fluxes") as data:
        absent = [kind for kind in kinds if kind not in data]
        if absent:
            raise InvalidInput(
                f"{path} has no variable {', '.join(repr(a) for a in absent)}; it "
                f"has {', '.join(str(n) for n in data.data_vars)}. Add it, or switch it off: "
                f"{', '.join(f'{a} = false' for a in absent)}.",
                code="missing-variable",
                where=f"{source}: {absent[0]}",
            )
        file_months = calendar_months(data, source, monthly=True)
        if len(file_months) < YEAR:
            raise InvalidInput(
                f"{source}: the times are not at least twelve months. Give one value for every "
                "calendar month, with CF time units.",
                code="months-not-consecutive",
                where=f"{source}: time",
            )
        data, file_grid = regular_grid(data, source)
        edges = file_grid.edges
        fluxes = {}
        for kind in kinds:
            variable = f"{source}: {kind}"
            attributes = dict(data[kind].attrs)
            if attributes.get("units") == PLAIN:  # of carbon, unless the standard name says CO2
                attributes["units"] = with_carbon(PLAIN, str(attributes.get("standard_name", "")))
                attributes["units"] = attributes["units"].replace(PLAIN, UNITS)
            factor = carbon_factor(attributes, variable)
            fluxes[kind] = carbon_flux(data[kind], factor, file_months, variable)
    seconds = SECONDS_PER_DAY * days_in_month(file_months)
    area, position = grid_area(*edges), _positions(source, file_months, months)
    return {
        kind: regridded(flux * seconds[:, None, None] * area, *edges, grid)[position]
        for kind, flux in fluxes.items()
    }


def _positions(source: str, file_months: np.ndarray, months: np.ndarray) -> np.ndarray:
    """Position in the file of each month."""
    position = (months - file_months[0]).astype(int)
    if position.max() >= len(file_months):
        raise InvalidInput(
            f"{source}: the fluxes end in {file_months[-1]}, the window in {months[-1]}. "
            f"They must reach from {months[0]} to {months[-1]}.",
            code="months-missing",
            where=f"{source}: time",
        )
    if position.min() < 0:
        warnings.warn(
            f"stream 'co2': {source}: the fluxes start in {file_months[0]}, {months[0]} is needed. "
            "Their first year is repeated for the months before.",
            stacklevel=2,
        )
    return np.where(position < 0, position % 12, position)
