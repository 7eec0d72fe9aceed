"""How near two series are, once trend or mean are taken off."""

from __future__ import annotations

import numpy as np
from attrs import frozen

FEWEST = 24  # months with both values that a number is given for


@frozen
class Agreement:
    """Of a simulated series with that of a full model and with observations, at one station.

    Args:
        correlation: of the detrended series with the full model's (1).
        sd, full_sd: of the detrended series (ppm).
        bias: mean difference from the full model, less that of all stations (ppm).
        apart: sd of the difference from the full model (ppm).
        misfit, full_misfit: sd of the difference from observations, theirs and ours (ppm); NaN
            with fewer than 24 months of them.
    """

    correlation: float
    sd: float
    full_sd: float
    bias: float
    apart: float
    misfit: float
    full_misfit: float

    @property
    def ratio(self):
        """Misfit over that of the full model (1)."""
        return self.misfit / self.full_misfit if self.full_misfit > 0.0 else np.nan


def detrended(series):
    """Series without mean and linear trend, by column, NaN where they are NaN, (month, station)."""
    out = np.full(series.shape, np.nan)
    time = np.arange(len(series))
    for column in range(series.shape[1]):
        known = np.isfinite(series[:, column])
        if known.sum() >= FEWEST:
            line = np.polyfit(time[known], series[known, column], 1)
            out[known, column] = series[known, column] - np.polyval(line, time[known])
    return out


def correlation(one, other):
    """Of two series where both are known (1); NaN with fewer than 24 such months."""
    known = np.isfinite(one) & np.isfinite(other)
    return float(np.corrcoef(one[known], other[known])[0, 1]) if known.sum() >= FEWEST else np.nan


def spread(difference):
    """Standard deviation about the mean (ppm); NaN with fewer than 24 values."""
    known = np.isfinite(difference)
    return float(np.std(difference[known])) if known.sum() >= FEWEST else np.nan


def agreements(simulated, full, observed, level):
    """Agreement at each station.

    Args:
        simulated, full, observed: ppm, shape (month, station).
        level: stations whose mean difference from the full model is that of the start (bool).
    """
    ours, theirs = detrended(simulated), detrended(full)
    bias = (simulated - full).mean(axis=0)
    bias = bias - bias[level].mean()
    return [
        Agreement(
            correlation(ours[:, s], theirs[:, s]),
            spread(ours[:, s]),
            spread(theirs[:, s]),
            float(bias[s]),
            spread(simulated[:, s] - full[:, s]),
            spread(simulated[:, s] - observed[:, s]),
            spread(full[:, s] - observed[:, s]),
        )
        for s in range(simulated.shape[1])
    ]
