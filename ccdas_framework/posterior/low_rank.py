"""Leading directions of the observations' information, without the full Jacobian."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..core.cost_problem import CostProblem
from ..core.covariance import Covariance
from .spectrum import NoPosterior, prior_root


def leading_jacobian(problem: CostProblem, x: np.ndarray, rank: int) -> dict[str, np.ndarray]:
    """R_s^-1/2 K_s D D^T B^-1 of each stream: rows of rank r in place of R_s^-1/2 K_s.

    D are the leading directions, D^T B^-1 D = I. With these rows the posterior covariance is
    B - sum_i (l_i - 1) / l_i d_i d_i^T, where l_i are the eigenvalues of the Hessian whitened by
    the prior: a variance is at most (l_r - 1) / l_r of its prior too large.

    Args:
        problem: assembled.
        x: point of linearisation, shape (control,).
        rank: r, how many directions; where there are no more elements than that, all of them.

    Returns:
        stream -> rows, shape (obs, control).

    Raises:
        NoPosterior: the prior is flat.

    Source: Spantini et al. (2015), SIAM J. Sci. Comput. 37, A2451-A2487.
    """
    covariance, linear = problem.prior.covariance, problem.linearisation(x)

    def product(v: np.ndarray) -> np.ndarray:
        tangent = linear.tangent(np.asarray(v)[None])
        return linear.adjoint({name: rows[0] for name, rows in tangent.items()})

    directions = leading_directions(covariance, product, rank)
    inverse = covariance.solve(directions)
    tangents = linear.tangent(directions.T)
    return {name: rows.T @ inverse.T for name, rows in tangents.items()}


def leading_directions(
    prior: Covariance, product: Callable[[np.ndarray], np.ndarray], rank: int
) -> np.ndarray:
    """D = L V with the leading eigenvectors V of L^T M L, by Lanczos; shape (control, direction).

    Args:
        prior: B = L L^T.
        product: v -> M v with M = sum_s K_s^T R_s^-1 K_s, shape (control,).
        rank: how many; where there are no more elements than that, L, which spans all.

    Raises:
        NoPosterior: the prior is flat.

    Source: Lehoucq et al. (1998), ARPACK Users' Guide, by `scipy.sparse.linalg.eigsh`.
    """
    count = len(prior.sd)
    if np.isinf(prior.sd).any():
        raise NoPosterior(
            "the prior is flat, and leading directions give a posterior only together with a prior"
        )
    root = prior_root(prior)
    if rank >= count:
        return root
    from scipy.sparse.linalg import LinearOperator, eigsh  # slow to import

    inner = LinearOperator(
        (count, count), matvec=lambda v: root.T @ product(root @ np.ravel(v)), dtype=float
    )
    start = np.random.default_rng(0).standard_normal(count)  # the same result every time
    values, vectors = eigsh(inner, k=rank, which="LA", v0=start)
    leading: np.ndarray = root @ vectors[:, np.argsort(-values)]
    return leading
