"""Scaling of observed soil moisture to the mean and variance of the prior run."""

from __future__ import annotations

import numpy as np
from attrs import evolve

from ccdas_framework import Diagonal, apply_masks

STILL = 1e-6  # m3 m-3, a prior run that varies less gives no scale


def mean_and_variance_scaled(values, sd, prior):
    """Values and their sd (m3 m-3) with the temporal mean and variance of the prior run.

        y' = mu_m + (s_m / s_o) (y - mu_o),    sigma' = (s_m / s_o) sigma

    Args:
        values: of one place, shape (n,); NaN stays NaN and takes part in no mean.
        sd: shape (n,).
        prior: simulated by the prior run for the same dates, shape (n,).

    Source: linear matching of cumulative distributions as in Scholze et al. (2016), Remote Sens.
        Environ. 180, 334-345.
    """
    known = ~np.isnan(values)
    scale = np.std(prior[known]) / np.std(values[known])
    return np.mean(prior[known]) + scale * (values - np.mean(values[known])), scale * sd


def scaled_to_prior(settings, stream, prior, date, daily):
    """The stream with each place scaled; places that cannot be are left out and named.

    A place is a label within a cell. One without any value (a design) is kept as it is.

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
        here = (stream.at["cell"] == cell) & (stream.labels == label)
        known = here & ~np.isnan(values)
        if not known.any():
            continue
        reason = _why_not(settings, values[known], prior[known], date[known], daily[known])
        if reason:
            unusable[f"soil moisture of cell '{label}': {reason}"] = here
        else:
            values[here], sd[here] = mean_and_variance_scaled(values[here], sd[here], prior[here])
    return apply_masks(evolve(stream, values=values, covariance=Diagonal(sd)), unusable)


def _why_not(settings, values, prior, date, daily):
    """What keeps a place from being scaled, in words; '' where nothing does."""
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
    if np.std(prior) <= STILL:
        return "the prior run does not vary, so there is nothing to scale to"
    return ""
