"""Levenberg-Marquardt as a generator that requests evaluations.

The caller sends back each result. One problem is minimised by evaluating at once, and many side by
side by evaluating the requests of all together.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

import numpy as np
from attrs import frozen

from ..core.box import Box
from ..core.result import OptimisationResult, Status
from .descent_settings import DescentSettings
from .evaluation_request import EvaluationRequest
from .gradient_steps import REGION, gradient_steps
from .linearised_cost import MAX_DAMPING, PROBE, Linearised, Trial, step_limits
from .minimisation_record import MinimisationRecord
from .secant_hessian import SecantHessian
from .secant_step import secant_step, secants

LINEAR = 0.75  # gain of a step beyond which the cost is taken as that of a linear problem
MIN_COST_RATIO = 1.1  # by which another damping must lower the cost more to be preferred
JACOBIAN_STEPS = "jacobian_steps"  # name in the state of a point: accepted steps with a Jacobian
REDUCTION = 1e-5  # of the gradient where neither it nor a distance is configured
TRIES = 4  # other dampings tried after one that lowers the cost: a run is cheap, a Jacobian is not


Descent = Generator[EvaluationRequest, Any, OptimisationResult]
State = Mapping[str, Any]  # of an accepted point


@frozen(eq=False)
class Step:
    """A tried step and its result."""

    x: np.ndarray
    trial: Trial
    damping: float
    gain: float


def descent(
    settings: DescentSettings,
    x: np.ndarray,
    record: MinimisationRecord,
    gradients: int = 0,
) -> Descent:
    """Request evaluations until the minimum is reached; returns the result.

    The record collects the accepted points; the descent resumes from those it holds already.

    Args:
        gradients: most last steps in a row that take gradients in place of Jacobians.
    """
    first_trial: Trial | None = None
    away, due = 0.0, gradients > 0 and settings.by_distance
    if record.iterations:
        last = record.iterations[-1]
        x, damping = last.x, float(last.state["damping"])
        if (hessian := SecantHessian.restored(last.state)) is not None:
            gradient: np.ndarray | None = yield EvaluationRequest(x, "gradient")
            if gradient is None:
                return record.result("stalled", record.not_finite(x))
            x, away = yield from gradient_steps(settings, x, gradient, hessian, record, gradients)
            record.counts["jacobian"] += 1
            due = False
    else:
        damping = settings.damping
        first_trial = yield EvaluationRequest(x)
        if first_trial is None:
            record.refuse(x)
        record.counts["jacobian"] += 1
    linearised: Linearised | None = yield EvaluationRequest(x, "jacobian")
    if linearised is None:
        if record.iterations:
            return record.result("stalled", record.not_finite(x))
        record.refuse(x)
    if first_trial is not None:
        state = {**_state(x, linearised, damping, 1.0, record, {}), JACOBIAN_STEPS: 0}
        record.accept(x, first_trial.terms, linearised.gradient, **state)
    else:
        state = _state(x, linearised, damping, 1.0, record, record.iterations[-1].state)
    while True:
        if (ending := _ending(settings, record, linearised, away)) is not None:
            return record.result(*ending, gradient=linearised.gradient)
        held = record.box.held(x, linearised.gradient)
        linear = record.iterations[-1].state["gain"] > LINEAR
        if due and linear and linearised.decrement(held) <= REGION:
            due, points = False, len(record.iterations)
            if (hessian := SecantHessian.of(linearised)) is not None:
                gradient = linearised.gradient
                x, away = yield from gradient_steps(
                    settings, x, gradient, hessian, record, gradients
                )
            if len(record.iterations) > points:
                linearised = yield from _linearised(x, record)
                if linearised is None:
                    return record.result("stalled", record.not_finite(x))
                state = _state(x, linearised, damping, 1.0, record, state)
                continue
        cost = record.iterations[-1].cost
        best = yield from _best_step(settings, x, linearised, damping, cost, record.box)
        if best is None:
            norm = record.gradient_norms[1]
            return record.result(
                "stalled",
                f"no step lowers the cost although its gradient is {norm:.3g}; "
                "rounding or a kink in the model hides the descent",
                gradient=linearised.gradient,
            )
        best = yield from _best_of_secant(settings, x, linearised, best, state, record.box)
        x, away, due = best.x, 0.0, gradients > 0 and settings.by_distance
        damping = best.damping / 10.0 if best.gain > LINEAR else best.damping
        further = yield from _linearised(x, record)
        if further is None:
            return record.result("stalled", record.not_finite(x), gradient=linearised.gradient)
        linearised = further
        steps = _jacobian_steps(record) + 1
        state = _state(x, linearised, damping, best.gain, record, state)
        state = {**state, JACOBIAN_STEPS: steps}
        record.accept(x, best.trial.terms, linearised.gradient, **state)


def _jacobian_steps(record: MinimisationRecord) -> int:
    """Number of accepted steps with a Jacobian; all of them in the state of an older run."""
    steps = record.iterations[-1].state.get(JACOBIAN_STEPS, len(record.iterations) - 1)
    return int(steps)


def _linearised(
    x: np.ndarray, record: MinimisationRecord
) -> Generator[EvaluationRequest, Any, Linearised | None]:
    """The linearised cost at a further point."""
    record.counts["jacobian"] += 1
    linearised: Linearised | None = yield EvaluationRequest(x, "jacobian")
    return linearised


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
    state: State,
    box: Box,
) -> Generator[EvaluationRequest, Any, Step]:
    """The step of the secants through earlier points where it lowers the cost more, else `best`."""
    step = secant_step(linearised, state)
    if step is None or not np.max(np.abs(step), initial=0.0) <= settings.longest_step:
        return best
    point = box.clipped(x + step)
    trial: Trial | None = yield EvaluationRequest(point)
    if trial is None or not trial.cost < best.trial.cost:
        return best
    return Step(point, trial, best.damping, best.gain)


def _state(
    x: np.ndarray,
    linearised: Linearised,
    damping: float,
    gain: float,
    record: MinimisationRecord,
    before: State,
) -> dict[str, float | np.ndarray]:
    """State of a point, with its Gauss-Newton step within the bounds without damping.

    Args:
        before: state of the point before; empty at the start.
    """
    step, _ = linearised.step(0.0, np.inf, step_limits(x, record.box))
    return {"damping": damping, "gain": gain, **secants(before, x, step)}


def _trial_step(
    settings: DescentSettings,
    x: np.ndarray,
    linearised: Linearised,
    damping: float,
    cost: float,
    box: Box,
) -> Generator[EvaluationRequest, Any, tuple[Step | None, float, float]]:
    """A step (None where it is impossible), the fall it predicts, and its damping."""
    limits = step_limits(x, box)
    step, damping = linearised.step(damping, settings.longest_step, limits)
    predicted = linearised.predicted(step)
    probe: Trial | None = yield EvaluationRequest(x + PROBE * step)
    free = (limits.lower < step) & (step < limits.upper)
    point = box.clipped(x + linearised.accelerated(step, probe, damping, free))
    trial: Trial | None = yield EvaluationRequest(point)
    if trial is None or predicted <= 0.0:
        return None, predicted, damping
    return Step(point, trial, damping, (cost - trial.cost) / predicted), predicted, damping


def _ending(
    settings: DescentSettings, record: MinimisationRecord, linearised: Linearised, away: float
) -> tuple[Status, str] | None:
    """Status and message where the descent is over, else None.

    Args:
        away: distance from the minimum by the secants of the last steps, 0 where there are none.
    """
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
        decrement = max(decrement, away)
        if decrement <= settings.distance:
            return "converged", f"the minimum is {decrement:.2g} posterior sd away"
    if len(record.iterations) > 1:
        before = record.iterations[-2].cost
        if before - now.cost < settings.cost_change * abs(before) and now.state["gain"] > 0.25:
            return (
                "converged",
                f"the last step lowered the cost by less than {settings.cost_change:g} of it",
            )
    # steps by gradients have a limit of their own
    if _jacobian_steps(record) >= settings.iterations:
        return (
            "iteration limit",
            f"{settings.iterations} iterations made before the minimum was near enough",
        )
    return None
