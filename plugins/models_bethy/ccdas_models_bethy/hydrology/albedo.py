"""Broadband albedo of the ground: soil between wet and dry, and snow on it."""

from __future__ import annotations

from ccdas_framework import Array, Namespace

from ..smooth import within_unit


def bare_albedo(wetness: Array, wet: Array, dry: Array, xp: Namespace) -> Array:
    """rho_bare = x rho_wet + (1 - x) rho_dry (1), x the wetness index of the soil scheme (1)."""
    index = within_unit(wetness, 1e-3, xp)
    return index * wet + (1.0 - index) * dry


def snow_cover(snow: Array) -> Array:
    """f_sn = S/(S + 5) (1), of the snow water equivalent (mm)."""
    return snow / (snow + 5.0)
