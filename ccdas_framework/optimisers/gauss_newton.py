"""Gauss-Newton with Levenberg damping."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from attrs import field, frozen, validators

from ..core.interfaces import Optimiser
from ..core.problem import Problem
from ..core.result import Iteration, OptimisationResult
from .record import Record


@frozen
class GaussNewton(Optimiser):
    """Minimise by linearising the simulated observations at each accepted point.

        (B^-1 + K^T R^-1 K + lambda I) dx = -dJ/dx

    x is in prior sd, so that lambda I holds back first what the observations say least about.
    lambda falls after a step that lowers the cost as predicted and grows after one that does not
    (Levenberg 1944, Q. Appl. Math. 2, 164; gain ratio as in Nocedal and Wright 2006, section 10.3).

    Args:
        iterations: most accepted steps.
        gradient_reduction: stop when |dJ/dx| is below this share of that at the start.
        cost_change: stop when a full step lowers the cost by less than this share of it.
        damping: lambda at the start.
        longest_step: most sd that one parameter may move in one step.
    """

    iterations: int = field(default=30, validator=[validators.instance_of(int), validators.ge(1)])
    gradient_reduction: float = field(default=1e-5, validator=validators.gt(0))
    cost_change: float = field(default=1e-9, validator=validators.ge(0))
    damping: float = field(default=1e-3, validator=validators.ge(0))
    longest_step: float = field(default=2.0, validator=validators.gt(0))
    needs: ClassVar[frozenset[str]] = frozenset({"simulate", "jacobian"})

    def minimise(
        self, problem: Problem, x0: np.ndarray, callback: Callable[[Iteration], None]
    ) -> OptimisationResult:
        """See `Optimiser.minimise`."""
        record = Record(problem, callback)
        try:
            return self._descend(problem, np.asarray(x0, float), record)
        except KeyboardInterrupt:
            if not record.iterations:
                raise
            return record.result("interrupted", "stopped by Ctrl-C; this is the best point so far")

    def _descend(self, problem: Problem, x: np.ndarray, record: Record) -> OptimisationResult:
        terms = record.trial_cost(x)
        if terms is None:
            record.refuse(x)
        jacobian, gradient, hessian = _linearised(problem, x, record)
        known: dict[str, Any] = {"gradient": gradient, "jacobian": jacobian}
        first = record.accept(x, terms, gradient).gradient_norm
        damping = self.damping
        for _ in range(self.iterations):
            norm = record.iterations[-1].gradient_norm
            if norm <= self.gradient_reduction * first or norm == 0.0:
                return record.result("converged", "gradient as small as asked for", **known)
            cost = sum(terms.values())
            while True:
                step = self._step(hessian, gradient, damping)
                predicted = -(gradient @ step + 0.5 * step @ hessian @ step)
                trial = record.trial_cost(x + step)
                gain = (cost - sum(trial.values())) / predicted if trial is not None else -1.0
                if trial is not None and gain > 1e-4:
                    break
                if predicted < 1e-14 * abs(cost) or damping > 1e12:
                    return record.result(
                        "stalled",
                        f"no step lowers the cost although its gradient is {norm:.3g}; rounding "
                        "or a kink in the model hides the descent",
                        **known,
                    )
                damping = max(10.0 * damping, 1e-6)
            x, terms = x + step, trial
            damping = damping / 10.0 if gain > 0.75 else damping if gain > 0.25 else 4.0 * damping
            jacobian, gradient, hessian = _linearised(problem, x, record)
            known = {"gradient": gradient, "jacobian": jacobian}
            now = record.accept(x, terms, gradient)
            if cost - now.cost < self.cost_change * abs(cost) and gain > 0.25:
                if now.gradient_norm <= self.gradient_reduction * first:
                    continue
                return record.result(
                    "converged",
                    f"the last step lowered the cost by less than {self.cost_change:g} of it",
                    **known,
                )
        norm = record.iterations[-1].gradient_norm
        if norm <= self.gradient_reduction * first:
            return record.result("converged", "gradient as small as asked for", **known)
        return record.result(
            "iteration limit",
            f"{self.iterations} iterations made and the gradient not yet reduced "
            f"{1 / self.gradient_reduction:.3g} times",
            **known,
        )

    def _step(self, hessian: np.ndarray, gradient: np.ndarray, damping: float) -> np.ndarray:
        """The damped step, damped further while it would move a parameter too far."""
        identity = np.eye(len(gradient))
        while True:
            step: np.ndarray = -np.linalg.lstsq(
                hessian + damping * identity, gradient, rcond=1e-15
            )[0]
            if float(np.max(np.abs(step), initial=0.0)) <= self.longest_step or damping > 1e12:
                return step
            damping = max(2.0 * damping, 1e-6)


def _linearised(
    problem: Problem, x: np.ndarray, record: Record
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Jacobian, gradient and Gauss-Newton Hessian of the cost at x."""
    record.counts["jacobian"] += 1
    simulated, jacobian = problem.simulate_and_jacobian(x)
    whitened = problem.whitened(jacobian)
    to_prior = problem.prior.covariance.whiten(np.eye(len(x)), np)
    offset = problem.prior.covariance.whiten(x - problem.prior.mean, np)
    gradient = to_prior.T @ offset - whitened.T @ problem.whitened_misfits(simulated)
    return jacobian, gradient, to_prior.T @ to_prior + whitened.T @ whitened
