"""Fluorescence yield of leaves.

A photon that chlorophyll absorbs drives photochemistry, is lost as heat (thermal deactivation or
regulated quenching), or is emitted again.
The rate constants are relative to each other (1).

Source: van der Tol et al. (2014), J. Geophys. Res. Biogeosci. 119, 2312-2327. Its steps are smooth
in this module.
"""

from __future__ import annotations

from ccdas_framework import Array, Namespace

FLUORESCENCE = 0.05  # K_f, 1
PHOTOCHEMISTRY = 4.0  # K_p of open reaction centres, 1
LEAST_LOSS = 0.087  # of K_d, 1
LOSS_WIDTH, SATURATION_WIDTH = 0.01, 0.01  # of the smooth limits, 1; own choice
# data set behind the quenching -> K_n0, alpha, beta
QUENCHING = {"general": (2.48, 2.83, 0.114), "drought": (5.01, 1.93, 10.0)}


def smooth_maximum(x: Array, floor: Array, width: Array, xp: Namespace) -> Array:
    """The larger of x and a floor, once differentiable: the floor itself below floor - width.

        max(x) = x + width exp(-(x - floor)/width - 1)   where x >= floor - width

    Source: as in the CCDAS V2 source (function `maxx`).
    """
    excess = xp.maximum(x - floor, -width)
    return floor + excess + width * xp.exp(-excess / width - 1.0)


def heat_loss(temperature: Array, xp: Namespace) -> Array:
    """K_d = max(0.03 T + 0.0773, 0.087) (1), thermal deactivation; T of the leaf in °C.

    The code of SCOPE, by the same authors, has 0.8738 in place of 0.087. Its K_d is then the same
    at all temperatures below 26.5 °C.
    """
    return smooth_maximum(0.03 * temperature + 0.0773, LEAST_LOSS, LOSS_WIDTH, xp)


def light_saturation(photochemistry: Array, xp: Namespace) -> Array:
    """x = 1 - chi (1), limited to 0..1 over 0.01; chi of at most 1."""
    unused = 1.0 - xp.minimum(photochemistry, 1.0)
    above = smooth_maximum(unused, 0.0, SATURATION_WIDTH, xp)
    return -smooth_maximum(-above, -1.0, SATURATION_WIDTH, xp)


def quenching(saturation: Array, kind: str, xp: Namespace) -> Array:
    """K_n = K_n0 (1 + b) x^a/(b + x^a) (1), regulated heat loss; x of `light_saturation`."""
    most, exponent, half = QUENCHING[kind]
    power = saturation**exponent
    return most * (1.0 + half) * power / (half + power)


def fluorescence_yield(
    photochemistry: Array, temperature: Array, kind: str, xp: Namespace
) -> Array:
    """phi_f: photons emitted for each that is absorbed (1).

        phi_0 = K_p/(K_f + K_d + K_p)
        phi_f = K_f/(K_f + K_d + K_n) (1 - phi_0 chi)

    Args:
        photochemistry: chi, electron transport over its potential in the absorbed light (1).
        temperature: of the leaf (°C).
        kind: of `QUENCHING`.
    """
    loss = heat_loss(temperature, xp)
    most = PHOTOCHEMISTRY / (FLUORESCENCE + loss + PHOTOCHEMISTRY)
    quenched = quenching(light_saturation(photochemistry, xp), kind, xp)
    return FLUORESCENCE / (FLUORESCENCE + loss + quenched) * (1.0 - most * photochemistry)
