"""The problem that a method assumes that reads y and R: Gaussian errors and a Gaussian prior."""

from __future__ import annotations

from typing import Any

import numpy as np

from ccdas_framework import InvalidInput

TRIES = 5  # points at which a prior is compared with a Gaussian one
ROUNDING = 1e-8  # relative difference of two prior terms


def require_gaussian_problem(problem: Any, name: str) -> None:
    """Refuse a problem whose density the method would not use.

    Raises:
        InvalidInput: codes "robust-errors", "prior-not-gaussian" and "no-streams".
    """
    for stream, data in problem.streams.items():
        if getattr(data, "robust", None) is not None:
            raise InvalidInput(
                f"{name} reads y and R, and the errors of stream '{stream}' are robust. Choose a "
                "sampler that uses the log density.",
                code="robust-errors",
                where=f"streams.{stream}.robust",
            )
    if not is_gaussian(problem.prior):
        raise InvalidInput(
            f"{name} takes the prior for Gaussian, and {type(problem.prior).__name__} is not. "
            "Choose a sampler that uses the log density.",
            code="prior-not-gaussian",
            where="prior",
        )
    if not problem.streams:
        raise InvalidInput(
            f"{name} reads observations, and the problem has none.",
            code="no-streams",
            where="streams",
        )


def is_gaussian(prior: Any) -> bool:
    """Whether the prior term is |x - x_b|^2 / 2 in B up to a constant, tried at a few points."""
    mean, covariance = np.asarray(prior.mean, float), prior.covariance
    if not np.isfinite(covariance.sd).all():
        return False
    generator = np.random.default_rng(0)
    differences = []
    for _ in range(TRIES):
        x = mean + covariance.sd * generator.standard_normal(len(mean))
        offset = np.asarray(covariance.whiten(x - mean, np))
        differences.append(float(prior.negative_log_density(x, np)) - 0.5 * float(offset @ offset))
    return bool(np.ptp(differences) <= ROUNDING * max(1.0, float(np.max(np.abs(differences)))))
