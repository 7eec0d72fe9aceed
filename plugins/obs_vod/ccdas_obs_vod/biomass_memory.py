"""Averages of production that determine biomass (gC m-2 yr-1): four choices.

The arguments of each function are daily NPP (gC m-2 d-1, shape (time, column)), the arrays of
`memory_days`, and `xp`. The result has shape (time, column).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ccdas_framework import Array, Domain, Namespace, Parameters

from .optical_depth import DAYS_PER_YEAR

YEAR = 365  # days of the trailing mean and of the spin-up year


def memory_days(domain: Domain) -> dict[str, np.ndarray]:
    """Arrays of the days of lead and window for the functions below."""
    days = np.arange(domain.days)
    start = np.maximum(days + 1 - YEAR, 0)
    year = np.maximum(domain.year, 0)  # an observation may begin in the lead
    of_window = np.arange(domain.days) >= domain.lead
    return {
        "memory_start": start,
        "memory_length": (days + 1 - start).astype(float),
        "window_days": np.arange(domain.lead, domain.days),
        "year": year[of_window],
        "year_length": np.bincount(year[of_window]).astype(float),
        "year_of_day": year,
    }


def running_mean(npp: Array, at: Mapping[str, Array], xp: Namespace) -> Array:
    """Mean of the last 365 days, the day itself included, as a yearly sum."""
    total = xp.cumsum(npp, axis=0)
    total = xp.concatenate([xp.zeros((1, npp.shape[1])), total], axis=0)
    gained = total[1:] - total[at["memory_start"]]
    return DAYS_PER_YEAR * gained / at["memory_length"][:, None]


def window_mean(npp: Array, at: Mapping[str, Array], xp: Namespace) -> Array:
    """Mean of the window, the same each day; the fastest choice, without year-to-year change."""
    mean = xp.mean(npp[at["window_days"]], axis=0)
    return DAYS_PER_YEAR * mean[None, :] * xp.ones((npp.shape[0], 1))


def calendar_year(npp: Array, at: Mapping[str, Array], xp: Namespace) -> Array:
    """Sum of the calendar year of the day, days of the window only; a part of a year is scaled up.

    Source: as in Zhu et al. (2024), Geosci. Model Dev. 17, 6337-6363 (NUCAS).
    """
    years = at["year_length"].shape[0]
    total = xp.segment_sum(npp[at["window_days"]], at["year"], years)
    return (DAYS_PER_YEAR * total / at["year_length"][:, None])[at["year_of_day"]]


def exponential(npp: Array, at: Mapping[str, Array], xp: Namespace) -> Array:
    """Exponential average with a time scale of a year, started at the mean of the first year.

    N <- N + (365 NPP - N)/365
    """
    first = DAYS_PER_YEAR * xp.mean(npp[:YEAR], axis=0)
    _, remembered = xp.scan(_fade, {"npp": first}, {"npp": npp[YEAR:]}, {})
    spin_up = first[None, :] * xp.ones((min(YEAR, npp.shape[0]), 1))
    return xp.concatenate([spin_up, remembered["npp"]], axis=0)


def _fade(
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
