"""A problem that counts its evaluations, keeps the best point, and ends a search at its budget."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from attrs import define, field, frozen

from ..core.budget import Budget, BudgetSpent
from ..core.control import Control
from ..core.cost_problem import CostLinearisation, CostPrior, CostProblem, CostStream, Derivatives
from ..core.covariance import half_square
from ..core.errors import FailedRun
from .control_numbers import control_numbers
from .robust_errors import robust_of

Values = Mapping[str, np.ndarray]


@frozen(eq=False)
class Point:
    """An evaluated point that is better than all before it.

    Args:
        x: control vector, shape (control,).
        cost: J(x).
        model_runs: evaluations until then, in runs of the model.
        seconds: time.monotonic() then.
    """

    x: np.ndarray
    cost: float
    model_runs: float
    seconds: float


@define(eq=False, slots=False)
class CountedProblem:
    """The problem that a method sees: each evaluation is counted once, here and nowhere else.

    A run that fails, by values that are not finite or by `FailedRun`, gives NaN and is counted as
    failed. Any other error passes. The model is not run where x has a NaN.

    Args:
        problem: problem to solve.
        budget: counts the evaluations, and ends the search.
        evaluated: called before each evaluation, for the progress of a search.
        resumed: point that an interrupted search continues from, shape (control,). What it
            evaluates there again is counted already.
    """

    problem: CostProblem
    budget: Budget = field(factory=Budget)
    evaluated: Callable[[Budget], None] = lambda budget: None
    resumed: np.ndarray | None = None
    best: Point | None = field(default=None, init=False)
    improvements: list[Point] = field(factory=list, init=False)
    first_failure: str = field(default="", init=False)
    _repeated: set[str] = field(factory=set, init=False)

    def __getattr__(self, name: str) -> Any:
        """Whatever else the problem has, uncounted."""
        if name in ("problem", "budget"):  # while it is copied, it has neither
            raise AttributeError(name)
        return getattr(self.problem, name)

    # -- parts ----------------------------------------------------------------------------

    @property
    def control(self) -> Control:
        """See `CostProblem`."""
        return self.problem.control

    @property
    def prior(self) -> CostPrior:
        """See `CostProblem`."""
        return self.problem.prior

    @property
    def streams(self) -> Mapping[str, CostStream]:
        """See `CostProblem`."""
        return self.problem.streams

    def whitened_misfits(self, simulated: Values) -> np.ndarray:
        """See `CostProblem`; no evaluation."""
        return self.problem.whitened_misfits(simulated)

    def whitened(self, jacobian: np.ndarray) -> np.ndarray:
        """See `CostProblem`; no evaluation."""
        return self.problem.whitened(jacobian)

    def require_finite(self, x: np.ndarray) -> None:
        """See `CostProblem`; a diagnosis, which is not counted."""
        self.problem.require_finite(x)

    # -- one point ------------------------------------------------------------------------

    def cost(self, x: np.ndarray) -> float:
        """See `CostProblem`."""
        return float(sum(self.cost_terms(x).values()))

    def cost_terms(self, x: np.ndarray) -> dict[str, float]:
        """See `CostProblem`; all terms are NaN where the run fails."""
        failed = dict.fromkeys(("prior", *self.streams), np.nan)
        terms: dict[str, float] = self._counted("cost", x, self.problem.cost_terms, failed)
        self._keep(x, sum(terms.values()))
        return terms

    def log_density(self, x: np.ndarray) -> float:
        """-J(x); -inf where x is outside its bounds, which takes no run, and where a run fails."""
        if self._outside(x):
            return -np.inf
        cost = self.cost(x)
        return -cost if np.isfinite(cost) else -np.inf

    def value_and_gradient(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """See `CostProblem`."""
        failed = np.nan, np.full(len(x), np.nan)
        cost, gradient = self._counted("gradient", x, self.problem.value_and_gradient, failed)
        self._keep(x, cost)
        return cost, gradient

    def log_density_and_gradient(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """-J(x) and -dJ/dx, shape (control,); -inf and zeros where there is no density."""
        nowhere = -np.inf, np.zeros(len(x))
        if self._outside(x):
            return nowhere
        cost, gradient = self.value_and_gradient(x)
        return (-cost, -gradient) if np.isfinite(cost) else nowhere

    def simulate(self, x: np.ndarray) -> dict[str, np.ndarray]:
        """See `CostProblem`."""
        failed = self._no_values()
        simulated: dict[str, np.ndarray] = self._counted("cost", x, self.problem.simulate, failed)
        self._keep_simulated(x, simulated)
        return simulated

    def residuals(self, x: np.ndarray) -> np.ndarray:
        """See `CostProblem`."""
        return self.problem.whitened_misfits(self.simulate(x))

    def jacobian(self, x: np.ndarray) -> np.ndarray:
        """See `CostProblem`."""
        return self.simulate_and_jacobian(x)[1]

    def simulate_and_jacobian(self, x: np.ndarray) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """See `CostProblem`."""
        values, jacobians = self.derivatives(x)
        rows = [jacobians[name] for name in self.streams]
        return values, np.concatenate(rows) if rows else np.zeros((0, len(x)))

    def derivatives(self, x: np.ndarray) -> Derivatives:
        """See `CostProblem`."""
        values = self._no_values()
        failed = values, {n: np.full((len(v), len(x)), np.nan) for n, v in values.items()}
        values, jacobians = self._counted("jacobian", x, self.problem.derivatives, failed)
        self._keep_simulated(x, values)
        return values, jacobians

    def linearisation(self, x: np.ndarray) -> CostLinearisation:
        """See `CostProblem`; each product counts as well."""
        control_numbers(x, self)
        self._spend("cost")
        return _CountedLinearisation(self.problem.linearisation(x), self._spend)

    def hessian_vectors(self, x: np.ndarray, directions: np.ndarray) -> np.ndarray:
        """See `CostProblem`; each direction counts. Products of a run that fails are NaN."""
        control_numbers(x, self)
        self._spend("hessian_vector", len(directions))
        failed = np.full(np.shape(directions), np.nan)

        def products(x: np.ndarray) -> np.ndarray:
            return self.problem.hessian_vectors(x, directions)

        found: np.ndarray = self._attempt(products, np.array(x, float), failed)
        self.budget.fail(int(np.sum(~np.isfinite(found).all(axis=1))))
        return found

    def hessian_vector(self, x: np.ndarray, v: np.ndarray) -> np.ndarray:
        """(d2J/dx2) v, shape (control,)."""
        return np.asarray(self.hessian_vectors(x, np.asarray(v)[None])[0])

    # -- members of an ensemble -----------------------------------------------------------
    # Where the budget ends among the members, those before its end are evaluated, so that one of
    # them may be the best point, and then `BudgetSpent` is raised.

    def simulate_many(self, members: np.ndarray) -> dict[str, np.ndarray]:
        """H of each member by stream, shapes (member, control) -> (member, obs).

        Values of a member whose run fails are NaN.
        """
        part = self._affordable("cost", members)
        many = getattr(self.problem, "simulate_many", None)
        try:
            rows = many(part) if many and len(part) else self._each_simulated(part)
        except FailedRun:
            rows = self._each_simulated(part)
        for m, x in enumerate(part):
            self._keep_simulated(x, {name: values[m] for name, values in rows.items()})
        self._require_all("cost", members, part)
        return dict(rows)

    def costs(self, members: np.ndarray) -> np.ndarray:
        """J of each member, shapes (member, control) -> (member,); NaN if its run fails."""
        part = self._affordable("cost", members)
        many = getattr(self.problem, "costs", None)
        try:
            costs = many(part) if many and len(part) else self._each_cost(part)
        except FailedRun:
            costs = self._each_cost(part)
        for x, cost in zip(part, costs, strict=True):
            self._keep(x, cost)
        self._require_all("cost", members, part)
        return np.asarray(costs)

    def log_densities(self, members: np.ndarray) -> np.ndarray:
        """-J of each member, (member, control) -> (member,); -inf outside the bounds, unevaluated.

        It is -inf as well where a run fails.
        """
        inside = np.array([not self._outside(x) for x in members], dtype=bool)
        density = np.full(len(members), -np.inf)
        if inside.any():
            costs = self.costs(np.asarray(members)[inside])
            density[inside] = np.where(np.isfinite(costs), -costs, -np.inf)
        return density

    def residuals_many(self, members: np.ndarray) -> np.ndarray:
        """R^-1/2 (y - H) of each member, streams in order, (member, control) -> (member, obs)."""
        simulated = self.simulate_many(members)
        return np.stack(
            [
                self.problem.whitened_misfits({n: values[m] for n, values in simulated.items()})
                for m in range(len(members))
            ]
        )

    # -- counting -------------------------------------------------------------------------

    def _spend(self, kind: str, count: int = 1) -> None:
        self.budget.spend(kind, count)
        self.evaluated(self.budget)

    def _counted(self, kind: str, x: np.ndarray, evaluate: Callable[..., Any], failed: Any) -> Any:
        """Result of an evaluation, or `failed` where the run says that it failed."""
        control_numbers(x, self)
        at_resumed = self.resumed is not None and np.array_equal(x, self.resumed)
        if at_resumed and kind not in self._repeated:
            self._repeated.add(kind)
        else:
            self._spend(kind)
        return self._attempt(evaluate, np.array(x, float), failed)

    def _attempt(self, evaluate: Callable[..., Any], x: np.ndarray, failed: Any) -> Any:
        try:
            return evaluate(x)
        except FailedRun as failure:
            self.first_failure = self.first_failure or str(failure)
            return failed

    def _affordable(self, kind: str, members: np.ndarray) -> np.ndarray:
        """The first members, as many as the budget has runs for; they are counted."""
        members = np.array(control_numbers(members, self))
        count = self.budget.affordable(kind, len(members))
        if count:
            self._spend(kind, count)
        return members[:count]

    def _require_all(self, kind: str, members: np.ndarray, part: np.ndarray) -> None:
        if len(part) < len(members):
            raise BudgetSpent(kind)

    def _each_simulated(self, members: np.ndarray) -> dict[str, np.ndarray]:
        failed = self._no_values()
        each = [self._attempt(self.problem.simulate, x, failed) for x in members]
        return {
            name: np.array([values[name] for values in each]).reshape(len(members), len(none))
            for name, none in failed.items()
        }

    def _each_cost(self, members: np.ndarray) -> np.ndarray:
        return np.array([self._attempt(self.problem.cost, x, np.nan) for x in members], float)

    def _no_values(self) -> dict[str, np.ndarray]:
        """Simulated observations of a run that fails."""
        return {name: np.full(len(s.values), np.nan) for name, s in self.streams.items()}

    def _outside(self, x: np.ndarray) -> bool:
        x = control_numbers(x, self, infinite=True)
        return not self.control.within(x).all()

    def _keep_simulated(self, x: np.ndarray, simulated: Values) -> None:
        if all(np.isfinite(values).all() for values in simulated.values()):
            self._keep(x, cost_of(self.problem, x, simulated))
        else:
            self._keep(x, np.nan)

    def _keep(self, x: np.ndarray, cost: float) -> None:
        """Count a failed run, or keep the best point, which lies inside its bounds."""
        if not np.isfinite(cost):
            self.budget.fail()
        elif (self.best is None or cost < self.best.cost) and not self.control.outside(x):
            used, now = self.budget.used, time.monotonic()
            self.best = Point(np.array(x, float), float(cost), used, now)
            self.improvements.append(self.best)


def cost_of(problem: CostProblem, x: np.ndarray, simulated: Values) -> float:
    """J(x) from the simulated observations at x, shape (obs,) each; no run of the model."""
    total = float(problem.prior.negative_log_density(np.asarray(x, float), np))
    for name, stream in problem.streams.items():
        whitened = np.asarray(stream.whiten(stream.values - simulated[name], np))
        robust = robust_of(stream)
        term = half_square(whitened, np) if robust is None else np.sum(robust.costs(whitened, np))
        total += float(term)
    return total


@frozen(eq=False)
class _CountedLinearisation:
    """A linearisation whose products count."""

    linearisation: CostLinearisation
    spend: Callable[[str, int], None]

    def tangent(self, directions: np.ndarray) -> dict[str, np.ndarray]:
        self.spend("tangent", len(directions))
        return self.linearisation.tangent(directions)

    def adjoint(self, weights: Values) -> np.ndarray:
        self.spend("adjoint", 1)
        return self.linearisation.adjoint(weights)
