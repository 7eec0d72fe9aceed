"""Response of leaf rates to temperature."""

from __future__ import annotations

from ccdas_framework import Array, Namespace, Parameters

from ..constants import GAS_CONSTANT, OXYGEN, ZERO_CELSIUS
from ..smooth import floored, logistic

T_25 = 298.16  # K, 25 °C in the convention of the source
DARK_RESPIRATION_C3 = 0.011  # R_d / V_m at 25 °C, 1, CCDAS V2 source
DARK_RESPIRATION_C4 = 0.042  # the same for C4; a comment of the source says 0.0042


def warming(temperature: Array) -> Array:
    """w = (T - T_25)/(T_25 R T) (mol J-1), temperature in °C: a rate is exp(E w) of that at 25 °C.

    Source: Farquhar, von Caemmerer and Berry (1980), Planta 149, 78-90.
    """
    kelvin = temperature + ZERO_CELSIUS
    return (kelvin - T_25) / (T_25 * GAS_CONSTANT * kelvin)


def heat_inhibition(temperature: Array, xp: Namespace) -> Array:
    """Loss of capacity at high leaf temperature (1), half at 55 °C; temperature in °C."""
    return logistic(-1.3 * (temperature - 55.0), xp)


def cold_inhibition(temperature: Array, xp: Namespace) -> Array:
    """Standstill of a frozen canopy (1), half at 0 °C over 0.1 K; temperature in °C."""
    return logistic(10.0 * temperature, xp)


def darkness(light: Array, xp: Namespace) -> Array:
    """Inhibition of dark respiration by light (1); light in mol m-2 s-1 of shortwave/E_PAR."""
    return 0.5 + 0.5 * xp.exp(-light / 1e-5)


def positive_part(temperature: Array, xp: Namespace) -> Array:
    """T above 0 °C, smooth over 0.1 K; temperature in °C."""
    return floored(temperature, 0.0, 0.1, xp)


def compensation_point(positive: Array, slope: Array) -> Array:
    """Gam* = g_t T (mol mol-1); T of `positive_part` (°C), g_t in umol mol-1 K-1."""
    return 1e-6 * slope * positive


def leaf_rates(
    temperature: Array, capacity: Array, shade: Array, theta: Parameters, c4: Array, xp: Namespace
) -> dict[str, Array]:
    """Rates of leaves at a temperature, for each layer.

    Args:
        temperature: of the leaf (°C), shape (hour, column).
        capacity: V_m of each layer relative to its top value (1), shape (layer, column).
        shade: of `darkness` (1), shape (hour, column).
        theta: physical parameters, each (column,).
        c4: whether a column is C4, shape (column,).

    Returns:
        Dict: `carboxylation` V, `electron_transport` J_max, `pep` k, `dark_respiration` R_d
        (mol m-2 s-1, (hour, layer, column)); `compensation` Gam*, `michaelis` K_2 (mol mol-1)
        and `inhibition` (1), shape (hour, 1, column).

    Sources: Farquhar et al. (1980); Collatz et al. (1992), Aust. J. Plant Physiol. 19, 519-538;
    CCDAS V2 source.
    """
    warm = warming(temperature)
    positive = positive_part(temperature, xp)
    inhibition = heat_inhibition(temperature, xp)
    at_25 = 1e-6 * theta["V_m"] * capacity  # mol m-2 s-1, (layer, column)
    # a C4 column has no use for K_O, a C3 column none for k: one exponential serves both
    shared = xp.exp(xp.where(c4, theta["E_k"], theta["E_O"]) * warm)
    kc = 1e-6 * theta["K_C"] * xp.exp(theta["E_C"] * warm)
    michaelis = kc * (1.0 + OXYGEN / (theta["K_O"] * shared))
    ratio = xp.where(c4, DARK_RESPIRATION_C4, DARK_RESPIRATION_C3)
    respiration = ratio * xp.exp(theta["E_R"] * warm) * inhibition * shade
    return {
        "carboxylation": at_25 * xp.exp(theta["E_V"] * warm)[:, None],
        "electron_transport": at_25 * theta["a_JV"] * (positive / 25.0)[:, None] + 1e-12,
        "pep": (1e-3 * theta["k_25"] * capacity) * shared[:, None],
        "dark_respiration": at_25 * respiration[:, None],
        "compensation": compensation_point(positive, theta["g_t"])[:, None],
        "michaelis": michaelis[:, None],
        "inhibition": inhibition[:, None],
    }
