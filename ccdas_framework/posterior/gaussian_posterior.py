"""A Gaussian around the optimum."""

from __future__ import annotations

from typing import Literal

import numpy as np
from attrs import field, frozen

from ..core.control import Control
from ..core.observations import floats
from ..problem.short_repr import short_html, short_text

Method = Literal["gauss_newton", "exact", "lanczos"]
Drawn = Literal["sampler", "ensemble"]
RESOLVED = 1e-11  # share of |T| |A| |T|^T below which rounding hides T A T^T
CONSTRAINED = 2.0  # eigenvalue above which the observations weigh more than the prior


@frozen(eq=False)
class Posterior:
    """N(x, A) in control space.

    Args:
        x: its mean, shape (control,).
        covariance: A, the inverse of the Hessian of the cost, shape (control, control).
        prior_covariance: B, same shape; infinite on the diagonal where the prior is flat.
        eigenvalues: of the Hessian whitened by the prior, largest first, shape (control,): 1 where
            the observations carry no information, 2 where they carry as much as the prior. Where
            the prior is flat, of the Hessian itself. As many as there are held elements are NaN.
        method: "gauss_newton", "exact" (second derivatives), "lanczos" (leading directions), or
            "sampler" or "ensemble" (mean and covariance of draws).
        root: S of A = S S^T, shape (control, direction), if available.
        held: true where a bound holds an element at x, shape (control,). Such an element has no
            Gaussian sd. A is that of the others given x of the held ones, with 0 for these.
    """

    x: np.ndarray = field(converter=floats)
    covariance: np.ndarray = field(converter=floats)
    prior_covariance: np.ndarray = field(converter=floats)
    eigenvalues: np.ndarray = field(converter=floats)
    method: Method | Drawn = "gauss_newton"
    root: np.ndarray | None = None
    held: np.ndarray = field()

    @held.default
    def _none_held(self) -> np.ndarray:
        return np.zeros(len(self.x), dtype=bool)

    def __repr__(self) -> str:
        """Title and main facts, in a few lines."""
        return short_text("Posterior", self._facts)

    def _repr_html_(self) -> str:
        return short_html("Posterior", self._facts)

    @property
    def _facts(self) -> dict[str, object]:
        reduction = self.uncertainty_reduction[~self.held]
        known = reduction[np.isfinite(reduction)]
        median = f"{100.0 * np.median(known):.0f} %" if len(known) else ""
        return {
            "method": self.method,
            "control": f"{len(self.x)} parameters",
            "constrained": f"{self.constrained} directions",
            "median uncertainty reduction": median,
            "at a bound": int(self.held.sum()) or "",
        }

    @property
    def sd(self) -> np.ndarray:
        """Posterior sd of x, shape (control,); NaN where a bound holds the element."""
        return np.where(self.held, np.nan, np.sqrt(np.diag(self.covariance)))

    @property
    def prior_sd(self) -> np.ndarray:
        """Prior sd of x, shape (control,)."""
        return np.sqrt(np.diag(self.prior_covariance))

    @property
    def uncertainty_reduction(self) -> np.ndarray:
        """1 - posterior sd / prior sd, shape (control,)."""
        return np.asarray(1.0 - self.sd / self.prior_sd)

    @property
    def correlation(self) -> np.ndarray:
        """A_ij / (sd_i sd_j), shape (control, control)."""
        ratio: np.ndarray = self.covariance / np.outer(self.sd, self.sd)
        np.fill_diagonal(ratio, np.where(self.held, np.nan, 1.0))
        return ratio

    @property
    def constrained(self) -> int:
        """Number of directions that the observations dominate; all of a flat prior."""
        if np.isinf(self.prior_sd).all():
            return len(self.x)
        return int(np.sum(self.eigenvalues > CONSTRAINED))

    def physical_sd(self, control: Control) -> np.ndarray:
        """p(x + sd) - p(x) of each parameter, in its own units, shape (control,)."""
        return control.physical_sd(self.x, self.sd)

    def target_covariance(self, sensitivity: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Prior and posterior covariance of targets, T B T^T and T A T^T, both at the same T.

        A target that depends on a parameter of flat prior has an infinite prior variance.

        Args:
            sensitivity: T = d target / dx, shape (target, control).
        """
        flat = np.isinf(self.prior_sd)
        finite = np.where(flat[:, None] | flat[None, :], 0.0, self.prior_covariance)
        prior = sensitivity @ finite @ sensitivity.T
        unbounded = np.any(sensitivity[:, flat] != 0.0, axis=1)
        prior[np.diag_indices(len(prior))] += np.where(unbounded, np.inf, 0.0)
        posterior = sensitivity @ self.covariance @ sensitivity.T
        if self.root is not None:  # its squares are never negative
            size, variance = np.abs(sensitivity), np.diag(posterior)
            lost = variance <= RESOLVED * np.sum((size @ np.abs(self.covariance)) * size, axis=1)
            posterior[np.diag_indices(len(prior))] = np.where(
                lost, np.sum((sensitivity @ self.root) ** 2, axis=1), variance
            )
        return prior, posterior

    def target_sd(self, sensitivity: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Prior and posterior sd of targets, shapes (target,); see `target_covariance`."""
        prior, posterior = self.target_covariance(sensitivity)
        return np.sqrt(np.diag(prior)), np.sqrt(np.maximum(np.diag(posterior), 0.0))

    def draws(self, generator: np.random.Generator, count: int) -> np.ndarray:
        """Control vectors drawn from N(x, A), shape (draw, control); held elements stay."""
        values, vectors = np.linalg.eigh(self.covariance)
        root = vectors * np.sqrt(np.maximum(values, 0.0))
        root[self.held] = 0.0  # not even by rounding beyond the bound
        return np.asarray(self.x + generator.standard_normal((count, len(self.x))) @ root.T)
