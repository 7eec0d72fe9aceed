"""Leading directions of the observations' information, without the full Jacobian."""

from __future__ import annotations

import numpy as np

from ..core.cost_problem import CostProblem
from ..problem.robust_errors import modified_residuals, robust_of
from .spectrum import NoPosterior, prior_root


def leading_jacobian(problem: CostProblem, x: np.ndarray, rank: int) -> dict[str, np.ndarray]:
    """R_s^-1/2 K_s D D^T B^-1 of each stream: rows of rank r in place of R_s^-1/2 K_s.

    D = L V are the leading directions, with B = L L^T and the leading eigenvectors V of
    L^T (sum_s K_s^T R_s^-1 K_s) L by Lanczos, so that D^T B^-1 D = I. With robust errors the rows
    have the factor psi'(r) of `RobustErrors`. With these rows the posterior
    covariance is B - sum_i (l_i - 1) / l_i d_i d_i^T, where l_i are the eigenvalues of the Hessian
    whitened by the prior: a variance is at most (l_r - 1) / l_r of its prior too large.

    Args:
        problem: assembled.
        x: point of linearisation, shape (control,).
        rank: r, how many directions; where there are no more elements than that, all of them.

    Returns:
        stream -> rows, shape (obs, control).

    Raises:
        NoPosterior: the prior is flat.

    Sources: Spantini et al. (2015), SIAM J. Sci. Comput. 37, A2451-A2487; Lehoucq et al. (1998),
        ARPACK Users' Guide, by `scipy.sparse.linalg.eigsh`.
    """
    prior, linear = problem.prior.covariance, problem.linearisation(x)
    if np.isinf(prior.sd).any():
        raise NoPosterior(
            "the prior is flat, and leading directions give a posterior only together with a prior"
        )
    count, directions, slope = len(x), prior_root(prior), _slopes(problem, x)
    if rank < count:
        from scipy.sparse.linalg import LinearOperator, eigsh  # slow to import

        root = directions

        def product(v: np.ndarray) -> np.ndarray:
            tangent = linear.tangent((root @ np.ravel(v))[None])
            weights = {name: rows[0] * slope[name] ** 2 for name, rows in tangent.items()}
            gradient = linear.adjoint(weights)
            if not np.isfinite(gradient).all():
                problem.require_finite(x)
            return np.asarray(root.T @ gradient)

        inner = LinearOperator((count, count), matvec=product, dtype=float)
        start = np.random.default_rng(0).standard_normal(count)  # the same result every time
        values, vectors = eigsh(inner, k=rank, which="LA", v0=start)
        directions = root @ vectors[:, np.argsort(-values)]
    inverse = prior.solve(directions)
    tangents = linear.tangent(directions.T)
    return {name: (rows * slope[name]).T @ inverse.T for name, rows in tangents.items()}


def _slopes(problem: CostProblem, x: np.ndarray) -> dict[str, np.ndarray]:
    """psi'(r) of each stream, shape (obs,); 1 for Gaussian errors."""
    names = {name: np.full(len(s.values), name) for name, s in problem.streams.items()}
    if all(robust_of(stream) is None for stream in problem.streams.values()):
        return {name: np.ones(len(label)) for name, label in names.items()}
    labels = np.concatenate([*names.values()])
    _, slope = modified_residuals(problem.streams, labels, problem.residuals(x))
    return {name: slope[labels == name] for name in names}
