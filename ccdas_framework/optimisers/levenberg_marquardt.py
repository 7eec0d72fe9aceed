"""Levenberg-Marquardt as a generator that requests evaluations.

The caller sends back each result. One problem is minimised by evaluating at once, and many side by
side by evaluating the requests of all together.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np
from attrs import field, frozen
from attrs.validators import optional

from ..core.box import Box
from ..core.result import OptimisationResult, Status
from ..core.validators import in_range
from .linearised_cost import MAX_DAMPING, PROBE, Linearised, Trial
from .minimisation_record import MinimisationRecord
from .secant_step import STEP, secant_step

MIN_COST_RATIO = 1.1  # by which another damping must lower the cost more to be preferred
REDUCTION = 1e-5  # of the gradient where neither it nor a distance is configured
TRIES = 4  # other dampings tried after one that lowers the cost: a run is cheap, a Jacobian is not


@frozen
class DescentSettings:
    """Settings of the descent; `GaussNewton` describes them."""

    iterations: int = field(default=30, validator=in_range(1, 100_000, whole=True))
    gradient_reduction: float | None = field(
        default=None, validator=optional(in_range(1e-300, 0.9))
    )
    distance: float = field(default=0.1, validator=in_range(0.0, 1e3))
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
        state = _state(x, linearised, damping, 1.0, record.box)
        record.accept(x, first_trial.terms, linearised.gradient, **state)
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
        best = yield from _best_of_secant(settings, x, linearised, best, record)
        x = best.x
        damping = best.damping / 10.0 if best.gain > 0.75 else best.damping
        record.counts["jacobian"] += 1
        further: Linearised | None = yield EvaluationRequest(x, derivatives=True)
        if further is None:
            return record.result("stalled", record.not_finite(x), gradient=linearised.gradient)
        linearised = further
        state = _state(x, linearised, damping, best.gain, record.box)
        record.accept(x, best.trial.terms, linearised.gradient, **state)


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


def _best_of_secant(
    settings: DescentSettings,
    x: np.ndarray,
    linearised: Linearised,
    best: Step,
    record: MinimisationRecord,
) -> Generator[EvaluationRequest, Any, Step]:
    """The step of the secants through earlier points where it lowers the cost more, else `best`."""
    step = secant_step(linearised, record.iterations)
    if step is None or not np.max(np.abs(step), initial=0.0) <= settings.longest_step:
        return best
    point = record.box.clipped(x + step)
    trial: Trial | None = yield EvaluationRequest(point, derivatives=False)
    if trial is None or not trial.cost < best.trial.cost:
        return best
    return Step(point, trial, best.damping, best.gain)


def _state(
    x: np.ndarray, linearised: Linearised, damping: float, gain: float, box: Box
) -> dict[str, float | np.ndarray]:
    """State of a point, with the Gauss-Newton step within the bounds without damping."""
    step, _ = linearised.step(0.0, np.inf, _limits(x, box))
    return {"damping": damping, "gain": gain, STEP: step}


def _limits(x: np.ndarray, box: Box) -> Box:
    """Limits of a step from x, with 0 inside."""
    return Box(np.minimum(box.lower - x, 0.0), np.maximum(box.upper - x, 0.0))


def _trial_step(
    settings: DescentSettings,
    x: np.ndarray,
    linearised: Linearised,
    damping: float,
    cost: float,
    box: Box,
) -> Generator[EvaluationRequest, Any, tuple[Step | None, float, float]]:
    """A step (None where it is impossible), the fall it predicts, and its damping."""
    limits = _limits(x, box)
    step, damping = linearised.step(damping, settings.longest_step, limits)
    predicted = linearised.predicted(step)
    probe: Trial | None = yield EvaluationRequest(x + PROBE * step, derivatives=False)
    free = (limits.lower < step) & (step < limits.upper)
    point = box.clipped(x + linearised.accelerated(step, probe, damping, free))
    trial: Trial | None = yield EvaluationRequest(point, derivatives=False)
    if trial is None or predicted <= 0.0:
        return None, predicted, damping
    return Step(point, trial, damping, (cost - trial.cost) / predicted), predicted, damping


def _ending(
    settings: DescentSettings, record: MinimisationRecord, linearised: Linearised
) -> tuple[Status, str] | None:
    """Status and message where the descent is over, else None."""
    now, (first, norm) = record.iterations[-1], record.gradient_norms
    by_distance, reduction = settings.distance > 0.0, settings.gradient_reduction
    if reduction is None:
        reduction = np.inf if by_distance else REDUCTION
    reduced = norm <= reduction * first
    if norm == 0.0 or (reduced and not by_distance):
        return "converged", "gradient reduced by the required factor"
    # a start is no result, however near the minimum: one step is always taken
    if len(record.iterations) > 1 and reduced:
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
            f"{settings.iterations} iterations made before the minimum was near enough",
        )
    return None
