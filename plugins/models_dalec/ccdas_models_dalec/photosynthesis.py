"""The aggregated canopy model: daily photosynthesis of a canopy from its leaf area.

Source: Williams et al. (1997), Ecol. Appl. 7, 882-894; coefficients as in Bloom and Williams
(2015), Biogeosciences 12, 1299-1315, appendix A, where the efficiency of the canopy takes the place
of the nitrogen of its leaves.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ccdas_framework import Array, Namespace

A2, A5 = 0.0156935, 0.0453194  # h-1 and 1: response to day length
A3, A4 = 4.22273, 208.868  # ppm: CO2 compensation and half saturation
A6 = 0.37836  # resistance of the plant to water, with which R_tot = 1
A7 = 7.19298  # gC MJ-1: largest quantum efficiency of a canopy
A8 = 0.011136  # degC-1: response of the carboxylation to temperature
A9 = 2.1001  # (m2 m-2)^2: leaf area squared at half of A7
A10 = 0.789798  # 1: exponent of the water potential
WATER_POTENTIAL = 2.0  # MPa: largest difference between soil and leaf, |psi_d|
RESISTANCE = 1.0  # MPa m2 s mmol-1: R_tot from soil to leaf
TINY = 1e-12  # gC m-2 d-1: a canopy without leaves or light has no photosynthesis, and not 0/0


def canopy_conductance(temperature_range: Array) -> Array:
    """Conductance g_c of the canopy to CO2 (gC m-2 d-1 ppm-1), shape of its argument.

        g_c = |psi_d|^a10 / (T_range/2 + a6 R_tot)

    Args:
        temperature_range: daily maximum minus minimum (K).
    """
    return WATER_POTENTIAL**A10 / (0.5 * temperature_range + A6 * RESISTANCE)


def warmth(maximum_temperature: Array) -> Array:
    """exp(a8 T_max), the response of carboxylation (1) to the daily maximum (degC)."""
    return np.exp(A8 * maximum_temperature)


def daylight_response(day_length: Array) -> Array:
    """a2 s + a5 (1) of a day length s (h)."""
    return A2 * day_length + A5


def co2_drawdown(
    leaf_area: Array,
    efficiency: Array,
    conductance: Array,
    temperature_response: Array,
    co2: Array,
    xp: Namespace,
) -> Array:
    """C_a - C_i (ppm), the difference of CO2 between the air and the leaves.

        p = c_eff L exp(a8 T_max) / g_c,  q = a3 - a4
        C_i = (C_a + q - p + sqrt((C_a + q - p)^2 - 4 (C_a q - p a3))) / 2

    q is negative, so the radicand is positive.

    Args:
        leaf_area: L (m2 m-2).
        efficiency: c_eff (gC m-2 leaf d-1).
        conductance: g_c (gC m-2 d-1 ppm-1).
        temperature_response: exp(a8 T_max) (1).
        co2: C_a (ppm).
    """
    p = efficiency * leaf_area * temperature_response / conductance
    q = A3 - A4
    total = co2 + q - p
    inside = 0.5 * (total + xp.sqrt(total * total - 4.0 * (co2 * q - p * A3)))
    return co2 - inside


def gross_production(
    leaf_area: Array, efficiency: Array, weather: Mapping[str, Array], xp: Namespace
) -> Array:
    """GPP (gC m-2 d-1), shape of the leaf area.

        E_0 = a7 L^2 / (L^2 + a9),  D = g_c (C_a - C_i)
        GPP = E_0 I D / (E_0 I + D) (a2 s + a5)

    Args:
        leaf_area: L (m2 m-2).
        efficiency: c_eff (gC m-2 leaf d-1).
        weather: `light` I (MJ m-2 d-1), `co2` (ppm), `conductance` (gC m-2 d-1 ppm-1), `warmth` and
            `daylight` (1) of the day.
    """
    drawdown = co2_drawdown(
        leaf_area, efficiency, weather["conductance"], weather["warmth"], weather["co2"], xp
    )
    diffusion = weather["conductance"] * drawdown
    squared = leaf_area * leaf_area
    light = A7 * squared / (squared + A9) * weather["light"]
    return light * diffusion / (light + diffusion + TINY) * weather["daylight"]
