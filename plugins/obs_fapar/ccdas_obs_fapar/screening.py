"""Masks and errors of values of FAPAR."""

from __future__ import annotations

from typing import Any

import numpy as np

from ccdas_framework import Array, Domain, Fields, InvalidInput, Observations, Stream, area_mean

NOON = 13.0  # h local solar time, the hour of the model's field


def cosine_zenith(latitude: Array, day_of_year: Array, hour: float) -> Array:
    """Cosine of the sun's zenith angle (1), broadcast of the arguments.

        mu = sin(lat) sin(delta) - cos(lat) cos(delta) cos(pi h/12)
        delta = -23.4 deg cos(2 pi (doy + 10)/365)

    Args:
        latitude: degrees north; day_of_year: 1..365; hour: local solar time, 12 at noon.

    Source: declination as in the CCDAS V2 source (Knorr et al. 2010).
    """
    latitude = np.radians(latitude)
    declination = np.radians(-23.4) * np.cos(2.0 * np.pi * (day_of_year + 10.0) / 365.0)
    overhead = np.cos(latitude) * np.cos(declination) * np.cos(np.pi * hour / 12.0)
    return np.sin(latitude) * np.sin(declination) - overhead


def noon_cosine(stream: Stream, domain: Domain) -> np.ndarray:
    """Mean of the cosine of the zenith angle at 13 h over the days of each value (1), (obs,)."""
    arrays, grid = stream.at, domain.grid
    daily = cosine_zenith(grid.latitude[None, :], domain.day_of_year[:, None], NOON)
    total = np.concatenate([np.zeros((1, grid.cells)), np.cumsum(daily, axis=0)])
    first, after, cell = arrays["first_day"], arrays["last_day"] + 1, arrays["cell"]
    return (total[after, cell] - total[first, cell]) / (after - first)


def fapar_masks(
    settings: Any, stream: Stream, domain: Domain, prior: Fields
) -> dict[str, np.ndarray]:
    """Masks of a stream, reason -> (obs,).

    Args:
        settings: `cosine_limit` (1), `snow_limit` (mm), `lai_limit` (m2 m-2).
        stream: of `cell_stream`.
        domain: grid and days.
        prior: fields of the prior run, (time, column). Fields that the model lacks mask nothing.
    """
    masks = {
        "sun too low": noon_cosine(stream, domain) < settings.cosine_limit,
    }
    if "snow" in prior:
        snow = area_mean(np.asarray(prior["snow"]), stream.at, np)
        masks["snow"] = snow > settings.snow_limit
    if "lai" in prior:
        leaves = area_mean(np.asarray(prior["lai"]), stream.at, np)
        masks["hardly a leaf"] = leaves < settings.lai_limit
    return masks


def errors(settings: Any, stream: Stream, observations: Observations, prior: Fields) -> np.ndarray:
    """Standard deviation of each value (1), (obs,).

    m is the observed sd, else absolute or a share of the value. Precipitation adds to it.

        sigma = (m + c P) sqrt(n),  m = sigma_abs or max(r FAPAR, floor)

    Args:
        settings: `error`, `absolute_sd`, `relative_sd`, `sd_floor`, `sd_per_precipitation`,
            `n_corr`.
        stream: screened.
        observations: as read. A column `precipitation` (mm d-1) replaces the model's field.
        prior: as `fapar_masks`.

    Raises:
        InvalidInput: neither the file nor the model has the precipitation that the settings need.
    """
    values, observed_sd = stream.values, stream.covariance.sd
    rule = np.full(len(values), settings.absolute_sd)
    if settings.error == "relative":
        share = np.maximum(settings.relative_sd * values, settings.sd_floor)
        rule = np.where(np.isnan(values), settings.absolute_sd, share)
    sd = np.where(np.isnan(observed_sd), rule, observed_sd)
    if settings.sd_per_precipitation > 0.0:
        sd = sd + settings.sd_per_precipitation * _precipitation(stream, observations, prior)
    return sd * np.sqrt(settings.n_corr)


def _precipitation(stream: Stream, observations: Observations, prior: Fields) -> np.ndarray:
    """Mean precipitation over the days of each value (mm d-1), shape (obs,)."""
    if "precipitation" in observations.extra:
        return observations.numbers("precipitation")[stream.index]
    if "precipitation" in prior:
        return area_mean(np.asarray(prior["precipitation"]), stream.at, np)
    raise InvalidInput(
        "'sd_per_precipitation' is above 0, but neither the file of observations has a column "
        "'precipitation' (mm d-1) nor the model a field of that name. Add the column, or set "
        "sd_per_precipitation = 0.",
        code="missing-variable",
        where="precipitation",
    )
