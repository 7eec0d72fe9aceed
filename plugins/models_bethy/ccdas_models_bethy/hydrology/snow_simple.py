"""Snow as a store with an albedo: degree-day melt and a cover that grows with the store.

Source: thresholds, melt factor and albedo rates of the CCDAS V2 source (after Loth and Graf,
1998, J. Geophys. Res. 103, 11451-11464), in a simplified smooth form of our own.
"""

from __future__ import annotations

from collections.abc import Mapping

from ccdas_framework import Array, Namespace

from ..smooth import floored, logistic, within_unit
from .albedo import snow_cover
from .stores import exhausted

FRESH_ALBEDO = 0.8  # 1


def initial(soil_albedo: Array) -> dict[str, Array]:
    """No snow; its albedo starts from that of dry soil (1)."""
    return {"snow": 0.0 * soil_albedo, "snow_albedo": soil_albedo}


def snowfall(precipitation: Array, temperature: Array, xp: Namespace) -> Array:
    """Part of precipitation (mm d-1) that falls as snow: all below -1.1 °C, none above 3.3 °C."""
    return precipitation * within_unit((3.3 - temperature) / 4.4, 0.01, xp)


def mass_balance(
    snow: Array, fallen: Array, temperature: Array, soil_potential: Array, xp: Namespace
) -> tuple[Array, Array, Array]:
    """Store (mm), melt and sublimation (mm d-1) of a day.

    Args:
        snow: S (mm).
        fallen: snowfall (mm d-1).
        temperature: daily mean of the air (°C).
        soil_potential: E_sp, potential evaporation of the ground (mm d-1).
    """
    snow = snow + fallen
    sublimation = exhausted(snow, soil_potential * snow_cover(snow), xp)
    snow = snow - sublimation
    melt = exhausted(snow, floored(3.22 * temperature, 0.0, 0.1, xp), xp)  # 3.22 mm K-1 d-1
    return snow - melt, melt, sublimation


def update(
    state: Mapping[str, Array],
    precipitation: Array,
    temperature: Array,
    soil_potential: Array,
    bare: Array,
    xp: Namespace,
) -> tuple[dict[str, Array], dict[str, Array]]:
    """Snow after a day, and melt, sublimation and rain (mm d-1).

    Args:
        state: `snow` (mm) and `snow_albedo` (1).
        precipitation (mm d-1), temperature (°C), soil_potential (mm d-1), bare albedo (1).
    """
    fallen = snowfall(precipitation, temperature, xp)
    snow, melt, sublimation = mass_balance(state["snow"], fallen, temperature, soil_potential, xp)
    albedo = state["snow_albedo"]
    albedo = albedo + (FRESH_ALBEDO - albedo) * (1.0 - xp.exp(-fallen / 10.0))
    melting = logistic(temperature / 0.2, xp)
    decay = 0.071 * melting + 0.006 * (1.0 - melting)  # d-1
    albedo = albedo - decay * (albedo - bare) / 0.6
    fluxes = {"melt": melt, "sublimation": sublimation, "rain": precipitation - fallen}
    return {"snow": snow, "snow_albedo": albedo}, fluxes


def albedo(state: Mapping[str, Array], cosine: Array, cloud: Array, xp: Namespace) -> Array:
    """Albedo of the snow over the day (1): constant; shape (column,)."""
    return state["snow_albedo"]
