"""Reads the published maps and tables of the data folder onto the 0.5 degree grid."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from ccdas_framework import (
    InvalidInput,
    data_file,
    netcdf_lock,
    plant_types_of_igbp,
)
from ccdas_framework.grids import cell_area

from . import cell_grid
from .plant_types import KOPPEN, TYPES, covered_share

MONTH_DAYS = np.array([31, 28.25, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
COVER_LATITUDES = -90.0 + 180.0 / 95.0 * np.arange(96)  # centres of the 1.9 x 2.5 degree grid
COVER_LONGITUDES = -180.0 + 2.5 * np.arange(144)
UNKNOWN = (0, 17)  # IGBP: water, and what the land cover table calls water or coast


def field(path: Path, name: str) -> np.ndarray:
    """A variable of a map on a regular grid, read at the nearest points of the 0.5 degree grid."""
    import xarray as xr  # slow to import

    with netcdf_lock, xr.open_dataset(path) as file:
        values = file[name].values.astype(float)
        return cell_grid.to_fine(values, file["lat"].values, file["lon"].values)


def climate_fields(data: Path | None) -> dict[str, np.ndarray]:
    """Temperature, precipitation, sunshine, elevation and shortwave; shape (..., 360, 720).

    Months without shortwave at a place that has others are polar night (0 W m-2); the
    northernmost row of the shortwave, 72 N, serves further north.
    """
    land = data_file(data, "land/global_land_1deg.nc")
    fields = {name: field(land, name) for name in ("tas", "pr", "sunshine", "elevation")}
    sun = data_file(data, "land/merra2_shortwave_3deg.nc")
    for name in ("rsds", "rsds_daily_sd"):
        values = field(sun, name)
        sunlit = np.isfinite(values).any(axis=0)
        fields[name] = np.where(sunlit & ~np.isfinite(values), 0.0, values)
    return fields


def land_cover(data: Path | None) -> dict[str, np.ndarray]:
    """Columns of the land cover and soil table by name, on its grid (96, 144); NaN at sea."""
    with data_file(data, "land/grid_2deg_igbp_soil.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    place = (
        cell_grid.nearest(COVER_LATITUDES, np.array([float(row["lat"]) for row in rows])),
        cell_grid.nearest(COVER_LONGITUDES, np.array([float(row["lon"]) for row in rows])),
    )
    table = {}
    for name in rows[0]:
        table[name] = np.full((96, 144), np.nan)
        table[name][place] = [float(row[name]) for row in rows]
    return table


def land_share(cover: dict[str, np.ndarray]) -> np.ndarray:
    """Share of land (1) of the cells of the land cover grid, shape (96, 144)."""
    half = 90.0 / 95.0
    south, north = np.maximum(COVER_LATITUDES - half, -90), np.minimum(COVER_LATITUDES + half, 90)
    area = cell_area(south, north, 2.5)[:, None]
    return np.clip(np.nan_to_num(cover["land_area_m2"]) / area, 0.0, 1.0)


def cover_to_fine(values: np.ndarray) -> np.ndarray:
    """A map on the land cover grid, on the 0.5 degree grid."""
    return cell_grid.to_fine(values, COVER_LATITUDES, COVER_LONGITUDES)


def coast_as_inland(igbp: np.ndarray) -> np.ndarray:
    """Land cover classes, with unclassified cells filled from the nearest classified cell.

    The table calls cells with sea or lakes in them "water or coast", 9.7 million km2 of land, of
    which plants cover 7.1. How much of it is land is in the table, how much of that is under
    plants in the map of NDVI: only which plants they are is taken from next door.

    Args:
        igbp: on the land cover grid, NaN where there is no land, shape (96, 144).
    """
    classified = np.isfinite(igbp) & ~np.isin(igbp, UNKNOWN)
    return fill_from_nearest(igbp, classified, np.isfinite(igbp))


def fill_from_nearest(values: np.ndarray, valid: np.ndarray, target: np.ndarray) -> np.ndarray:
    """A map on the land cover grid, gaps filled with the nearest valid value on the sphere.

    Args:
        values: map in any unit.
        valid: where the values are valid (bool).
        target: where a value is needed (bool).
    """
    places = np.meshgrid(COVER_LATITUDES, COVER_LONGITUDES, indexing="ij")
    return cell_grid.fill_from_nearest(values, valid, target, *places)


def forest_share(data: Path | None) -> np.ndarray:
    """Share of forest (1) on the land cover grid, shape (96, 144).

    Source: Hagemann (2002), MPI report 336, from 94 ecosystems at 1 km.
    """
    import xarray as xr  # slow to import

    with netcdf_lock, xr.open_dataset(data_file(data, "land/land_surface_t42.nc")) as file:
        rows = cell_grid.nearest(file["lat"].values, COVER_LATITUDES)
        away = np.abs(
            (file["lon"].values[None] - COVER_LONGITUDES[:, None] + 180.0) % 360.0 - 180.0
        )
        share = file["forest_fraction"].values.astype(float)[rows[:, None], away.argmin(axis=1)]
    return np.clip(
        fill_from_nearest(share, np.isfinite(share), np.ones_like(share, bool)), 0.0, 1.0
    )


def plant_types(data: Path | None, cover: dict[str, np.ndarray]) -> np.ndarray:
    """Area under each plant functional type in the 0.5 degree cells (m2), shape (13, 360, 720)."""
    land = data_file(data, "land/global_land_1deg.nc")
    igbp = coast_as_inland(cover["igbp"])
    rows, columns = np.nonzero(np.isfinite(igbp))
    at_row = cell_grid.nearest(cell_grid.FINE_LATITUDES, COVER_LATITUDES)[rows]
    at_column = cell_grid.nearest(cell_grid.FINE_LONGITUDES, COVER_LONGITUDES)[columns]
    tas, pr, koppen = (
        field(land, name)[:, at_row, at_column] for name in ("tas", "pr", "koppen_fraction")
    )
    c4 = field(land, "c4_fraction")[at_row, at_column]
    forest = forest_share(data)[rows, columns]
    shares = np.zeros((TYPES, 96, 144))
    for number, (row, column) in enumerate(zip(rows, columns, strict=True)):
        share_of_type = plant_types_of_igbp(
            int(igbp[row, column]),
            KOPPEN[int(np.argmax(koppen[:, number]))],
            float(tas[:, number].mean()),
            float(tas[:, number].min()),
            float((pr[:, number] * MONTH_DAYS).min()),
            float(np.clip(c4[number], 0.0, 1.0)),
            float(forest[number]),
        )
        for kind, share in share_of_type.items():
            shares[kind - 1, row, column] = share
    covered = covered_share(field(land, "ndvi_max"))
    return cover_to_fine(shares * land_share(cover)) * covered * cell_grid.fine_area()


def background_co2(data: Path | None, months: np.ndarray) -> np.ndarray:
    """Global mean mole fraction of CO2 at the sea surface (ppm), shape (months,)."""
    with data_file(data, "co2/noaa_global_monthly.csv").open(encoding="utf-8") as file:
        mole_fraction = {row["date"]: float(row["co2_ppm"]) for row in csv.DictReader(file)}
    missing = [str(month) for month in months if str(month) not in mole_fraction]
    if missing:
        raise InvalidInput(
            f"co2/noaa_global_monthly.csv has no value for {missing[0]} (it has "
            f"{min(mole_fraction)} to {max(mole_fraction)}). Choose months between them.",
            code="outside-published-period",
            where="co2/noaa_global_monthly.csv",
        )
    return np.array([mole_fraction[str(month)] for month in months])
