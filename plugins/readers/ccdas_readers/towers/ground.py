"""Soil and vegetation of towers from a table of sites, for complete files of forcing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ccdas_framework import (
    SOIL_CLASSES,
    InvalidInput,
    did_you_mean,
    igbp_number,
    main_climate,
    plant_types_of_igbp,
    soil_hydraulic_properties,
    soil_texture_class,
)

from ..land.soil import UNITS
from .sites import GRASSY, Site

MONTH_DAYS = np.array([31.0, 28.25, 31.0, 30.0, 31.0, 30.0, 31.0, 31.0, 30.0, 31.0, 30.0, 31.0])
C4_CLIMATES = ("A", "B")  # Köppen: where grasses may be of the C4 type


def ground_variables(
    sites: Sequence[Site], days: np.ndarray, weather: Mapping[str, np.ndarray], table: Path | None
) -> tuple[dict[str, Any], list[str]]:
    """Soil properties and columns of towers as of a forcing file, and notes on their origin.

    The climate of a tower, which tells types of one IGBP class apart, is that of its own record.

    Args:
        sites: towers, shape (cell,).
        days: of the weather, datetime64[D], shape (time,).
        weather: tasmin, tasmax (degC) and pr (mm d-1), each of shape (time, cell).
        table: of the sites, for messages.

    Raises:
        InvalidInput: the table lacks values; the message names each with its site.
    """
    where = "the table of sites" if table is None else table.name
    climates = [_climate(days, {n: v[:, k] for n, v in weather.items()}, site, where)
                for k, site in enumerate(sites)]  # fmt: skip
    _require_known(sites, [koppen for koppen, _, _ in climates], where)
    textures = [_texture(site, where) for site in sites]
    variables: dict[str, Any] = {
        name: ("cell", values, {"units": UNITS[name]})
        for name, values in soil_hydraulic_properties(textures).items()
    }
    cell, kind, share, notes = [], [], [], []
    for number, (site, (koppen, temperature, rain)) in enumerate(zip(sites, climates, strict=True)):
        c4 = 0.0 if np.isnan(site.c4_fraction) else site.c4_fraction
        types = plant_types_of_igbp(
            igbp_number(site.igbp, f"{where}: {site.name}"), koppen, float(temperature.mean()),
            float(temperature.min()), float(rain.min()), c4,
        )  # fmt: skip
        types = {each: part for each, part in types.items() if part > 0.0}
        if not types:
            raise InvalidInput(
                f"{where}: {site.name} is of the IGBP class {site.igbp}, which has no plants. Give "
                "the class of the footprint of the tower.",
                code="bare-site",
                where=f"{where}: {site.name}",
            )
        cell += [number] * len(types)
        kind += list(types)
        share += list(types.values())
        listed = ", ".join(f"{each} ({part:.0%})" for each, part in types.items())
        notes.append(
            f"{site.name}: soil {textures[number]}; IGBP {site.igbp} in the Köppen climate "
            f"{koppen} of its record is plant type {listed}"
        )
    variables["column_cell"] = "column", np.array(cell), {}
    variables["column_class"] = "column", np.array(kind), {}
    variables["column_fraction"] = "column", np.array(share), {"units": "1"}
    return variables, notes


def _climate(
    days: np.ndarray, weather: Mapping[str, np.ndarray], site: Site, where: str
) -> tuple[str, np.ndarray, np.ndarray]:
    """Main climate, and temperature (degC) and precipitation (mm) of each calendar month."""
    month = days.astype("datetime64[M]").astype(int) % 12
    if len(absent := np.setdiff1d(np.arange(12), month)):
        raise InvalidInput(
            f"the record of {site.name} has no day of the calendar months "
            f"{', '.join(str(m + 1) for m in absent)}; its climate, which decides its plant types, "
            "needs all twelve. Give a record of a year.",
            code="missing-days",
            where=f"{where}: {site.name}",
        )
    count = np.bincount(month, minlength=12)
    mean = 0.5 * (weather["tasmin"] + weather["tasmax"])
    temperature = np.bincount(month, mean, 12) / count
    rain = np.bincount(month, weather["pr"], 12) / count * MONTH_DAYS
    return main_climate(temperature, rain), temperature, rain


def _require_known(sites: Sequence[Site], climates: Sequence[str], where: str) -> None:
    """Refuse sites without soil, land cover or elevation; all that is missing is named."""
    missing = []
    for site, koppen in zip(sites, climates, strict=True):
        names = []
        if np.isnan(site.elevation):
            names.append("elevation (m)")
        if not site.igbp:
            names.append("igbp (a class such as DBF)")
        elif koppen in C4_CLIMATES and site.igbp.upper() in GRASSY and np.isnan(site.c4_fraction):
            names.append("c4_fraction (share of grasses of the C4 type, 0 to 1)")
        if not site.texture and any(np.isnan(part) for part in (site.sand, site.silt, site.clay)):
            names.append("texture (a class such as loam; or sand, silt and clay in per cent)")
        if names:
            missing.append(f"{site.name}: {', '.join(names)}")
    if missing:
        raise InvalidInput(
            f"{where} lacks values that the forcing needs. Add the columns: {'; '.join(missing)}.",
            code="missing-site-values",
            where=where,
        )


def _texture(site: Site, where: str) -> str:
    """Texture class of the soil of a site, from its name or its mass fractions."""
    if not site.texture:
        return soil_texture_class(site.sand, site.silt, site.clay)
    name = site.texture.strip().lower().replace("_", " ")
    if name not in SOIL_CLASSES:
        raise InvalidInput(
            f"{where}: '{site.texture}' of {site.name} is no texture class."
            f"{did_you_mean(name, SOIL_CLASSES)} Classes: {', '.join(SOIL_CLASSES)}.",
            code="unknown-class",
            where=f"{where}: {site.name}",
        )
    return name
