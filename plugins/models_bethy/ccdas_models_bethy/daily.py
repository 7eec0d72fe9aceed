"""Daily update of water, leaf area, cover and litter, from the sums of the diurnal cycle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ccdas_framework import Array, Namespace, Parameters

from .constants import COVER_LEAF_AREA
from .hydrology import SNOW_SCHEMES, SOIL_SCHEMES
from .hydrology.albedo import bare_albedo, snow_cover
from .hydrology.interception import intercepted_fraction, leaf_water_balance
from .phenology import cover, leaf_area, litter
from .smooth import floored

START_LEAF_AREA = 0.5  # m2 m-2, of an equilibrium start; own choice


def initial_state(
    capacity: Mapping[str, Array],
    site: Mapping[str, Array],
    start: Mapping[str, Array],
    theta: Parameters,
    settings: Any,
    xp: Namespace,
) -> dict[str, Array]:
    """State before the first day, each (column,).

    No snow, dry leaves, and a temperature memory of the mean of the first 30 days. An equilibrium
    start has little leaf area over open ground, from which both rise within a year, and soil
    filled to the ratio of rain to potential evaporation. The published start has the greatest leaf
    area over closed ground, from which cover falls over many years, and half full soil. It is used
    without a year of spin-up too, in which leaves could grow.
    """
    zero = 0.0 * theta["Lam_max"]
    grown = start["grown"]
    little = (1.0 - grown) * START_LEAF_AREA
    leaves = grown * theta["Lam_max"] + little
    memory, covered = 2.0 * grown + little, grown + little / COVER_LEAF_AREA
    # 2 m2 m-2 where Lam_max is the published 5; never near the first leaf area, where both would
    # meet in a kink
    record = 0.4 * grown * theta["Lam_max"] + little
    return {
        "leaf_water": zero,
        "leaf_area": leaves,
        "leaf_area_memory": zero + memory,
        "leaf_area_record": record,
        "cover": zero + covered,
        "temperature_memory": zero + start["temperature"],
        **SNOW_SCHEMES[settings.snow].initial(zero + site["albedo_dry"]),
        **SOIL_SCHEMES[settings.hydrology].initial(capacity, start["filling"]),
    }


def daily_update(
    state: Mapping[str, Array],
    day: Mapping[str, Array],
    diurnal: Mapping[str, Array],
    capacity: Mapping[str, Array],
    site: Mapping[str, Array],
    theta: Mapping[str, Parameters],
    settings: Any,
    xp: Namespace,
) -> tuple[dict[str, Array], dict[str, Array]]:
    """State after a day, and the fields of that day.

    Args:
        state: at the start of the day, each (column,).
        day: `precipitation` (mm d-1), `mean_temperature` (°C), `day_length` (h), each (column,).
        diurnal: daily sums of `diurnal_cycle`.
        capacity, site, settings: as `diurnal_cycle`.
        theta: physical parameters of `leaf_area` and `water`, each (column,).

    Returns:
        State, and a dict of fields (column,); fluxes in mm d-1 and gC m-2 d-1.
    """
    soil_scheme = SOIL_SCHEMES[settings.hydrology]
    wetness = soil_scheme.status(state, capacity, xp)
    area = state["leaf_area"] + 1e-6
    covered = floored(state["cover"], 1e-3, 1e-2, xp)
    bare = bare_albedo(wetness["albedo_wetness"], site["albedo_wet"], site["albedo_dry"], xp)

    snow, snow_fluxes = SNOW_SCHEMES[settings.snow].update(
        state,
        day["precipitation"],
        day["mean_temperature"],
        diurnal["soil_potential"],
        bare,
        xp,
    )
    leaf_water, through, from_leaves = leaf_water_balance(
        state["leaf_water"],
        snow_fluxes["rain"],
        diurnal["wet_canopy"],
        intercepted_fraction(area, covered, settings.interception, xp),
        theta["water"]["l_w"] * area,
        xp,
    )
    soil, water = soil_scheme.balance(
        state,
        wetness,
        capacity,
        through + snow_fluxes["melt"],
        1.0 - snow_cover(state["snow"]),
        diurnal["soil_potential"],
        diurnal["transpiration"] - from_leaves,
        theta["water"],
        xp,
    )
    after_water = soil_scheme.status(soil, capacity, xp)
    leaves, rate, limit = leaf_area.updated(
        state,
        day,
        diurnal,
        after_water["available"],
        site,
        theta["leaf_area"],
        settings.normal_cdf,
        xp,
    )
    record, cover_after = cover.updated(
        leaves["leaf_area"], state["leaf_area_record"], day["record_fading"], xp
    )
    shed = litter.litter_rate(
        state["leaf_area"],
        limit,
        rate,
        site["leaf_lifetime"],
        site["specific_leaf_area"],
        settings.litter,
        xp,
    )
    state = {
        **leaves,
        **snow,
        **soil,
        "leaf_water": leaf_water,
        "leaf_area_record": record,
        "cover": cover_after,
    }
    evaporated = water["transpiration"] + water["soil_evaporation"]
    evaporated = evaporated + from_leaves + snow_fluxes["sublimation"]
    fields = {
        "gpp": diurnal["gpp"],
        "leaf_respiration": diurnal["leaf_respiration"],
        "fapar": diurnal["fapar"],
        "apar": diurnal["apar"],
        "demand": diurnal["demand"],
        "lai": state["leaf_area"],
        "cover": state["cover"],
        "litter": shed,
        "relative_soil_moisture": after_water["relative"],
        **soil_scheme.diagnostics(soil, capacity),
        "evapotranspiration": evaporated,
        "transpiration": water["transpiration"],
        "soil_evaporation": water["soil_evaporation"],
        "interception_evaporation": from_leaves,
        "sublimation": snow_fluxes["sublimation"],
        "runoff": water["runoff"],
        "snow": state["snow"],
    }
    return state, fields
