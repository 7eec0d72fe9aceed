"""Second derivatives of the cost."""

from __future__ import annotations

import numpy as np

from ..core.cost_problem import CostProblem
from ..core.gaussian_prior import is_gaussian
from .conditional import embedded, given_others
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
            'is not finite. Take [posterior] method = "gauss_newton", and try the conformance '
            "suite on the model"
        )
    return 0.5 * (rows + rows.T), asymmetry


def exact_spectrum(
    problem: CostProblem, x: np.ndarray, held: np.ndarray | None = None
) -> tuple[Spectrum, str]:
    """Spectrum of the exact Hessian without noise, and a description with the noise level.

    Args:
        problem: assembled.
        x: shape (control,).
        held: true where a bound holds an element, which is left out, shape (control,).
    """
    matrix, asymmetry = exact_hessian(problem, x)
    prior = problem.prior.covariance
    if held is None or not held.any():
        raw = spectrum(prior, matrix)
    else:
        free = spectrum(given_others(prior, ~held), matrix[np.ix_(~held, ~held)])
        raw = embedded(free, prior, held)
    method = f"exact Hessian, symmetric to {asymmetry:.1g} of its largest entry"
    # a prior that is not Gaussian may be flatter than its covariance
    if raw.negative or not is_gaussian(problem.prior):
        return raw, method
    cleaned, noise = raw.cleaned()
    if noise > 1.0:
        changed = int(np.sum(cleaned.eigenvalues != raw.eigenvalues))
        method += f"; {changed} eigenvalues below the noise level {noise:.4g} became 1"
    return cleaned, method
