"""Which optical depths can be compared with a model, and how well they are known."""

from __future__ import annotations

import numpy as np
from attrs import evolve

from ccdas_framework import Diagonal, InvalidInput, area_mean

FREEZING = 0.0  # degC, mean air temperature below which the canopy is taken as frozen


def refuse_impossible_sd(observations):
    """Raise where an sd is zero or negative; NaN (no sd known) is allowed."""
    bad = observations.sd <= 0.0
    if bad.any():
        first = int(np.argmax(bad))
        raise InvalidInput(
            f"stream 'vod': {int(bad.sum())} of {len(bad)} values of observed_sd are zero or "
            f"negative, the first at observation {first} ('{observations.label[first]}', "
            f"{observations.start[first]}): {observations.sd[first]:g}. Give the error of each "
            "value (dimensionless), or NaN for the settings relative_sd and sd_floor."
        )


def screened(stream, masks):
    """The stream without what any mask hides; each value is counted under the first that does.

    Args:
        stream: of n values.
        masks: reason -> true where a value is left out, shape (n,).
    """
    hidden = np.zeros(len(stream.values), dtype=bool)
    dropped = dict(stream.dropped)
    for reason, mask in masks.items():
        count = int(np.sum(mask & ~hidden))
        if count:
            dropped[reason] = dropped.get(reason, 0) + count
        hidden |= mask
    keep = ~hidden
    return evolve(
        stream,
        values=stream.values[keep],
        covariance=Diagonal(stream.covariance.sd[keep]),
        at={name: array[keep] for name, array in stream.at.items()},
        labels=stream.labels[keep],
        index=stream.index[keep],
        dropped=dropped,
    )


def vod_masks(settings, observations, index):
    """Masks from the columns that the file has, reason -> (obs,).

    `n` is the number of retrievals behind a value; `rfi_probability`, `water_fraction` and
    `urban_fraction` are dimensionless. A NaN hides nothing.

    Args:
        settings: `minimum_retrievals`, `rfi_limit`, `cover_limit`.
        observations: as given to `prepare`.
        index: positions of the stream's values among them, shape (obs,).
    """
    nothing = np.full(len(observations), np.nan)

    def extra(name):
        return np.asarray(observations.extra.get(name, nothing), dtype=float)[index]

    covered = np.nan_to_num(extra("water_fraction")) + np.nan_to_num(extra("urban_fraction"))
    return {
        f"fewer than {settings.minimum_retrievals} retrievals": (
            extra("n") < settings.minimum_retrievals
        ),
        "radio-frequency interference": extra("rfi_probability") > settings.rfi_limit,
        "urban or water": covered > settings.cover_limit,
    }


def frozen(prior, at):
    """True where the prior run has a mean temperature below freezing, shape (obs,)."""
    if "air_temperature" not in prior:
        return np.zeros(len(at["first_day"]), dtype=bool)
    return area_mean(np.asarray(prior["air_temperature"]), at, np) < FREEZING
