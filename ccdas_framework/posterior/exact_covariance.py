"""Posterior covariance from second derivatives of the cost."""

from __future__ import annotations

import numpy as np
from attrs import frozen

from ..core.cost_problem import CostPrior, CostProblem
from .gaussian_posterior import Posterior
from .spectrum import NoPosterior, Spectrum, prior_root

MOST_ASYMMETRY = 1e-6  # share of the largest entry; rounding leaves 1e-12, differences 1e-8


@frozen(eq=False)
class ExactHessian:
    """d2J/dx2 with the prior term.

    Args:
        matrix: symmetrised, shape (control, control).
        asymmetry: largest |H_ij - H_ji| before that, as a share of the largest |H_ij|.
    """

    matrix: np.ndarray
    asymmetry: float


def exact_hessian(problem: CostProblem, x: np.ndarray) -> ExactHessian:
    """d2J/dx2 by a Hessian-vector product for each element of x.

    Raises:
        NoPosterior: it is not symmetric, so that a derivative is wrong or a value not finite.
    """
    rows = problem.hessian_vectors(x, np.eye(len(x)))
    largest = float(np.max(np.abs(rows), initial=0.0))
    gap = float(np.max(np.abs(rows - rows.T), initial=0.0))
    asymmetry = gap / largest if largest > 0.0 else 0.0
    if not asymmetry <= MOST_ASYMMETRY:
        raise NoPosterior(
            f"the second derivatives are not symmetric (to {asymmetry:.1g} of the largest, where "
            f"{MOST_ASYMMETRY:g} is accepted); a derivative rule of the model is wrong or a value "
            'is not finite. Take [posterior] hessian = "gauss_newton", and try the conformance '
            "suite on the model"
        )
    return ExactHessian(0.5 * (rows + rows.T), asymmetry)


def exact_spectrum(prior: CostPrior, hessian: np.ndarray) -> Spectrum:
    """The spectrum of a Hessian that has the prior term in it, shape (control, control)."""
    flat = bool(np.isinf(prior.covariance.sd).any())
    root = np.eye(len(hessian)) if flat else prior_root(prior.covariance)
    values, vectors = np.linalg.eigh(root.T @ hessian @ root)
    held = np.diag(prior.covariance.sd**2) if flat else prior.covariance.dense()
    return Spectrum(values[::-1], root @ vectors[:, ::-1], held, flat)


def exact_posterior(x: np.ndarray, prior: CostPrior, hessian: ExactHessian) -> Posterior:
    """A = (d2J/dx2)^-1, its eigenvalues cleaned of noise.

    Raises:
        NoPosterior: the curvature is negative somewhere, or the prior is flat and the observations
            leave directions undetermined.
    """
    return exact_spectrum(prior, hessian.matrix).cleaned()[0].posterior(x, "exact")
