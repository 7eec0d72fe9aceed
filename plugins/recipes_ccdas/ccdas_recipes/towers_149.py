"""Flux towers with the monthly weather of their cells, 2001 to 2016.

The source marks each month of a tower as one to assimilate or as one to withhold. Every tower has
both, so that the withheld months test other months of the same towers and not other towers.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from ccdas_framework import (
    RecipeDomain,
    RecipeOutput,
    data_file,
    plant_types_of_igbp,
    soil_hydraulic_properties,
    soil_texture_class,
)

from . import climate, maps, netcdf_files, plant_types, site_maps, ten_sites, weather
from .flux_months import FluxMonths, read_flux_months
from .monthly_fluxes import (
    EVALUATED,
    HISTORY,
    about,
    carbon_record,
    water_record,
    write_withheld,
)
from .period import window

HALF_WIDTH = (0.005, 0.005)  # degrees; a tower among neighbours is found by the nearest centre
# class of the site -> IGBP number. SNO is one site, on Svalbard, with tundra plants.
IGBP = {
    "ENF": 1, "EBF": 2, "DNF": 3, "DBF": 4, "MF": 5, "CSH": 6, "OSH": 7, "WSA": 8, "SAV": 9,
    "GRA": 10, "WET": 11, "CRO": 12, "SNO": 18,
}  # fmt: skip


def prepare(
    out: Path,
    data: Path | None,
    *,
    seed: int = 1,
    start: str = "2001-01",
    end: str = "2016-12",
    sites: Sequence[str] = (),
) -> RecipeOutput:
    """149 flux towers 2001-2016 with monthly weather; half of their months withheld.

    Args:
        out: folder to write to.
        data: folder of published data.
        seed: of the weather within each month.
        start, end: first and last month.
        sites: codes of towers, all by default.
    """
    months, time = window(start, end)
    every_month = read_flux_months(data).of_sites(sites)
    record = every_month.between(months)
    cover = maps.land_cover(data)
    elevation = site_maps.nearest_values(
        maps.field(data_file(data, "land/global_land_1deg.nc"), "elevation"),
        record.latitude,
        record.longitude,
    )
    texture = [
        soil_texture_class(*site_maps.soil_texture(cover, *place))
        for place in zip(record.latitude, record.longitude, strict=True)
    ]
    netcdf_files.write_forcing(
        out / "forcing.nc", time, daily_weather(record, every_month, data, elevation, time, seed),
        {"elevation": elevation, **soil_hydraulic_properties(texture)},
        ten_sites.site_cells(
            record.latitude, record.longitude, type_shares(every_month, data), record.names,
            HALF_WIDTH,
        ),
        about("Daily weather drawn within the months of flux towers", (
            "yes: days are drawn by a generator whose monthly means are those of the reanalysis "
            "cell of each tower"
        ), comment=WEATHER_COMMENT),
    )  # fmt: skip
    write_withheld(out, record, elevation, EVALUATED, WITHHELD_COMMENT, HISTORY)
    places = RecipeDomain(record.latitude, record.longitude, elevation, record.names, time)
    return RecipeOutput(places, {
        "flux": partial(carbon_record, record, elevation),
        "et": partial(water_record, record, elevation),
    })  # fmt: skip


WEATHER_COMMENT = (
    "towers in one 0.5 degree cell share their weather; the diurnal range of the cells is "
    f"multiplied by {climate.STATION_SCALE:g} to that of towers; vapour pressure is the saturation "
    "at the monthly maximum temperature less the published daytime deficit, and follows the "
    "saturation at the daily minimum within the month; carbon dioxide is the global background; "
    "elevation, main climate and share of C4 grasses are those of maps"
)
WITHHELD_COMMENT = (
    "months that the source keeps for validation; they are other months of the assimilated towers, "
    "not other towers"
)


def daily_weather(
    record: FluxMonths,
    every_month: FluxMonths,
    data: Path | None,
    elevation: np.ndarray,
    time: np.ndarray,
    seed: int,
) -> dict[str, np.ndarray]:
    """Daily weather of the sites, units as in `netcdf_files.FORCING`, each (time, site).

    Args:
        record: of the months of `time`.
        every_month: the whole record, for the climate of the sites.
        data: folder of published data.
        elevation: m, shape (site,).
        time: days, datetime64[D].
        seed: of the random numbers.
    """
    month, _ = weather.month_of(time)
    monthly = record.weather
    sun = maps.climate_fields(data)["rsds_daily_sd"]
    spread = site_maps.nearest_values(sun, record.latitude, record.longitude)
    series = weather.MonthlySeries(
        number=np.array([_number(name) for name in record.names]),
        latitude=record.latitude,
        elevation=elevation,
        half_annual_range=0.5 * np.ptp(monthly_climate(every_month)["tas"], axis=0),
        tas=0.5 * (monthly["tasmin"] + monthly["tasmax"]),
        pr=monthly["pr"],
        rsds=monthly["rsds"],
        rsds_daily_sd=spread[record.months.astype(int) % 12],
        diurnal_range=climate.STATION_SCALE * (monthly["tasmax"] - monthly["tasmin"]),
    )
    daily = weather.weather_within_months(series, time, seed)
    vapour = monthly_vapour_pressure(monthly["tasmax"], monthly["vpd"])
    at_minimum = ten_sites.mean_saturation_pressure(daily["tasmin"], daily["tasmin"])
    saturated = ten_sites.mean_saturation_pressure(daily["tasmin"], daily["tasmax"])
    daily["vp"] = np.clip(
        weather.with_monthly_mean(at_minimum, vapour, month),
        ten_sites.LEAST_VAPOUR_PRESSURE,
        np.maximum(saturated, ten_sites.LEAST_VAPOUR_PRESSURE),
    )
    co2 = weather.smooth_days(record.co2[:, None], month)
    daily["co2"] = np.repeat(co2, len(record.names), axis=1)
    return daily


def monthly_vapour_pressure(highest: np.ndarray, deficit: np.ndarray) -> np.ndarray:
    """Monthly mean vapour pressure (Pa), es(Tmax) - VPD, of the published daytime deficit.

    At fourteen towers with daily records it is 24 Pa too high in the mean of all months, root mean
    square 120 Pa. With a temperature half way between mean and maximum the bias is -290 Pa.

    Args:
        highest: monthly mean of the daily maximum temperature (degC).
        deficit: VPD (Pa).
    """
    saturated = ten_sites.mean_saturation_pressure(highest, highest)
    return np.maximum(saturated - deficit, ten_sites.LEAST_VAPOUR_PRESSURE)


def monthly_climate(record: FluxMonths) -> dict[str, np.ndarray]:
    """Mean temperature (degC) and precipitation (mm d-1) of calendar months, shape (12, site)."""
    mean = {
        "tas": 0.5 * (record.weather["tasmin"] + record.weather["tasmax"]),
        "pr": record.weather["pr"],
    }
    of_year = record.months.astype(int) % 12
    return {
        name: np.stack([values[of_year == month].mean(axis=0) for month in range(12)])
        for name, values in mean.items()
    }


def type_shares(record: FluxMonths, data: Path | None) -> list[dict[int, float]]:
    """Shares of plant functional types (1) of each site, from the land cover class of the site.

    Sites of the recipe `ten_sites` have the shares that their description states.
    """
    land = data_file(data, "land/global_land_1deg.nc")
    of_site = monthly_climate(record)
    koppen, c4 = (
        site_maps.nearest_values(maps.field(land, name), record.latitude, record.longitude)
        for name in ("koppen_fraction", "c4_fraction")
    )
    shares = []
    for site, name in enumerate(record.names):
        tas, pr = of_site["tas"][:, site], of_site["pr"][:, site]
        by_class = plant_types_of_igbp(
            IGBP[str(record.land_cover[site])],
            plant_types.KOPPEN[int(np.argmax(koppen[:, site]))],
            float(tas.mean()),
            float(tas.min()),
            float((pr * maps.MONTH_DAYS).min()),
            float(np.clip(c4[site], 0.0, 1.0)),
        )
        known = ten_sites.SITES.get(str(name), by_class)
        shares.append({kind: part for kind, part in known.items() if part > 0.0})
    return shares


def _number(name: str) -> int:
    """Number of a site by its code, so that its weather does not depend on the other sites."""
    return int.from_bytes(name.encode(), "big")
