"""Error covariances, which whiten residuals."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from attrs import field, frozen

Array = Any


class Covariance(ABC):
    """A positive definite matrix C, used to whiten residuals."""

    @property
    @abstractmethod
    def sd(self) -> np.ndarray:
        """Square root of the diagonal, shape (n,)."""

    @abstractmethod
    def whiten(self, residual: Array, xp: Any) -> Array:
        """L^-1 r with C = L L^T, so that its half square is r^T C^-1 r / 2; shape of `residual`."""

    @abstractmethod
    def dense(self) -> np.ndarray:
        """C as a matrix, shape (n, n)."""

    def solve(self, values: np.ndarray) -> np.ndarray:
        """C^-1 v, shape of `values`, (n,) or (n, ...)."""
        return np.asarray(np.linalg.solve(self.dense(), values))


def _floats(values: Any) -> np.ndarray:
    return np.atleast_1d(np.asarray(values, float))


def _positive(instance: Any, attribute: Any, value: np.ndarray) -> None:
    bad = ~(value > 0) & ~np.isnan(value)
    if bad.any():
        raise ValueError(
            f"{int(bad.sum())} standard deviations are zero or negative, the first at position "
            f"{int(np.argmax(bad))} ({value[np.argmax(bad)]:g}); they must be positive"
        )


@frozen(eq=False)
class Diagonal(Covariance):
    """Independent errors; sd has shape (n,)."""

    _sd: np.ndarray = field(converter=_floats, validator=_positive)

    @property
    def sd(self) -> np.ndarray:
        return self._sd

    def whiten(self, residual: Array, xp: Any) -> Array:
        return residual / self._sd.reshape((-1,) + (1,) * (len(np.shape(residual)) - 1))

    def dense(self) -> np.ndarray:
        return np.diag(self._sd**2)

    def solve(self, values: np.ndarray) -> np.ndarray:
        return np.asarray(self.whiten(self.whiten(values, np), np))


@frozen(eq=False)
class Dense(Covariance):
    """Correlated errors, from the full matrix (n, n).

    Raises:
        ValueError: not symmetric, or singular: the smallest eigenvalue of the correlations is at
            most n times the rounding error of the largest one.
    """

    matrix: np.ndarray = field(converter=_floats)
    inverse_factor: np.ndarray = field(init=False, repr=False)

    @inverse_factor.default
    def _factor(self) -> np.ndarray:
        if not np.allclose(self.matrix, self.matrix.T, rtol=1e-8, atol=1e-12):
            raise ValueError("the covariance matrix is not symmetric")
        try:
            lower = np.linalg.cholesky(self.matrix)
        except np.linalg.LinAlgError:
            raise ValueError(_not_positive_definite(self.matrix)) from None
        inverse = np.linalg.solve(lower, np.eye(len(lower)))
        # 1 / |inverse|^2 <= smallest eigenvalue and n >= largest one, of the correlations
        limit = len(lower) * np.finfo(float).eps
        if not 1.0 / np.sum((inverse * self.sd) ** 2) > limit * len(lower):
            eigenvalues = np.linalg.eigvalsh(self.matrix / np.outer(self.sd, self.sd))
            if not eigenvalues[0] > limit * eigenvalues[-1]:
                raise ValueError(_not_positive_definite(self.matrix))
        return inverse

    @property
    def sd(self) -> np.ndarray:
        return np.sqrt(np.diag(self.matrix))

    def whiten(self, residual: Array, xp: Any) -> Array:
        return xp.matmul(self.inverse_factor, residual)

    def dense(self) -> np.ndarray:
        return self.matrix

    def solve(self, values: np.ndarray) -> np.ndarray:
        return np.asarray(self.inverse_factor.T @ (self.inverse_factor @ values))


def _not_positive_definite(matrix: np.ndarray) -> str:
    """Sentence about a singular or indefinite matrix, shape (n, n)."""
    return (
        "the covariance matrix is not positive definite (smallest eigenvalue "
        f"{float(np.linalg.eigvalsh(matrix)[0]):.3g}); remove redundant entries or add variance to "
        "its diagonal"
    )


def half_square(vector: Array, xp: Any) -> Array:
    """|v|^2 / 2."""
    return 0.5 * xp.sum(vector * vector)
