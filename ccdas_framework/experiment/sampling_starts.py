"""Where a sampler starts: at the optimum of a search before it, or at the prior."""

from __future__ import annotations

import numpy as np

from ..core.cost_problem import CostProblem
from ..core.ensemble import SamplingStart
from ..core.interfaces import Sampler
from ..posterior import NoPosterior, gauss_newton_posterior, whitened_by_stream


def starts_at_prior(sampler: Sampler, start: str) -> bool:
    """Whether a sampler starts at the prior, so that no search precedes it.

    A sampler that needs "simulate" does always: its first members are drawn from the prior.

    Args:
        start: of the configuration, "optimum" or "prior".
    """
    return start == "prior" or "simulate" in sampler.needs


def prior_start(problem: CostProblem) -> SamplingStart:
    """N(x_b, B); a flat prior has the scale of x."""
    covariance = problem.prior.covariance
    sd = np.asarray(covariance.sd, float)
    flat = ~np.isfinite(sd)
    matrix = np.diag(np.where(flat, 1.0, sd) ** 2) if flat.any() else covariance.dense()
    return SamplingStart(problem.prior.mean, matrix, "prior")


def optimum_start(problem: CostProblem, x: np.ndarray) -> SamplingStart:
    """N(x, A) of the Gauss-Newton Hessian at x; with the prior covariance where there is no A."""
    simulated, jacobians = problem.derivatives(x)
    try:
        whitened = whitened_by_stream(problem, jacobians, simulated)
        covariance = gauss_newton_posterior(x, problem.prior, whitened).covariance
    except (NoPosterior, np.linalg.LinAlgError):
        covariance = prior_start(problem).covariance
    return SamplingStart(x, covariance, "optimum")
