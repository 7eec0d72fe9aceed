"""Agreement of two series without their trend or mean."""

from __future__ import annotations

import numpy as np
from attrs import frozen

MIN_MONTHS = 24  # months with both values


@frozen
class Agreement:
    """Agreement of a simulated series with a full model and with observations, at one station.

    Args:
        correlation: correlation of the detrended series with the full model's (1).
        sd, full_sd: standard deviation of the detrended series (ppm).
        bias: mean difference from the full model, minus the mean over all stations (ppm).
        apart: standard deviation of the difference from the full model (ppm).
        misfit, full_misfit: standard deviation of the difference from observations (ppm), NaN with
            fewer than 24 months of observations.
    """

    correlation: float
    sd: float
    full_sd: float
    bias: float
    apart: float
    misfit: float
    full_misfit: float

    @property
    def ratio(self) -> float:
        """Misfit over that of the full model (1)."""
        return self.misfit / self.full_misfit if self.full_misfit > 0.0 else np.nan


def detrended(series: np.ndarray) -> np.ndarray:
    """Series without mean and linear trend, by column, NaN where they are NaN, (month, station)."""
    out = np.full(series.shape, np.nan)
    time = np.arange(len(series))
    for column in range(series.shape[1]):
        finite = np.isfinite(series[:, column])
        if finite.sum() >= MIN_MONTHS:
            line = np.polyfit(time[finite], series[finite, column], 1)
            out[finite, column] = series[finite, column] - np.polyval(line, time[finite])
    return out


def correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Correlation of two series where both are finite (1), NaN with fewer than 24 such months."""
    finite = np.isfinite(one) & np.isfinite(other)
    return (
        float(np.corrcoef(one[finite], other[finite])[0, 1])
        if finite.sum() >= MIN_MONTHS
        else np.nan
    )


def standard_deviation(difference: np.ndarray) -> float:
    """Standard deviation about the mean (ppm), NaN with fewer than 24 values."""
    finite = np.isfinite(difference)
    return float(np.std(difference[finite])) if finite.sum() >= MIN_MONTHS else np.nan


def agreements(
    simulated: np.ndarray, full: np.ndarray, observed: np.ndarray, level: np.ndarray
) -> list[Agreement]:
    """Agreement at each station.

    Args:
        simulated, full, observed: ppm, shape (month, station).
        level: stations whose mean difference from the full model defines the level (bool).
    """
    ours, theirs = detrended(simulated), detrended(full)
    bias = (simulated - full).mean(axis=0)
    bias = bias - bias[level].mean()
    return [
        Agreement(
            correlation(ours[:, s], theirs[:, s]),
            standard_deviation(ours[:, s]),
            standard_deviation(theirs[:, s]),
            float(bias[s]),
            standard_deviation(simulated[:, s] - full[:, s]),
            standard_deviation(simulated[:, s] - observed[:, s]),
            standard_deviation(full[:, s] - observed[:, s]),
        )
        for s in range(simulated.shape[1])
    ]
