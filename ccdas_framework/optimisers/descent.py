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
PROBE = 0.1  # share of a step at which the curvature of the way is looked at
BENT = 0.75  # most that the acceleration may be of the step, twice over
HOPELESS = 1e12  # a damping beyond which no step is left to take
WORTHWHILE = 1.1  # how much more another damping must lower the cost to be gone on with
TRIES = 4  # other dampings tried after one that lowers the cost: a run is cheap, a Jacobian is not


@frozen(eq=False)
class Question:
    """What has to be computed next.

    Args:
        x: where, shape (control,).
        derivatives: a `Linearised`, or else a `Trial` (None where x is no possible point).
    """

    x: np.ndarray
    derivatives: bool


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
    _basis: np.ndarray = field(init=False, repr=False)
    _values: np.ndarray = field(init=False, repr=False)
    _directions: np.ndarray = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        # the square root of the Hessian, not the Hessian: its condition number is not squared
        basis, triangle = np.linalg.qr(self.jacobian)
        left, values, directions = np.linalg.svd(triangle)
        seen = values > ROUNDING * np.max(values, initial=0.0)
        put = object.__setattr__  # a frozen class
        put(self, "gradient", self.jacobian.T @ self.residual)
        put(self, "_basis", basis @ left[:, : len(values)][:, seen])
        put(self, "_values", values[seen])
        put(self, "_directions", directions[: len(values)][seen])

    def against(self, residual: np.ndarray, damping: float) -> np.ndarray:
        """The damped least-squares answer to a residual: dx that lowers it, shape (control,)."""
        along = self._basis.T @ residual
        step: np.ndarray = self._directions.T @ (
            -self._values / (self._values**2 + damping) * along
        )
        return step

    @property
    def decrement(self) -> float:
        """sqrt(g^T H^-1 g) in the directions that are seen: posterior sd to the minimum."""
        return float(np.linalg.norm(self._basis.T @ self.residual))

    def step(self, damping: float, longest: float) -> tuple[np.ndarray, float]:
        """The damped step, damped further while it would move an element of x too far.

        Args:
            damping: lambda.
            longest: most that an element may move.

        Returns:
            Step, shape (control,), and the lambda it has.
        """
        while True:
            step = self.against(self.residual, damping)
            if float(np.max(np.abs(step), initial=0.0)) <= longest or damping > HOPELESS:
                return step, damping
            damping = max(2.0 * damping, 1e-6)

    def predicted(self, step: np.ndarray) -> float:
        """Fall of the linearised cost along a step."""
        change = self.jacobian @ step
        return -float(change @ self.residual + 0.5 * change @ change)

    def bent(self, step: np.ndarray, probe: Trial | None, damping: float) -> np.ndarray:
        """The step bent along the curvature of the residuals, where that is trustworthy.

        Args:
            step: v, shape (control,).
            probe: at x + PROBE v; None leaves the step as it is.
            damping: lambda.

        Source: geodesic acceleration, Transtrum and Sethna (2012), arXiv:1201.5885, eqs 8 and 15.
        """
        if probe is None:
            return step
        slope = (probe.residual - self.residual) / PROBE
        acceleration = self.against(2.0 / PROBE * (slope - self.jacobian @ step), damping)
        if 2.0 * np.linalg.norm(acceleration) > BENT * np.linalg.norm(step):
            return step
        return step + 0.5 * acceleration


Descent = Generator[Question, Any, OptimisationResult]


@frozen(eq=False)
class Step:
    """A step that was tried, and what it came to."""

    x: np.ndarray
    trial: Trial
    damping: float
    gain: float


def descent(settings: GaussNewton, x: np.ndarray, record: Record) -> Descent:
    """Ask for what is needed until the minimum is found; returns the result.

    Args:
        settings: of the optimiser.
        x: start, shape (control,).
        record: gets the accepted points; those it holds already are gone on from.
    """
    first_trial: Trial | None = None
    if record.iterations:
        x, damping = record.iterations[-1].x, record.iterations[-1].state["damping"]
    else:
        damping = settings.damping
        first_trial = yield Question(x, derivatives=False)
        if first_trial is None:
            record.refuse(x)
        record.counts["jacobian"] += 1
    here: Linearised = yield Question(x, derivatives=True)
    if first_trial is not None:
        record.accept(x, first_trial.terms, here.gradient, damping=damping, gain=1.0)
    while True:
        now = record.iterations[-1]
        if (ending := _ending(settings, record, here)) is not None:
            return record.result(*ending, gradient=here.gradient)
        best = yield from _best_step(settings, x, here, damping, now.cost)
        if best is None:
            return record.result(
                "stalled",
                f"no step lowers the cost although its gradient is {now.gradient_norm:.3g}; "
                "rounding or a kink in the model hides the descent",
                gradient=here.gradient,
            )
        x = best.x
        damping = best.damping / 10.0 if best.gain > 0.75 else best.damping
        record.counts["jacobian"] += 1
        here = yield Question(x, derivatives=True)
        record.accept(x, best.trial.terms, here.gradient, damping=damping, gain=best.gain)


def _best_step(
    settings: GaussNewton, x: np.ndarray, here: Linearised, damping: float, cost: float
) -> Generator[Question, Any, Step | None]:
    """The first damping that lowers the cost as promised, and lower or middling ones if better."""
    best: Step | None = None
    ratio = 10.0
    while best is None:
        tried, promised, damping = yield from _tried(settings, x, here, damping, cost)
        if tried is not None and tried.gain > 1e-4:
            best = tried
        elif promised < 1e-14 * abs(cost) or damping > HOPELESS:
            return None
        else:
            damping, ratio = max(10.0 * damping, 1e-8), 10.0**0.5  # the lower one was tried
    for _ in range(TRIES):
        lower, _, _ = yield from _tried(settings, x, here, best.damping / ratio, cost)
        if lower is None or cost - lower.trial.cost < WORTHWHILE * (cost - best.trial.cost):
            break
        best = lower
    return best


def _tried(
    settings: GaussNewton, x: np.ndarray, here: Linearised, damping: float, cost: float
) -> Generator[Question, Any, tuple[Step | None, float, float]]:
    """A step (None where it leads nowhere), the fall it promised, and the damping it took."""
    step, damping = here.step(damping, settings.longest_step)
    promised = here.predicted(step)
    probe: Trial | None = yield Question(x + PROBE * step, derivatives=False)
    point = x + here.bent(step, probe, damping)
    trial: Trial | None = yield Question(point, derivatives=False)
    if trial is None or promised <= 0.0:
        return None, promised, damping
    return Step(point, trial, damping, (cost - trial.cost) / promised), promised, damping


def _ending(settings: GaussNewton, record: Record, here: Linearised) -> Any:
    """Status and message where the descent is over, else None."""
    first, now = record.iterations[0].gradient_norm, record.iterations[-1]
    if now.gradient_norm <= settings.gradient_reduction * first or now.gradient_norm == 0.0:
        return "converged", "gradient as small as asked for"
    # a start is no result, however near the minimum: one step is always taken
    if len(record.iterations) > 1 and here.decrement <= settings.distance:
        return "converged", f"the minimum is {here.decrement:.2g} posterior sd away"
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
