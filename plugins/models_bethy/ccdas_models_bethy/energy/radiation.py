"""Net radiation of canopy and soil."""

from __future__ import annotations

from ccdas_framework import Array, Namespace

from ..constants import (
    CANOPY_ALBEDO,
    EMISSIVITY,
    SOIL_ABSORPTION,
    STEFAN_BOLTZMANN,
    ZERO_CELSIUS,
)


def net_longwave(
    temperature: Array, vapour_pressure: Array, cloud: Array, sky_emissivity: Array, xp: Namespace
) -> Array:
    """R_Ln (W m-2), negative where the surface loses.

        R_Ln = sigma T^4 [(1 + 0.22 n_c^2) e_0 (ea/T)^0.143 - 0.97]

    Args:
        temperature (°C), vapour_pressure (Pa): shape (hour, column).
        cloud: n_c (1), sky_emissivity: e_0 (1), shape (column,).

    Source: Brutsaert (1975), Water Resour. Res. 11, 742-744, as in the CCDAS V2 source.
    """
    kelvin = temperature + ZERO_CELSIUS
    sky = (1.0 + 0.22 * cloud * cloud) * sky_emissivity
    square = kelvin * kelvin
    emissivity = sky * xp.exp(0.143 * xp.log(vapour_pressure / kelvin))
    return STEFAN_BOLTZMANN * square * square * (emissivity - EMISSIVITY)


def radiation_budget(
    shortwave: Array,
    longwave: Array,
    fapar: Array,
    soil_albedo: Array,
    leaf_area: Array,
    cover: Array,
    xp: Namespace,
) -> dict[str, Array]:
    """Net radiation of canopy and soil and its parts (W m-2), shape (hour, column).

    Args:
        shortwave, longwave: incoming, net (W m-2), shape (hour, column).
        fapar: absorbed fraction of PAR (1), shape (hour, column).
        soil_albedo: broadband (1), shape (column,) or (hour, column).
        leaf_area (m2 m-2), cover (1): shape (column,).

    Returns:
        Dict: `canopy` R_nc, `soil` R_ns, `ground_heat` G (W m-2), `canopy_absorption` a_V and
        `longwave_gap` t_L (1).

    Source: CCDAS V2 source.
    """
    canopy_absorption = (1.0 - CANOPY_ALBEDO - SOIL_ABSORPTION) * fapar
    bright = 1.0 - soil_albedo
    soil_absorption = bright - (bright - SOIL_ABSORPTION) * fapar
    ground_heat = 0.036 * (longwave + (canopy_absorption + soil_absorption) * shortwave)
    gap = 1.0 - cover + cover * xp.exp(-0.5 * leaf_area / cover)
    exchange = longwave - ground_heat
    return {
        "canopy": (1.0 - gap) * exchange + canopy_absorption * shortwave,
        "soil": gap * exchange + soil_absorption * shortwave,
        "ground_heat": ground_heat,
        "canopy_absorption": canopy_absorption,
        "longwave_gap": gap,
    }
