"""Whether residuals are as large as the assumed errors say: chi-squared and error estimates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from attrs import evolve, frozen

from ..posterior import Posterior
from .fit import StreamFit

CONFIDENCE = 0.99  # share of consistent problems inside the range
FACTOR = 1.5  # least ratio of sds that is worth a warning
LEAST = 0.5  # fewer degrees of freedom than this say nothing about errors


@frozen
class ChiSquared:
    """Twice a term of the cost at the optimum, and its expectation for consistent errors.

    Args:
        name: 'prior', a stream, a place, or 'total'.
        count: observations in it.
        value: 2J.
        expected, sd: of 2J where the assumed errors are right; NaN without a posterior.
        lower, upper: range of 2J in which 99 % of consistent problems end.
    """

    name: str
    count: int
    value: float
    expected: float = np.nan
    sd: float = np.nan
    lower: float = np.nan
    upper: float = np.nan

    @property
    def ratio(self) -> float:
        """Size of the residuals over the one expected, sqrt(2J / expected)."""
        usable = self.expected >= LEAST  # false for NaN
        return float(np.sqrt(self.value / self.expected)) if usable else np.nan

    @property
    def contradicted(self) -> bool:
        """Whether 2J is outside its range, and the residuals wrong by more than `FACTOR`."""
        outside = not self.lower <= self.value <= self.upper
        return bool(outside and (self.ratio > FACTOR or self.ratio < 1.0 / FACTOR))


def chi_squared(
    fit: StreamFit,
    posterior: Posterior | None,
    *,
    name: str = "",
    confidence: float = CONFIDENCE,
) -> ChiSquared:
    """2J of a stream, or of some of its values.

    At the optimum of a linear problem the whitened residuals have covariance I - S with
    S = K A K^T (whitened K), so that 2J has mean n - trace S and variance 2 |I - S|^2 (Frobenius);
    trace S is the degrees of freedom for signal that these values give. The range is that of a
    scaled chi-squared variable of the same mean and variance (Satterthwaite 1946, Biometrics
    Bulletin 2, 110-114).

    Args:
        posterior: at the optimum; None where there is none, then nothing is expected. Neither is
            it of robust errors.
        name: of the result, that of the stream when left out.
        confidence: share of consistent problems inside the range.

    Source: Talagrand (1999), Proc. ECMWF Workshop on Diagnosis of Data Assimilation Systems,
    17-28; Michalak et al. (2005), J. Geophys. Res. 110, D24107.
    """
    count = len(fit)
    term = ChiSquared(name or fit.name, count, float(fit.modified @ fit.modified))
    if posterior is None or fit.robust is not None:
        return term
    trace, square = _trace_and_square(fit.sensitivity, posterior.covariance)
    return _expected(term, count - trace, 2.0 * (count - 2.0 * trace + square), confidence)


def prior_chi_squared(posterior: Posterior, x_b: np.ndarray) -> ChiSquared:
    """2J of the prior term: mean trace(I - A B^-1), all degrees of freedom for signal.

    x_a - x_b has covariance B - A, so that its variance is 2 trace((I - A B^-1)^2). A flat prior
    has no term: 0 where 0 is expected.
    """
    prior = posterior.prior_covariance
    if np.isinf(prior).any():
        return ChiSquared("prior", 0, 0.0, 0.0, 0.0)
    shift = posterior.x - x_b
    kernel = np.eye(len(shift)) - np.linalg.solve(prior, posterior.covariance)
    term = ChiSquared("prior", 0, float(shift @ np.linalg.solve(prior, shift)))
    return _expected(term, float(np.trace(kernel)), 2.0 * float(np.sum(kernel * kernel.T)))


def total_chi_squared(terms: Sequence[ChiSquared], free: int = 0) -> ChiSquared:
    """2J at its minimum, chi-squared with as many degrees of freedom as there are observations.

    Args:
        terms: of the prior and of each stream.
        free: parameters without a prior, each of which takes one degree of freedom.

    Source: Tarantola (2005), Inverse Problem Theory, SIAM, section 6.8.
    """
    total = ChiSquared("total", sum(t.count for t in terms), sum(t.value for t in terms))
    if not all(np.isfinite(t.expected) for t in terms):
        return total
    degrees = total.count - free
    return _expected(total, float(degrees), 2.0 * degrees)


def _expected(
    term: ChiSquared, mean: float, variance: float, confidence: float = CONFIDENCE
) -> ChiSquared:
    """The term with its mean and sd for consistent errors, and its range where it has one."""
    from scipy.special import gammaincinv  # slow to import

    term = evolve(term, expected=mean, sd=float(np.sqrt(max(variance, 0.0))))
    if mean < LEAST or variance <= 0.0:  # all of it follows the parameters
        return term
    scale, degrees = variance / (2.0 * mean), 2.0 * mean**2 / variance
    tail = 0.5 * (1.0 - confidence)
    lower, upper = (2.0 * scale * gammaincinv(0.5 * degrees, p) for p in (tail, 1.0 - tail))
    return evolve(term, lower=float(lower), upper=float(upper))


def _trace_and_square(rows: np.ndarray, covariance: np.ndarray) -> tuple[float, float]:
    """Trace of S = K A K^T and of S^2, by way of the smaller of the two products."""
    if len(rows) <= len(covariance):
        small = rows @ covariance @ rows.T
        return float(np.trace(small)), float(np.sum(small**2))
    small = covariance @ (rows.T @ rows)
    return float(np.trace(small)), float(np.sum(small * small.T))


@frozen
class ErrorEstimates:
    """Variances estimated from misfits, as multiples of the assumed error variance R.

    Args:
        error: of R, 1 where it is right; its root is the ratio of the sds.
        error_sd: the same as an sd, in the units of the stream; NaN where the estimate is negative.
        error_sd_assumed: root of the mean assumed variance, in the units of the stream.
        prior, prior_assumed: of H B H^T, the prior error of the simulated values.
        posterior, posterior_assumed: of H A H^T.
    """

    error: float
    error_sd: float
    error_sd_assumed: float
    prior: float
    prior_assumed: float
    posterior: float
    posterior_assumed: float

    @property
    def ratio(self) -> float:
        """Estimated over assumed sd; NaN where the estimate is negative."""
        return float(np.sqrt(self.error)) if self.error >= 0.0 else np.nan


def error_estimates(fit: StreamFit, posterior: Posterior | None) -> ErrorEstimates:
    """Observation, prior and posterior error in the space of the observations.

        R      = E[(y - H(x_a)) (y - H(x_b))^T]
        HBH^T  = E[(H(x_a) - H(x_b)) (y - H(x_b))^T]
        HAH^T  = E[(H(x_a) - H(x_b)) (y - H(x_a))^T]

    The mean over values stands for the expectation. The equations hold for a linear problem at its
    optimum, with a gain made of the right R and B; with wrong ones they are a first step of an
    iteration, and a good one where the observations are many more than the degrees of freedom.

    Args:
        posterior: at the optimum; without one (None) the assumed variances are NaN. All but the
            assumed error are NaN for robust errors, whose gain is not linear.

    Source: Desroziers et al. (2005), Q. J. R. Meteorol. Soc. 131, 3385-3396, eqs 1 to 4.
    """
    if not len(fit):
        return ErrorEstimates(*[np.nan] * 7)
    assumed = float(np.sqrt(np.mean(fit.sd**2)))
    if fit.robust is not None:
        return ErrorEstimates(np.nan, np.nan, assumed, *[np.nan] * 4)
    before, after, rows = fit.innovation, fit.residual, fit.sensitivity
    physical = np.mean((fit.observed - fit.posterior) * (fit.observed - fit.prior))
    of_prior = of_posterior = np.nan
    if posterior is not None:
        of_prior, of_posterior = (
            float(np.sum((rows @ c) * rows)) / len(rows)
            for c in (posterior.prior_covariance, posterior.covariance)
        )
    return ErrorEstimates(
        error=float(np.mean(after * before)),
        error_sd=float(np.sqrt(physical)) if physical >= 0.0 else np.nan,
        error_sd_assumed=assumed,
        prior=float(np.mean((before - after) * before)),
        prior_assumed=of_prior,
        posterior=float(np.mean((before - after) * after)),
        posterior_assumed=of_posterior,
    )
