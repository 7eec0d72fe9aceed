"""Evaporative demand of the air, supply by the soil, and control by stomata."""

from __future__ import annotations

from collections.abc import Mapping

from ccdas_framework import Array, Namespace

from ..constants import AIR_HEAT_CAPACITY
from ..smooth import floored, smooth_minimum

SUPPLY_CURVATURE = 0.99  # of the smooth minimum of supply and demand, 1


def evaporative_energy(
    slope: Array, net_radiation: Array, density: Array, deficit: Array, aerodynamic: Array
) -> Array:
    """X = s R_n + rho c_p vpd g_a (W Pa m-2 K-1), numerator of Penman-Monteith."""
    return slope * net_radiation + density * AIR_HEAT_CAPACITY * deficit * aerodynamic


def penman_monteith(
    energy: Array,
    heat: Array,
    slope: Array,
    psychrometer: Array,
    aerodynamic: Array,
    conductance: Array,
) -> Array:
    """E = X/(lambda (s + gamma (1 + g_a/G_c))) (kg m-2 s-1).

    Args:
        energy: X (W Pa m-2 K-1).
        heat: lambda (J kg-1).
        slope, psychrometer: s and gamma (Pa K-1).
        aerodynamic, conductance: g_a and G_c (m s-1).

    Source: Monteith (1965), Symp. Soc. Exp. Biol. 19, 205-234.
    """
    return energy / (heat * (slope + psychrometer * (1.0 + aerodynamic / conductance)))


def equilibrium_evaporation(
    slope: Array, net_radiation: Array, heat: Array, psychrometer: Array, xp: Namespace
) -> Array:
    """E = s R_ns/(lambda (s + gamma)) (kg m-2 s-1), not negative: potential of the soil."""
    return floored(slope * net_radiation / (heat * (slope + psychrometer)), 0.0, 1e-6, xp)


def met_demand(demand: Array, supply: Array, xp: Namespace) -> Array:
    """Fraction of the demand that the roots can meet (1), in (0, 1.0001].

    Args:
        demand, supply: E_dem, S (kg m-2 s-1).

    Source: Federer (1982), Water Resour. Res. 18, 355-362, with a smooth minimum.
    """
    ratio = supply / floored(demand, 1e-7, 1e-6, xp)
    return smooth_minimum(1.0, ratio, SUPPLY_CURVATURE, xp) + 1e-4


def conductance_ratio(
    met: Array, slope: Array, psychrometer: Array, conductance: Array, aerodynamic: Array
) -> Array:
    """G_c0/G_c (1) from inverting Penman-Monteith at E = sig E_dem.

    1/sig + (1 - sig)/sig (s + gamma) G_c0/(gamma g_a)
    """
    relative = (slope + psychrometer) * conductance / (psychrometer * aerodynamic)
    return (1.0 + (1.0 - met) * relative) / met


def stress_parameter(ratio: Array, deficit: Array, xp: Namespace) -> Array:
    """b_e (Pa-1) of G_c = G_c0/(1 + b_e vpd), from the ratio G_c0/G_c at a deficit (Pa)."""
    return floored((ratio - 1.0) / (deficit + 1.0), 0.0, 1e-6, xp)


def canopy_temperature(
    temperature: Array,
    budget: Mapping[str, Array],
    longwave: Array,
    shortwave: Array,
    evaporation: Array,
    heat: Array,
    density: Array,
    aerodynamic: Array,
    form: str,
) -> Array:
    """T_v (°C) that closes the energy balance of the canopy.

        T_v = T + (R_nc - lambda E)/(rho c_p g_a)

    With form "code" the published line, which divides only the shortwave by 1 - t_L:
    T_v = T + [R_Ln - G + a_V/(1 - t_L) SW - lambda E]/(rho c_p g_a).

    Args:
        budget: of `radiation_budget`.
        evaporation: E (kg m-2 s-1), shape (hour, column).
    """
    if form == "code":
        share = budget["canopy_absorption"] / (1.0 - budget["longwave_gap"])
        net = longwave - budget["ground_heat"] + share * shortwave
    else:
        net = budget["canopy"]
    return temperature + (net - heat * evaporation) / (density * AIR_HEAT_CAPACITY * aerodynamic)
