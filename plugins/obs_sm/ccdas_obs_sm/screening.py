"""Masks of soil-moisture observations that cannot be compared with a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ccdas_framework import Array, Fields, Grid, Observations, Stream, area_mean

TMIN_LIMIT = 0.0  # degC, night frost freezes the surface
TMEAN_LIMIT = 2.0  # degC, daily mean below which part of the soil water may be ice
SNOW_LIMIT = 1.0  # mm water equivalent
# m3 m-3. Retrievals scatter around dry ground, below zero too (SMOS has an error of 0.04; Kerr et
# al. 2012, IEEE Trans. Geosci. Remote Sens. 50, 1384-1403). Without these, dry places are too wet.
OBSERVED_RANGE = (-0.1, 1.0)
WETTEST = 0.8  # m3 m-3, above it a retrieval has failed; own choice, peat holds more


def smos_masks(
    settings: Any, observations: Observations, stream: Stream, grid: Grid
) -> dict[str, np.ndarray]:
    """Masks of a satellite product, reason -> (obs,); none for probes in the ground.

    The extra columns `rfi_probability`, `water_fraction` (1), `dqx` (m3 m-3) and the flags
    `dense_forest`, `topography` are used where the file has them; without `dqx` the sd is it.
    """
    if settings.product == "in_situ":
        return {}

    def extra(name):
        return observations.numbers(name)[stream.index]

    values = stream.values
    dqx = extra("dqx") if "dqx" in observations.extra else observations.sd[stream.index]
    is_forest = np.isin(grid.column_class, settings.forest_classes)
    forest = np.bincount(
        grid.column_cell, weights=grid.column_fraction * is_forest, minlength=grid.cells
    )
    hidden_by_trees = forest[stream.at["cell"]] > settings.forest_fraction
    return {
        f"outside {OBSERVED_RANGE[0]:g} to {WETTEST:g} m3 m-3": (
            (values < OBSERVED_RANGE[0]) | (values > WETTEST)
        ),
        "dense forest": hidden_by_trees | (extra("dense_forest") > 0.5),
        "radio-frequency interference": extra("rfi_probability") > settings.rfi_limit,
        "open water or wetland": extra("water_fraction") > settings.water_limit,
        "topography": extra("topography") > 0.5,
        "retrieval error too large": dqx > settings.dqx_limit,
    }


def frozen_ground(prior: Fields, at: Mapping[str, Array]) -> np.ndarray:
    """True where the prior run has frost or snow over the days of an observation, shape (obs,).

    Fields that the model does not provide mask nothing.
    """
    limits = (
        ("air_temperature_min", lambda mean: mean < TMIN_LIMIT),
        ("air_temperature", lambda mean: mean < TMEAN_LIMIT),
        ("snow", lambda mean: mean > SNOW_LIMIT),
    )
    frozen = np.zeros(len(at["first_day"]), dtype=bool)
    for name, is_frozen in limits:
        if name in prior:
            frozen |= is_frozen(area_mean(np.asarray(prior[name]), at, np))
    return frozen


def too_close(stream: Stream, start: np.ndarray, days: int) -> np.ndarray:
    """True where a value follows the last retained one of its place by less than `days`, (obs,).

    Values of one date (morning and evening pass) are retained or masked together.
    """
    date = start[stream.index]
    close = np.zeros(len(date), dtype=bool)
    last = {}
    for position in np.argsort(date, kind="stable"):
        place = (stream.at["cell"][position], stream.labels[position])
        gap = (date[position] - last[place]).astype(int) if place in last else days
        close[position] = 0 < gap < days
        if not close[position]:
            last[place] = date[position]
    return close
