"""Posterior covariance from the Gauss-Newton Hessian, and its propagation to targets."""

from __future__ import annotations

import numpy as np
from attrs import frozen

from ..core.control import Control
from ..core.problem import Problem


@frozen(eq=False)
class Posterior:
    """A Gaussian around the optimum, in control space.

    Args:
        x: its mean, shape (control,).
        covariance: A = (B^-1 + K^T R^-1 K)^-1, shape (control, control).
        prior_covariance: B, same shape.
    """

    x: np.ndarray
    covariance: np.ndarray
    prior_covariance: np.ndarray

    @property
    def sd(self) -> np.ndarray:
        """Posterior sd of x, shape (control,)."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def uncertainty_reduction(self) -> np.ndarray:
        """1 - posterior sd / prior sd, shape (control,)."""
        return 1.0 - self.sd / np.sqrt(np.diag(self.prior_covariance))

    def physical_sd(self, control: Control) -> np.ndarray:
        """p(x + sd) - p(x) of each parameter, in its own units, shape (control,)."""
        return control.physical_sd(self.x, self.sd)

    def target_sd(self, sensitivity: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Prior and posterior sd of targets, sqrt(diag(T C T^T)), both at the same T.

        Args:
            sensitivity: T = d target / dx, shape (target, control).
        """
        prior = np.sqrt(np.einsum("ti,ij,tj->t", sensitivity, self.prior_covariance, sensitivity))
        posterior = np.sqrt(
            np.maximum(np.einsum("ti,ij,tj->t", sensitivity, self.covariance, sensitivity), 0.0)
        )
        return prior, posterior


def gauss_newton_posterior(problem: Problem, x: np.ndarray, jacobian: np.ndarray) -> Posterior:
    """A = (B^-1 + K^T R^-1 K)^-1 with K the Jacobian at x, shape (obs, control).

    Source: Tarantola (2005), Inverse Problem Theory, eq. 3.53.
    """
    whitened = problem.whitened(jacobian)
    prior = problem.prior.covariance
    to_prior = prior.whiten(np.eye(len(x)), np)
    # B^(1/2) keeps the smallest eigenvalue of what is inverted at one
    root = np.linalg.inv(to_prior)
    inner = np.eye(len(x)) + (whitened @ root).T @ (whitened @ root)
    return Posterior(
        x=np.asarray(x),
        covariance=root @ np.linalg.solve(inner, root.T),
        prior_covariance=prior.dense(),
    )
