"""Leaf area index of the three phenology groups.

Thresholds are normally distributed over the plants of a cell, so the fraction of them above its
threshold is a normal distribution function.

Source: Knorr et al. (2010), J. Geophys. Res. 115, G04017.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from ccdas_framework import Array, Namespace, Parameters

from ..smooth import floored, normal_cdf, smooth_minimum

MEMORY = math.exp(-1.0 / 30.0)  # a day's share of a memory of 30 d, 1


def remembered(memory: Array, value: Array) -> Array:
    """Exponential memory of 30 days, in the unit of its argument."""
    return (1.0 - MEMORY) * value + MEMORY * memory


def above_threshold(
    value: Array, threshold: Array, spread: Array, form: str, xp: Namespace
) -> Array:
    """Fraction of plants (1) whose threshold lies below a value, all in one unit.

    Form "code" is the published source's (1 + erf x)/2, whose spread is sqrt 2 times wider.
    """
    relative = (value - threshold) / spread
    return 0.5 * (1.0 + xp.erf(relative)) if form == "code" else normal_cdf(relative, xp)


def water_limited(
    available: Array,
    leaf_area: Array,
    demand: Array,
    survival: Array,
    maximum: Array,
    xp: Namespace,
) -> Array:
    """Leaf area (m2 m-2) that can be watered for tau_W days, at most Lam_max.

        Lam_W = w_pa Lam/(tau_W E_dem), smooth minimum with Lam_max

    Args:
        available: w_pa (mm).
        leaf_area: Lam the demand belongs to (m2 m-2).
        demand: E_dem of the day (mm d-1).
        survival: tau_W (d).
        maximum: Lam_max (m2 m-2).
    """
    watered = available * leaf_area / (survival * floored(demand, 1e-3, 2e-2, xp))
    return smooth_minimum(watered, maximum, 0.9, xp)


def growth(
    active: Array, limit: Array, site: Mapping[str, Array], theta: Parameters, xp: Namespace
) -> tuple[Array, Array]:
    """Rate r (d-1) and limit (m2 m-2) of  dLam/dt = r (Lam_lim - Lam).

    Group A grows at xi towards the water limit. The others join growth at xi of the active
    fraction f and senescence at k_L of the rest:

        r = f xi + (1 - f) k_L,  Lam_lim = f xi Lam_limit/r

    Args:
        active: f (1), shape (column,).
        limit: water-limited leaf area of groups A and C, Lam_max of group B (m2 m-2).
        site: `group_a` (1 or 0).
        theta: `xi`, `k_L` (d-1).
    """
    evergreen = site["group_a"] > 0.5
    rate = active * theta["xi"] + (1.0 - active) * theta["k_L"] + 1e-9
    target = floored(active * theta["xi"] * limit / rate, 1e-9, 5e-3, xp)
    return xp.where(evergreen, theta["xi"], rate), xp.where(evergreen, limit, target)


def relaxed(leaf_area: Array, limit: Array, rate: Array, xp: Namespace) -> Array:
    """Leaf area after a day, the exact solution of dLam/dt = r (Lam_lim - Lam) (m2 m-2)."""
    return limit - (limit - leaf_area) * xp.exp(-rate)


def updated(
    state: Mapping[str, Array],
    day: Mapping[str, Array],
    diurnal: Mapping[str, Array],
    available: Array,
    site: Mapping[str, Array],
    theta: Parameters,
    form: str,
    xp: Namespace,
) -> tuple[dict[str, Array], Array, Array]:
    """Leaf area and memories after a day.

    Args:
        state: `leaf_area`, `leaf_area_memory` (m2 m-2), `temperature_memory` (°C).
        day: `mean_temperature` (°C), `day_length` (h).
        diurnal: `demand` E_dem (mm d-1) and the `leaf_area` it belongs to (m2 m-2).
        available: w_pa at the end of the day (mm).
        site: `group_a`, `group_b` (1 or 0).
        theta: physical parameters.
        form: of the distribution function, "standard" or "code".

    Returns:
        New state, rate r (d-1) and limit Lam_lim (m2 m-2).
    """
    temperature = remembered(state["temperature_memory"], day["mean_temperature"])
    watered = water_limited(
        available, diurnal["leaf_area"], diurnal["demand"], theta["tau_W"], theta["Lam_max"], xp
    )
    memory = remembered(state["leaf_area_memory"], watered)
    warm = above_threshold(temperature, theta["T_phi"], theta["T_r"], form, xp)
    light = above_threshold(day["day_length"], theta["t_c"], theta["t_r"], form, xp)
    by_daylight = site["group_b"] > 0.5
    active = xp.where(by_daylight, warm * light, warm)
    rate, limit = growth(active, xp.where(by_daylight, theta["Lam_max"], memory), site, theta, xp)
    after = {
        "leaf_area": relaxed(state["leaf_area"], limit, rate, xp),
        "leaf_area_memory": memory,
        "temperature_memory": temperature,
    }
    return after, rate, limit
