"""Prescribed fluxes of fossil fuels and the ocean on the grid of the transport model."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ccdas_framework import Reference, data_file, netcdf_lock
from ccdas_framework.grids import distribute_zonally

from . import fossil_emissions, netcdf_files
from .cell_grid import TM2
from .inversions import COMPILED, INVERSIONS, MAP_OF_GCB, one_inversion, zonal

MONTHS_BEFORE = 48  # the transport table looks this far back; Rayner et al. (2005)
SECONDS_PER_DAY = 86400.0
KG_PER_PG = 1e12
FIRST_OCEAN_REGION = 12  # TransCom-3 regions 12 to 22 are ocean; Gurney et al. (2000)


def months_with_past(window: np.ndarray) -> np.ndarray:
    """The 48 months before a window of months, and the window; datetime64[M]."""
    return np.arange(window[0] - MONTHS_BEFORE, window[-1] + 1, dtype="datetime64[M]")


def write_prescribed(
    path: Path,
    window: np.ndarray,
    data: Path | None,
    ocean: str = "CTE2018",
    fossil_fuel: str = MAP_OF_GCB,
    history: str = "",
) -> None:
    """Write the fossil and ocean fluxes of the window and the 48 months before it.

    The ocean is that of an inversion, published by latitude and distributed evenly over the sea of
    each latitude. Fossil fuel is the CDIAC map scaled to the Global Carbon Budget, without a season
    (`fossil_emissions.emissions`), or that of the same inversion, distributed along each latitude
    as in the map of the year. An amount where the pattern of a latitude is zero (ships, small seas)
    is distributed evenly around the globe.

    Args:
        path: where.
        window: months, datetime64[M].
        data: folder of published data.
        ocean: name of an inversion.
        fossil_fuel: "CDIAC", or the same name.
        history: what makes the file.

    Raises:
        InvalidInput: fluxes of two inversions, or months that the data do not have.
    """
    one_inversion(ocean, fossil_fuel)
    months = months_with_past(window)
    years = months.astype("datetime64[Y]").astype(int) + 1970
    if fossil_fuel == MAP_OF_GCB:
        each = np.unique(years)
        of_year = on_cells(fossil_emissions.emissions(data, each)) / seconds(each.astype(str), "Y")
        burnt = of_year[np.searchsorted(each, years)]
        source = "fossil: CDIAC NDP-058.2016 scaled to the Global Carbon Budget 2020"
    else:
        map_of_year = fossil_emissions.map_of_years(data, years)
        burnt = yearly_rate(laid(zonal(data, fossil_fuel, "fossil", months), map_of_year))
        source = f"fossil: {INVERSIONS[fossil_fuel][0]} by latitude, CDIAC map along it"
    exchanged = yearly_rate(laid(zonal(data, ocean, "ocean", months), sea_mask(data)))
    attributes = {
        "title": f"Prescribed fluxes: fossil emissions, and the ocean of {INVERSIONS[ocean][0]}",
        "source": f"{source}; ocean: {INVERSIONS[ocean][0]} by latitude, TransCom-3 sea along it",
        "credits": (
            f"{INVERSIONS[ocean][1]}; {COMPILED}; Andres, Boden and Marland (2016), "
            "doi:10.3334/CDIAC/ffe.ndp058.2016; Friedlingstein et al. (2020), "
            "doi:10.5194/essd-12-3269-2020; Gurney et al. (2000)"
        ),
        "synthetic": "no; the distribution along each latitude is by rule",
        "history": history,
    }
    values = {
        "fossil": burnt / TM2.cell_area(),
        "ocean": exchanged / TM2.cell_area(),
    }
    netcdf_files.write_fluxes(path, months, values, attributes)


def seconds(periods: np.ndarray, unit: str) -> np.ndarray:
    """Length of calendar years ("Y") or months ("M") in s, shape (period, 1, 1)."""
    first = np.asarray(periods, f"datetime64[{unit}]")
    days = (first + 1).astype("datetime64[D]") - first.astype("datetime64[D]")
    return days.astype(float)[:, None, None] * SECONDS_PER_DAY


def yearly_rate(amounts: np.ndarray) -> np.ndarray:
    """Cell totals (kgC s-1) of rates in PgC yr-1 on a grid of one degree."""
    return on_cells(amounts) / (365.25 * SECONDS_PER_DAY)


def sea_mask(data: Path | None) -> np.ndarray:
    """1 at sea, 0 on land, on a grid of one degree from south to north."""
    import xarray as xr  # slow to import

    with netcdf_lock, xr.open_dataset(data_file(data, "co2/transcom3_regions_1x1.nc")) as file:
        region = file["region"].sortby("lat").sortby("lon").values
    return (region >= FIRST_OCEAN_REGION).astype(float)


def laid(flux: Reference, pattern: np.ndarray) -> np.ndarray:
    """A flux by latitude, of one name, laid along a pattern on a grid of one degree (PgC yr-1)."""
    return distribute_zonally(flux.values[0], flux.south, flux.north, pattern, weight="degrees")


def on_cells(amounts: np.ndarray) -> np.ndarray:
    """Totals of the cells of the transport grid (kgC yr-1), from PgC yr-1 on one degree."""
    halves = np.repeat(np.repeat(amounts, 2, axis=1), 2, axis=2) / 4.0  # to the 0.5 degree grid
    return np.stack([TM2.cell_sum(one).reshape(TM2.shape) for one in halves]) * KG_PER_PG
