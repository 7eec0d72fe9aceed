"""Masks: which observed optical depths cannot be compared with a model, and the reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ccdas_framework import Array, Fields, Observations, area_mean

FREEZING = 0.0  # degC, mean air temperature below which the operator treats the canopy as frozen


def vod_masks(
    settings: Any, observations: Observations, index: np.ndarray
) -> dict[str, np.ndarray]:
    """Masks from columns of the observation file: reason -> true where excluded, shape (obs,).

    `n` is the number of retrievals in a value. `rfi_probability`, `water_fraction` and
    `urban_fraction` are dimensionless. A missing column excludes no value.

    Args:
        settings: the operator, with `minimum_retrievals`, `rfi_limit` and `cover_limit`.
        observations: argument of `prepare`.
        index: `Stream.index`, positions of the values in `observations`, shape (obs,).
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


def frozen_canopy(prior: Fields, at: Mapping[str, Array]) -> np.ndarray:
    """True where the mean air temperature of the prior run is below 0 degC, shape (obs,).

    False for all observations if the model does not provide `air_temperature`.

    Args:
        prior: fields of the run with prior parameters, (time, column) each.
        at: arrays of `cell_stream`.
    """
    if "air_temperature" not in prior:
        return np.zeros(len(at["first_day"]), dtype=bool)
    return area_mean(np.asarray(prior["air_temperature"]), at, np) < FREEZING
