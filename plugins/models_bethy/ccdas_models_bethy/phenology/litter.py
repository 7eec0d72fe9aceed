"""Leaf litter as a relative rate, later scaled to net primary production."""

from __future__ import annotations

from ccdas_framework import Array, Namespace

from ..constants import DAYS_A_YEAR, DRY_MATTER_CARBON
from ..smooth import floored

TRICKLE = 1e-9  # m2 m-2 d-1, so that a canopy that never grows still has some litter to scale


def litter_rate(
    leaf_area: Array,
    limit: Array,
    rate: Array,
    lifetime: Array,
    specific_leaf_area: Array,
    form: str,
    xp: Namespace,
) -> Array:
    """L (gC m-2 d-1) of a day, never 0.

    Form "shedding": shed leaf area and a turnover over the life of a leaf,

        l = max((Lam - Lam_lim)(1 - exp(-r)), 0) + Lam/(365 tau_leaf)

    form "code": the growth part, max((Lam_lim - Lam)(1 - exp(-r)), 0), as the CCDAS V2 source has
    it. L = 450 l/SLA.

    Args:
        leaf_area: Lam before its update (m2 m-2).
        limit, rate: Lam_lim (m2 m-2) and r (d-1).
        lifetime: tau_leaf (yr).
        specific_leaf_area: SLA (m2 per kg dry matter).
    """
    fallen = (leaf_area - limit) * (1.0 - xp.exp(-rate))
    if form == "code":
        lost = floored(-fallen, 0.0, 1e-3, xp) + TRICKLE
    else:
        lost = floored(fallen, 0.0, 1e-3, xp) + leaf_area / (DAYS_A_YEAR * lifetime)
    return lost / specific_leaf_area * 1000.0 * DRY_MATTER_CARBON
