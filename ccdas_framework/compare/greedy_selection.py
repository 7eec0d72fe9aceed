"""The next best observations, one after the other."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from attrs import frozen


@frozen(eq=False)
class Choices:
    """Candidates in the order of the choices.

    Args:
        chosen: names, shape (step,).
        objective: sum over the targets of posterior / prior variance, before the first choice and
            after each, shape (step + 1,).
        target_sd: of each target likewise, shape (step + 1, target).
        alone: the objective with a single candidate, by name.
    """

    chosen: tuple[str, ...]
    objective: np.ndarray
    target_sd: np.ndarray
    alone: Mapping[str, float]


def updated(covariance: np.ndarray, whitened: np.ndarray) -> np.ndarray:
    """The covariance A' after further observations; no variance grows.

        A' = A - A W^T (I + W A W^T)^-1 W A

    Args:
        covariance: A, shape (control, control).
        whitened: W = R^-1/2 K of the further observations, shape (obs, control).

    Source: Tarantola (2005), Inverse Problem Theory, eq. 3.38.
    """
    gain = _gain(covariance, condensed(whitened))
    return np.asarray(covariance - gain.T @ gain)


def condensed(whitened: np.ndarray) -> np.ndarray:
    """At most as many rows as columns with the same W^T W."""
    if len(whitened) <= whitened.shape[1]:
        return whitened
    return np.asarray(np.linalg.qr(whitened, mode="reduced")[1])


def greedy(
    candidates: Mapping[str, np.ndarray],
    covariance: np.ndarray,
    targets: np.ndarray,
    prior_sd: np.ndarray,
    steps: int,
) -> Choices:
    """Choose at each step the candidate that lowers the objective most.

    The objective is the sum over the targets of their posterior / prior variance. Each choice
    updates the covariance. Among equals the first one is taken.

    Args:
        candidates: W = R^-1/2 K of each, shape (obs, control).
        covariance: A before the first choice, shape (control, control).
        targets: T = d target / dx, shape (target, control).
        prior_sd: of each target, shape (target,).
        steps: number of choices; all candidates where there are fewer.

    Source: Krause, Singh and Guestrin (2008), J. Mach. Learn. Res. 9, 235-284, on greedy choice.
    """
    left = {name: condensed(np.asarray(rows, float)) for name, rows in candidates.items()}
    scale = 1.0 / prior_sd**2

    def variances(covariance: np.ndarray) -> np.ndarray:
        values = np.einsum("ti,ij,tj->t", targets, covariance, targets)
        return np.asarray(np.maximum(values, 0.0))

    def lowered(rows: np.ndarray) -> float:
        return float(np.sum(np.sum((_gain(covariance, rows) @ targets.T) ** 2, axis=0) * scale))

    now = variances(covariance)
    objective, sd = [float(np.sum(now * scale))], [np.sqrt(now)]
    chosen: list[str] = []
    alone: dict[str, float] = {}
    while left and len(chosen) < steps:
        gains = {name: lowered(rows) for name, rows in left.items()}
        alone = alone or {name: objective[0] - gain for name, gain in gains.items()}
        best = max(gains, key=lambda name: gains[name])
        covariance = updated(covariance, left.pop(best))
        now = variances(covariance)
        chosen.append(best)
        objective.append(float(np.sum(now * scale)))
        sd.append(np.sqrt(now))
    return Choices(tuple(chosen), np.array(objective), np.array(sd), alone)


def _gain(covariance: np.ndarray, whitened: np.ndarray) -> np.ndarray:
    """L^-1 W A with L L^T = I + W A W^T, shape (obs, control)."""
    projected = whitened @ covariance
    lower = np.linalg.cholesky(np.eye(len(whitened)) + projected @ whitened.T)
    return np.asarray(np.linalg.solve(lower, projected))
