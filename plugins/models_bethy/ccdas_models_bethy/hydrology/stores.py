"""Uptake, drainage and losses of a store of water, which never fall below its minimum."""

from __future__ import annotations

from ccdas_framework import Array, Namespace

from ..smooth import floored

TRANSITION = 0.05  # mm, of a store near its minimum; own choice
NOTHING = 1e-9  # mm, stands for zero where a quotient or a logarithm needs more


def taken(water: Array, minimum: Array, demand: Array, xp: Namespace) -> Array:
    """Water (mm) that a demand (mm) takes from the store above a minimum (mm).

    v (1 - exp(-demand/v)),  v = max(w - w_min, 0)

    The maximum is smooth over 0.05 mm, or over w_min where that is less. No water below zero is
    taken.
    """
    width = xp.maximum(xp.minimum(minimum, TRANSITION), NOTHING)
    available = floored(water - minimum, 0.0, width, xp)
    return available * (1.0 - xp.exp(-demand / xp.maximum(available, NOTHING)))


def exhausted(store: Array, demand: Array, xp: Namespace) -> Array:
    """Loss (mm) of a small store S (mm) to a demand (mm):  S (1 - exp(-demand/S))."""
    return store * (1.0 - xp.exp(-demand / xp.maximum(store, 1e-6)))


def drained(
    water: Array, saturated: Array, conductivity: Array, exponent: Array, xp: Namespace
) -> Array:
    """Water (mm) left after a day of gravity drainage, exact.

        dw/dt = -K (w/W)^m  ->  w' = w [1 + (m - 1) K/W (w/W)^(m-1)]^(-1/(m-1))

    Args:
        water, saturated: w and W (mm).
        conductivity: K (mm d-1).
        exponent: m = 2 b + 3 (1), Campbell (1974), Soil Sci. 117, 311-314.
    """
    less = exponent - 1.0
    growth = (
        less
        * conductivity
        / saturated
        * xp.exp(less * xp.log(xp.maximum(water, NOTHING) / saturated))
    )
    return water * xp.exp(-xp.log(1.0 + growth) / less)
