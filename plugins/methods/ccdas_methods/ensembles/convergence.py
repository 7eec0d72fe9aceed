"""Convergence of an ensemble method with the number of members."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from attrs import frozen

from ccdas_framework import Budget, Sampler, SamplingStart


@frozen(eq=False)
class Convergence:
    """Errors of an ensemble method against the exact answer of a problem.

    Args:
        members: number of members, shape (size,).
        mean_error: root mean square error of the mean over repeats and elements of x, in exact sd,
            shape (size,).
        sd_error: the same of the ratio of the sd to the exact one, shape (size,).
    """

    members: np.ndarray
    mean_error: np.ndarray
    sd_error: np.ndarray

    @property
    def slope(self) -> float:
        """Slope of ln(mean_error) against ln(members); -1/2 for errors of sampling."""
        return _slope(self.members, self.mean_error)

    @property
    def sd_slope(self) -> float:
        """Slope of ln(sd_error) against ln(members)."""
        return _slope(self.members, self.sd_error)


def convergence(
    method: Callable[[int], Sampler],
    problem: Callable[[Budget], Any],
    mean: np.ndarray,
    sd: np.ndarray,
    members: Sequence[int] = (25, 50, 100, 200, 400),
    repeats: int = 40,
    seed: int = 1,
) -> Convergence:
    """Errors of the mean and sd of a method, for several numbers of members.

    Args:
        method: the sampler with a number of members.
        problem: the counted problem with a budget; it is the same for all runs.
        mean, sd: exact ones of x, shape (control,).
        members: sizes of the ensemble.
        repeats: runs of each size, with random numbers of their own.
        seed: of the random numbers.
    """
    of_mean, of_sd = [], []
    for size in members:
        means, ratios = [], []
        for repeat in range(repeats):
            budget = Budget()
            counted = problem(budget)
            prior = counted.prior
            start = SamplingStart(prior.mean, prior.covariance.dense(), "prior")
            generator = np.random.default_rng([seed, size, repeat])
            ensemble = method(size).sample(counted, start, lambda e: None, generator, budget)
            means.append((ensemble.mean - mean) / sd)
            ratios.append(ensemble.sd / sd - 1.0)
        of_mean.append(np.sqrt(np.mean(np.square(means))))
        of_sd.append(np.sqrt(np.mean(np.square(ratios))))
    return Convergence(np.array(members), np.array(of_mean), np.array(of_sd))


def _slope(members: np.ndarray, error: np.ndarray) -> float:
    return float(np.polyfit(np.log(members), np.log(error), 1)[0])
