"""Scores of a posterior whose truth is known: coverage, rank and CRPS.

The posterior of an optimiser is Gaussian. That of a sampler or an ensemble method is its draws.
"""

from __future__ import annotations

import numpy as np


def crps_of_gaussian(truth: np.ndarray, mean: np.ndarray, sd: np.ndarray) -> np.ndarray:
    """Continuous ranked probability score, in the unit of the truth; shapes (element,).

    Source: Gneiting et al. (2005), Mon. Weather Rev. 133, 1098-1118, eq. 5.
    """
    from scipy.stats import norm  # slow to import

    z = (truth - mean) / sd
    score = z * (2.0 * norm.cdf(z) - 1.0) + 2.0 * norm.pdf(z) - 1.0 / np.sqrt(np.pi)
    return np.asarray(sd * score)


def crps_of_draws(truth: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """The same from draws, E|X - y| - E|X - X'| / 2; shapes (element,) and (draw, element).

    Source: Gneiting and Raftery (2007), J. Am. Stat. Assoc. 102, 359-378, eq. 21.
    """
    count = len(draws)
    ordered = np.sort(draws, axis=0)
    # mean of |X - X'| over all pairs, from the order statistics
    weights = 2.0 * np.arange(1, count + 1) - count - 1.0
    pairs = 2.0 * (weights[:, None] * ordered).sum(axis=0) / count**2
    return np.asarray(np.abs(draws - truth).mean(axis=0) - 0.5 * pairs)


def rank_in_gaussian(truth: np.ndarray, mean: np.ndarray, sd: np.ndarray) -> np.ndarray:
    """Probability below the truth, between 0 and 1; shapes (element,)."""
    from scipy.stats import norm  # slow to import

    return np.asarray(norm.cdf((truth - mean) / sd))


def rank_in_draws(
    truth: np.ndarray, draws: np.ndarray, generator: np.random.Generator
) -> np.ndarray:
    """Rank of the truth among the draws and itself, scaled to between 0 and 1.

    Each of the n + 1 ranks is an interval of length 1 / (n + 1), in which the result is drawn, so
    that it is uniform for any number of draws. Ties are broken at random. Draws that depend on
    each other give ranks that are not uniform even where the sampler is right; see `thinned`.
    Shapes (element,) and (draw, element).
    """
    below = (draws < truth).sum(axis=0)
    ties = (draws == truth).sum(axis=0)
    rank = below + np.floor(generator.random(len(truth)) * (ties + 1.0))
    return np.asarray((rank + generator.random(len(truth))) / (len(draws) + 1.0))


def thinned(draws: np.ndarray, effective_size: float) -> np.ndarray:
    """Every so many-th draw, so that as many are left as are nearly independent; (draw, element).

    Source: Talts et al. (2018), arXiv:1804.06788, section 5.1.
    """
    if not np.isfinite(effective_size):
        return draws
    count = int(np.clip(effective_size, 1, len(draws)))
    return np.asarray(draws[np.linspace(0, len(draws) - 1, count).astype(int)])


def covered(rank: np.ndarray, interval: float) -> np.ndarray:
    """Whether the truth lies in the central interval of this probability; NaN where unknown."""
    inside = np.abs(rank - 0.5) <= 0.5 * interval
    return np.where(np.isfinite(rank), inside.astype(float), np.nan)


def inside(truth: np.ndarray, limits: np.ndarray) -> np.ndarray:
    """Whether the truth lies between the limits, shape (2, element), of draws."""
    return np.asarray((limits[0] <= truth) & (truth <= limits[1]), float)
