"""Inflation of the spread of an ensemble, up to that of the prior."""

from __future__ import annotations

from typing import Any

import numpy as np


def inflated(members: np.ndarray, factor: float, prior_sd: np.ndarray) -> np.ndarray:
    """Members with deviations from their mean multiplied by `factor`, shape (member, control).

    The factor of an element is smaller where its sd would exceed that of the prior, so that the
    spread of an element that no observation sees does not grow without end.

    Args:
        members: shape (member, control).
        factor: 1 or more.
        prior_sd: of x, shape (control,).
    """
    if factor == 1.0:
        return members
    mean, sd = members.mean(axis=0), members.std(axis=0, ddof=1)
    room = prior_sd / np.where(sd > 0.0, sd, np.inf)
    return np.asarray(mean + (members - mean) * np.clip(room, 1.0, factor))


def prior_sd(problem: Any) -> np.ndarray:
    """Sd of the prior of x, shape (control,)."""
    return np.asarray(problem.prior.covariance.sd, float)
