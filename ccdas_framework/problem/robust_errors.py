"""Robust errors: costs of observations that grow slower than the square of a large residual.

With r = R^-1/2 (y - H(x)), a stream of Gaussian errors costs the sum of r^2 / 2, and one of robust
errors the sum of rho(r). A minimisation of least squares sees the modified residual

    psi(r) = sign(r) sqrt(2 rho(r)),     sum rho(r) = |psi|^2 / 2,     psi'(r) = rho'(r) / psi(r)

so that its cost and gradient are those of rho, and its Hessian K^T psi'^2 K neglects psi psi'' as
it neglects second derivatives of H.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import field, frozen
from attrs.validators import gt

from ..core.errors import InvalidInput

Array = Any


class RobustErrors(ABC):
    """Errors with more large values than Gaussian ones; independent of each other."""

    @abstractmethod
    def costs(self, r: Array, xp: Any) -> Array:
        """rho of each whitened residual, shape of `r`; twice differentiable almost everywhere."""

    @abstractmethod
    def derivative(self, r: np.ndarray) -> np.ndarray:
        """rho'(r), shape of `r`."""

    @property
    @abstractmethod
    def steepest(self) -> float:
        """psi'(0), the largest slope."""

    def modified(self, r: np.ndarray) -> np.ndarray:
        """psi(r), shape of `r`."""
        return np.asarray(np.sign(r) * np.sqrt(2.0 * self.costs(r, np)))

    def slope(self, r: np.ndarray) -> np.ndarray:
        """psi'(r), shape of `r`, positive."""
        psi = self.modified(r)
        at_zero = np.abs(psi) < 1e-100
        slope = self.derivative(r) / np.where(at_zero, 1.0, psi)
        return np.where(at_zero, self.steepest, slope)


@frozen
class Huber(RobustErrors):
    """Squares up to a threshold, straight lines beyond.

        rho = r^2 / 2 for |r| <= k,     k |r| - k^2 / 2 otherwise

    Args:
        threshold: k (error sd). With 1.345 a mean of Gaussian errors has 95 % of the efficiency of
            the arithmetic mean.

    Sources: Huber (1964), Ann. Math. Statist. 35, 73-101, eq. 1.6; Holland and Welsch (1977),
        Commun. Statist. A6, 813-827 (1.345); Tavolato and Isaksen (2015), Q. J. R. Meteorol. Soc.
        141, 1514-1527 (in an operational analysis).
    """

    threshold: float = field(default=1.345, validator=gt(0.0))
    steepest = 1.0

    def costs(self, r: Array, xp: Any) -> Array:
        clipped = self._clipped(r, xp)
        return clipped * (r - 0.5 * clipped)

    def derivative(self, r: np.ndarray) -> np.ndarray:
        return np.asarray(self._clipped(r, np))

    def _clipped(self, r: Array, xp: Any) -> Array:
        k = self.threshold
        return xp.where(r > k, k, xp.where(r < -k, -k, r))


@frozen
class StudentT(RobustErrors):
    """Errors of a t distribution whose scale is the assumed sd; its variance is larger than R.

        rho = (n + 1) / 2 ln(1 + r^2 / n)

    Args:
        degrees_of_freedom: n. Errors are Gaussian where it is large.

    Source: Lange, Little and Taylor (1989), J. Am. Stat. Assoc. 84, 881-896, which takes 4 where n
        is not estimated.
    """

    degrees_of_freedom: float = field(default=4.0, validator=gt(0.0))

    @property
    def steepest(self) -> float:
        return float(np.sqrt(1.0 + 1.0 / self.degrees_of_freedom))

    def costs(self, r: Array, xp: Any) -> Array:
        n = self.degrees_of_freedom
        return 0.5 * (n + 1.0) * xp.log1p(r * r / n)

    def derivative(self, r: np.ndarray) -> np.ndarray:
        n = self.degrees_of_freedom
        return np.asarray((n + 1.0) * r / (n + r * r))


ROBUST_ERRORS: Mapping[str, type[RobustErrors]] = {"huber": Huber, "student_t": StudentT}


def robust_of(stream: Any) -> RobustErrors | None:
    """Robust errors of a stream of a problem; None where its errors are Gaussian."""
    errors: RobustErrors | None = getattr(stream, "robust", None)
    return errors


def modified_residuals(
    streams: Mapping[str, Any], names: np.ndarray, residual: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """psi and psi' of whitened residuals, shapes (row,); r and 1 for Gaussian errors.

    Args:
        streams: of a problem, by name.
        names: stream of each residual, shape (row,).
        residual: R^-1/2 (y - H(x)), shape (row,).
    """
    psi, slope = np.array(residual, float), np.ones(len(residual))
    for name, stream in streams.items():
        if (errors := robust_of(stream)) is not None:
            rows = names == name
            psi[rows], slope[rows] = errors.modified(residual[rows]), errors.slope(residual[rows])
    return psi, slope


def whitened_jacobian(
    stream: Any, jacobian: np.ndarray, simulated: np.ndarray | None
) -> np.ndarray:
    """psi'(r) R^-1/2 K of a stream, shape (obs, control); R^-1/2 K for Gaussian errors.

    Args:
        stream: of a problem.
        jacobian: K = dH/dx, shape (obs, control).
        simulated: H(x), shape (obs,); needed for robust errors.

    Raises:
        InvalidInput: robust errors, and no simulated values.
    """
    rows = np.asarray(stream.whiten(jacobian, np))
    if (errors := robust_of(stream)) is None:
        return rows
    if simulated is None:
        raise InvalidInput(
            "the weights of robust errors follow from simulated values, which are missing here.",
            code="missing-values",
            where="simulated",
        )
    residual = np.asarray(stream.whiten(stream.values - simulated, np))
    return np.asarray(errors.slope(residual)[:, None] * rows)


def require_gaussian(streams: Mapping[str, Any], what: str) -> None:
    """Raise InvalidInput where a stream has robust errors, which `what` does not allow for."""
    for name, stream in streams.items():
        if robust_of(stream) is not None:
            raise InvalidInput(
                f"{what} is defined for Gaussian errors, and stream '{name}' has robust ones. Set "
                f'streams.{name}.robust = "none".',
                code="robust-errors",
                where=f"streams.{name}.robust",
            )
