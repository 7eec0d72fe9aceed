"""Emissions of fossil fuel: the CDIAC map of one degree, scaled to the Global Carbon Budget."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from ccdas_framework import InvalidInput, data_file, netcdf_lock

MAP = "co2/cdiac_fossil_1x1_2000_2013.nc"
GLOBAL = "co2/gcb2020_global_annual.csv"
NATIONAL = "co2/gcb2020_national_fossil.csv"
TG_PER_PG = 1e3


def emissions(data: Path | None, years: np.ndarray) -> np.ndarray:
    """Emissions of each year on a grid of one degree (PgC yr-1), (year, latitude, longitude).

        E(y) = M(y) T(y) / sum M(y)  +  [G(y) - T(y)] Z(y)

    M is the map of the year, and after its last one the last; T is the sum of the territorial
    emissions of all nations and G the global total, cement included and its carbonation not taken
    off. What G has more is fuel of international ships and aircraft, which no nation and no cell
    of the map has: Z lays it evenly around the globe at the latitudes of the map. A nation's share
    cannot be scaled by itself, because the map has no nations.

    Args:
        data: folder of published data.
        years: whole years, shape (year,).

    Raises:
        InvalidInput: a year that one of the tables, or the beginning of the map, does not have.

    Source: Andres, Boden and Marland (2016), doi:10.3334/CDIAC/ffe.ndp058.2016; Friedlingstein et
        al. (2020), Earth Syst. Sci. Data 12, 3269-3340.
    """
    maps = map_of_years(data, years)
    globe, nations = global_total(data), national_sum(data)
    for table, emitted in ((GLOBAL, globe), (NATIONAL, nations)):
        missing = [int(year) for year in years if int(year) not in emitted]
        if missing:
            raise InvalidInput(
                f"{table} has no emissions of {missing[0]} (it has {min(emitted)} to "
                f"{max(emitted)}), needed with the months before the window. Choose years "
                "between them.",
                code="outside-published-period",
                where=table,
            )
    total = np.array([globe[int(year)] for year in years])[:, None, None]
    territorial = np.array([nations[int(year)] for year in years])[:, None, None]
    share = maps / maps.sum(axis=(1, 2), keepdims=True)
    return share * territorial + around_the_globe(share) * (total - territorial)


def around_the_globe(share: np.ndarray) -> np.ndarray:
    """The same by latitude, evenly along each; shape (..., latitude, longitude)."""
    return np.broadcast_to(share.mean(axis=-1, keepdims=True), share.shape)


def map_of_years(data: Path | None, years: np.ndarray) -> np.ndarray:
    """The CDIAC map of each year (TgC yr-1), from south to north; the last one after its end.

    Raises:
        InvalidInput: a year before the first.
    """
    import xarray as xr  # slow to import

    with netcdf_lock, xr.open_dataset(data_file(data, MAP)) as file:
        maps = file["fossil_co2"].sortby("lat").sortby("lon")
        first, last = int(maps.year.min()), int(maps.year.max())
        if int(np.min(years)) < first:
            raise InvalidInput(
                f"{MAP} begins in {first}; {int(np.min(years))} is needed, with the months before "
                "the window. Choose a later start.",
                code="outside-published-period",
                where=MAP,
            )
        return np.nan_to_num(maps.sel(year=np.minimum(years, last)).values.astype(float))


def global_total(data: Path | None) -> dict[int, float]:
    """Fossil emissions of the world by year (PgC yr-1), cement included."""
    with data_file(data, GLOBAL).open(encoding="utf-8") as file:
        return {
            int(row["year"]): float(row["fossil_emissions_excluding_carbonation"])
            for row in csv.DictReader(file)
            if row["fossil_emissions_excluding_carbonation"]
        }


def national_sum(data: Path | None) -> dict[int, float]:
    """Territorial emissions of all nations by year (PgC yr-1)."""
    total: dict[int, float] = {}
    with data_file(data, NATIONAL).open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["territorial_emissions"]:
                year = int(row["year"])
                total[year] = total.get(year, 0.0) + float(row["territorial_emissions"]) / TG_PER_PG
    return total
