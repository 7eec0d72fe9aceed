"""Second derivatives of the cost."""

from __future__ import annotations

import numpy as np

from ..core.cost_problem import CostProblem
from .spectrum import NoPosterior, Spectrum, spectrum

MOST_ASYMMETRY = 1e-6  # share of the largest entry; rounding leaves 1e-12, differences 1e-8


def exact_hessian(problem: CostProblem, x: np.ndarray) -> tuple[np.ndarray, float]:
    """d2J/dx2 with the prior term, by a Hessian-vector product for each element of x.

    Returns:
        The matrix, symmetrised, shape (control, control), and the largest |H_ij - H_ji| before
        that as a share of the largest |H_ij|.

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
    return 0.5 * (rows + rows.T), asymmetry


def exact_spectrum(problem: CostProblem, x: np.ndarray) -> tuple[Spectrum, str]:
    """Spectrum of the exact Hessian without noise, and a description with the noise level."""
    matrix, asymmetry = exact_hessian(problem, x)
    raw = spectrum(problem.prior.covariance, matrix)
    method = f"exact Hessian, symmetric to {asymmetry:.1g} of its largest entry"
    if raw.negative:
        return raw, method
    cleaned, noise = raw.cleaned()
    if noise > 1.0:
        changed = int(np.sum(cleaned.eigenvalues != raw.eigenvalues))
        method += f"; {changed} eigenvalues below the noise level {noise:.4g} became 1"
    return cleaned, method
