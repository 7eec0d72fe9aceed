"""Carbon uptake and evaporation of a day from the state at its start.

All sub-daily steps are solved at once, as arrays (hour, column) or (hour, layer, column). No step
depends on the one before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ccdas_framework import Array, Namespace, Parameters

from . import overpass
from .canopy import nitrogen, two_stream
from .constants import CARBON_MOLAR_MASS, LAYERS, PHOTON_ENERGY, SECONDS_A_DAY
from .energy import evaporation
from .energy.radiation import net_longwave, radiation_budget
from .hydrology import SNOW_SCHEMES, SOIL_SCHEMES
from .hydrology.albedo import bare_albedo, snow_cover
from .meteorology import humidity, solar
from .meteorology.radiation import hourly_radiation
from .photosynthesis import leaf
from .photosynthesis.temperature import cold_inhibition, darkness, leaf_rates
from .smooth import floored

NOON = 13  # hour label of the water stress and of reported FAPAR


def ground_albedo(
    state: Mapping[str, Array],
    wetness: Mapping[str, Array],
    site: Mapping[str, Array],
    settings: Any,
    cosine: Array,
    cloud: Array,
    xp: Namespace,
) -> Array:
    """Broadband albedo of soil and snow (1), and that of the bare soil (1)."""
    bare = bare_albedo(wetness["albedo_wetness"], site["albedo_wet"], site["albedo_dry"], xp)
    covered = snow_cover(state["snow"])
    snow = SNOW_SCHEMES[settings.snow].albedo(state, cosine, cloud, xp)
    return bare * (1.0 - covered) + snow * covered


def cell_mean(values: Array, site: Mapping[str, Array], xp: Namespace) -> Array:
    """Mean over the columns of each cell, repeated for its columns, shape (column,)."""
    count = site["cells"].shape[0]
    total = xp.segment_sum(values * site["cell_share"], site["cell"], count)
    return total[site["cell"]]


def vapour_pressure(
    weather: Mapping[str, Array],
    saturation: Array,
    wetness: Array,
    site: Mapping[str, Array],
    theta: Parameters,
    settings: Any,
    xp: Namespace,
) -> Array:
    """Vapour pressure of the air (Pa), shape (hour, column): measured, else from Tmin."""
    if "vapour_pressure" in weather:
        return xp.minimum(weather["vapour_pressure"], saturation)
    base = wetness
    if settings.humidity_wetness == "cell":
        base = cell_mean(wetness, site, xp)
    return humidity.vapour_pressure_from_minimum(
        saturation, weather["saturation_at_minimum"], wetness, base, theta["r_h0"], theta["r_d0"]
    )


def air(
    weather: Mapping[str, Array],
    wetness: Array,
    site: Mapping[str, Array],
    theta: Parameters,
    settings: Any,
    xp: Namespace,
) -> dict[str, Array]:
    """State of the air over the day, from drivers and (without measured humidity) soil wetness."""
    temperature, saturation = weather["temperature"], weather["saturation"]
    heat = humidity.latent_heat(temperature, xp, settings.latent_heat_sublimation)
    vapour = vapour_pressure(weather, saturation, wetness, site, theta, settings, xp)
    return {
        "temperature": temperature,
        "vapour_pressure": vapour,
        "deficit": saturation - vapour,
        "slope": humidity.saturation_slope(temperature, saturation, xp),
        "heat": heat,
        "psychrometer": humidity.psychrometer(weather["pressure"], heat),
        "density": humidity.air_density(weather["pressure"], temperature),
        "aerodynamic": site["drag"] * weather["wind"],
    }


def transpired(atmosphere: Mapping[str, Array], energy: Array, conductance: Array) -> Array:
    """Penman-Monteith evaporation (kg m-2 s-1) at a canopy conductance (m s-1)."""
    return evaporation.penman_monteith(
        energy,
        atmosphere["heat"],
        atmosphere["slope"],
        atmosphere["psychrometer"],
        atmosphere["aerodynamic"],
        conductance,
    )


def water_stress(
    atmosphere: Mapping[str, Array],
    demand: Array,
    conductance: Array,
    supply: Array,
    noon: int,
    xp: Namespace,
) -> Array:
    """b_e (Pa-1), constant over the day, from root supply (kg m-2 s-1) and demand at 13 h."""
    at_noon = {name: atmosphere[name][noon] for name in ("slope", "psychrometer", "deficit")}
    met = evaporation.met_demand(demand[noon], supply, xp)
    ratio = evaporation.conductance_ratio(
        met,
        at_noon["slope"],
        at_noon["psychrometer"],
        conductance[noon],
        atmosphere["aerodynamic"],
    )
    return evaporation.stress_parameter(ratio, at_noon["deficit"], xp)


def diurnal_cycle(
    state: Mapping[str, Array],
    weather: Mapping[str, Array],
    capacity: Mapping[str, Array],
    site: Mapping[str, Array],
    theta: Mapping[str, Parameters],
    settings: Any,
    xp: Namespace,
) -> dict[str, Array]:
    """Daily sums over the diurnal cycle.

    Args:
        state: at the start of the day, each (column,).
        weather: an interval of the drivers, (hour, column) or (column,).
        capacity: of the soil scheme.
        site: constants of each column.
        theta: physical parameters by process, each (column,).
        settings: of the model.

    Returns:
        Dict, each (column,): `gpp`, `leaf_respiration` (gC m-2 d-1); `transpiration`, `demand`,
        `wet_canopy`, `soil_potential` (mm d-1); `fapar` (1) and `apar` (W m-2) at 13 h;
        `leaf_area` of the demand (m2 m-2); and `overpass.state`.
    """
    hours = np.array(settings.hours, dtype=float)
    noon = settings.hours.index(NOON)
    wetness = SOIL_SCHEMES[settings.hydrology].status(state, capacity, xp)
    leaf_area = state["leaf_area"] + 1e-6
    cover = floored(state["cover"], 1e-3, 1e-2, xp)

    sine, cosine_product = weather["sine"], weather["cosine"]
    cosine = solar.cosine_zenith(sine, cosine_product, hours[:, None])
    par, shortwave, beam_fraction = hourly_radiation(cosine, weather["transmittance"], weather, xp)
    soil_albedo = ground_albedo(state, wetness, site, settings, cosine, weather["cloud"], xp)
    absorbed = two_stream.layer_absorption(
        leaf_area / cover,
        cover,
        two_stream.beam_cosine(cosine, xp),
        beam_fraction,
        two_stream.par_soil_albedo(soil_albedo),
        xp,
    )
    fapar = absorbed[:, 0] + absorbed[:, 1] + absorbed[:, 2]
    layer_area = leaf_area / LAYERS
    light = absorbed * (par / (PHOTON_ENERGY * layer_area))[:, None]

    # unstressed photosynthesis at air temperature, and the conductance that it needs
    is_c4 = site["c4"] > 0.5
    co2 = 1e-6 * weather["co2"]
    atmosphere = air(weather, wetness["relative"], site, theta["air"], settings, xp)
    profile = nitrogen.nitrogen_profile(
        leaf_area, sine + cosine_product, site["nitrogen_profile"], xp
    )
    shade = darkness(shortwave / PHOTON_ENERGY, xp)
    temperature, pressure = atmosphere["temperature"], weather["pressure"]
    leaf_theta = theta["photosynthesis"]
    rates = leaf_rates(temperature, profile, shade, leaf_theta, is_c4, xp)
    assimilation = leaf.unstressed(light, rates, co2, leaf_theta, is_c4, xp)
    stomata = leaf.stomatal_conductance(
        assimilation, rates, temperature, pressure, co2, leaf_theta["f_ci"], xp
    )
    conductance = xp.sum(stomata, axis=1) * layer_area

    # demand, supply and stress
    longwave = net_longwave(
        temperature, atmosphere["vapour_pressure"], weather["cloud"], theta["air"]["e_0"], xp
    )
    budget = radiation_budget(shortwave, longwave, fapar, soil_albedo, leaf_area, cover, xp)
    energy = evaporation.evaporative_energy(
        atmosphere["slope"],
        budget["canopy"],
        atmosphere["density"],
        atmosphere["deficit"],
        atmosphere["aerodynamic"],
    )
    demand = transpired(atmosphere, energy, conductance)
    supply = theta["water"]["c_w0"] / 3600.0 * wetness["relative"]  # mm h-1 to kg m-2 s-1
    stress = water_stress(atmosphere, demand, conductance, supply, noon, xp)
    closing = 1.0 / (1.0 + stress * atmosphere["deficit"])
    actual = transpired(atmosphere, energy, conductance * closing)
    leaf_temperature = evaporation.canopy_temperature(
        temperature,
        budget,
        longwave,
        shortwave,
        actual,
        atmosphere["heat"],
        atmosphere["density"],
        atmosphere["aerodynamic"],
        settings.canopy_temperature,
    )

    # stressed photosynthesis at canopy temperature
    rates = leaf_rates(leaf_temperature, profile, shade, leaf_theta, is_c4, xp)
    stressed = stomata * closing[:, None]
    gross = leaf.at_conductance(
        light,
        rates,
        stressed,
        leaf_temperature,
        pressure,
        co2,
        leaf_theta,
        is_c4,
        xp,
    )
    active = cold_inhibition(leaf_temperature, xp)[:, None]
    seconds = SECONDS_A_DAY / len(hours)
    carbon = CARBON_MOLAR_MASS * seconds * layer_area
    wet = energy / (atmosphere["heat"] * (atmosphere["slope"] + atmosphere["psychrometer"]))
    soil = evaporation.equilibrium_evaporation(
        atmosphere["slope"],
        budget["soil"],
        atmosphere["heat"],
        atmosphere["psychrometer"],
        xp,
    )

    def daily(rate):
        return seconds * xp.sum(floored(rate, 0.0, 1e-7, xp), axis=0)

    return {
        "gpp": carbon * xp.sum(active * gross, axis=(0, 1)),
        "leaf_respiration": carbon * xp.sum(active * rates["dark_respiration"], axis=(0, 1)),
        "transpiration": daily(actual),
        "demand": daily(demand),
        "wet_canopy": daily(wet),
        "soil_potential": seconds * xp.sum(soil, axis=0),
        "fapar": fapar[noon],
        "apar": fapar[noon] * par[noon],
        "leaf_area": leaf_area,
        **overpass.state(
            settings.hours.index(settings.overpass_hour),
            gross,
            light,
            stressed,
            rates["dark_respiration"],
            leaf_temperature,
            leaf_area,
            cover,
            soil_albedo[noon] if soil_albedo.ndim == 2 else soil_albedo,
        ),
    }
