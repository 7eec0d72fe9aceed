"""The coarse global experiment: real climatology, CO2, tower soil moisture, and VOD from maps."""

from __future__ import annotations

import csv
from functools import partial
from pathlib import Path

import numpy as np
from attrs import evolve

from ..core.domain import Array
from ..core.observations import Observations
from ..core.recipes import ObservationRecord, Places, Prepared
from . import climate, files, fluxes, grid, maps, optical_depth, soil, stations, towers, weather
from .demo import cells_of, places_of
from .period import window

STATION_FILES = {
    "ALT": "alt482n1", "BRW": "brw471n0", "SHM": "shm452n0", "MHD": "mhd653n0", "BMW": "bmw432n0",
    "MLO": "mlo519n1", "RPB": "rpb413n0", "SMO": "smo514s0", "CRZ": "crz146s0", "SPO": "spo789s1",
}  # fmt: skip
TOWERS = ("AU-How", "BE-Vie", "DE-Tha", "FI-Hyy", "US-MMS", "US-SRG", "US-Var")
MONTHLY_SD = 0.05  # m3 m-3; the operator adds the error of a point standing for a cell
FEWEST_DAYS = 20  # measured days that make a monthly mean
MADE = "ccdas_framework.inputs, recipe coarse_global"


def prepare(
    out: Path,
    data: Path | None,
    *,
    seed: int = 1,
    start: str = "2010-01",
    end: str = "2011-12",
) -> Prepared:
    """The same grid with real CO2, tower soil moisture, VOD from biomass and LAI.

    Args:
        out: folder to write to.
        data: folder of published data.
        seed: of the weather within each month.
        start, end: first and last month.
    """
    months, time = window(start, end)
    cover = maps.land_cover(data)
    fields = maps.climate_fields(data)
    types = maps.plant_types(data, cover)
    vegetated = types.sum(axis=0)
    table = climate.aggregate(np.stack([grid.cell_sum(t) for t in types]), fields, vegetated)
    sunshine = np.stack([grid.cell_mean(m, vegetated)[table.number] for m in fields["sunshine"]])
    spread = climate.diurnal_range_from_sunshine(sunshine, table.tas, table.pr)
    daily = weather.monthly_weather(table, spread, time, seed)
    month, _ = weather.month_of(time)
    co2 = weather.smooth_days(maps.background_co2(data, months)[:, None], month)
    daily["co2"] = np.repeat(co2, len(table.number), axis=1)
    static = {"elevation": table.elevation, **cell_soil(cover, vegetated, table.number)}
    about = {
        "title": "Daily weather drawn from monthly climatologies, land cover and soil",
        "source": (
            "ERA5 2000-2025 (temperature, precipitation), MERRA-2 2011-2015 (shortwave), "
            "sunshine of 1961-1990, IGBP land cover and soil of the 1.9 x 2.5 degree grid of CLM, "
            "NOAA/GML global mean CO2"
        ),
        "credits": (
            "Contains modified Copernicus Climate Change Service information; NASA/GMAO MERRA-2 "
            "(Gelaro et al. 2017); Kaplan (BIOME4 drivers); Wieder (biogeochemical testbed); "
            "Lan, Tans and Thoning, NOAA/GML"
        ),
        "synthetic": (
            "yes: days are drawn by a generator whose monthly means are those of the climate; "
            "every year has the same climate"
        ),
        "history": f"{MADE}, seed {seed}",
    }
    files.write_forcing(out / "forcing.nc", time, daily, static, cells_of(table), about)
    fluxes.write_cte2018(out / "co2_background.nc", months, data)
    places = places_of(table, time)
    return Prepared(places, {
        "co2": partial(co2_record, data, months),
        "sm": partial(soil_moisture_record, data, months),
        "vod": partial(vod_record, data, table, vegetated, places),
    })  # fmt: skip


def co2_record(data: Path | None, months: Array) -> ObservationRecord:
    """Monthly CO2 and where it comes from."""
    return files.record("co2", co2_observations(data, months), {
        "title": "Monthly CO2 at ten stations",
        "source": "World Data Centre for Greenhouse Gases; scale mostly WMO X2007",
        "credits": "WDCGG and the contributing laboratories, NOAA/GML first among them",
        "synthetic": "no",
        "comment": (
            "observed_sd: error of the analytic transport (1.5 ppm north of 30 N, 0.7 elsewhere) "
            "and, where the contributor gives a spread, of the mean (sigma_stat), in quadrature; "
            "the floor of 0.5 ppm is the operator's"
        ),
    })  # fmt: skip


def soil_moisture_record(data: Path | None, months: Array) -> ObservationRecord:
    """Monthly soil moisture of towers and where it comes from."""
    return files.record("sm", tower_soil_moisture(data, months), {
        "title": "Monthly soil moisture at flux towers (product in_situ)",
        "source": "top sensors of flux towers, monthly means",
        "credits": towers.CREDITS,
        "synthetic": "no: tower soil moisture stands in for a satellite product",
        "comment": "observed_sd: 0.05 m3 m-3; the representation error is the operator's",
    })  # fmt: skip


def vod_record(
    data: Path | None, table: climate.MonthlyClimate, vegetated: Array, places: Places
) -> ObservationRecord:
    """Monthly optical depth and what it is built from."""
    return files.record("vod", cell_vod(data, table, vegetated, places), {
        "title": "Monthly vegetation optical depth, built from biomass and LAI",
        "source": (
            "live biomass carbon (Saatchi et al. 2011, map v5.1) and LAI (Hagemann 2002) through "
            "VOD = a atan(b AGB) + D_0 LAI with D_0 = 0.06"
        ),
        "credits": (
            "Saatchi et al. (2011), doi:10.1073/pnas.1019576108; Collier et al. (2018), ILAMB; "
            "Hagemann (2002), MPI report 336"
        ),
        "synthetic": (
            "yes: built from biomass and LAI, in place of SMOS L-VOD; missing biomass on land "
            "counts as 0; every year is the same"
        ),
    })  # fmt: skip


def cell_soil(cover: dict[str, Array], weight: Array, number: Array) -> dict[str, Array]:
    """Soil of the cells: contents from the map, b and conductivity from the texture class."""

    def mean(name: str) -> Array:
        return grid.cell_mean(maps.cover_to_fine(cover[name]), weight)[number]

    texture = zip(mean("sand"), mean("silt"), mean("clay"), strict=True)
    properties = soil.hydraulic_properties([soil.texture_class(*parts) for parts in texture])
    return properties | {
        "theta_sat": mean("saturation_m3m3"),
        "theta_fc": mean("field_capacity_m3m3"),
        "theta_wp": mean("wilting_point_m3m3"),
    }


def co2_observations(data: Path | None, months: Array) -> Observations:
    """Monthly means at the ten stations; months without a value are left out."""
    code_of = {name: code for code, name in STATION_FILES.items()}
    with files.data_file(data, "co2/wdcgg_stations.csv").open(encoding="utf-8") as file:
        place = {code_of[r["id"]]: r for r in csv.DictReader(file) if r["id"] in code_of}
    wanted = {str(month) for month in months}
    rows = []
    with files.data_file(data, "co2/wdcgg_monthly_co2.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            date = f"{row['year']}-{int(row['month']):02d}"
            if row["id"] in code_of and date in wanted:
                counted = row["sd_ppm"] and row["n_data"]
                sigma = float(row["sd_ppm"]) / float(row["n_data"]) ** 0.5 if counted else np.nan
                rows.append((code_of[row["id"]], date, float(row["co2_ppm"]), sigma))
    rows.sort(key=lambda row: (list(STATION_FILES).index(row[0]), row[1]))
    codes, month, value, sigma = (np.array(column) for column in zip(*rows, strict=True))
    latitude, longitude, altitude = (
        np.array([float(place[code][name]) for code in codes]) for name in ("lat", "lon", "alt_m")
    )
    start = month.astype("datetime64[M]")
    return Observations(
        values=value,
        sd=stations.error_of_mean(latitude, np.nan_to_num(sigma)),
        start=start,
        end=stations.last_day(start),
        latitude=latitude,
        longitude=longitude,
        altitude=altitude,
        label=codes,
        extra={"sigma_stat": sigma},
    )


def tower_soil_moisture(data: Path | None, months: Array) -> Observations:
    """Monthly means of the top sensor of towers; only months with `FEWEST_DAYS` measured days.

    The weather of the experiment is not the tower's, so single days cannot match.
    """
    parts = []
    for name in TOWERS:
        tower = towers.read(data, name)
        days, values = tower.series("swc")
        for month in months:
            of_month = days.astype("datetime64[M]") == month
            if np.count_nonzero(of_month) >= FEWEST_DAYS:
                parts.append((tower, month, values[of_month].mean()))
    start = np.array([month for _, month, _ in parts])
    return towers.observations(
        [tower for tower, _, _ in parts],
        np.array([value for _, _, value in parts]),
        np.full(len(parts), MONTHLY_SD),
        start,
        stations.last_day(start),
    )


def cell_vod(
    data: Path | None, table: climate.MonthlyClimate, vegetated: Array, places: Places
) -> Observations:
    """Monthly optical depth of the cells; biomass and LAI are those of the vegetated part."""
    forests = files.data_file(data, "land/biomass_saatchi_0p5deg.nc")
    surface = files.data_file(data, "land/land_surface_t42.nc")
    carbon, leaves = maps.field(forests, "live_biomass_carbon"), maps.field(surface, "lai")
    share = np.bincount(table.column_cell, weights=table.column_fraction)
    total = grid.cell_sum(carbon * grid.fine_area())[table.number]
    biomass = optical_depth.above_ground_biomass(total / (share * table.area))
    lai = np.stack([grid.cell_mean(month, vegetated)[table.number] for month in leaves])
    depth = optical_depth.optical_depth(biomass, np.nan_to_num(lai), share)
    values = depth[places.months.astype(int) % 12].T.ravel()
    return evolve(places.monthly(), values=values, sd=optical_depth.error(values))
