"""The Hessian of the cost in directions that the prior makes independent and alike."""

from __future__ import annotations

import numpy as np
from attrs import evolve, field, frozen

from ..core.covariance import Covariance, Diagonal
from ..core.errors import CcdasError
from .convergence import newton_decrement
from .gaussian_posterior import Method, Posterior

DETERMINED = 1e-6  # share of the largest singular value of R^-1/2 K that counts as nonzero


class NoPosterior(CcdasError):
    """No Gaussian posterior exists; the message gives the reason."""


@frozen(eq=False)
class Spectrum:
    """Eigen-decomposition of H = B^-1 + H_misfit, whitened by B = L L^T.

        L^T H L = V diag(l) V^T = I + L^T H_misfit L

    Args:
        eigenvalues: l, largest first: 1 where the observations carry no information, 2 where
            they carry as much as the prior. Where the prior is flat, L = I and H = H_misfit.
        directions: L V, shape (control, eigenvalue).
        prior_covariance: B, shape (control, control).
        flat: whether a variance of B is infinite.
        held: true where a bound holds an element of x, which then has no part in any direction,
            shape (control,); None where no bound does. There are as many eigenvalues as others.
    """

    eigenvalues: np.ndarray
    directions: np.ndarray
    prior_covariance: np.ndarray
    flat: bool = field(default=False)
    held: np.ndarray | None = None

    @property
    def rounding(self) -> float:
        """Size below which an eigenvalue counts as zero."""
        return DETERMINED**2 * float(np.max(np.abs(self.eigenvalues), initial=0.0))

    @property
    def curvature(self) -> float:
        """The smallest eigenvalue; a minimum has none below zero."""
        return float(np.min(self.eigenvalues, initial=np.inf))

    @property
    def negative(self) -> bool:
        """Whether the cost falls along some direction, however far the gradient is reduced."""
        return self.curvature < (-self.rounding if self.flat else np.nextafter(0.0, 1.0))

    @property
    def undetermined(self) -> np.ndarray:
        """Directions that neither prior nor observations determine, shape (control, direction)."""
        held: np.ndarray = self.directions[:, np.abs(self.eigenvalues) <= self.rounding]
        return held if self.flat else held[:, :0]

    @property
    def _used(self) -> np.ndarray:
        """Whether a direction is determined, shape (eigenvalue,)."""
        return np.asarray(self.eigenvalues > (self.rounding if self.flat else 0.0))

    @property
    def _root(self) -> np.ndarray:
        """S of A = S S^T, shape (control, direction)."""
        return np.asarray(self.directions[:, self._used] / np.sqrt(self.eigenvalues[self._used]))

    def covariance(self) -> np.ndarray:
        """A = L V diag(1 / l) V^T L^T, shape (control, control), in determined directions."""
        directions = self.directions[:, self._used]
        return np.asarray((directions / self.eigenvalues[self._used]) @ directions.T)

    def decrement(self, gradient: np.ndarray) -> float:
        """Newton decrement of a gradient, shape (control,), in determined directions."""
        return newton_decrement(gradient, self.covariance(), self._root)

    def cleaned(self) -> tuple[Spectrum, float]:
        """The spectrum without noise below 1, and the noise level 1 + (1 - l_min).

        With a prior no eigenvalue is below 1 except by noise (or by second derivatives that make
        the cost flatter than the prior alone). All that lie below the noise level become 1; a
        negative one is no noise and stays.

        Source: CCDAS V2 source (Rayner et al. 2005, Global Biogeochem. Cycles 19, GB2026).
        """
        if self.flat or self.negative or self.curvature >= 1.0:
            return self, 1.0
        noise = 1.0 + (1.0 - self.curvature)
        cleaned = np.where(self.eigenvalues < noise, 1.0, self.eigenvalues)
        return evolve(self, eigenvalues=cleaned), noise

    def posterior(self, x: np.ndarray, method: Method) -> Posterior:
        """N(x, A).

        Raises:
            NoPosterior: a direction of negative curvature, or one that nothing determines.
        """
        count = len(self.eigenvalues)
        if self.negative:
            raise NoPosterior(
                f"the cost has negative curvature (smallest eigenvalue {self.curvature:.3g} of its "
                "Hessian whitened by the prior), so that this is no minimum"
            )
        if self.undetermined.shape[1]:
            raise NoPosterior(
                f"the prior is flat and the observations leave {self.undetermined.shape[1]} of "
                f"{count} directions undetermined"
            )
        held = np.zeros(len(x), dtype=bool) if self.held is None else self.held
        eigenvalues = np.full(len(x), np.nan)
        eigenvalues[:count] = self.eigenvalues
        return Posterior(
            x, self.covariance(), self.prior_covariance, eigenvalues, method, self._root, held
        )


def spectrum(prior: Covariance, hessian: np.ndarray, add_prior: bool = False) -> Spectrum:
    """The spectrum of a Hessian, shape (control, control); `add_prior` adds B^-1 to it."""
    flat = bool(np.isinf(prior.sd).any())
    root = prior_root(prior)
    whitened = root.T @ hessian @ root
    if add_prior:  # L^T B^-1 L
        inverse_root = prior.whiten(np.eye(len(hessian)), np) if flat else np.eye(len(hessian))
        whitened = np.asarray(inverse_root).T @ inverse_root + whitened
    values, vectors = np.linalg.eigh(whitened)
    covariance = np.diag(prior.sd**2) if flat else prior.dense()
    return Spectrum(values[::-1], root @ vectors[:, ::-1], covariance, flat)


def prior_root(prior: Covariance) -> np.ndarray:
    """L of B = L L^T, shape (control, control); the identity where the prior is flat."""
    if np.isinf(prior.sd).any():
        return np.eye(len(prior.sd))
    if isinstance(prior, Diagonal):
        return np.diag(prior.sd)
    return np.linalg.inv(np.asarray(prior.whiten(np.eye(len(prior.sd)), np)))
