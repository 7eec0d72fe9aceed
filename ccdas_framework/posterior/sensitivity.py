"""Sensitivity of the optimum to fixed inputs, by the implicit-function theorem.

At the optimum dJ/dx(x, theta) = 0 for every theta, so that

    dx*/dtheta = -A d(dJ/dx)/dtheta,     A = (d2J/dx2)^-1

and a target t(x) changes by T dx*/dtheta with T = dt/dx. Exact where A is the inverse of the exact
Hessian; with that of Gauss-Newton, second derivatives of the simulated values, times residuals, are
neglected in A.

Source: Griewank and Walther (2008), Evaluating Derivatives, section 15.1, on implicit functions.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..core.cost_problem import CostPrior, CostProblem, CostStream
from ..problem.robust_errors import require_gaussian
from .gaussian_posterior import Posterior

SENSITIVITY = "the sensitivity of the optimum to its observations"


def sensitivity_to_observations(
    problem: CostProblem, posterior: Posterior, jacobians: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """dx*/dy_s = A K_s^T R_s^-1 of each stream, shape (control, obs).

    Args:
        problem: that was solved.
        posterior: gives A.
        jacobians: K_s at the optimum, from `problem.derivatives(x)[1]`.

    Raises:
        InvalidInput: a stream has robust errors, like the other functions of this module.
    """
    require_gaussian(problem.streams, SENSITIVITY)
    return {
        name: posterior.covariance @ problem.streams[name].solve(jacobian).T
        for name, jacobian in jacobians.items()
    }


def sensitivity_to_prior(posterior: Posterior, prior: CostPrior) -> np.ndarray:
    """dx*/dx_b = A B^-1, shape (control, control); zero where the prior is flat."""
    whitening = np.asarray(prior.covariance.whiten(np.eye(len(posterior.x)), np))
    return np.asarray(posterior.covariance @ whitening.T @ whitening)


def sensitivity_to_errors(
    stream: CostStream, posterior: Posterior, jacobian: np.ndarray, simulated: np.ndarray
) -> np.ndarray:
    """dx*/d ln(sd_i) for the assumed error of each observation, shape (control, obs).

        R = D C D with C the correlation:   -A K^T (E_i R^-1 + R^-1 E_i) r,   r = y - H(x*)

    where E_i is one at (i, i) and zero elsewhere.

    Args:
        stream: whose errors.
        posterior: gives A.
        jacobian: K of the stream at the optimum, shape (obs, control).
        simulated: H(x*) of the stream, shape (obs,).
    """
    require_gaussian({getattr(stream, "name", "NAME"): stream}, SENSITIVITY)
    residual = stream.values - simulated
    weighed, gain = stream.solve(residual), stream.solve(jacobian)
    return np.asarray(-posterior.covariance @ (jacobian.T * weighed + gain.T * residual))


def increments(
    problem: CostProblem,
    posterior: Posterior,
    values: Mapping[str, np.ndarray],
    jacobians: Mapping[str, np.ndarray],
) -> dict[str, np.ndarray]:
    """Analysis increment of each observation, shape (control, obs); they add up to x* - x_b.

        A K_s^T R_s^-1 times d_s,     d_s = y_s - H_s(x*) + K_s (x* - x_b)

    The sum is exact at any stationary point with the Gauss-Newton A, for there B^-1 (x* - x_b) is
    the sum of K_s^T R_s^-1 (y_s - H_s(x*)).

    Args:
        problem: that was solved.
        posterior: x* and A.
        values, jacobians: H_s and K_s at the optimum, of `problem.derivatives(x)`.
    """
    step = posterior.x - problem.prior.mean
    gains = sensitivity_to_observations(problem, posterior, jacobians)
    return {
        name: gain * (problem.streams[name].values - values[name] + jacobians[name] @ step)
        for name, gain in gains.items()
    }


def sensitivity_to_scaling(
    stream: CostStream, posterior: Posterior, jacobian: np.ndarray, simulated: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sensitivity of x* to an offset and a stretch of the values of each place.

    Offset: c is added to all values of a place. Stretch: its values are drawn apart about their
    mean, and their errors with them, by the share c. Both are dx*/dc, c in the unit of the values
    and 1. How errors and values were scaled before does not matter.

    Args:
        stream, posterior, jacobian, simulated: see `sensitivity_to_errors`.

    Returns:
        Names of the places, shape (place,), and the two, shapes (control, place).
    """
    labels = stream.labels.astype(str)
    places, member = np.unique(labels, return_inverse=True)
    count = np.bincount(member)
    apart = stream.values - (np.bincount(member, stream.values) / count)[member]
    gain = posterior.covariance @ stream.solve(jacobian).T
    of_errors = sensitivity_to_errors(stream, posterior, jacobian, simulated)
    into = np.eye(len(places))[member]
    return places, gain @ into, (gain * apart + of_errors) @ into
