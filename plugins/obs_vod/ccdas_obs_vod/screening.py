"""Masks of optical depths that cannot be compared with a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ccdas_framework import Array, Fields, Observations, area_mean

FREEZING = 0.0  # degC, mean air temperature below which the canopy counts as frozen


def vod_masks(
    settings: Any, observations: Observations, index: np.ndarray
) -> dict[str, np.ndarray]:
    """Masks by reason from the columns of the observation file, shape (obs,) each.

    `n` is the number of retrievals in a value. `rfi_probability`, `water_fraction` and
    `urban_fraction` are dimensionless. A NaN or a missing column masks no value.

    Args:
        settings: `minimum_retrievals`, `rfi_limit`, `cover_limit`.
        observations: argument of `prepare`.
        index: positions of the stream's values among them, shape (obs,).
    """

    def extra(name):
        return observations.numbers(name)[index]

    covered = np.nan_to_num(extra("water_fraction")) + np.nan_to_num(extra("urban_fraction"))
    return {
        f"fewer than {settings.minimum_retrievals} retrievals": (
            extra("n") < settings.minimum_retrievals
        ),
        "radio-frequency interference": extra("rfi_probability") > settings.rfi_limit,
        "urban or water": covered > settings.cover_limit,
    }


def frozen(prior: Fields, at: Mapping[str, Array]) -> np.ndarray:
    """True where the prior run has a mean temperature below freezing, shape (obs,)."""
    if "air_temperature" not in prior:
        return np.zeros(len(at["first_day"]), dtype=bool)
    return area_mean(np.asarray(prior["air_temperature"]), at, np) < FREEZING
