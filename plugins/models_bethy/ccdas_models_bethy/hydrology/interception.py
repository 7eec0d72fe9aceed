"""Rain held by leaves and evaporated from them.

Source: structure of the CCDAS V2 source; its fraction f_c exp(-0.5 Lam/f_c), the gap fraction,
would fall with leaf area and is available as form "code" alone.
"""

from __future__ import annotations

from ccdas_framework import Array, Namespace

from ..smooth import floored
from .stores import exhausted


def intercepted_fraction(leaf_area: Array, cover: Array, form: str, xp: Namespace) -> Array:
    """Share of rain that meets leaves (1):  f_c (1 - exp(-0.5 Lam/f_c))."""
    gap = xp.exp(-0.5 * leaf_area / cover)
    return cover * (gap if form == "code" else 1.0 - gap)


def leaf_water_balance(
    store: Array,
    rain: Array,
    wet_evaporation: Array,
    fraction: Array,
    capacity: Array,
    xp: Namespace,
) -> tuple[Array, Array, Array]:
    """Water on leaves after a day, drip to the ground and evaporation (mm).

    The transition of the overflow is 0.001 mm wide, less where the capacity itself is of that
    order, so that no leaf ever holds a negative amount.

    Args:
        store: w_c (mm).
        rain: mm d-1.
        wet_evaporation: E_wet of a wet canopy (mm d-1).
        fraction: f_i (1).
        capacity: l_w Lam (mm).

    Returns:
        store (mm), through-fall and drip that reach the ground (mm d-1), evaporation (mm d-1).
    """
    held = fraction * rain
    width = 1e-3 * capacity / (capacity + 1e-3)
    drip = floored(store + held - capacity, 0.0, width, xp)
    available = store + held - drip
    evaporation = exhausted(available, wet_evaporation * fraction, xp)
    return available - evaporation, rain - held + drip, evaporation
