"""Autotrophic respiration and net primary production.

Source: Knorr (2000), Global Ecol. Biogeogr. 9, 225-252; CCDAS V2 source.
"""

from __future__ import annotations

from ccdas_framework import Array


def maintenance_respiration(leaf_respiration: Array, leaf_share: Array) -> Array:
    """R_m = Rdc/f_leaf (gC m-2 d-1), from the canopy's dark respiration."""
    return leaf_respiration / leaf_share


def net_primary_production(gpp: Array, maintenance: Array, growth_cost: Array) -> Array:
    """NPP = (1 - f_g)(GPP - R_m) (gC m-2 d-1); may be negative in winter."""
    return (1.0 - growth_cost) * (gpp - maintenance)
