"""Averages of net primary production (NPP) that determine biomass: four choices.

Biomass depends on the NPP of the past, which this package calls its memory. The arguments of each
average are daily NPP (gC m-2 d-1, shape (time, column)), the arrays of `averaging_indices`, and
`xp`. The result is yearly NPP (gC m-2 yr-1), shape (time, column).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ccdas_framework import Array, Domain, Namespace, Parameters

from .optical_depth import DAYS_PER_YEAR

MEMORY_DAYS = 365  # days of the running mean, and of the first mean of `exponential`


def averaging_indices(domain: Domain) -> dict[str, np.ndarray]:
    """Day indices, years and lengths of the averaging periods, for the averages below."""
    days = np.arange(domain.days)
    start = np.maximum(days + 1 - MEMORY_DAYS, 0)
    year = np.maximum(domain.year, 0)  # an observation may begin in the lead
    in_window = days >= domain.lead
    return {
        "memory_start": start,
        "memory_length": (days + 1 - start).astype(float),
        "window_days": np.arange(domain.lead, domain.days),
        "year": year[in_window],
        "year_length": np.bincount(year[in_window]).astype(float),
        "year_of_day": year,
    }


def running_mean(npp: Array, at: Mapping[str, Array], xp: Namespace) -> Array:
    """Mean of the last 365 days, including the day itself, in yearly units."""
    total = xp.cumsum(npp, axis=0)
    total = xp.concatenate([xp.zeros((1, npp.shape[1])), total], axis=0)
    period_sum = total[1:] - total[at["memory_start"]]
    return DAYS_PER_YEAR * period_sum / at["memory_length"][:, None]


def window_mean(npp: Array, at: Mapping[str, Array], xp: Namespace) -> Array:
    """Mean of the window, the same for each day; the fastest choice."""
    mean = xp.mean(npp[at["window_days"]], axis=0)
    return DAYS_PER_YEAR * mean[None, :] * xp.ones((npp.shape[0], 1))


def calendar_year(npp: Array, at: Mapping[str, Array], xp: Namespace) -> Array:
    """Sum over the calendar year of the day, from days of the window only.

    The sum of an incomplete year is scaled to 365 days. Own choice.
    """
    years = at["year_length"].shape[0]
    total = xp.segment_sum(npp[at["window_days"]], at["year"], years)
    return (DAYS_PER_YEAR * total / at["year_length"][:, None])[at["year_of_day"]]


def exponential(npp: Array, at: Mapping[str, Array], xp: Namespace) -> Array:
    """Exponential average N with a time scale of a year; its first year has the mean of that year.

    N <- N + (365 NPP - N) / 365
    """
    first = DAYS_PER_YEAR * xp.mean(npp[:MEMORY_DAYS], axis=0)
    _, averages = xp.scan(_exponential_step, {"npp": first}, {"npp": npp[MEMORY_DAYS:]}, {})
    first_year = first[None, :] * xp.ones((min(MEMORY_DAYS, npp.shape[0]), 1))
    return xp.concatenate([first_year, averages["npp"]], axis=0)


def _exponential_step(
    carry: Mapping[str, Array], today: Mapping[str, Array], parameters: Parameters, xp: Namespace
) -> tuple[dict[str, Array], dict[str, Array]]:
    npp = carry["npp"] + (DAYS_PER_YEAR * today["npp"] - carry["npp"]) / DAYS_PER_YEAR
    return {"npp": npp}, {"npp": npp}


MEMORIES = {
    "running_mean": running_mean,
    "window_mean": window_mean,
    "exponential": exponential,
    "calendar_year": calendar_year,
}
NEEDS_A_LEAD = ("running_mean", "exponential")
