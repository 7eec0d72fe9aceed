"""Posterior covariance from the Jacobian of the simulated observations."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..core.covariance import Covariance
from ..core.errors import CcdasError
from ..core.interfaces import Prior
from ..core.problem import Problem
from .gaussian import Method, Posterior


class NoPosterior(CcdasError):
    """There is no Gaussian to give; the message says why in a sentence."""


def whitened_by_stream(
    problem: Problem, jacobians: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """R_s^-1/2 K_s of each stream, shape (obs, control).

    Args:
        problem: assembled.
        jacobians: K_s by stream, as `problem.derivatives(x)[1]` gives them.
    """
    return {
        name: np.asarray(problem.streams[name].whiten(jacobian, np))
        for name, jacobian in jacobians.items()
    }


def gauss_newton_posterior(
    x: np.ndarray, prior: Prior, whitened: Mapping[str, np.ndarray]
) -> Posterior:
    """A = (B^-1 + sum_s K_s^T R_s^-1 K_s)^-1, the covariance of the linearised problem.

    Args:
        x: where it was linearised, shape (control,).
        prior: gives B.
        whitened: R_s^-1/2 K_s by stream, shape (obs, control); any subset of the streams.

    Raises:
        NoPosterior: the prior is flat and the observations leave directions undetermined.

    Source: Tarantola (2005), Inverse Problem Theory, eq. 3.53.
    """
    misfit = np.zeros((len(x), len(x)))
    for rows in whitened.values():
        misfit += rows.T @ rows
    return posterior_from(x, prior.covariance, misfit, "gauss_newton")


def posterior_from(
    x: np.ndarray, prior: Covariance, misfit: np.ndarray, method: Method
) -> Posterior:
    """A = (B^-1 + H)^-1 from the Hessian H of the misfit, shape (control, control).

    With B = L L^T and the eigen-decomposition V diag(l) V^T of I + L^T H L,

        A = L V diag(1 / l) V^T L^T

    so that what is inverted has no eigenvalue below one, however small those of B are.

    Raises:
        NoPosterior: see `gauss_newton_posterior`.
    """
    flat = bool(np.isinf(prior.sd).any())
    whitening = np.asarray(prior.whiten(np.eye(len(x)), np))
    root = np.eye(len(x)) if flat else np.linalg.inv(whitening)
    own = whitening.T @ whitening if flat else np.eye(len(x))
    values, vectors = np.linalg.eigh(own + root.T @ misfit @ root)
    least = values[-1] * len(x) * np.finfo(float).eps if len(x) else 0.0
    if flat and (values <= least).any():
        raise NoPosterior(
            f"there is no posterior: the prior is flat and the observations leave "
            f"{int(np.sum(values <= least))} of {len(x)} directions undetermined"
        )
    directions = root @ vectors
    return Posterior(
        x=x,
        covariance=(directions / values) @ directions.T,
        prior_covariance=np.diag(prior.sd**2) if flat else prior.dense(),
        eigenvalues=values[::-1],
        method=method,
    )


def degrees_of_freedom(
    posterior: Posterior, whitened: Mapping[str, np.ndarray]
) -> dict[str, float]:
    """DFS_s = trace(A K_s^T R_s^-1 K_s): how many numbers each stream determines.

    They add up to the trace of the averaging kernel where A is that of all these streams.

    Source: Rodgers (2000), Inverse Methods for Atmospheric Sounding, section 2.4.
    """
    return {
        name: float(np.sum((rows @ posterior.covariance) * rows)) for name, rows in whitened.items()
    }
