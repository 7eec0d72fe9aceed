"""Prescribed fluxes of fossil fuels and the ocean on the grid of the transport model."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..core.domain import Array
from ..core.errors import InvalidInput
from . import files, grid

MONTHS_BEFORE = 48  # the transport table looks this far back; Rayner et al. (2005)
SECONDS_PER_YEAR = 365.25 * 86400.0
KG_PER_PG = 1e12
FIRST_OCEAN_REGION = 12  # TransCom-3 regions 12 to 22 are ocean; Gurney et al. (2000)


def months_with_past(window: Array) -> Array:
    """The 48 months before a window of months, and the window; datetime64[M]."""
    return np.arange(window[0] - MONTHS_BEFORE, window[-1] + 1, dtype="datetime64[M]")


def write_cte2018(path: Path, window: Array, data: Path | None) -> None:
    """Write the fossil and ocean fluxes of CarbonTracker Europe 2018.

    They are published by latitude; along a latitude fossil emissions follow the CDIAC map of the
    year (the last one after 2013) and the ocean flux is even over the sea. What a latitude has but
    its pattern has not (ships, small seas) is laid evenly around the globe.

    Args:
        path: where.
        window: months, datetime64[M].
        data: folder of published data.
    """
    import xarray as xr  # slow to import

    months = months_with_past(window)
    with xr.open_dataset(files.data_file(data, "co2/zonal_flux_CTE2018.nc")) as file:
        published = file["time"].values.astype("datetime64[M]")
        index = _index_of(months, published, path="co2/zonal_flux_CTE2018.nc")
        step = np.abs(np.diff(file["lat"].values).mean())  # degrees
        order = np.argsort(file["lat"].values)
        zonal = {
            "fossil": file["SFCO2_FFF"].values[index][:, order] * step,
            "ocean": file["SFCO2_OCN"].values[index][:, order] * step,
        }
    with xr.open_dataset(files.data_file(data, "co2/cdiac_fossil_1x1_2000_2013.nc")) as file:
        maps = file["fossil_co2"].sortby("lat")
        years = months.astype("datetime64[Y]").astype(int) + 1970
        fossil_map = maps.sel(year=np.minimum(years, int(maps.year.max()))).values
    with xr.open_dataset(files.data_file(data, "co2/transcom3_regions_1x1.nc")) as file:
        sea = (file["region"].sortby("lat").values >= FIRST_OCEAN_REGION).astype(float)
    values = {
        "fossil": _on_grid(zonal["fossil"], fossil_map),
        "ocean": _on_grid(zonal["ocean"], np.broadcast_to(sea, fossil_map.shape)),
    }
    attributes = {
        "title": "Prescribed fluxes: fossil emissions and ocean of CarbonTracker Europe 2018",
        "source": "CTE2018 by latitude; CDIAC NDP-058.2016 and TransCom-3 sea mask along longitude",
        "credits": (
            "van der Laan-Luijkx et al. (2017); Long et al. (2021), doi:10.1126/science.abi4355; "
            "Andres, Boden and Marland (2016), doi:10.3334/CDIAC/ffe.ndp058.2016; Gurney et al. "
            "(2000)"
        ),
        "synthetic": "no; the distribution along each latitude is by rule",
        "history": "ccdas_framework.inputs.fluxes.write_cte2018",
    }
    files.write_fluxes(path, months, values, attributes)


def _on_grid(zonal: Array, pattern: Array) -> Array:
    """Fluxes (kgC m-2 s-1) on the grid, from amounts by latitude (PgC yr-1) and a 1 degree map."""
    total = pattern.sum(axis=2, keepdims=True)
    share = np.where(total > 0.0, pattern / np.where(total > 0.0, total, 1.0), 1.0 / 360.0)
    amount = zonal[:, :, None] * share
    halves = np.repeat(np.repeat(amount, 2, axis=1), 2, axis=2) / 4.0  # to the 0.5 degree grid
    summed = np.stack([grid.cell_sum(month).reshape(24, 36) for month in halves])
    return summed * KG_PER_PG / SECONDS_PER_YEAR / grid.cell_area()


def _index_of(months: Array, published: Array, path: str) -> Array:
    """Position of each month among those published."""
    if months[0] < published[0] or months[-1] > published[-1]:
        raise InvalidInput(
            f"{path} has fluxes from {published[0]} to {published[-1]}; needed are {months[0]} to "
            f"{months[-1]}, which includes the {MONTHS_BEFORE} months before the window. "
            "Choose an earlier end or a later start."
        )
    return np.searchsorted(published, months)
