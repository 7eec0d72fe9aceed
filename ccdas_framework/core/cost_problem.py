"""Attributes and methods of a problem that an optimiser or a posterior uses.

`Problem` satisfies it, and so does any other class with these attributes and methods. x is
dimensionless: 0 at the prior mean, 1 at one prior sd.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, runtime_checkable

import numpy as np

from .control import Control
from .covariance import Covariance

Array = Any
Derivatives = tuple[dict[str, np.ndarray], dict[str, np.ndarray]]  # values and Jacobians by stream


class CostPrior(Protocol):
    """The prior of x."""

    @property
    def mean(self) -> np.ndarray:
        """x_b, shape (control,)."""

    @property
    def covariance(self) -> Covariance:
        """B; an infinite sd means no prior information."""

    def negative_log_density(self, x: Array, xp: Any) -> Array:
        """J_prior(x) up to a constant, a scalar."""


class CostStream(Protocol):
    """One stream of observations with independent errors from those of the others."""

    @property
    def values(self) -> np.ndarray:
        """y, shape (obs,)."""

    @property
    def sd(self) -> np.ndarray:
        """Error sd, shape (obs,)."""

    @property
    def labels(self) -> np.ndarray:
        """Name of the place of each value, shape (obs,)."""

    def whiten(self, misfit: Array, xp: Any) -> Array:
        """R^-1/2 of a misfit, shape of `misfit`."""

    def solve(self, values: np.ndarray) -> np.ndarray:
        """R^-1 v, shape of `values`, (obs,) or (obs, ...)."""


class CostLinearisation(Protocol):
    """W = R^-1/2 K at one point, as an operator on vectors."""

    def tangent(self, directions: np.ndarray) -> dict[str, np.ndarray]:
        """W v by stream, shape (direction, obs), of directions, shape (direction, control)."""

    def adjoint(self, weights: Mapping[str, np.ndarray]) -> np.ndarray:
        """W^T w from w by stream, shape (obs,) each; shape (control,)."""


@runtime_checkable
class CostProblem(Protocol):
    """J(x) = J_prior(x) + sum over streams s of |y_s - H_s(M(x))|^2 / 2 in R_s, differentiable.

    A stream may have the attribute `robust`, a `RobustErrors`. Then its term of J, the gradient and
    `hessian_vectors` are those of rho, and whitened misfits and Jacobians remain R^-1/2 (y - H) and
    R^-1/2 K. `modified_residuals` gives the factors of least squares.
    """

    @property
    def control(self) -> Control:
        """Names, units, bounds and transforms of x."""

    @property
    def prior(self) -> CostPrior:
        """x_b and B."""

    @property
    def streams(self) -> Mapping[str, CostStream]:
        """Observations by name."""

    def cost(self, x: np.ndarray) -> float:
        """J(x); NaN where the model gives NaN."""

    def cost_terms(self, x: np.ndarray) -> dict[str, float]:
        """J split into 'prior' and each stream."""

    def value_and_gradient(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """J(x) and dJ/dx, shape (control,)."""

    def log_density(self, x: np.ndarray) -> float:
        """-J(x); -inf where x is outside the bounds, without a run, or J is not finite.

        Raises:
            InvalidInput: an element of x is NaN.
        """

    def log_density_and_gradient(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """`log_density` and its gradient, shape (control,); zeros where the density is zero."""

    def traced_log_density(self) -> Callable[[Array], Array]:
        """`log_density` as a function of x that JAX can trace.

        Raises:
            CcdasError: the engine is not JAX.
        """

    def costs(self, members: np.ndarray) -> np.ndarray:
        """J of each member, shape (member,), of members, (member, control); NaN if not finite."""

    def gradients(self, members: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """J and dJ/dx of each member, shapes (member,) and (member, control)."""

    def simulate_many(self, members: np.ndarray) -> dict[str, np.ndarray]:
        """H(x) of each member by stream, shape (member, obs); members (member, control)."""

    def simulate(self, x: np.ndarray) -> dict[str, np.ndarray]:
        """H(x) of each stream, shape (obs,)."""

    def residuals(self, x: np.ndarray) -> np.ndarray:
        """R^-1/2 (y - H(x)), streams in order, shape (obs,)."""

    def jacobian(self, x: np.ndarray) -> np.ndarray:
        """K = dH/dx, streams in order, shape (obs, control)."""

    def simulate_and_jacobian(self, x: np.ndarray) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """H(x) by stream and K, at the cost of K."""

    def derivatives(self, x: np.ndarray) -> Derivatives:
        """H(x) and K of each stream, shapes (obs,) and (obs, control)."""

    def whitened_misfits(self, simulated: Mapping[str, np.ndarray]) -> np.ndarray:
        """R^-1/2 (y - simulated), streams in order, shape (obs,)."""

    def whitened(self, jacobian: np.ndarray) -> np.ndarray:
        """R^-1/2 K, streams in order, shape (obs, control)."""

    def linearisation(self, x: np.ndarray) -> CostLinearisation:
        """R^-1/2 K at x as an operator on vectors, without the matrix."""

    def hessian_vectors(self, x: np.ndarray, directions: np.ndarray) -> np.ndarray:
        """(d2J/dx2) v of each direction, shapes (direction, control)."""

    def require_finite(self, x: np.ndarray) -> None:
        """Raise an error with the origin of a value or derivative that is not finite, if any.

        Raises:
            NotANumber: names the field, or the element of x, with owner, day and place.
        """


@runtime_checkable
class SampledProblem(CostProblem, Protocol):
    """The problem that a sampler or an optimiser receives in a run: counted, and with members.

    A run that fails gives NaN, or a log density of -inf. It is counted.
    """

    def log_density(self, x: np.ndarray) -> float:
        """-J(x), up to a constant; -inf outside the bounds, where the model is not run."""

    def log_density_and_gradient(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """-J(x) and -dJ/dx, shape (control,); -inf and zeros where there is no density."""

    def log_densities(self, members: np.ndarray) -> np.ndarray:
        """Log density of each member, shapes (member, control) -> (member,)."""

    def costs(self, members: np.ndarray) -> np.ndarray:
        """J of each member, shapes (member, control) -> (member,)."""

    def simulate_many(self, members: np.ndarray) -> dict[str, np.ndarray]:
        """H of each member by stream, shapes (member, control) -> (member, obs)."""

    def residuals_many(self, members: np.ndarray) -> np.ndarray:
        """R^-1/2 (y - H) of each member, shapes (member, control) -> (member, obs)."""
