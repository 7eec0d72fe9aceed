"""Scaling between observed and simulated soil moisture, once or by optimised parameters."""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import evolve

from ccdas_framework import Diagonal, InvalidInput, Parameter, Stream, apply_masks

LEAST_SD = 1e-6  # m3 m-3, a prior run that varies less has no scale
# Means of models and probes differ by about 0.1 m3 m-3 and ranges by a half, by texture and stones
# around the probe and by the soil map of the model (Koster et al. 2009, J. Climate 22, 4322-4335:
# the level of a model's soil moisture is its own). The numbers are our choice.
OFFSET_SD, SLOPE_SD = 0.1, 0.5  # m3 m-3, 1
# m3 m-3, water content that a slope does not move, so that slope and offset hardly depend on each
# other; the same for all data and runs, in the middle of 0 to 0.5; own choice
CENTRE = 0.25


def scaling_parameters(places: tuple[str, ...]) -> tuple[Parameter, ...]:
    """Slope and offset of each place, from simulated to observed values."""
    groups = tuple((place,) for place in places)
    return (
        Parameter(
            "slope", "1", 1.0, SLOPE_SD, "log", index="station", groups=groups, in_loop=False,
            source="own choice", long_name="observed over simulated change of soil moisture",
        ),
        Parameter(
            "offset", "m3 m-3", 0.0, OFFSET_SD, index="station", groups=groups, in_loop=False,
            source="own choice", long_name="observed less simulated soil moisture at 0.25 m3 m-3",
        ),
    )  # fmt: skip


def place_numbers(places: tuple[str, ...], stream: Stream) -> np.ndarray:
    """Number of the place of each value, shape (obs,).

    Args:
        places: names in the order of the parameters.
        stream: with its labels.

    Raises:
        InvalidInput: a place without parameters.
    """
    labels = stream.labels.astype(str)
    missing = sorted(set(labels) - set(places))
    if missing:
        raise InvalidInput(
            f"'scaling_places' does not name {', '.join(missing)}; expected each place of the "
            f"observations, for it has a slope and an offset of its own. It has "
            f"{', '.join(places)}. Add them.",
            code="missing-place",
            where="scaling_places",
        )
    return np.array([places.index(label) for label in labels], dtype=int)


def mean_and_variance_scaled(
    values: np.ndarray, sd: np.ndarray, prior: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Values and their sd (m3 m-3) with the temporal mean and variance of the prior run.

        y' = mu_m + (s_m / s_o) (y - mu_o),    sigma' = (s_m / s_o) sigma

    Args:
        values: of one place, shape (n,); NaN stays NaN and takes part in no mean.
        sd: shape (n,).
        prior: simulated by the prior run for the same dates, shape (n,).

    Source: linear matching of cumulative distributions as in Scholze et al. (2016), Remote Sens.
        Environ. 180, 334-345.
    """
    present = ~np.isnan(values)
    scale = np.std(prior[present]) / np.std(values[present])
    return np.mean(prior[present]) + scale * (values - np.mean(values[present])), scale * sd


def scaled_to_prior(
    settings: Any, stream: Stream, prior: np.ndarray, date: np.ndarray, daily: np.ndarray
) -> Stream:
    """Stream with each place scaled. Places that cannot be scaled are left out and named.

    A place is a label within a cell. A place without values (a design) is not scaled.

    Args:
        settings: `minimum_days`, `minimum_months`, `minimum_spread`.
        stream: masked, with its errors.
        prior: simulated by the prior run, shape (obs,).
        date: first day of each observation, shape (obs,).
        daily: true for daily values, false for monthly ones, shape (obs,).
    """
    values, sd = stream.values.copy(), stream.covariance.sd.copy()
    unusable = {}
    for cell, label in sorted(
        set(zip(stream.at["cell"].tolist(), stream.labels.tolist(), strict=True))
    ):
        place = (stream.at["cell"] == cell) & (stream.labels == label)
        use = place & ~np.isnan(values)
        if not use.any():
            continue
        reason = _reason_against(settings, values[use], prior[use], date[use], daily[use])
        if reason:
            unusable[f"soil moisture of cell '{label}': {reason}"] = place
        else:
            scaled = mean_and_variance_scaled(values[place], sd[place], prior[place])
            values[place], sd[place] = scaled
    return apply_masks(evolve(stream, values=values, covariance=Diagonal(sd)), unusable)


def _reason_against(
    settings: Any, values: np.ndarray, prior: np.ndarray, date: np.ndarray, daily: np.ndarray
) -> str:
    """Reason against scaling a place, in words, or ''."""
    unit, needed = (
        ("days", settings.minimum_days)
        if daily.mean() > 0.5
        else ("months", settings.minimum_months)
    )
    dates = len(np.unique(date))
    if dates < needed:
        return f"{dates} retained {unit}, {needed} needed for scaling"
    if np.std(values) <= settings.minimum_spread:
        spread, limit = np.std(values), settings.minimum_spread
        return f"sd {spread:.4f} m3 m-3, more than {limit:g} needed for scaling"
    if np.std(prior) <= LEAST_SD:
        return "the prior run does not vary, so there is nothing to scale to"
    return ""
