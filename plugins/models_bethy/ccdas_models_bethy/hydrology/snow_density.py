"""Snow with density and depth: compaction, and an albedo that ages with both and follows the sun.

Source: CCDAS V2 source, after Loth and Graf (1998), J. Geophys. Res. 103, 11451-11464; steps
between its cases are smoothed over 0.2 K and 0.02 m, mass as in the simple scheme.
"""

from __future__ import annotations

from collections.abc import Mapping

from ccdas_framework import Array, Namespace

from ..smooth import capped, floored, logistic
from .snow_simple import FRESH_ALBEDO, mass_balance, snowfall

LOWEST_DENSITY = 30.0  # kg m-3
HIGHEST_DENSITY = 450.0  # kg m-3; old snow


def initial(soil_albedo: Array) -> dict[str, Array]:
    """No snow; the next to fall finds the lowest density (kg m-3)."""
    zero = 0.0 * soil_albedo
    return {"snow": zero, "snow_albedo": soil_albedo, "snow_density": LOWEST_DENSITY + zero}


def fresh_density(temperature: Array, xp: Namespace) -> Array:
    """Density of new snow (kg m-3): 50 + 1.7 (T + 15)^1.5 above -15 °C, else 10 + 2.667 (T + 30).

    Never below 30; temperature in °C.
    """
    warm = temperature > -15.0
    above = xp.where(warm, temperature + 15.0, 1.0)
    density = xp.where(warm, 50.0 + 1.7 * above**1.5, 10.0 + 2.667 * (temperature + 30.0))
    return xp.maximum(density, LOWEST_DENSITY)


def compacted(density: Array, snow: Array, temperature: Array, xp: Namespace) -> Array:
    """Density (kg m-3) after a day under its own weight; snow in mm, temperature in °C."""
    cold = xp.minimum(temperature, 0.0)
    growth = 0.0229 * xp.exp(-0.021 * density + 0.08 * cold) * 0.5 * snow
    return capped(density * (1.0 + growth), HIGHEST_DENSITY, 10.0, xp)


def aged_albedo(albedo: Array, depth: Array, temperature: Array, xp: Namespace) -> Array:
    """Albedo (1) after a day without snowfall; depth in m, daily mean temperature in °C.

    Melting and thinner than 0.25 m it loses 0.071 d-1, melting and deeper
    max(0.107 - 0.214 a_n, 0), below 0 °C 0.006 d-1.
    """
    melting = logistic(temperature / 0.2, xp)
    deep = logistic((depth - 0.25) / 0.02, xp)
    while_deep = floored(0.107 - 0.214 * albedo, 0.0, 1e-3, xp)
    loss = melting * ((1.0 - deep) * 0.071 + deep * while_deep) + (1.0 - melting) * 0.006
    return albedo - loss


def update(
    state: Mapping[str, Array],
    precipitation: Array,
    temperature: Array,
    soil_potential: Array,
    bare: Array,
    xp: Namespace,
) -> tuple[dict[str, Array], dict[str, Array]]:
    """Snow after a day, and melt, sublimation and rain (mm d-1); as the simple scheme."""
    fallen = snowfall(precipitation, temperature, xp)
    snow, melt, sublimation = mass_balance(state["snow"], fallen, temperature, soil_potential, xp)
    old = compacted(state["snow_density"], state["snow"], temperature, xp)
    new = fresh_density(temperature, xp)
    volume = state["snow"] / old + fallen / new
    density = (state["snow"] + fallen + 1e-6) / (volume + 1e-6 / new)  # no snow: that of fresh
    albedo_ = aged_albedo(state["snow_albedo"], snow / density, temperature, xp)
    albedo_ = capped(albedo_ + 10.0 * fallen / new, FRESH_ALBEDO, 0.01, xp)
    after = {
        "snow": snow,
        "snow_albedo": floored(albedo_, bare, 0.01, xp),
        "snow_density": density,
    }
    return after, {"melt": melt, "sublimation": sublimation, "rain": precipitation - fallen}


def albedo(state: Mapping[str, Array], cosine: Array, cloud: Array, xp: Namespace) -> Array:
    """Albedo of the snow over the day (1), brighter under a low sun; shape (hour, column).

        a_n + (1 - a_n) a_n^3 [n_c^2 + (1 - 1.3 n_c^2) exp(1 - (1 - mu)^-2)]

    Args:
        cosine: mu (1), shape (hour, column).
        cloud: n_c (1), shape (column,).
    """
    base = state["snow_albedo"]
    overcast = cloud * cloud
    slant = 1.0 - xp.minimum(xp.maximum(cosine, 0.0), 0.99)
    course = overcast + (1.0 - 1.3 * overcast) * xp.exp(1.0 - 1.0 / (slant * slant))
    return base + (1.0 - base) * base**3 * course
