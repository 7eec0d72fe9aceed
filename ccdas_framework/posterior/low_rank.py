"""Posterior covariance from the directions that the observations see best."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from ..core.covariance import Covariance
from ..core.interfaces import Prior
from ..core.products import Linearisation
from .gaussian import Posterior
from .spectrum import NoPosterior, Spectrum, prior_root

Product = Callable[[np.ndarray], np.ndarray]


def lanczos_spectrum(prior: Covariance, product: Product, rank: int) -> Spectrum:
    """The leading eigenvalues of L^T H_misfit L, by Lanczos; all others of I + that are taken as 1.

    Args:
        prior: B = L L^T.
        product: v -> H_misfit v, shape (control,), for instance of `gauss_newton_product`.
        rank: how many directions; where there are no more elements than that, all of them.

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
        inner = np.stack([root.T @ product(v) for v in root.T], axis=1)
        values, vectors = np.linalg.eigh(0.5 * (inner + inner.T))
    else:
        from scipy.sparse.linalg import LinearOperator, eigsh  # slow to import

        inner = LinearOperator(
            (count, count), matvec=lambda v: root.T @ product(root @ np.ravel(v)), dtype=float
        )
        start = np.random.default_rng(0).standard_normal(count)  # the same result every time
        values, vectors = eigsh(inner, k=rank, which="LA", v0=start)
    order = np.argsort(-values)
    kept, directions = np.maximum(values[order], 0.0), root @ vectors[:, order]
    return Spectrum(1.0 + kept, directions, prior.dense())


def lanczos_posterior(x: np.ndarray, prior: Prior, product: Product, rank: int) -> Posterior:
    """A = B - sum over leading directions i of (l_i - 1) / l_i d_i d_i^T.

    Directions d_i = L v_i and eigenvalues l_i as in `Spectrum`. A variance is at most
    (l - 1) / l of its prior too large, with l the smallest eigenvalue that was kept.

    Raises:
        NoPosterior: the prior is flat.

    Source: Spantini et al. (2015), SIAM J. Sci. Comput. 37, A2451-A2487.
    """
    leading = lanczos_spectrum(prior.covariance, product, rank)
    gain = (leading.eigenvalues - 1.0) / leading.eigenvalues
    update = (leading.directions * gain) @ leading.directions.T
    unseen = np.ones(len(x) - len(leading.eigenvalues))
    return Posterior(
        x=x,
        covariance=leading.prior_covariance - update,
        prior_covariance=leading.prior_covariance,
        eigenvalues=np.concatenate([leading.eigenvalues, unseen]),
        method="lanczos",
    )


def gauss_newton_product(whitened: Mapping[str, np.ndarray]) -> Product:
    """v -> sum_s K_s^T R_s^-1 K_s v from the Jacobian, R_s^-1/2 K_s by stream."""

    def product(v: np.ndarray) -> np.ndarray:
        total = np.zeros(len(v))
        for rows in whitened.values():
            total = total + rows.T @ (rows @ v)
        return total

    return product


def matrix_free_product(linear: Linearisation) -> Product:
    """v -> sum_s K_s^T R_s^-1 K_s v by a run of the tangent model and one of the adjoint."""

    def product(v: np.ndarray) -> np.ndarray:
        moved = linear.tangent(np.asarray(v)[None])
        return linear.adjoint({name: rows[0] for name, rows in moved.items()})

    return product
