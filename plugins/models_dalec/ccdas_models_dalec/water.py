"""Plant-available water and the photosynthesis that it allows.

The published minimum is smooth here, and losses are exact over a day, so that no parameter empties
the pool below zero.

Source: Bloom et al. (2020), Biogeosciences 17, 6393-6422 (DALEC with a pool of plant-available
water); water-use efficiency: Beer et al. (2009), Global Biogeochem. Cycles 23, GB2018.
"""

from __future__ import annotations

from ccdas_framework import Array, Namespace

CURVATURE = 0.95  # 1, of the smooth minimum: 0.82 where water is just enough
TINY = 1e-9  # mm, and of a ratio (1): dry soil and still air do not divide 0 by 0


def water_stress(water: Array, enough: Array, xp: Namespace) -> Array:
    """beta (1), the smooth minimum of W/omega and 1.

    Args:
        water: W (mm).
        enough: omega (mm).
    """
    supply = water / enough
    total = supply + 1.0
    return (total - xp.sqrt(total * total - 4.0 * CURVATURE * supply)) / (2.0 * CURVATURE)


def remaining_stress(water: Array, demand: Array, stress: Array, xp: Namespace) -> Array:
    """Share (1) of the photosynthesis without stress that the water of a day allows.

        W (1 - exp(-beta E/W)) / E

    It is beta where the demand is small. The loss follows the remaining water, so that
    transpiration, this share of E, is always less than W.

    Args:
        water: W (mm).
        demand: E, transpiration without stress (mm d-1).
        stress: beta (1).
    """
    ratio = stress * demand / (water + TINY) + TINY
    return -stress * xp.expm1(-ratio) / ratio * water / (water + TINY)


def runoff(water: Array, focal: Array, xp: Namespace) -> Array:
    """Runoff and drainage of a day (mm), W^2/(Q + W): the exact loss of a day at dW/dt = -W^2/Q.

    Args:
        water: W (mm).
        focal: Q (mm d).
    """
    return water * water / (focal + water)
