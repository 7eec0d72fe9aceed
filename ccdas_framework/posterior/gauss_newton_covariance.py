"""Posterior covariance from the Jacobian of the simulated observations."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from attrs import evolve

from ..core.cost_problem import CostPrior, CostProblem
from ..core.covariance import Covariance
from ..problem.robust_errors import whitened_jacobian
from .conditional import embedded, given_others
from .gaussian_posterior import Posterior
from .spectrum import Spectrum, prior_root, spectrum

RESOLVED = 1e-4  # rounding of the smallest eigenvalues, which are 1, that is accepted


def whitened_by_stream(
    problem: CostProblem,
    jacobians: Mapping[str, np.ndarray],
    simulated: Mapping[str, np.ndarray] | None = None,
) -> dict[str, np.ndarray]:
    """R_s^-1/2 K_s of each stream, shape (obs, control); see `whitened_jacobian`.

    Args:
        problem: assembled.
        jacobians: K_s by stream, from `problem.derivatives(x)[1]`.
        simulated: H_s(x) by stream, from `problem.derivatives(x)[0]`, for robust errors.
    """
    values = simulated or {}
    return {
        name: whitened_jacobian(problem.streams[name], jacobian, values.get(name))
        for name, jacobian in jacobians.items()
    }


def gauss_newton_spectrum(
    prior: Covariance, whitened: Mapping[str, np.ndarray], held: np.ndarray | None = None
) -> Spectrum:
    """The spectrum of B^-1 + sum_s K_s^T R_s^-1 K_s, which has no negative curvature.

    Args:
        prior: B.
        whitened: R_s^-1/2 K_s by stream, shape (obs, control).
        held: true where a bound holds an element, which is left out, shape (control,).
    """
    if held is not None and held.any():
        free = {name: rows[:, ~held] for name, rows in whitened.items()}
        return embedded(gauss_newton_spectrum(given_others(prior, ~held), free), prior, held)
    misfit = np.zeros((len(prior.sd), len(prior.sd)))
    for rows in whitened.values():
        misfit += rows.T @ rows
    exact = spectrum(prior, misfit, add_prior=True)
    largest = float(np.max(exact.eigenvalues, initial=0.0))
    if not exact.flat and len(misfit) * np.finfo(float).eps * largest > RESOLVED:
        return _spectrum_by_singular_values(exact, prior_root(prior), whitened)
    least = 0.0 if exact.flat else 1.0  # but for rounding
    return evolve(exact, eigenvalues=np.maximum(exact.eigenvalues, least))


def _spectrum_by_singular_values(
    squared: Spectrum, root: np.ndarray, whitened: Mapping[str, np.ndarray]
) -> Spectrum:
    """The same spectrum from the singular values of R^-1/2 K L, whose condition is not squared.

    Very small errors make the largest eigenvalues so large that rounding hides the others.
    """
    triangle = np.linalg.qr(np.concatenate([*whitened.values()]) @ root, mode="r")
    _, values, vectors = np.linalg.svd(triangle)
    squares = np.zeros(len(root))
    squares[: len(values)] = values**2
    return evolve(squared, eigenvalues=1.0 + squares, directions=root @ vectors.T)


def gauss_newton_posterior(
    x: np.ndarray,
    prior: CostPrior,
    whitened: Mapping[str, np.ndarray],
    held: np.ndarray | None = None,
) -> Posterior:
    """A = (B^-1 + sum_s K_s^T R_s^-1 K_s)^-1, the covariance of the linearised problem.

    Args:
        x: where it was linearised, shape (control,).
        prior: gives B.
        whitened: R_s^-1/2 K_s by stream, shape (obs, control); any subset of the streams.
        held: true where a bound holds an element at x, shape (control,).

    Raises:
        NoPosterior: the prior is flat and the observations leave directions undetermined.

    Source: Tarantola (2005), Inverse Problem Theory, eq. 3.53.
    """
    return gauss_newton_spectrum(prior.covariance, whitened, held).posterior(x, "gauss_newton")


def degrees_of_freedom(
    posterior: Posterior, whitened: Mapping[str, np.ndarray]
) -> dict[str, float]:
    """DFS_s = trace(A K_s^T R_s^-1 K_s): degrees of freedom for signal of each stream.

    They add up to the trace of the averaging kernel where A is that of all these streams.

    Source: Rodgers (2000), Inverse Methods for Atmospheric Sounding, section 2.4.
    """
    return {
        name: float(np.sum((rows @ posterior.covariance) * rows)) for name, rows in whitened.items()
    }
