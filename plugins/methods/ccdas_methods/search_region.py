"""A finite region for searches that need one."""

from __future__ import annotations

from typing import Any

import numpy as np


def search_region(problem: Any, x0: np.ndarray, size: float) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper limits: `size` prior sd around the prior mean, in the bounds, around x0.

    Where the prior has no finite sd, the unit of x stands for it.

    Args:
        problem: problem to solve.
        x0: start, which the region contains, shape (control,).
        size: half width (prior sd).
    """
    sd = np.asarray(problem.prior.covariance.sd, float)
    half = size * np.where(np.isfinite(sd), sd, 1.0)
    centre, (lower, upper) = np.asarray(problem.prior.mean, float), problem.control.limits
    return (
        np.minimum(np.maximum(centre - half, lower), x0),
        np.maximum(np.minimum(centre + half, upper), x0),
    )
