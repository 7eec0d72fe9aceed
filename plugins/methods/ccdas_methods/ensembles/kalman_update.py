"""The ensemble Kalman update in the space of the ensemble, whole or localised.

With anomalies A of the members and S of their whitened outputs, both divided by sqrt(N - 1), and
the singular value decomposition S = U s V^T,

    A^T S (S^T S + alpha I)^-1 = A^T U s / (s^2 + alpha) V^T

so that no matrix of the size of the observations is formed, and none is inverted. The outputs are
whitened, so that R is the identity however unequal the errors are.

Source: Evensen (2004), Ocean Dyn. 54, 539-560; Hunt et al. (2007), Physica D 230, 112-126 (local
analysis by weights of R^-1).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from attrs import frozen

NO_SPREAD = 1e-12  # sd relative to the size of the values, below which it is rounding


@frozen(eq=False)
class Anomalies:
    """Deviations of the members from their mean, divided by sqrt(N - 1).

    Args:
        x: A, shape (member, control).
        outputs: S, whitened H minus its mean, shape (member, obs); 0 where there is no spread.
        misfit: mean over the members of R^-1/2 (y - H), shape (obs,).
        constant_x: elements of x without spread, shape (control,).
        constant_outputs: observations without spread, shape (obs,).
    """

    x: np.ndarray
    outputs: np.ndarray
    misfit: np.ndarray
    constant_x: np.ndarray
    constant_outputs: np.ndarray

    @classmethod
    def of(cls, x: np.ndarray, residuals: np.ndarray) -> Anomalies:
        """Of members, shape (member, control), and their whitened residuals, (member, obs)."""
        root = np.sqrt(len(x) - 1.0)
        constant_x, constant_outputs = without_spread(x), without_spread(residuals)
        misfit = residuals.mean(axis=0)
        of_x = np.where(constant_x, 0.0, x - x.mean(axis=0)) / root
        outputs = np.where(constant_outputs, 0.0, misfit - residuals) / root
        return cls(of_x, outputs, misfit, constant_x, constant_outputs)


def without_spread(values: np.ndarray) -> np.ndarray:
    """Whether the members agree to rounding, shapes (member, n) -> (n,)."""
    size = np.maximum(np.abs(values).max(axis=0), 1.0)
    return np.asarray(np.ptp(values, axis=0) <= NO_SPREAD * size)


def increments(
    anomalies: Anomalies, innovations: np.ndarray, alpha: float, weights: np.ndarray | None = None
) -> np.ndarray:
    """Increments of x, K d of each innovation d, shape (innovation, control).

    Args:
        anomalies: of the ensemble.
        innovations: whitened, shape (innovation, obs). With weights they are multiplied by the
            root of them, so that noise of variance alpha has to be added by `noise`.
        alpha: factor on R.
        weights: of R^-1 for each element of x, between 0 and 1, shape (control, obs).
    """
    return noisy_increments(anomalies, innovations, np.zeros(0), alpha, weights)


def noisy_increments(
    anomalies: Anomalies,
    innovations: np.ndarray,
    noise: np.ndarray,
    alpha: float,
    weights: np.ndarray | None = None,
) -> np.ndarray:
    """K (d + sqrt(alpha) e) of each innovation d and noise e; see `increments`.

    Args:
        noise: standard normal numbers, shape (innovation, obs), or none.
    """
    out = np.zeros((len(innovations), anomalies.x.shape[1]))
    for elements, root, used in _groups(weights, anomalies):
        d = innovations[:, used] * root
        if noise.size:
            d = d + np.sqrt(alpha) * noise[:, used]
        u, s, vt = np.linalg.svd(anomalies.outputs[:, used] * root, full_matrices=False)
        factor = (d @ vt.T) * (s / (s * s + alpha))
        out[:, elements] = factor @ (u.T @ anomalies.x[:, elements])
    return out


def transformed(
    anomalies: Anomalies, alpha: float, weights: np.ndarray | None = None
) -> np.ndarray:
    """Anomalies of x after the update, (I + S S^T / alpha)^-1/2 A, shape (member, control).

    The symmetric root keeps their mean at 0.

    Source: Hunt et al. (2007), Physica D 230, 112-126, eq. 24; Wang et al. (2004), Mon. Weather
    Rev. 132, 1590-1605.
    """
    out = anomalies.x.copy()
    for elements, root, used in _groups(weights, anomalies):
        u, s, _ = np.linalg.svd(anomalies.outputs[:, used] * root, full_matrices=False)
        shrinkage = 1.0 / np.sqrt(1.0 + s * s / alpha) - 1.0
        part = anomalies.x[:, elements]
        out[:, elements] = part + u @ (shrinkage[:, None] * (u.T @ part))
    return out


def _groups(
    weights: np.ndarray | None, anomalies: Anomalies
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Elements of x with the same weights, roots of these, and the observations that they use."""
    spread = ~anomalies.constant_outputs
    if weights is None:
        if spread.any():
            yield np.arange(anomalies.x.shape[1]), np.ones(int(spread.sum())), spread
        return
    distinct, group = np.unique(weights, axis=0, return_inverse=True)
    for number, of_group in enumerate(distinct):
        used = (of_group > 0.0) & spread
        if used.any():
            elements = np.flatnonzero(np.ravel(group) == number)
            yield elements, np.sqrt(of_group[used]), used
