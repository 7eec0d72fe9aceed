"""Distance of a result from the truth of its synthetic observations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import frozen

from ..posterior import Posterior
from ..posterior.draws import LEAST_VARIANCE
from ..problem.assembled_problem import Problem
from .truth import Truth

WITHIN = (1.0, 2.0)  # posterior sd of a target


@frozen(eq=False)
class TruthComparison:
    """Parameters and targets of a result beside those of the truth.

    Args:
        parameters: number of parameters, without those that a bound holds.
        chi_squared: (x - x_t)^T A^-1 (x - x_t) of the result x and the truth x_t; None without a
            posterior.
        distance: root-mean-square distance of prior and posterior mean from the truth (prior sd).
        targets: number of targets with a posterior sd.
        within: number of them whose truth is within one and within two posterior sd.
        missing: why there is no chi-squared, or "".
    """

    parameters: int
    chi_squared: float | None
    distance: tuple[float, float]
    targets: int
    within: tuple[int, ...]
    missing: str = ""

    @property
    def sentence(self) -> str:
        """The comparison in a line."""
        before, after = self.distance
        text = (
            f"truth: the parameters are {after:.3g} prior sd from it (root mean square), "
            f"{before:.3g} at the prior"
        )
        if self.chi_squared is None:
            return f"{text}; {self.missing}"
        text += f"; chi-squared {self.chi_squared:.4g} for {self.parameters} parameters"
        if not self.targets:
            return text
        one, two = self.within
        return (
            f"{text}; {one} of {self.targets} targets ({one / self.targets:.0%}) within one "
            f"posterior sd, {two} ({two / self.targets:.0%}) within two"
        )

    @property
    def attributes(self) -> dict[str, Any]:
        """Attributes of `result.nc`."""
        about: dict[str, Any] = {"truth": self.sentence}
        if self.chi_squared is not None:
            about["chi_squared_of_truth"] = self.chi_squared
        return about


def truth_comparison(
    problem: Problem,
    truth: Truth,
    x: np.ndarray,
    posterior: Posterior | None,
    tables: Mapping[str, Mapping[str, Any]],
) -> TruthComparison:
    """The comparison of a result.

    Args:
        x: best point, shape (control,).
        posterior: around x; None where there is none.
        tables: of the targets, with `truth`, `posterior` and `posterior_sd`.
    """
    scale = np.asarray(problem.prior.covariance.sd, float)
    scale = np.where(np.isfinite(scale), scale, 1.0)  # a flat prior: the scale of x instead
    before, after = (
        float(np.sqrt(np.mean(((point - truth.x) / scale) ** 2)))
        for point in (problem.prior.mean, x)
    )
    chi_squared, free = None, len(truth.x)
    missing = "without a posterior there is no chi-squared"
    if posterior is not None:
        free -= int(posterior.held.sum())
        missing = _singular(posterior)
        if not missing:
            chi_squared = _chi_squared(posterior.x - truth.x, posterior)
    count, within = 0, np.zeros(len(WITHIN), int)
    for table in tables.values():
        if "posterior_sd" in table:
            distance = np.abs(table["posterior"] - table["truth"])
            sd = np.asarray(table["posterior_sd"])
            uncertain = sd > 0.0  # a target that depends on no parameter has no error
            count += int(np.sum(uncertain))
            within += [int(np.sum(uncertain & (distance <= n * sd))) for n in WITHIN]
    return TruthComparison(
        free, chi_squared, (before, after), count, tuple(within.tolist()), missing
    )


def _singular(posterior: Posterior) -> str:
    """Why the covariance of draws has no inverse, or ""; that of a Hessian always has one.

    Fewer draws than parameters leave directions in which they do not differ.
    """
    if posterior.method not in ("sampler", "ensemble"):
        return ""
    varying = posterior.sd**2 > LEAST_VARIANCE * posterior.prior_sd**2
    sd, covariance = posterior.sd[varying], posterior.covariance[np.ix_(varying, varying)]
    rank = int(np.linalg.matrix_rank(covariance / np.outer(sd, sd), hermitian=True))
    if rank == len(varying):
        return ""
    return (
        f"the draws differ in {rank} of {len(varying)} directions, so that their covariance gives "
        "no chi-squared"
    )


def _chi_squared(error: np.ndarray, posterior: Posterior) -> float:
    """e^T A^-1 e of an error e, shape (control,).

    Elements that a bound holds are left out. Eigenvalues of the posterior correlations that
    rounding hides count as the rounding.
    """
    free = ~posterior.held
    if not free.any():
        return 0.0
    values, vectors = np.linalg.eigh(posterior.correlation[np.ix_(free, free)])
    values = np.maximum(values, len(values) * np.finfo(float).eps * values[-1])
    return float(np.sum((vectors.T @ (error / posterior.sd)[free]) ** 2 / values))
