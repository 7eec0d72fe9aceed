"""A problem of a few numpy operations in place of a model, for samplings of many evaluations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from attrs import field, frozen

from ..core.cost_problem import Derivatives
from ..core.ensemble import SamplingStart
from ..problem.assembled_problem import Problem
from .known_answers import KnownAnswer, elements
from .known_problem_statement import STREAM, KnownProblem, known_problem

Members = Callable[[np.ndarray], np.ndarray]  # (member, control) -> (member, obs)
Slope = Callable[[np.ndarray], np.ndarray]  # x, shape (control,) -> dh/dx, shape (obs, control)


@frozen(eq=False)
class DirectProblem:
    """Control, prior and observations of a known problem, with h(x) by numpy for many members.

    Errors and prior are Gaussian. A member whose h is NaN has the cost NaN.

    Args:
        known: prior, y and R; its own h is not used.
        members: h of control vectors.
        slope: dh/dx.
    """

    known: KnownProblem
    members: Members
    slope: Slope
    assembled: Problem = field(init=False)
    precision: np.ndarray = field(init=False)

    @assembled.default
    def _assembled(self) -> Problem:
        return self.known.problem()

    @precision.default
    def _precision(self) -> np.ndarray:
        return np.linalg.inv(self.assembled.prior.covariance.dense())

    def __getattr__(self, name: str) -> Any:
        if name in ("assembled", "traced_log_density"):
            raise AttributeError(name)
        return getattr(self.assembled, name)

    def simulate_many(self, members: np.ndarray) -> dict[str, np.ndarray]:
        """h of each member, shapes (member, control) -> (member, obs)."""
        return {STREAM: np.asarray(self.members(np.asarray(members, float)), float)}

    def simulate(self, x: np.ndarray) -> dict[str, np.ndarray]:
        """h(x), shape (obs,)."""
        return {STREAM: self.simulate_many(np.asarray(x)[None])[STREAM][0]}

    def costs(self, members: np.ndarray) -> np.ndarray:
        """J of each member, shapes (member, control) -> (member,)."""
        return np.asarray(sum(self._terms(np.asarray(members, float)).values()))

    def cost_terms(self, x: np.ndarray) -> dict[str, float]:
        """J split into 'prior' and the stream."""
        return {name: float(term[0]) for name, term in self._terms(np.asarray(x)[None]).items()}

    def cost(self, x: np.ndarray) -> float:
        """J(x)."""
        return float(sum(self.cost_terms(x).values()))

    def value_and_gradient(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """J(x) and dJ/dx, shape (control,)."""
        x = np.asarray(x, float)
        misfit = (self._stream.values - self.simulate(x)[STREAM]) / self._stream.sd**2
        away = self.precision @ (x - self.assembled.prior.mean)
        return self.cost(x), away - self.slope(x).T @ misfit

    def derivatives(self, x: np.ndarray) -> Derivatives:
        """h and dh/dx of the stream."""
        return self.simulate(x), {STREAM: self.slope(np.asarray(x, float))}

    def simulate_and_jacobian(self, x: np.ndarray) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """h by stream, and dh/dx."""
        return self.simulate(x), self.slope(np.asarray(x, float))

    def residuals(self, x: np.ndarray) -> np.ndarray:
        """R^-1/2 (y - h), shape (obs,)."""
        return np.asarray(self.assembled.whitened_misfits(self.simulate(x)))

    def jacobian(self, x: np.ndarray) -> np.ndarray:
        """dh/dx, shape (obs, control)."""
        return self.slope(np.asarray(x, float))

    @property
    def _stream(self) -> Any:
        return self.assembled.streams[STREAM]

    def _terms(self, members: np.ndarray) -> Mapping[str, np.ndarray]:
        away = members - self.assembled.prior.mean
        misfit = (self._stream.values - self.simulate_many(members)[STREAM]) / self._stream.sd
        prior = np.einsum("mi,ij,mj->m", away, self.precision, away)
        return {"prior": 0.5 * prior, STREAM: 0.5 * np.sum(misfit**2, axis=1)}


MATRIX = np.array([[1.0, 0.5], [0.0, 1.0]])
OBSERVED = np.array([1.0, 1.5])


def straight_problem(
    upper: float = np.inf, breaks_at: float = np.inf
) -> tuple[DirectProblem, SamplingStart]:
    """A linear problem of two parameters, and the exact Gaussian of its posterior as the start.

    Args:
        upper: upper bound of x1.
        breaks_at: x1 above which h is NaN.
    """

    def h(p: Any, xp: Any) -> Any:
        broken = xp.where(p[0] > breaks_at, np.nan, 0.0)
        return xp.matmul(MATRIX, p) + broken

    known = known_problem(
        h, OBSERVED, sd=0.5, prior_mean=[0.5, 0.0], bounds={"x1": (-np.inf, upper)}
    )
    problem = DirectProblem(known, lambda x: h(x.T, np).T, lambda x: MATRIX)
    prior_mean = np.asarray(known.prior.mean)
    covariance = np.linalg.inv(np.eye(2) + MATRIX.T @ MATRIX / 0.25)
    pull = MATRIX.T @ (OBSERVED - MATRIX @ prior_mean) / 0.25
    return problem, SamplingStart(prior_mean + covariance @ pull, covariance, "optimum")


def _parabola(p: Any, xp: Any) -> Any:
    """h = p2 + p1^2, of p of shape (control, ...)."""
    return xp.stack([p[1] + p[0] ** 2])


# values by quadrature over x1, given which x2 is Gaussian
_BANANA = known_problem(
    _parabola,
    [2.0],
    sd=0.7,
    prior_mean=[0.0, 2.0],
    prior_covariance=np.diag([2.25, 9.0]),
    name="mild_banana",
    answer=KnownAnswer(
        minima=[0.0, 2.0],
        cost=0.0,
        quantities=elements(
            [0.0, 1.0229638], [1.0150027, 1.3504361],
            {
                "x1": {0.05: -1.6543854, 0.5: 0.0, 0.95: 1.6543854},
                "x2": {0.05: -1.5997291, 0.5: 1.2740459, 0.95: 2.7455338},
            },
        ),
    ),
)  # fmt: skip


def banana_problem() -> tuple[DirectProblem, SamplingStart]:
    """A curved posterior with known quantiles, and the Gaussian at its minimum by the Hessian.

    h = x2 + x1^2, y = 2 +- 0.7, prior N((0, 2), diag(1.5^2, 3^2)).
    """
    problem = DirectProblem(
        _BANANA, lambda x: _parabola(x.T, np).T, lambda x: np.array([[2.0 * x[0], 1.0]])
    )
    variance = [2.25, 1.0 / (1.0 / 9.0 + 1.0 / 0.49)]
    return problem, SamplingStart([0.0, 2.0], np.diag(variance), "optimum")
