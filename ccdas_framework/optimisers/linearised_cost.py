"""The cost near a point as a linear least-squares problem, and damped steps that lower it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from attrs import field, frozen

from ..core.box import Box
from .bounded_least_squares import bounded_least_squares

ROUNDING = 1e-13  # share of the largest singular value below which one counts as zero
PROBE = 0.1  # share of a step at which the curvature of the residuals is measured
MAX_ACCELERATION = 0.75  # largest twofold acceleration, as a share of the step
MAX_DAMPING = 1e12  # damping beyond which no step remains


@frozen(eq=False)
class Trial:
    """The cost at a point.

    Args:
        terms: by name, 'prior' and each stream.
        residual: whitened x - x_b and then simulated - observed, shape (row,).
    """

    terms: Mapping[str, float]
    residual: np.ndarray

    @property
    def cost(self) -> float:
        """J."""
        return float(sum(self.terms.values()))


@frozen(eq=False)
class Linearised:
    """The cost near a point: |residual + jacobian dx|^2 / 2, all whitened.

    Args:
        residual: as in `Trial`, shape (row,).
        jacobian: its derivative with respect to x, shape (row, control).
    """

    residual: np.ndarray
    jacobian: np.ndarray
    gradient: np.ndarray = field(init=False)
    _factors: tuple[np.ndarray, np.ndarray, np.ndarray] = field(init=False, repr=False)

    @gradient.default
    def _gradient(self) -> np.ndarray:
        return np.asarray(self.jacobian.T @ self.residual)

    @_factors.default
    def _determined_factors(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        # the square root of the Hessian, not the Hessian: its condition number is not squared
        basis, triangle = np.linalg.qr(self.jacobian)
        left, values, directions = np.linalg.svd(triangle)
        determined = values > ROUNDING * np.max(values, initial=0.0)
        basis = basis @ left[:, : len(values)][:, determined]
        return basis, values[determined], directions[: len(values)][determined]

    @property
    def root(self) -> np.ndarray:
        """R with R^T R = J^T J in the directions that are determined, shape (them, control)."""
        _, values, directions = self._factors
        return np.asarray(values[:, None] * directions)

    def least_squares(self, residual: np.ndarray, damping: float) -> np.ndarray:
        """The damped least-squares dx that lowers a residual, shape (control,)."""
        basis, values, directions = self._factors
        projection = basis.T @ residual
        return np.asarray(directions.T @ (-values / (values**2 + damping) * projection))

    def decrement(self, held: np.ndarray) -> float:
        """sqrt(g^T H^-1 g) in the directions that are determined: posterior sd to the minimum.

        Args:
            held: whether a bound holds the element, which then has no part in it, (control,).
        """
        if held.any():
            return Linearised(self.residual, self.jacobian[:, ~held]).decrement(held[~held])
        return float(np.linalg.norm(self._factors[0].T @ self.residual))

    def step(self, damping: float, longest: float, limits: Box) -> tuple[np.ndarray, float]:
        """The step, shape (control,), damped until no element exceeds `longest`, and its lambda.

        Args:
            limits: of the step, with 0 inside.
        """
        while True:
            step = self.least_squares(self.residual, damping)
            if not np.array_equal(limits.clipped(step), step):
                step = self._bounded(damping, limits)
            if float(np.max(np.abs(step), initial=0.0)) <= longest or damping > MAX_DAMPING:
                return step, damping
            damping = max(2.0 * damping, 1e-6)

    def _bounded(self, damping: float, limits: Box) -> np.ndarray:
        """The damped least-squares step within its limits, shape (control,)."""
        basis, values, directions = self._factors
        damped = np.sqrt(damping) * np.eye(self.jacobian.shape[1])
        rows = np.concatenate([values[:, None] * directions, damped])
        offset = np.concatenate([basis.T @ self.residual, np.zeros(len(damped))])
        return bounded_least_squares(rows, offset, limits.lower, limits.upper)

    def predicted(self, step: np.ndarray) -> float:
        """Fall of the linearised cost along a step."""
        change = self.jacobian @ step
        return -float(change @ self.residual + 0.5 * change @ change)

    def accelerated(
        self, step: np.ndarray, probe: Trial | None, damping: float, free: np.ndarray
    ) -> np.ndarray:
        """The step with geodesic acceleration, where that is small enough to be trusted.

        Args:
            step: v, shape (control,).
            probe: at x + PROBE v; None keeps the step.
            damping: lambda.
            free: whether the step ends inside the limits of the element, shape (control,). Others
                are not accelerated.

        Source: geodesic acceleration, Transtrum and Sethna (2012), arXiv:1201.5885, eqs 8 and 15.
        """
        if probe is None:
            return step
        slope = (probe.residual - self.residual) / PROBE
        curvature, acceleration = 2.0 / PROBE * (slope - self.jacobian @ step), np.zeros(len(step))
        part = self if free.all() else Linearised(self.residual, self.jacobian[:, free])
        acceleration[free] = part.least_squares(curvature, damping)
        if 2.0 * np.linalg.norm(acceleration) > MAX_ACCELERATION * np.linalg.norm(step):
            return step
        return step + 0.5 * acceleration


def step_limits(x: np.ndarray, box: Box) -> Box:
    """Limits of a step from x, with 0 inside."""
    return Box(np.minimum(box.lower - x, 0.0), np.maximum(box.upper - x, 0.0))
