"""Ten sites with generated weather, for an identical twin."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
from attrs import frozen

from ccdas_framework import (
    ObservationRecord,
    RecipeDomain,
    RecipeOutput,
    soil_hydraulic_properties,
)

from . import netcdf_files
from .period import window
from .site_weather import SiteClimate, site_weather
from .ten_sites import site_cells

MONTHLY_SD = 0.05  # m3 m-3, of soil moisture
HISTORY = "ccdas_recipes, recipe twin_ten_sites"


@frozen
class Site:
    """A place, its plant functional types by share, its climate and soil.

    Args:
        latitude, longitude: degrees.
        elevation: m.
        shares: plant functional type -> share of the area (1).
        climate: of the weather generator.
        texture: soil class.
    """

    latitude: float
    longitude: float
    elevation: float
    shares: dict[int, float]
    climate: SiteClimate
    texture: str


# Rounded climate normals; places in part those of Knorr et al. (2010), JGR 115, G04017.
SITES = {
    "Sodankyla": Site(67.36, 26.64, 180, {5: 0.67, 7: 0.33},
        SiteClimate(0, 14.5, 9, 510, 0.35, 7.5, 0.45, 0.60), "sandy loam"),
    "Zotino": Site(60.80, 89.35, 90, {5: 0.9, 9: 0.1},
        SiteClimate(-3, 21, 11, 560, 0.35, 7.5, 0.45, 0.62), "sandy loam"),
    "Hainich": Site(51.08, 10.45, 430, {4: 0.9, 13: 0.1},
        SiteClimate(8, 9, 8, 760, 0.15, 7, 0.50, 0.55), "clay loam"),
    "Loobos": Site(52.17, 5.74, 25, {5: 0.8, 9: 0.2},
        SiteClimate(10, 7.5, 8, 860, 0.1, 9, 0.50, 0.52), "sand"),
    "Majadas": Site(39.94, -5.78, 260, {3: 0.2, 9: 0.8},
        SiteClimate(16.5, 9.5, 13, 650, 0.8, 12, 0.25, 0.75), "sandy loam"),
    "Manaus": Site(-2.59, -60.11, 80, {1: 1.0},
        SiteClimate(26.5, 1, 8, 2300, 0.45, 3, 0.50, 0.60), "clay"),
    "Tapajos": Site(-2.86, -54.96, 90, {1: 0.95, 10: 0.05},
        SiteClimate(26, 1, 8.5, 2000, 0.6, 3, 0.45, 0.63), "clay"),
    "Maun": Site(-19.92, 23.56, 950, {2: 0.4, 10: 0.6},
        SiteClimate(22.5, 6, 15, 450, 0.95, 1, 0.20, 0.78), "sand"),
    "Harvard Forest": Site(42.54, -72.17, 340, {4: 0.5, 5: 0.5},
        SiteClimate(7.5, 13, 11, 1150, 0.05, 7, 0.38, 0.62), "sandy loam"),
    "ARM-SGP": Site(36.60, -97.49, 310, {9: 0.4, 10: 0.3, 13: 0.3},
        SiteClimate(15, 12.5, 13, 850, 0.4, 6, 0.25, 0.70), "loam"),
}  # fmt: skip


def prepare(
    out: Path,
    data: Path | None,
    *,
    seed: int = 1,
    start: str = "2010-01",
    end: str = "2015-12",
) -> RecipeOutput:
    """Ten sites 2010-2015 with generated weather, for an identical twin.

    Args:
        out: folder to write to.
        data: not used.
        seed: of the weather.
        start, end: first and last month.
    """
    _, time = window(start, end)
    drawn = [
        site_weather(site.climate, site.latitude, site.elevation, time, seed, number)
        for number, site in enumerate(SITES.values())
    ]
    fields = {name: np.stack([one[name] for one in drawn], axis=1) for name in drawn[0]}
    sites = list(SITES.values())
    static = {
        "elevation": np.array([site.elevation for site in sites], float),
        **soil_hydraulic_properties([site.texture for site in sites]),
    }
    netcdf_files.write_forcing(
        out / "forcing.nc", time, fields, static,
        site_cells(
            [s.latitude for s in sites], [s.longitude for s in sites], [s.shares for s in sites],
            list(SITES),
        ),
        about("Daily weather of ten sites from a generator", f"{HISTORY}, seed {seed}"),
    )  # fmt: skip
    places = RecipeDomain(
        latitude=[site.latitude for site in sites],
        longitude=[site.longitude for site in sites],
        altitude=static["elevation"],
        label=list(SITES),
        time=time,
    )
    streams = {
        "sm": partial(empty_record, "sm", places, MONTHLY_SD, "soil moisture"),
        "vod": partial(empty_record, "vod", places, np.nan, "vegetation optical depth"),
    }
    return RecipeOutput(places, streams, answers_any=True)


def empty_record(name: str, places: RecipeDomain, sd: float, what: str) -> ObservationRecord:
    """Monthly means at each site, without values."""
    attributes = about(f"Monthly {what} asked for at ten sites, without values", HISTORY)
    return netcdf_files.record(name, places.monthly(sd), attributes)


def about(title: str, history: str) -> dict[str, str]:
    """Global attributes of the files of the twin."""
    return {
        "title": title,
        "source": "weather generator; rounded climate normals of the places",
        "credits": "places in part those of Knorr et al. (2010), doi:10.1029/2009JG001119",
        "synthetic": "yes: weather and values stand for no measurement",
        "history": history,
    }
