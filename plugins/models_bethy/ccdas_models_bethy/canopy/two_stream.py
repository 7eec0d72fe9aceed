"""Absorption of PAR by three canopy layers: two-stream solution for isotropic leaves.

Source: Sellers (1985), Int. J. Remote Sens. 6, 1335-1372, in the form of Knorr (1997, PhD thesis,
Univ. Hamburg) and the CCDAS V2 source.
"""

from __future__ import annotations

import math

from ccdas_framework import Array, Namespace

from ..constants import LEAF_SCATTERING
from ..meteorology.solar import DAYLIGHT

_H = math.sqrt(1.0 - LEAF_SCATTERING)
_P1 = (1.0 - LEAF_SCATTERING / 2.0 + _H) / (LEAF_SCATTERING / 2.0)
_P2 = 1.0 / _P1


def par_soil_albedo(soil_albedo: Array) -> Array:
    """Albedo of the soil for PAR (1) from its broadband albedo (1)."""
    return 0.92 * soil_albedo - 0.015


def beam_cosine(cosine: Array, xp: Namespace) -> Array:
    """Cosine of the zenith angle for the canopy: 1 at night, off the removable singularity."""
    cosine = xp.where(cosine >= DAYLIGHT, cosine, 1.0)
    return xp.where(xp.abs(1.0 - 4.0 * (cosine * _H) ** 2) < 1e-3, cosine + 2e-3, cosine)


def _solution(
    leaf_area: Array, cosine: Array, beam_fraction: Array, soil_albedo: Array, xp: Namespace
) -> tuple[Array, Array, Array, Array, Array]:
    """Coefficients of the net downward PAR at relative depth z = x/L,

        N(z) = beam e^{-k L z} + down e^{h L z} + up e^{-h L z}

    with k L and h L, each (hour, column) or (column,)."""
    beam_loss = 0.5 / cosine * leaf_area
    diffuse_loss = _H * leaf_area
    half = LEAF_SCATTERING / 2.0 / (1.0 - (2.0 * cosine * _H) ** 2)
    q1 = (1.0 + 2.0 * cosine) * half
    q0 = (1.0 - 2.0 * cosine) * half
    growing = xp.exp(diffuse_loss)
    g1 = (_P1 - soil_albedo) * growing
    g2 = (_P2 - soil_albedo) / growing
    source = (soil_albedo * (1.0 - q1) - q0) * xp.exp(-beam_loss) * beam_fraction
    top = 1.0 - beam_fraction + q1 * beam_fraction
    inverse = 1.0 / (g1 - g2)
    b1 = (source - top * g2) * inverse
    b2 = (top * g1 - source) * inverse
    beam = (1.0 - q0 - q1) * beam_fraction
    return beam, (1.0 - _P1) * b1, (1.0 - _P2) * b2, beam_loss, diffuse_loss


def net_par(
    depth: Array,
    leaf_area: Array,
    cosine: Array,
    beam_fraction: Array,
    soil_albedo: Array,
    xp: Namespace,
) -> Array:
    """Net downward PAR at a relative depth 0..1, per unit incident PAR (1).

    1 - N(0) is reflected and N(1) absorbed by the soil. Arguments as `layer_absorption`.
    """
    beam, down, up, beam_loss, diffuse_loss = _solution(
        leaf_area, cosine, beam_fraction, soil_albedo, xp
    )
    rise = xp.exp(diffuse_loss * depth)
    return beam * xp.exp(-beam_loss * depth) + down * rise + up / rise


def layer_absorption(
    leaf_area: Array,
    cover: Array,
    cosine: Array,
    beam_fraction: Array,
    soil_albedo: Array,
    xp: Namespace,
) -> Array:
    """PAR absorbed by each third of the leaf area, per unit ground area and incident PAR (1).

        A_l = f_c [N(L (l-1)/3) - N(L l/3)]

    Args:
        leaf_area: L inside the covered fraction (m2 m-2), shape (column,).
        cover: f_c (1), shape (column,).
        cosine: mu of `beam_cosine` (1), shape (hour, column).
        beam_fraction: direct part of incident PAR (1), shape (hour, column).
        soil_albedo: of the soil for PAR (1), shape (column,) or (hour, column).

    Returns:
        Absorbed PAR, shape (hour, layer, column).
    """
    beam, down, up, beam_loss, diffuse_loss = _solution(
        leaf_area, cosine, beam_fraction, soil_albedo, xp
    )
    fall = xp.exp(beam_loss * (-1.0 / 3.0))
    rise = xp.exp(diffuse_loss * (1.0 / 3.0))
    beam = beam * (1.0 - fall)
    down = down * (1.0 - rise)
    up = up * (1.0 - 1.0 / rise)
    layers = [beam + down + up]
    for _ in range(2):
        beam, down, up = beam * fall, down * rise, up / rise
        layers.append(beam + down + up)
    return cover * xp.stack(layers, axis=1)
