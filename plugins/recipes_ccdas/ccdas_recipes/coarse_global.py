"""The coarse global experiment: real climatology, CO2, tower soil moisture, and VOD from maps."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from attrs import evolve

from ccdas_framework import (
    ObservationRecord,
    Observations,
    RecipeDomain,
    RecipeOutput,
    data_file,
    read_tower,
    soil_hydraulic_properties,
    soil_texture_class,
    write_observation_record,
)

from . import (
    background_stations,
    climate,
    inversions,
    maps,
    monthly_fluxes,
    netcdf_files,
    optical_depth,
    prescribed_fluxes,
    probe_depths,
    ten_stations,
    tower_observations,
    weather,
)
from .cell_grid import CellGrid, fine_area
from .demo import cells_of, places_of
from .period import window

TOWER_COMMENT = (
    "months that the source keeps for validation; a tower stands for a square kilometre of one "
    "plant type, and a cell for hundreds of thousands with all its types and a climate of its own"
)
TOWERS = ("AU-How", "BE-Vie", "DE-Tha", "FI-Hyy", "US-MMS", "US-SRG", "US-Var")
MONTHLY_SD = 0.05  # m3 m-3; the operator adds the error of a point standing for a cell
FEWEST_DAYS = 20  # measured days that make a monthly mean
HISTORY = "ccdas_recipes, recipe coarse_global"


def prepare(
    out: Path,
    data: Path | None,
    *,
    seed: int = 1,
    start: str = "2010-01",
    end: str = "2011-12",
    ocean: str = "CTE2018",
    fossil: str = inversions.MAP_OF_GCB,
    held_out: Sequence[str] = background_stations.WITHHELD,
    longitude_step: float = 10.0,
    latitude_step: float = 7.5,
) -> RecipeOutput:
    """Climatological weather of a global grid; real CO2, soil moisture, VOD from biomass and LAI.

    Args:
        out: folder to write to.
        data: folder of published data.
        seed: of the weather within each month.
        start, end: first and last month.
        ocean: inversion whose ocean fluxes are prescribed.
        fossil: "CDIAC", its map scaled to the Global Carbon Budget, or the same inversion.
        held_out: codes of CO2 stations withheld for evaluation.
        longitude_step, latitude_step: size of the cells (degrees).
    """
    grid = CellGrid(longitude_step, latitude_step)
    months, time = window(start, end)
    inversions.one_inversion(ocean, fossil)
    cover = maps.land_cover(data)
    fields = maps.climate_fields(data)
    types = maps.plant_types(data, cover)
    vegetated = types.sum(axis=0)
    table = climate.aggregate(types, fields, vegetated, grid)
    sunshine = climate.cell_means(fields["sunshine"], vegetated, grid, table.number)
    spread = climate.diurnal_range_from_sunshine(sunshine, table.tas, table.pr)
    daily = weather.monthly_weather(table, spread, time, seed)
    month, _ = weather.month_of(time)
    co2 = weather.smooth_days(maps.background_co2(data, months)[:, None], month)
    daily["co2"] = np.repeat(co2, len(table.number), axis=1)
    static = {"elevation": table.elevation, **cell_soil(cover, vegetated, table)}
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
        "history": f"{HISTORY}, seed {seed}",
    }
    netcdf_files.write_forcing(out / "forcing.nc", time, daily, static, cells_of(table), about)
    prescribed_fluxes.write_prescribed(
        out / "co2_background.nc", months, data, ocean, fossil, HISTORY
    )
    inversions.write_land_flux(out / "evaluation_land_flux.nc", months, data, HISTORY)
    monthly_fluxes.write_withheld_of(out, months, data, ("gpp", "nep"), TOWER_COMMENT, HISTORY)
    candidates = background_stations.stations(data, months, vegetated)
    background, omitted = background_stations.select_background(candidates, len(months))
    assimilated, withheld = background_stations.split_withheld(background, held_out, candidates)
    if withheld:
        record = co2_record(data, months, withheld, "kept aside for evaluation")
        write_observation_record(out / "evaluation_co2.nc", record, HISTORY)
    places = places_of(table, time)
    return RecipeOutput(places, {
        "co2": partial(co2_record, data, months, assimilated, omission_comment(omitted, withheld)),
        "sm": partial(soil_moisture_record, data, months),
        "vod": partial(vod_record, data, table, types, places),
    })  # fmt: skip


def co2_record(
    data: Path | None,
    months: np.ndarray,
    stations: Sequence[background_stations.Station],
    comment: str,
) -> ObservationRecord:
    """Monthly CO2 at stations with its sources."""
    return netcdf_files.record("co2", background_stations.monthly_means(data, months, stations), {
        "title": f"Monthly CO2 at {len(stations)} background stations",
        "source": "World Data Centre for Greenhouse Gases; scale mostly WMO X2007",
        "credits": "WDCGG and the contributing laboratories, NOAA/GML first among them",
        "synthetic": "no",
        "comment": (
            "observed_sd: representation error, 0.5 ppm far from plants to 2 among them, and the "
            "error of the mean where the contributor gives spread and number; transport errors "
            f"are the operator's; {comment}"
        ),
    })  # fmt: skip


def omission_comment(
    omitted: dict[str, list[str]], withheld: Sequence[background_stations.Station]
) -> str:
    """Names of the stations that are not assimilated, by reason."""
    codes = [station.code for station in withheld]
    reasons = {"kept aside for evaluation": codes, **omitted}
    return "; ".join(f"{reason}: {', '.join(names)}" for reason, names in reasons.items() if names)


def soil_moisture_record(data: Path | None, months: np.ndarray) -> ObservationRecord:
    """Monthly soil moisture of towers with its sources."""
    series = probe_depths.with_depth(tower_soil_moisture(data, months))
    return netcdf_files.record("sm", series, {
        "title": "Monthly soil moisture at flux towers (product in_situ)",
        "source": "top sensors of flux towers, monthly means",
        "credits": tower_observations.CREDITS,
        "synthetic": "no: tower soil moisture stands in for a satellite product",
        "substitute_for": "SMOS soil moisture",
        "comment": "observed_sd: 0.05 m3 m-3; the representation error is the operator's; "
        f"{probe_depths.COMMENT}",
    })  # fmt: skip


def vod_record(
    data: Path | None, table: climate.MonthlyClimate, types: np.ndarray, places: RecipeDomain
) -> ObservationRecord:
    """Monthly optical depth with its sources."""
    return netcdf_files.record("vod", cell_vod(data, table, types, places), {
        "title": "Monthly vegetation optical depth, built from biomass and LAI",
        "source": (
            "live biomass carbon (Saatchi et al. 2011, map v5.1) and LAI (Hagemann 2002) through "
            "VOD = a atan(b AGB) + D_0 LAI with D_0 of 0.04 for trees, 0.06 for shrubs and herbs "
            "and 0.05 for crops, on a grid of half a degree"
        ),
        "credits": (
            "Saatchi et al. (2011), doi:10.1073/pnas.1019576108; Collier et al. (2018), ILAMB; "
            "Hagemann (2002), MPI report 336"
        ),
        "synthetic": (
            "yes: built from biomass and LAI, in place of SMOS L-VOD; missing biomass on land "
            "counts as 0; every year is the same"
        ),
        "substitute_for": "SMOS L-VOD",
    })  # fmt: skip


def cell_soil(
    cover: dict[str, np.ndarray], weight: np.ndarray, table: climate.MonthlyClimate
) -> dict[str, np.ndarray]:
    """Soil of the cells: contents from the map, b and conductivity from the texture class."""

    def mean(name: str) -> np.ndarray:
        return table.grid.cell_mean(maps.cover_to_fine(cover[name]), weight)[table.number]

    texture = zip(mean("sand"), mean("silt"), mean("clay"), strict=True)
    properties = soil_hydraulic_properties([soil_texture_class(*parts) for parts in texture])
    return properties | {
        "theta_sat": mean("saturation_m3m3"),
        "theta_fc": mean("field_capacity_m3m3"),
        "theta_wp": mean("wilting_point_m3m3"),
    }


def tower_soil_moisture(data: Path | None, months: np.ndarray) -> Observations:
    """Monthly means of the top sensor of towers; only months with `FEWEST_DAYS` measured days.

    The weather of the experiment is not the tower's, so single days cannot match.
    """
    parts = []
    for name in TOWERS:
        tower = read_tower(data, name)
        position, values = tower.measured("swc")
        days = tower.time[position]
        for month in months:
            of_month = days.astype("datetime64[M]") == month
            if np.count_nonzero(of_month) >= FEWEST_DAYS:
                parts.append((tower, month, values[of_month].mean()))
    start = np.array([month for _, month, _ in parts])
    return tower_observations.at_towers(
        [tower for tower, _, _ in parts],
        np.array([value for _, _, value in parts]),
        np.full(len(parts), MONTHLY_SD),
        start,
        ten_stations.last_day(start),
    )


def cell_vod(
    data: Path | None, table: climate.MonthlyClimate, types: np.ndarray, places: RecipeDomain
) -> Observations:
    """Monthly optical depth of the cells, computed on the 0.5 degree grid.

    The relation with biomass is not linear and was fitted to maps of about that size. It is
    therefore applied on that grid, and transmissivities are averaged over the cell. Biomass and
    LAI are those of the vegetated part. Biomass where the model has no plants is left out.

    Args:
        data: folder of published data.
        table: climate and number of the cells.
        types: area under each plant functional type (m2), shape (13, 360, 720).
        places: cells and months.
    """
    vegetated = types.sum(axis=0)
    coefficient = optical_depth.leaf_coefficient(types)
    forests = data_file(data, "land/biomass_saatchi_0p5deg.nc")
    surface = data_file(data, "land/land_surface_t42.nc")
    carbon = np.nan_to_num(maps.field(forests, "live_biomass_carbon"))
    leaves = maps.field(surface, "lai")
    share = vegetated / fine_area()
    covered = share > 0.0
    biomass = optical_depth.above_ground_biomass(carbon / np.where(covered, share, 1.0))
    depth = []
    for month in leaves:
        of_cell = np.nan_to_num(table.grid.cell_mean(month, vegetated))[table.grid.fine_cells()]
        lai = np.where(np.isfinite(month), month, of_cell)
        depth_of_cells = optical_depth.optical_depth(biomass, lai, coefficient, share)
        fine = np.where(covered, depth_of_cells, 0.0)
        depth.append(optical_depth.of_cells(fine, table.grid)[table.number])
    values = np.stack(depth)[places.months.astype(int) % 12].T.ravel()
    return evolve(places.monthly(), values=values, sd=optical_depth.error(values))
