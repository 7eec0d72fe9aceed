"""Which directions of the parameters the observations see, and which parameters are suspect."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..core.control import Control
from ..posterior import Posterior

STRONG = 0.9  # a stronger posterior correlation is listed
FAR = 3.0  # prior sd; a larger shift is listed
NEAR = 0.01  # prior sd; a parameter closer to a bound is at it


def directions(posterior: Posterior) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvectors of the prior-whitened Hessian, those that the observations constrain best first.

    From A and B = L L^T: eigenvectors of L^T A^-1 L. Where the prior is flat, those of A^-1.

    Elements that a bound holds have no part in the directions.

    Returns:
        Eigenvalues, shape (direction,): 1 + information of the observations over that of the prior.
        Change of each parameter along the direction in its prior sd, the largest one positive,
        shape (direction, control).

    Source: Rodgers (2000), Inverse Methods for Atmospheric Sounding, section 2.4.
    """
    prior = posterior.prior_covariance
    if np.isinf(prior).any():  # flat: directions of the Hessian itself
        prior = np.eye(len(prior))
    lower = np.linalg.cholesky(prior)
    inner = np.linalg.solve(lower, np.linalg.solve(lower, posterior.covariance).T)
    ratio, vectors = np.linalg.eigh(0.5 * (inner + inner.T))  # ascending: best seen first
    free = slice(int(posterior.held.sum()), None)  # a held element has a variance of 0
    ratio, vectors = ratio[free], vectors[:, free]
    component = (lower @ vectors).T / np.sqrt(np.diag(prior))
    largest = np.take_along_axis(component, np.argmax(np.abs(component), axis=1)[:, None], axis=1)
    return 1.0 / ratio, component * np.sign(largest)


def strong_correlations(
    covariance: np.ndarray, names: Sequence[str], least: float = STRONG
) -> list[tuple[str, str, float]]:
    """Pairs of parameters that the observations cannot tell apart, the strongest first.

    Args:
        covariance: A, shape (control, control); 0 where a bound holds an element.
        least: absolute value of the correlation.
    """
    sd = np.sqrt(np.diag(covariance))
    sd = np.where(sd > 0.0, sd, np.nan)
    correlation = np.triu(covariance / np.outer(sd, sd), 1)
    pairs = np.argwhere(np.abs(correlation) > least)
    pairs = pairs[np.argsort(-np.abs(correlation[tuple(pairs.T)]), kind="stable")]
    return [(names[i], names[j], float(correlation[i, j])) for i, j in pairs]


def at_bounds(control: Control, x: np.ndarray) -> np.ndarray:
    """Whether each parameter ended at one of its bounds, shape (control,)."""
    value, reach = control.physical(np.asarray(x)), NEAR * control.prior_sd
    bounds = np.array([e.parameter.bounds for e in control.active]).reshape(-1, 2)
    return np.asarray(np.any(np.abs(value[:, None] - bounds) <= reach[:, None], axis=1))
