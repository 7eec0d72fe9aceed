"""Leaf nitrogen, and with it photosynthetic capacity, through the canopy."""

from __future__ import annotations

from ccdas_framework import Array, Namespace

from ..constants import COVER_LEAF_AREA, LAYERS, NITROGEN_LEAF_AREA
from ..smooth import capped, floored

TRANSITION = 0.02  # width of the transition at w = 1; own choice


def nitrogen_profile(leaf_area: Array, noon_cosine: Array, scaled: Array, xp: Namespace) -> Array:
    """Capacity of each layer relative to the top one (1), shape (layer, column).

        n_l = w exp(-k_12 (l-1)/3 Lam) + 1 - w,  w = min((max(Lam, 3) - 3)/3, 1), both smooth

    Args:
        leaf_area: Lam (m2 m-2), shape (column,).
        noon_cosine: sp + cp, cosine of the zenith angle at noon (1), shape (column,).
        scaled: 1 for types with a nitrogen profile, else 0, shape (column,).

    Source: Knorr and Heimann (2001), Global Biogeochem. Cycles 15, 207-225; CCDAS V2 source.
    """
    range_ = NITROGEN_LEAF_AREA - COVER_LEAF_AREA
    above = floored(leaf_area, COVER_LEAF_AREA, 0.1, xp) - COVER_LEAF_AREA
    weight = scaled * capped(above / range_, 1.0, TRANSITION, xp)
    extinction = 0.5 / xp.maximum(noon_cosine, 1e-3)
    second = xp.exp(-extinction * leaf_area / LAYERS)
    shape = xp.stack([xp.ones_like(second), second, second * second])
    return weight * shape + 1.0 - weight
