"""Levenberg-Marquardt as a generator that requests evaluations.

The caller sends back each result. One problem is minimised by evaluating at once, and many side by
side by evaluating the requests of all together.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

import numpy as np
from attrs import field, frozen

from ..core.box import Box
from ..core.result import OptimisationResult, Status
from ..core.validators import in_range
from .bounded_least_squares import bounded_least_squares
from .minimisation_record import MinimisationRecord

ROUNDING = 1e-13  # share of the largest singular value below which one counts as zero
PROBE = 0.1  # share of a step at which the curvature of the residuals is measured
MAX_ACCELERATION = 0.75  # largest twofold acceleration, as a share of the step
MAX_DAMPING = 1e12  # damping beyond which no step remains
MIN_COST_RATIO = 1.1  # by which another damping must lower the cost more to be preferred
TRIES = 4  # other dampings tried after one that lowers the cost: a run is cheap, a Jacobian is not


@frozen
class DescentSettings:
    """Settings of the descent; `GaussNewton` describes them."""

    iterations: int = field(default=30, validator=in_range(1, 100_000, whole=True))
    gradient_reduction: float = field(default=1e-5, validator=in_range(1e-300, 0.9))
    distance: float = field(default=0.0, validator=in_range(0.0, 1e3))
    cost_change: float = field(default=1e-9, validator=in_range(0.0, 0.9))
    damping: float = field(default=1e-3, validator=in_range(0.0, 1e12))
    longest_step: float = field(default=2.0, validator=in_range(1e-6, 1e6))


@frozen(eq=False)
class EvaluationRequest:
    """A point at which the descent needs an evaluation.

    Args:
        x: the point, shape (control,).
        derivatives: whether it needs a `Linearised`, or None where a derivative is not finite;
            otherwise it needs a `Trial`, or None where x is outside the bounds or the cost not
            finite.
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

    def accelerated(self, step: np.ndarray, probe: Trial | None, damping: float) -> np.ndarray:
        """The step with geodesic acceleration, where that is small enough to be trusted.

        Args:
            step: v, shape (control,).
            probe: at x + PROBE v; None keeps the step.
            damping: lambda.

        Source: geodesic acceleration, Transtrum and Sethna (2012), arXiv:1201.5885, eqs 8 and 15.
        """
        if probe is None:
            return step
        slope = (probe.residual - self.residual) / PROBE
        acceleration = self.least_squares(2.0 / PROBE * (slope - self.jacobian @ step), damping)
        if 2.0 * np.linalg.norm(acceleration) > MAX_ACCELERATION * np.linalg.norm(step):
            return step
        return step + 0.5 * acceleration


Descent = Generator[EvaluationRequest, Any, OptimisationResult]


@frozen(eq=False)
class Step:
    """A tried step and its result."""

    x: np.ndarray
    trial: Trial
    damping: float
    gain: float


def descent(settings: DescentSettings, x: np.ndarray, record: MinimisationRecord) -> Descent:
    """Request evaluations until the minimum is reached; returns the result.

    The record collects the accepted points; the descent resumes from those it holds already.
    """
    first_trial: Trial | None = None
    if record.iterations:
        x = record.iterations[-1].x
        damping = float(record.iterations[-1].state["damping"])
    else:
        damping = settings.damping
        first_trial = yield EvaluationRequest(x, derivatives=False)
        if first_trial is None:
            record.refuse(x)
        record.counts["jacobian"] += 1
    linearised: Linearised | None = yield EvaluationRequest(x, derivatives=True)
    if linearised is None:
        record.refuse(x)
    if first_trial is not None:
        record.accept(x, first_trial.terms, linearised.gradient, damping=damping, gain=1.0)
    while True:
        now = record.iterations[-1]
        if (ending := _ending(settings, record, linearised)) is not None:
            return record.result(*ending, gradient=linearised.gradient)
        best = yield from _best_step(settings, x, linearised, damping, now.cost, record.box)
        if best is None:
            return record.result(
                "stalled",
                f"no step lowers the cost although its gradient is {now.gradient_norm:.3g}; "
                "rounding or a kink in the model hides the descent",
                gradient=linearised.gradient,
            )
        x = best.x
        damping = best.damping / 10.0 if best.gain > 0.75 else best.damping
        record.counts["jacobian"] += 1
        further: Linearised | None = yield EvaluationRequest(x, derivatives=True)
        if further is None:
            return record.result("stalled", record.not_finite(x), gradient=linearised.gradient)
        linearised = further
        record.accept(x, best.trial.terms, linearised.gradient, damping=damping, gain=best.gain)


def _best_step(
    settings: DescentSettings,
    x: np.ndarray,
    linearised: Linearised,
    damping: float,
    cost: float,
    box: Box,
) -> Generator[EvaluationRequest, Any, Step | None]:
    """The first damping that lowers the cost as predicted, or lower or middling ones if better."""
    best: Step | None = None
    ratio = 10.0
    while best is None:
        step, predicted, damping = yield from _trial_step(
            settings, x, linearised, damping, cost, box
        )
        if step is not None and step.gain > 1e-4:
            best = step
        elif predicted < 1e-14 * abs(cost) or damping > MAX_DAMPING:
            return None
        else:
            damping, ratio = max(10.0 * damping, 1e-8), 10.0**0.5  # the lower one was tried
    for _ in range(TRIES):
        lower, _, _ = yield from _trial_step(
            settings, x, linearised, best.damping / ratio, cost, box
        )
        if lower is None or cost - lower.trial.cost < MIN_COST_RATIO * (cost - best.trial.cost):
            break
        best = lower
    return best


def _trial_step(
    settings: DescentSettings,
    x: np.ndarray,
    linearised: Linearised,
    damping: float,
    cost: float,
    box: Box,
) -> Generator[EvaluationRequest, Any, tuple[Step | None, float, float]]:
    """A step (None where it is impossible), the fall it predicts, and its damping."""
    limits = Box(np.minimum(box.lower - x, 0.0), np.maximum(box.upper - x, 0.0))
    step, damping = linearised.step(damping, settings.longest_step, limits)
    predicted = linearised.predicted(step)
    point = x + step
    # an acceleration along a bound would leave it, so that only steps inside have one
    if ((limits.lower < step) & (step < limits.upper)).all():
        probe: Trial | None = yield EvaluationRequest(x + PROBE * step, derivatives=False)
        point = x + linearised.accelerated(step, probe, damping)
    point = box.clipped(point)
    trial: Trial | None = yield EvaluationRequest(point, derivatives=False)
    if trial is None or predicted <= 0.0:
        return None, predicted, damping
    return Step(point, trial, damping, (cost - trial.cost) / predicted), predicted, damping


def _ending(
    settings: DescentSettings, record: MinimisationRecord, linearised: Linearised
) -> tuple[Status, str] | None:
    """Status and message where the descent is over, else None."""
    now, (first, norm) = record.iterations[-1], record.gradient_norms
    if norm <= settings.gradient_reduction * first or norm == 0.0:
        return "converged", "gradient reduced by the required factor"
    # a start is no result, however near the minimum: one step is always taken
    if len(record.iterations) > 1 and settings.distance > 0.0:
        decrement = linearised.decrement(record.box.held(now.x, linearised.gradient))
        if decrement <= settings.distance:
            return "converged", f"the minimum is {decrement:.2g} posterior sd away"
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
