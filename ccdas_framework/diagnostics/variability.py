"""Agreement of simulated and observed variation at places: of short anomalies, and of its size."""

from __future__ import annotations

import numpy as np

from .mean_seasons import correlation, finite_median

HALF_WINDOW = 17  # days on either side of a day
FEWEST = 5  # values of a window that make a mean
VARIABILITY = ("anomaly_correlation", "sd_ratio")


def anomalies(day: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Departures from the mean of 35 days around each day, NaN with fewer than five values.

    They leave the season out, which any model with measured weather has. Monthly values have none.

    Args:
        day: number of the day of each value, shape (obs,).
        values: of one place, shape (obs,).

    Source: Albergel et al. (2009), Hydrol. Earth Syst. Sci. 13, 115-124.
    """
    order = np.argsort(day, kind="stable")
    ordered = np.asarray(day)[order]
    total = np.concatenate([[0.0], np.cumsum(np.asarray(values, float)[order])])
    first = np.searchsorted(ordered, np.asarray(day) - HALF_WINDOW, side="left")
    last = np.searchsorted(ordered, np.asarray(day) + HALF_WINDOW, side="right")
    count = last - first
    mean = (total[last] - total[first]) / count
    return np.where(count >= FEWEST, values - mean, np.nan)


def variability(
    observed: np.ndarray, simulated: np.ndarray, day: np.ndarray, place: np.ndarray
) -> dict[str, float]:
    """Correlation of anomalies, and sd of simulated over that of observed values, by `VARIABILITY`.

    Each is the median over the places, NaN where no place has it.

    Args:
        observed, simulated: shape (obs,); NaN takes part in nothing.
        day: first day of each, datetime64[D], shape (obs,).
        place: name of the place of each, shape (obs,).
    """
    present = np.flatnonzero(np.isfinite(observed) & np.isfinite(simulated))
    number = np.asarray(day, "datetime64[D]").astype(int)
    _, group, size = np.unique(place[present], return_inverse=True, return_counts=True)
    by_place = np.split(present[np.argsort(group, kind="stable")], np.cumsum(size)[:-1])
    scores: dict[str, list[float]] = {name: [] for name in VARIABILITY}
    for chosen in by_place:
        pair = observed[chosen], simulated[chosen]
        departures = [anomalies(number[chosen], values) for values in pair]
        scores["anomaly_correlation"].append(correlation(*departures))
        before, after = (float(np.std(values)) if len(chosen) > 2 else 0.0 for values in pair)
        scores["sd_ratio"].append(after / before if before > 0.0 else np.nan)
    return {name: finite_median(values) for name, values in scores.items()}
