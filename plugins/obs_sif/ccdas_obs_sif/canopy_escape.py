"""Share of the fluorescence of a canopy layer that leaves the canopy upwards.

Leaves emit half of their fluorescence upwards and half downwards, and scatter likewise. A photon
that meets a leaf is scattered with the probability w or lost. Ground that it reaches sends it up
again with the probability r. With leaves of random angle, the probability to meet a leaf is 1 per
leaf area of the path in two streams.
"""

from __future__ import annotations

from ccdas_framework import Array, Namespace

LAYERS = 3  # of equal leaf area, from the top
# Single-scattering albedo of leaves at 740 nm (1). PROSPECT-5 with the absorption coefficients of
# FLUSPECT, 50 ug cm-2 of chlorophyll, 9 mg cm-2 of dry matter and a structure of 1.5; 30 to 80 ug
# cm-2 give 0.87 to 0.80. Source: Feret et al. (2008), Remote Sens. Environ. 112, 3030-3043.
LEAF_SCATTERING = 0.84
SOIL_ALBEDO = 0.2  # at 740 nm, 1; own choice between wet (0.1) and dry (0.3) soil under plants
EXTINCTION = 0.3  # of the published form, per leaf area, 1; own choice
TINY_LEAF_AREA = 1e-6  # m2 m-2, so that a canopy without leaves has a limit
NEAR_ZERO = 1e-2  # argument below which a series replaces sinh(u)/u


def shoot_scattering(scattering: Array, clumping: Array) -> Array:
    """Single-scattering albedo of shoots (1), w c/(1 - (1 - c) w).

    A photon scattered by a needle meets another needle of the shoot with the probability 1 - c.

    Args:
        scattering: w, of a needle or leaf (1).
        clumping: c, needle-to-shoot clumping (1); 1 for leaves.

    Source: Smolander and Stenberg (2003), Remote Sens. Environ. 88, 363-373.
    """
    return scattering * clumping / (1.0 - (1.0 - clumping) * scattering)


def shoot_escape(scattering: Array, clumping: Array) -> Array:
    """Share of the emission of a needle that leaves its shoot (1), c/(1 - (1 - c) w)."""
    return clumping / (1.0 - (1.0 - clumping) * scattering)


def two_stream_escape(
    leaf_area: Array,
    layer: int,
    scattering: Array,
    soil_albedo: Array,
    clumping: Array,
    xp: Namespace,
) -> Array:
    """Share of the emission of a layer that leaves the canopy (1), the mean over its depth.

        E(x) = e B/2 (exp(-h x) - R exp(-h (2 L - x)))       h = sqrt(1 - w)
        R = ((1 - h) - r (1 + h))/((1 + h) - r (1 - h))
        B = 2/((1 + h) - (1 - h) R exp(-2 h L))

    x is the leaf area above, clumped as L. In a canopy of shoots w, L and e are those of shoots.

    Args:
        leaf_area: over the ground that plants cover (m2 m-2); L is c times it.
        layer: 1 at the top to 3, of equal leaf area.
        scattering: single-scattering albedo of leaves, below 1 (1).
        soil_albedo: r (1).
        clumping: c, needle-to-shoot clumping, 1 for leaves (1).
    """
    w, e = shoot_scattering(scattering, clumping), shoot_escape(scattering, clumping)
    L = clumping * leaf_area + TINY_LEAF_AREA
    h = xp.sqrt(1.0 - w)
    R = ((1.0 - h) - soil_albedo * (1.0 + h)) / ((1.0 + h) - soil_albedo * (1.0 - h))
    B = 2.0 / ((1.0 + h) - (1.0 - h) * R * xp.exp(-2.0 * h * L))
    middle = (layer - 0.5) / LAYERS * L
    mean_factor = _sinh_ratio(0.5 * h * L / LAYERS, xp)
    below = R * xp.exp(-h * (2.0 * L - middle))
    return 0.5 * e * B * mean_factor * (xp.exp(-h * middle) - below)


def exponential_escape(leaf_area: Array, layer: int, xp: Namespace) -> Array:
    """Published form (1), exp(-0.3 (l - 0.5)/3 L): all emission is sent upwards.

    Args:
        leaf_area: L over the ground that plants cover (m2 m-2).
        layer: l, 1 at the top.
    """
    return xp.exp(-EXTINCTION * (layer - 0.5) / LAYERS * leaf_area)


def _sinh_ratio(u: Array, xp: Namespace) -> Array:
    """sinh(u)/u (1), by its series near 0: the ratio of two differences would lose digits."""
    near = u < NEAR_ZERO
    series = 1.0 + u**2 / 6.0 + u**4 / 120.0
    safe = xp.where(near, 1.0, u)
    return xp.where(near, series, 0.5 * (xp.exp(safe) - xp.exp(-safe)) / safe)
