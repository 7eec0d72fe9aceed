"""Gross photosynthesis of leaves in two passes: at a fixed internal CO2, then at a conductance."""

from __future__ import annotations

from collections.abc import Mapping

from ccdas_framework import Array, Namespace, Parameters

from ..constants import GAS_CONSTANT, MINIMUM_CONDUCTANCE, ZERO_CELSIUS
from ..smooth import floored, smooth_minimum
from . import c3, c4

COLIMITATION = 0.99  # curvature of the smooth minimum of J_E and J_C, 1
RADICAND_FLOOR = 1e-24  # (mol m-2 s-1)^2: rates are of order 1e-6


def smaller_root(b: Array, c: Array, xp: Namespace) -> Array:
    """Smaller root of  A^2 - B A + C = 0."""
    half = 0.5 * b
    return half - xp.sqrt(xp.maximum(half * half - c, RADICAND_FLOOR))


def colimited(by_light: Array, by_enzyme: Array, inhibition: Array, xp: Namespace) -> Array:
    """A (mol m-2 s-1): smooth minimum of both rates, less what heat inhibits."""
    return smooth_minimum(by_light, by_enzyme, COLIMITATION, xp, RADICAND_FLOOR) * inhibition


def unstressed(
    light: Array,
    rates: Mapping[str, Array],
    co2: Array,
    theta: Parameters,
    is_c4: Array,
    xp: Namespace,
) -> Array:
    """Gross photosynthesis A (mol m-2 s-1) without water stress, at c_i = f_ci c_a.

    Args:
        light: absorbed per leaf area (mol m-2 s-1), shape (hour, layer, column).
        rates: of `leaf_rates`, at air temperature.
        co2: c_a (mol mol-1), shape (column,).
        theta: physical parameters, each (column,).
        is_c4: shape (column,).
    """
    internal = theta["f_ci"] * co2
    transport = c3.electron_transport(light, rates, theta["alpha_q"], xp)
    c3_light, c3_enzyme = c3.at_internal_co2(transport, rates, internal)
    c4_light = smaller_root(*c4.light_quadratic(light, rates, theta["alpha_i"]), xp)
    by_light = xp.where(is_c4, c4_light, c3_light)
    by_enzyme = xp.where(is_c4, c4.pep_at_internal_co2(rates, internal), c3_enzyme)
    return colimited(by_light, by_enzyme, rates["inhibition"], xp)


def stomatal_conductance(
    assimilation: Array,
    rates: Mapping[str, Array],
    temperature: Array,
    pressure: Array,
    co2: Array,
    ratio: Array,
    xp: Namespace,
) -> Array:
    """Conductance for water vapour (m s-1) that carries the net uptake, at least its minimum.

        g_s = max(1.6 (A - R_d)/(c_a - c_i) R T_K/p, g_min)

    Args:
        temperature: of the air (°C), shape (hour, column).
        pressure (Pa), co2 (mol mol-1), ratio c_i/c_a (1): shape (column,).
    """
    volume = GAS_CONSTANT * (temperature + ZERO_CELSIUS) / pressure  # m3 mol-1
    scale = 1.6 * volume / (co2 * (1.0 - ratio))
    conductance = (assimilation - rates["dark_respiration"]) * scale[:, None]
    return floored(conductance, MINIMUM_CONDUCTANCE, 10.0 * MINIMUM_CONDUCTANCE, xp)


def at_conductance(
    light: Array,
    rates: Mapping[str, Array],
    stomata: Array,
    temperature: Array,
    pressure: Array,
    co2: Array,
    theta: Parameters,
    is_c4: Array,
    xp: Namespace,
) -> Array:
    """Gross photosynthesis A (mol m-2 s-1) at a fixed stomatal conductance.

    The smooth minimum acts before and after internal CO2 is eliminated, so that at the conductance
    of the first pass A is 1 to 2 % below that of the first pass.

    Args:
        light, co2, theta, is_c4: as `unstressed`.
        rates: of `leaf_rates`, at canopy temperature.
        stomata: g_s for water vapour (m s-1), shape (hour, layer, column).
        temperature: of the canopy (°C), shape (hour, column).
        pressure: Pa, shape (column,).
    """
    moles = pressure / (1.6 * GAS_CONSTANT * (temperature + ZERO_CELSIUS))  # mol m-3, and for CO2
    conductance = stomata * moles[:, None]
    transport = c3.electron_transport(light, rates, theta["alpha_q"], xp)
    c3_light, c3_enzyme = c3.quadratics_at_conductance(transport, rates, conductance, co2)
    c4_light = c4.light_quadratic(light, rates, theta["alpha_i"])
    by_light = smaller_root(
        xp.where(is_c4, c4_light[0], c3_light[0]), xp.where(is_c4, c4_light[1], c3_light[1]), xp
    )
    by_enzyme = xp.where(
        is_c4, c4.pep_at_conductance(rates, conductance, co2), smaller_root(*c3_enzyme, xp)
    )
    return colimited(by_light, by_enzyme, rates["inhibition"], xp)
