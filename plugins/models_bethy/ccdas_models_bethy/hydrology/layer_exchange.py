"""Exchange of water between the soil layers by capillary forces, upward and downward.

Each form gives a conductance g(S) = g_1 S^n (mm d-1 for each unit of S) of the saturation
S = theta/theta_sat.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ccdas_framework import Array, Namespace, Parameters

# Suction of soil at field capacity, 33 J kg-1, as a head (mm of water). Source: Campbell and
# Norman (1998), An Introduction to Environmental Biophysics, table 9.1.
FIELD_CAPACITY_SUCTION = 3365.0
DRIEST = 1e-9  # saturation in place of none, which has no logarithm, 1
# Gauss-Legendre points and weights of three between 0 and 1
POINTS = ((0.1127016653792583, 5.0 / 18.0), (0.5, 8.0 / 18.0), (0.8872983346207417, 5.0 / 18.0))


def constant_conductance(
    theta: Parameters, site: Mapping[str, Array], distance: Array
) -> tuple[Array, Array]:
    """g_1 = k_ex (mm d-1) and n = 0 (1): the same in wet and dry soil. Own choice."""
    return theta["k_ex"], 0.0 * distance


def campbell_conductance(
    theta: Parameters, site: Mapping[str, Array], distance: Array
) -> tuple[Array, Array]:
    """g_1 (mm d-1) and n (1) of Darcy's law with the curves of Campbell.

        K = K_sat S^(2 b + 3),  psi = psi_e S^-b
        K dpsi/dz = g(S) dS,  g(S) = b |psi_e| K_sat/dz S^(b + 2)

    psi_e is the potential of air entry, at which the curve passes through field capacity. Gravity
    is not in it: it drains each layer by itself.

    Args:
        theta: `s_b`, `s_K` and `s_D`, which scales g (1).
        site: `theta_fc`, `theta_sat` (m3 m-3), `campbell_b` (1), `saturated_conductivity` (mm d-1).
        distance: dz, between the middles of the layers (mm).

    Source: Campbell (1974), Soil Sci. 117, 311-314.
    """
    b = theta["s_b"] * site["campbell_b"]
    entry = FIELD_CAPACITY_SUCTION * (site["theta_fc"] / site["theta_sat"]) ** b  # mm
    conductivity = theta["s_K"] * site["saturated_conductivity"]
    return theta["s_D"] * b * entry * conductivity / distance, b + 2.0


Conductance = Callable[[Parameters, Mapping[str, Array], Array], tuple[Array, Array]]
EXCHANGES: Mapping[str, Conductance] = {
    "campbell": campbell_conductance,
    "ccdas": constant_conductance,
}


def exchanged(
    top: Array,
    root: Array,
    top_full: Array,
    root_full: Array,
    rate: Array,
    exponent: Array,
    xp: Namespace,
) -> Array:
    """Water (mm) that rises from the root layer in a day; negative where it goes down.

        (S_2 - S_1) C (1 - exp(-g/C)),  1/C = 1/W_1 + 1/W_2

    It is the exact solution for a conductance that stays the same over the day: that of its start,
    averaged over the saturations between both layers. It never overshoots their balance.

    Args:
        top, root: water of the layers (mm).
        top_full, root_full: W_1 and W_2, at saturation (mm).
        rate, exponent: g_1 (mm d-1) and n (1).
    """  # fmt: skip
    upper, lower = top / top_full, root / root_full
    gap = lower - upper
    between = [(xp.maximum(upper + point * gap, DRIEST), weight) for point, weight in POINTS]
    mean = sum(weight * xp.exp(exponent * xp.log(saturation)) for saturation, weight in between)
    pair = 1.0 / (1.0 / top_full + 1.0 / root_full)
    return gap * pair * (1.0 - xp.exp(-rate * mean / pair))
