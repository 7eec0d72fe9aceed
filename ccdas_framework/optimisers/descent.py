"""Levenberg's way down, as a conversation: it asks for costs and Jacobians and is given them.

So one problem is minimised by answering at once, and many side by side by answering all together.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from attrs import field, frozen

from ..core.result import OptimisationResult
from .record import Record

if TYPE_CHECKING:
    from .gauss_newton import GaussNewton

ROUNDING = 1e-13  # singular values below this share of the largest are none


@frozen(eq=False)
class Question:
    """What has to be computed next.

    Args:
        x: where, shape (control,).
        derivatives: a `Linearised`, or else the cost by term (None where x is no possible point).
    """

    x: np.ndarray
    derivatives: bool


@frozen(eq=False)
class Linearised:
    """The cost near a point: |residual + jacobian dx|^2 / 2, all whitened.

    Args:
        residual: x - x_b and then simulated - observed, shape (row,).
        jacobian: its derivative with respect to x, shape (row, control).
    """

    residual: np.ndarray
    jacobian: np.ndarray
    gradient: np.ndarray = field(init=False)
    _reduced: tuple[np.ndarray, ...] = field(init=False, repr=False)

    @gradient.default
    def _gradient(self) -> np.ndarray:
        gradient: np.ndarray = self.jacobian.T @ self.residual
        return gradient

    @_reduced.default
    def _decomposed(self) -> tuple[np.ndarray, ...]:
        # the square root of the Hessian, not the Hessian: its condition number is not squared
        q, r = np.linalg.qr(self.jacobian)
        left, values, right = np.linalg.svd(r)
        return left.T @ (q.T @ self.residual), values, right

    def step(self, damping: float, longest: float) -> tuple[np.ndarray, float, float]:
        """The damped step, damped further while it would move an element of x too far.

        Args:
            damping: lambda.
            longest: most that an element may move.

        Returns:
            Step, shape (control,), the fall of the cost it promises, and lambda.
        """
        along, values, right = self._reduced
        seen = values > ROUNDING * values[0]
        along, values, right = along[: len(values)][seen], values[seen], right[: len(seen)][seen]
        while True:
            move = -values / (values**2 + damping) * along
            step: np.ndarray = right.T @ move
            if float(np.max(np.abs(step), initial=0.0)) <= longest or damping > 1e12:
                fall = -float(values * move @ (along + 0.5 * values * move))
                return step, fall, damping
            damping = max(2.0 * damping, 1e-6)


Descent = Generator[Question, Any, OptimisationResult]


def descent(settings: GaussNewton, x: np.ndarray, record: Record) -> Descent:
    """Ask for what is needed until the minimum is found; returns the result.

    Args:
        settings: of the optimiser.
        x: start, shape (control,).
        record: gets the accepted points; those it holds already are gone on from.
    """
    if record.iterations:
        x, terms = record.iterations[-1].x, dict(record.iterations[-1].terms)
    else:
        terms = yield Question(x, derivatives=False)
        if terms is None:
            record.refuse(x)
        record.counts["jacobian"] += 1
    here: Linearised = yield Question(x, derivatives=True)
    if record.iterations:
        damping = record.iterations[-1].state["damping"]
    else:
        damping = settings.damping
        record.accept(x, terms, here.gradient, damping=damping, gain=1.0)
    first = record.iterations[0].gradient_norm
    while True:
        ending = _ending(settings, record, first)
        if ending is not None:
            return record.result(*ending, gradient=here.gradient)
        cost = record.iterations[-1].cost
        while True:
            step, predicted, damping = here.step(damping, settings.longest_step)
            trial: Mapping[str, float] | None = yield Question(x + step, derivatives=False)
            gain = -1.0
            if trial is not None and predicted > 0.0:
                gain = (cost - sum(trial.values())) / predicted
            if trial is not None and gain > 1e-4:
                break
            if predicted < 1e-14 * abs(cost) or damping > 1e12:
                norm = record.iterations[-1].gradient_norm
                return record.result(
                    "stalled",
                    f"no step lowers the cost although its gradient is {norm:.3g}; rounding "
                    "or a kink in the model hides the descent",
                    gradient=here.gradient,
                )
            damping = max(10.0 * damping, 1e-6)
        x, terms = x + step, dict(trial)
        damping = damping / 10.0 if gain > 0.75 else damping if gain > 0.25 else 4.0 * damping
        record.counts["jacobian"] += 1
        here = yield Question(x, derivatives=True)
        record.accept(x, terms, here.gradient, damping=damping, gain=gain)


def _ending(settings: GaussNewton, record: Record, first: float) -> Any:
    """Status and message where the descent is over, else None."""
    now = record.iterations[-1]
    if now.gradient_norm <= settings.gradient_reduction * first or now.gradient_norm == 0.0:
        return "converged", "gradient as small as asked for"
    if len(record.iterations) > 1:
        before = record.iterations[-2].cost
        if before - now.cost < settings.cost_change * abs(before) and now.state["gain"] > 0.25:
            return (
                "converged",
                f"the last step lowered the cost by less than {settings.cost_change:g} of it",
            )
    if len(record.iterations) > settings.iterations:
        return (
            "iteration limit",
            f"{settings.iterations} iterations made and the gradient not yet reduced "
            f"{1 / settings.gradient_reduction:.3g} times",
        )
    return None
