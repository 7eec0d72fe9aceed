"""Mean and covariance of draws as a posterior."""

from __future__ import annotations

import numpy as np

from ..core.covariance import Covariance
from ..core.ensemble import Ensemble
from .gaussian_posterior import Posterior

LEAST_VARIANCE = 1e-15  # share of the prior variance, below which rounding hides one


def posterior_of_draws(ensemble: Ensemble, prior: Covariance) -> Posterior | None:
    """N(mean, covariance) of an ensemble; None for fewer than two draws, or a flat prior.

    The eigenvalues are those of its inverse, whitened by the prior. Directions in which the draws
    do not differ have the largest one that rounding allows.

    Args:
        ensemble: draws of the posterior.
        prior: B.
    """
    if len(ensemble.draws) < 2 or not np.isfinite(prior.sd).all():
        return None
    covariance = ensemble.covariance
    root = np.asarray(prior.whiten(np.eye(len(covariance)), np))
    shares = np.linalg.eigvalsh(root @ covariance @ root.T)
    return Posterior(
        x=ensemble.mean,
        covariance=covariance,
        prior_covariance=prior.dense(),
        eigenvalues=np.sort(1.0 / np.maximum(shares, LEAST_VARIANCE))[::-1],
        method="sampler" if ensemble.exact else "ensemble",
    )
