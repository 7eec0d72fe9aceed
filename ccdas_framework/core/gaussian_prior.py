"""Whether a prior is the Gaussian of its mean and covariance, which some methods assume."""

from __future__ import annotations

import numpy as np

from .cost_problem import CostPrior
from .errors import InvalidInput

SCALES = (0.5, -1.0, 2.0)  # sd from the mean at which the density is compared
ALIKE = 1e-6  # share by which the two densities may differ


def is_gaussian(prior: CostPrior) -> bool:
    """Whether -ln p(x) is |x - x_b|^2 / 2 in B at some points, up to a constant.

    A flat prior counts, with an infinite B. The points are the same every time.
    """
    mean = np.asarray(prior.mean, float)
    sd = np.asarray(prior.covariance.sd, float)
    direction = np.where(np.isfinite(sd), sd, 1.0) * np.cos(1.0 + np.arange(len(mean)))
    at_mean = float(prior.negative_log_density(mean, np))
    for scale in SCALES:
        whitened = np.asarray(prior.covariance.whiten(scale * direction, np))
        expected = 0.5 * float(whitened @ whitened)
        rise = float(prior.negative_log_density(mean + scale * direction, np)) - at_mean
        if not abs(rise - expected) <= ALIKE * (1.0 + expected):
            return False
    return True


def require_gaussian_prior(prior: CostPrior, what: str) -> None:
    """Raise InvalidInput where the prior is not Gaussian and `what` reads mean and covariance."""
    if not is_gaussian(prior):
        raise InvalidInput(
            f"{what} reads the mean and the covariance of the prior only, and the prior "
            f"'{type(prior).__name__}' has another density. Take a method that uses the cost and "
            "its gradient, or a Gaussian prior.",
            code="prior-not-gaussian",
            where="prior",
        )
