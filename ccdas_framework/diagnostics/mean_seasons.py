"""Mean seasonal cycles of groups of places, observed and simulated."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
from attrs import frozen

EDGES = (-90.0, -25.0, 25.0, 40.0, 65.0, 90.0)  # of bands of latitude (degrees); own choice
FEWEST_MONTHS = 6  # calendar months of a place that make a season; own choice


@frozen(eq=False)
class GroupSeason:
    """The mean season of a group of places, and the misfit of its values.

    Args:
        places, count: number of places and of values.
        observed: mean of each calendar month over the places, NaN without any, shape (12,).
        simulated: the same of each run.
        bias, rmse: of all values, by run, in their units.
        correlation: of all values, by run; NaN where one is constant.
        season_correlation: median over the places of the correlation of their mean seasons, by
            run; NaN without a place of `FEWEST_MONTHS` calendar months.
    """

    places: int
    count: int
    observed: np.ndarray
    simulated: Mapping[str, np.ndarray]
    bias: Mapping[str, float]
    rmse: Mapping[str, float]
    correlation: Mapping[str, float]
    season_correlation: Mapping[str, float]


def group_season(
    observed: np.ndarray,
    simulated: Mapping[str, np.ndarray],
    month: np.ndarray,
    place: np.ndarray,
) -> GroupSeason:
    """The mean season of all values, each place with the same weight.

    Simulated and observed values are sampled alike: a month without an observation is in neither.

    Args:
        observed: without NaN, shape (obs,).
        simulated: of each run, shape (obs,).
        month: calendar month 1..12 of each value, shape (obs,).
        place: name of the place of each value, shape (obs,).
    """
    seasons = place_seasons(observed, month, place)
    of_runs = {run: place_seasons(values, month, place) for run, values in simulated.items()}
    enough = np.isfinite(seasons).sum(axis=1) >= FEWEST_MONTHS
    misfit = {run: values - observed for run, values in simulated.items()}
    return GroupSeason(
        places=len(seasons),
        count=len(observed),
        observed=_mean_of_places(seasons),
        simulated={run: _mean_of_places(values) for run, values in of_runs.items()},
        bias={run: float(np.mean(values)) for run, values in misfit.items()},
        rmse={run: float(np.sqrt(np.mean(values**2))) for run, values in misfit.items()},
        correlation={run: correlation(observed, values) for run, values in simulated.items()},
        season_correlation={
            run: finite_median([correlation(*pair) for pair in zip(seasons[enough], of[enough],
                                                             strict=True)])
            for run, of in of_runs.items()
        },
    )  # fmt: skip


def place_seasons(values: np.ndarray, month: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Mean of each calendar month at each place, NaN without any, shape (place, 12)."""
    names, number = np.unique(np.asarray(place).astype(str), return_inverse=True)
    cell = 12 * number + np.asarray(month, dtype=int) - 1
    size = 12 * len(names)
    count = np.bincount(cell, minlength=size)
    total = np.bincount(cell, values, minlength=size)
    mean = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return np.asarray(mean.reshape(len(names), 12))


def latitude_bands(latitude: np.ndarray, edges: tuple[float, ...] = EDGES) -> dict[str, np.ndarray]:
    """Whether each place is in a band, by its name such as "40N-65N", from north to south.

    Args:
        latitude: degrees north, shape (obs,).
        edges: from south to north (degrees).
    """
    return {
        f"{_degrees(south)}-{_degrees(north)}": (latitude >= south)
        & ((latitude < north) | (north == edges[-1]))
        for south, north in reversed(list(pairwise(edges)))
    }


def correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Correlation of the values that both have; NaN under three, or where one is constant."""
    both = np.isfinite(first) & np.isfinite(second)
    if both.sum() < 3 or np.ptp(first[both]) == 0.0 or np.ptp(second[both]) == 0.0:
        return float("nan")
    return float(np.corrcoef(first[both], second[both])[0, 1])


def _mean_of_places(seasons: np.ndarray) -> np.ndarray:
    """Mean over the places that have a month, NaN without any, shape (12,)."""
    count = np.isfinite(seasons).sum(axis=0)
    return np.where(count > 0, np.nansum(seasons, axis=0) / np.maximum(count, 1), np.nan)


def finite_median(values: list[float]) -> float:
    """Median of the finite values, NaN without any."""
    finite = [value for value in values if np.isfinite(value)]
    return float(np.median(finite)) if finite else float("nan")


def _degrees(latitude: float) -> str:
    return f"{abs(latitude):g}{'N' if latitude > 0 else 'S' if latitude < 0 else ''}"
