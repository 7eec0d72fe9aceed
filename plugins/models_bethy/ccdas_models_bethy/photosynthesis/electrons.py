"""Actual electron transport of leaves over the transport that their light could drive."""

from __future__ import annotations

from ccdas_framework import Array, Namespace, Parameters

from ..constants import GAS_CONSTANT, ZERO_CELSIUS

LEAST_TRANSPORT = 1e-10  # mol m-2 s-1, added to the potential rate: it has no effect by day


def actual_transport(gross: Array, above_compensation: Array, compensation: Array) -> Array:
    """Electron transport that carbon uptake and photorespiration use (mol m-2 s-1).

        J_a = 4 A (c_i + 2 Gam*)/(c_i - Gam*) = 4 A (1 + 3 Gam*/(c_i - Gam*))

    Args:
        gross: A (mol m-2 s-1).
        above_compensation: c_i - Gam* (mol mol-1).
        compensation: Gam* (mol mol-1).

    Source: Farquhar, von Caemmerer and Berry (1980), Planta 149, 78-90.
    """
    return 4.0 * gross * (1.0 + 3.0 * compensation / above_compensation)


def photochemistry(
    gross: Array,
    light: Array,
    stomata: Array,
    respiration: Array,
    compensation: Array,
    temperature: Array,
    pressure: Array,
    co2: Array,
    theta: Parameters,
    c4: Array,
    xp: Namespace,
) -> Array:
    """chi = J_a/(alpha I) (1): 1 in weak light, falling as light exceeds what leaves can use.

    C3 by `actual_transport`, with the internal CO2 that the conductance G0 leaves,
    c_i - Gam* = c_a - Gam* - (A - R_d)/G0. C4: A/(alpha_i I).

    Args:
        gross: A at the conductance; light: I absorbed per leaf area; respiration: R_d
            (mol m-2 s-1), shape (..., layer, column).
        stomata: g_s for water vapour (m s-1), the same shape.
        compensation: Gam* (mol mol-1), temperature: of the canopy (°C), pressure (Pa), co2: c_a
            (mol mol-1); shape (..., 1, column).
        theta: physical parameters; c4: whether a column is C4; each (column,).

    Source: van der Tol et al. (2014), J. Geophys. Res. Biogeosci. 119, 2312-2327, with the quantum
        yields of the model, so that chi tends to 1.
    """
    conductance = stomata * (pressure / (1.6 * GAS_CONSTANT * (temperature + ZERO_CELSIUS)))
    left = conductance * (co2 - compensation) + respiration - gross
    above = xp.where(c4, 1.0, left / conductance)  # C4 leaves live on less than Gam*
    used = xp.where(c4, gross, actual_transport(gross, above, compensation))
    efficiency = xp.where(c4, theta["alpha_i"], theta["alpha_q"])
    return used / (efficiency * light + LEAST_TRANSPORT)
