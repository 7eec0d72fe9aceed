"""Ten flux towers with their own daily weather, 2010 to 2012."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from ccdas_framework import (
    ObservationRecord,
    Observations,
    RecipeDomain,
    RecipeOutput,
    TowerRecord,
    data_file,
    read_tower,
    soil_hydraulic_properties,
    soil_texture_class,
    write_observation_record,
)

from . import (
    cell_grid,
    maps,
    netcdf_files,
    optical_depth,
    plant_types,
    probe_depths,
    site_maps,
    solar_radiation,
    ten_stations,
    tower_observations,
    weather,
)
from .daily_extremes import daily_extremes
from .period import window
from .site_choice import chosen_sites

# File and plant functional types by share, from the land cover class of the site and what its
# description says of C3 and C4 grasses; savanna as in `plant_types_of_igbp`.
SITES = {
    "AU-How": {2: 0.4, 10: 0.6},  # woody savanna
    "AU-Stp": {10: 1.0},  # C4 grass
    "BE-Vie": {4: 0.5, 5: 0.5},  # mixed forest
    "CH-Lae": {4: 0.5, 5: 0.5},  # mixed forest
    "DE-Tha": {5: 1.0},  # evergreen needleleaf
    "FI-Hyy": {5: 1.0},  # evergreen needleleaf
    "FR-Pue": {3: 1.0},  # evergreen broadleaf, Mediterranean
    "US-AR1": {9: 0.5, 10: 0.5},  # mixed prairie
    "US-Ne2": {13: 1.0},  # maize and soybean, irrigated
    "US-SRG": {10: 1.0},  # semi-arid C4 grass
}
FOOTPRINT = 1e6  # m2
HALF_WIDTH = (0.05, 0.05)  # degrees
DAILY_SD = 0.05  # m3 m-3; Kerr et al. (2012) for lack of a stated error
FLUX_SD, LEAST_FLUX_SD = 0.2, 0.5  # of a flux, gC m-2 d-1; for a record without errors
SEA_LEVEL_PRESSURE = 101325.0  # Pa
LEAST_VAPOUR_PRESSURE = 20.0  # Pa
# Quantities for evaluation: name in the record, sign that makes uptake positive, description, error
FLUX_ERROR = "observed_sd where the record gives none: 20 per cent, at least 0.5 gC m-2 d-1"
EVALUATED = {
    "gpp": ("gpp", 1.0, "Gross primary production", None, FLUX_ERROR),
    "nep": ("nee", -1.0, "Net ecosystem production (uptake > 0, -NEE)", None, FLUX_ERROR),
    "sm": ("swc", 1.0, "Soil moisture", DAILY_SD, "observed_sd is 0.05 m3 m-3 at all towers"),
}
HISTORY = "ccdas_recipes, recipe ten_sites"


def prepare(
    out: Path,
    data: Path | None,
    *,
    start: str = "2010-01",
    end: str = "2012-12",
    sites: Sequence[str] = (),
) -> RecipeOutput:
    """Ten flux towers 2010-2012 with their own weather and soil moisture.

    Args:
        out: folder to write to.
        data: folder of published data.
        start, end: first and last month.
        sites: codes of towers, all ten by default.
    """
    months, time = window(start, end)
    names = chosen_sites(sites, list(SITES))
    maps_of = _Maps(data)
    towers = [read_tower(data, name).between(time[0], time[-1]) for name in names]
    weathers = [site_forcing(tower, maps_of) for tower in towers]
    daily = {name: np.stack([w[name] for w in weathers], axis=1) for name in weathers[0]}
    month, _ = weather.month_of(time)
    co2 = weather.smooth_days(maps.background_co2(data, months)[:, None], month)
    daily["co2"] = np.repeat(co2, len(towers), axis=1)
    elevation = np.array([maps_of.elevation(site) for site in towers])
    classes = [soil_texture_class(*maps_of.texture(site)) for site in towers]
    netcdf_files.write_forcing(
        out / "forcing.nc", time, daily,
        {"elevation": elevation, **soil_hydraulic_properties(classes)},
        site_cells(
            [s.latitude for s in towers], [s.longitude for s in towers],
            [SITES[name] for name in names], names,
        ),
        about("Daily weather of flux towers", "no", comment=(
            "vapour pressure from the measured deficit; the diurnal range of FR-Pue and US-AR1, "
            "which record the mean alone, is fitted to sunshine; CO2 is the global background; "
            f"soil classes by the map: {', '.join(classes)}; irrigation of US-Ne2 is not included"
        )),
    )  # fmt: skip
    for name, (recorded, sign, what, sd, error) in EVALUATED.items():
        measured = [site for site in towers if recorded in site.values]
        if not measured:
            continue
        series = daily_series(measured, recorded, sd)
        attributes = about(f"{what} at flux towers, for evaluation alone", "no", comment=error)
        record = netcdf_files.record(name, series.with_values(sign * series.values), attributes)
        write_observation_record(out / f"evaluation_{name}.nc", record, HISTORY)
    latitude, longitude = ([getattr(s, name) for s in towers] for name in ("latitude", "longitude"))
    places = RecipeDomain(latitude, longitude, elevation, [site.name for site in towers], time)
    return RecipeOutput(places, {
        "sm": partial(soil_moisture_record, towers),
        "vod": partial(vod_record, towers, months, maps_of),
    })  # fmt: skip


def soil_moisture_record(sites: list[TowerRecord]) -> ObservationRecord:
    """Daily soil moisture with its sources."""
    wet = [site for site in sites if "swc" in site.values]
    series = probe_depths.with_depth(daily_series(wet, "swc", DAILY_SD))
    return netcdf_files.record("sm", series, about(
        "Daily soil moisture at flux towers (product in_situ)",
        "no: tower soil moisture stands in for a satellite product",
        comment="runs of fifteen or more equal values are filled gaps and left out; "
        f"{probe_depths.COMMENT}",
        substitute_for="SMOS soil moisture"))  # fmt: skip


def vod_record(sites: list[TowerRecord], months: np.ndarray, maps_of: _Maps) -> ObservationRecord:
    """Monthly optical depth with its sources."""
    return netcdf_files.record("vod", site_vod(sites, months, maps_of), about(
        "Monthly vegetation optical depth, built from biomass and LAI",
        "yes: built from the biomass map of Saatchi et al. (2011) and MODIS leaf area (US-AR1: "
        "climatology of Hagemann 2002) through the operator's equation with D_0 of 0.04 for trees, "
        "0.06 for herbs and 0.05 for crops, in place of SMOS L-VOD",
        substitute_for="SMOS L-VOD"))  # fmt: skip


class _Maps:
    """Maps read once and looked up at sites."""

    def __init__(self, data: Path | None) -> None:
        land = data_file(data, "land/global_land_1deg.nc")
        surface = data_file(data, "land/land_surface_t42.nc")
        forests = data_file(data, "land/biomass_saatchi_0p5deg.nc")
        self._sunshine = maps.field(land, "sunshine")
        self._elevation = maps.field(land, "elevation")
        self._lai = maps.field(surface, "lai")
        self._carbon = np.nan_to_num(maps.field(forests, "live_biomass_carbon"))
        self._cover = maps.land_cover(data)

    def sunshine(self, site: TowerRecord) -> np.ndarray:
        """Monthly sunshine (per cent of what is possible), shape (12,)."""
        return _nearest(self._sunshine, site)

    def lai(self, site: TowerRecord) -> np.ndarray:
        """Monthly leaf area (m2 m-2), shape (12,)."""
        return _nearest(self._lai, site)

    def biomass(self, site: TowerRecord) -> np.ndarray:
        """Above-ground biomass of the 0.5 degree cell (Mg ha-1)."""
        return optical_depth.above_ground_biomass(_nearest(self._carbon, site))

    def elevation(self, site: TowerRecord) -> float:
        """Elevation of the site (m), from its record or else from the map."""
        if np.isfinite(site.elevation):
            return site.elevation
        return float(_nearest(self._elevation, site))

    def texture(self, site: TowerRecord) -> tuple[float, float, float]:
        """Sand, silt and clay (1) of the nearest land of the map."""
        return site_maps.soil_texture(self._cover, site.latitude, site.longitude)


def _nearest(field: np.ndarray, site: TowerRecord) -> np.ndarray:
    row = cell_grid.nearest(cell_grid.FINE_LATITUDES, np.array([site.latitude]))[0]
    column = cell_grid.nearest(cell_grid.FINE_LONGITUDES, np.array([site.longitude]))[0]
    return field[..., row, column]


def site_forcing(site: TowerRecord, maps_of: _Maps) -> dict[str, np.ndarray]:
    """Daily weather of a tower; each of shape (time,)."""
    pr, rsds = (np.maximum(site.complete(name), 0.0) for name in ("pr", "rsds"))
    elevation = maps_of.elevation(site)
    if "tasmin" in site.values:
        lowest, highest = site.complete("tasmin"), site.complete("tasmax")
        mean = site.values.get("tas", 0.5 * (lowest + highest))
        pressure = solar_radiation.relative_pressure(elevation, mean)
    else:
        mean = site.complete("tas")
        pressure = solar_radiation.relative_pressure(elevation, mean)
        lowest, highest = (
            extreme[:, 0]
            for extreme in daily_extremes(
                mean[:, None], pr[:, None], rsds[:, None], maps_of.sunshine(site)[:, None],
                np.array([site.latitude]), pressure[:, None], site.time,
            )
        )  # fmt: skip
    saturated = mean_saturation_pressure(lowest, highest)
    vapour = site.values["vp"] if "vp" in site.values else saturated - site.complete("vpd")
    measured = site.values.get("ps")
    return {
        "tasmin": np.minimum(lowest, highest),
        "tasmax": np.maximum(lowest, highest),
        "pr": pr,
        "rsds": rsds,
        "vp": np.clip(vapour, LEAST_VAPOUR_PRESSURE, np.maximum(saturated, LEAST_VAPOUR_PRESSURE)),
        "ps": SEA_LEVEL_PRESSURE * pressure if measured is None else measured,
    }


def mean_saturation_pressure(lowest: np.ndarray, highest: np.ndarray) -> np.ndarray:
    """Daily mean saturation vapour pressure (Pa) of a temperature that swings as a cosine.

        es(T) = 610.78 exp(a T / (b + T)), a, b = 17.269, 237.3 over water, 22.33, 271.15 over ice

    Args:
        lowest, highest: temperature of the day (degC), any shape.

    Source: Murray (1967), J. Appl. Meteorol. 6, 203-204.
    """
    phase = np.cos(np.pi * (np.arange(24) + 0.5) / 24.0)
    mean, half = 0.5 * (lowest + highest), 0.5 * (highest - lowest)
    temperature = mean[..., None] + half[..., None] * phase
    water = np.exp(17.269 * temperature / (237.3 + temperature))
    ice = np.exp(22.33 * temperature / (271.15 + temperature))
    return 610.78 * np.where(temperature >= 0.0, water, ice).mean(axis=-1)


def site_cells(
    latitude: Sequence[float] | np.ndarray,
    longitude: Sequence[float] | np.ndarray,
    shares: Sequence[dict[int, float]],
    label: Sequence[str] | np.ndarray,
    half_width: tuple[float, float] = HALF_WIDTH,
) -> dict[str, netcdf_files.Variable]:
    """Cells of sites, as `forcing.nc` holds them; `shares` by plant functional type, and names."""
    columns = [(n, kind, part) for n, site in enumerate(shares) for kind, part in site.items()]
    cell, kind, part = zip(*columns, strict=True)
    area = np.full(len(shares), FOOTPRINT)
    cells = netcdf_files.cells(
        np.array(latitude), np.array(longitude), area, half_width, cell, kind, np.array(part)
    )
    named = ("cell", np.array(label, dtype=object), {"long_name": "name of the cell"})
    return {**cells, "label": named}


def daily_series(sites: list[TowerRecord], name: str, sd: float | None) -> Observations:
    """Daily values of the sites; without an error the record's own, or a share of the flux."""
    parts = []
    for site in sites:
        position, values = site.measured(name)
        if not len(position):
            continue
        days = site.time[position]
        if sd is None:
            stated = site.values.get(f"{name}_unc", np.full(len(site.time), np.nan))[position]
            rule = np.maximum(FLUX_SD * np.abs(values), LEAST_FLUX_SD)
            error = np.where(np.isfinite(stated) & (stated > 0), stated, rule)
        else:
            error = np.full(len(values), sd)
        parts.append(([site] * len(days), values, error, days))
    towers = [site for part in parts for site in part[0]]
    values, error, days = (np.concatenate([part[n] for part in parts]) for n in (1, 2, 3))
    return tower_observations.at_towers(towers, values, error, days, days)


def site_vod(sites: list[TowerRecord], months: np.ndarray, maps_of: _Maps) -> Observations:
    """Monthly optical depth from mapped biomass and the leaf area of the site."""
    depths = []
    for site in sites:
        month, _ = weather.month_of(site.time)
        if "lai" in site.values:
            lai = weather.monthly_mean(site.complete("lai")[:, None], month)[:, 0]
        else:
            lai = maps_of.lai(site)[months.astype(int) % 12]
        share = SITES[site.name]
        area = np.array([share.get(kind, 0.0) for kind in range(1, plant_types.TYPES + 1)])
        coefficient = optical_depth.leaf_coefficient(area)
        depths.append(optical_depth.optical_depth(maps_of.biomass(site), lai, coefficient, 1.0))
    values = np.concatenate(depths)
    start = np.tile(months, len(sites))
    towers = [site for site in sites for _ in months]
    return tower_observations.at_towers(
        towers, values, optical_depth.error(values), start, ten_stations.last_day(start)
    )


def about(
    title: str, synthetic: str, comment: str = "", substitute_for: str = ""
) -> dict[str, str]:
    """Global attributes of the files of the ten sites."""
    attributes = {
        "title": title,
        "source": "daily records of flux towers and global maps",
        "credits": (
            f"{tower_observations.CREDITS}; Lan, Tans and Thoning, NOAA/GML (CO2); "
            "Saatchi et al. (2011); Hagemann (2002); NASA (MODIS)"
        ),
        "synthetic": synthetic,
        "comment": comment,
        "history": HISTORY,
    }
    return {**attributes, "substitute_for": substitute_for} if substitute_for else attributes
