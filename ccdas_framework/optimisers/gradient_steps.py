"""Last steps of a least-squares descent, by gradients in place of Jacobians."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np

from ..core.cost_problem import CostProblem
from .descent_settings import DescentSettings
from .evaluation_request import EvaluationRequest
from .linearised_cost import Linearised, Trial, step_limits
from .minimisation_record import MinimisationRecord
from .secant_hessian import SecantHessian

GRADIENT_RUNS = 4  # runs of the model that a gradient costs; see `default_weights` of the budget
CHEAPER = 4  # times the cost of a gradient that a Jacobian has to cost
REGION = 20.0  # posterior sd from the minimum within which the last steps begin
MARGIN = 0.5  # share of the distance at which they end, so that the Jacobian there confirms it
JACOBIANS = 3  # that the last steps may cost before a Jacobian is due
TRIALS = 6  # points along a step
SHORTEST, LONGEST = 0.1, 2.5  # factors between the shares of a step that are tried
SIMILAR = 0.2  # a factor so near to 1 is not worth a run
SUFFICIENT = 1e-4  # share of the fall of the cost that its slope promises
STEPS = "gradient_steps"  # name in the state of an iteration


def gradients_worth(problem: CostProblem) -> int:
    """Number of gradients that cost as much as `JACOBIANS`, 0 where a gradient is not cheap.

    The costs are runs of the model and no seconds, so that equal runs make equal steps.
    """
    runs = getattr(problem, "jacobian_runs", None)
    runs = len(problem.control) + 1 if runs is None else runs
    cheap = getattr(problem, "reverse_mode", True) and runs >= CHEAPER * GRADIENT_RUNS
    return JACOBIANS * runs // GRADIENT_RUNS if cheap else 0


def gradient_steps(
    settings: DescentSettings,
    x: np.ndarray,
    gradient: np.ndarray,
    hessian: SecantHessian,
    record: MinimisationRecord,
    most: int,
) -> Generator[EvaluationRequest, Any, tuple[np.ndarray, float]]:
    """Quasi-Newton steps until the minimum seems near or a Jacobian is due.

    Each is the least-squares step within the bounds, shortened until the cost falls enough
    (Armijo), and needs a gradient at its end.

    Args:
        x: last accepted point, shape (control,).
        gradient: dJ/dx there, shape (control,).
        hessian: at x.
        record: takes the accepted points; its last state says how many of the steps were made.
        most: number of steps.

    Returns:
        The last accepted point, and its distance from the minimum by `hessian`.
    """
    made = int(record.iterations[-1].state.get(STEPS, 0))
    while True:
        away = hessian.distance(gradient, record.box.held(x, gradient))
        near = away <= MARGIN * settings.distance
        if near or made >= most:
            return x, away
        model = hessian.linearised(gradient)
        found = yield from _lower_point(settings, x, model, record)
        if found is None:
            return x, away
        point, trial = found
        record.counts["gradient"] += 1
        further: np.ndarray | None = yield EvaluationRequest(point, "gradient")
        if further is None:
            return x, away
        hessian = hessian.updated(point - x, further - gradient)
        x, gradient, made = point, further, made + 1
        steps: dict[str, Any] = {"gain": 0.0, STEPS: made, **hessian.state}
        record.accept(x, trial.terms, gradient, **{**record.iterations[-1].state, **steps})


def _lower_point(
    settings: DescentSettings, x: np.ndarray, model: Linearised, record: MinimisationRecord
) -> Generator[EvaluationRequest, Any, tuple[np.ndarray, Trial] | None]:
    """The best tried point along the step and its cost; None where no share lowers the cost.

    A parabola through the cost and its slope at x and the cost at the last share gives the next
    one. It is tried even after a share that lowers the cost, because a run costs less than a
    gradient.
    """
    cost, box = record.iterations[-1].cost, record.box
    step, _ = model.step(0.0, settings.longest_step, step_limits(x, box))
    best: tuple[np.ndarray, Trial] | None = None
    share, most = 1.0, settings.longest_step / max(float(np.max(np.abs(step), initial=0.0)), 1e-300)
    for _ in range(TRIALS):
        point = box.clipped(x + share * step)
        slope = float(model.gradient @ (point - x))
        trial: Trial | None = yield EvaluationRequest(point)
        lower = trial is not None and slope < 0.0 and trial.cost - cost <= SUFFICIENT * slope
        if trial is not None and lower and (best is None or trial.cost < best[1].cost):
            best = point, trial
        further = SHORTEST
        if trial is not None:
            bend = trial.cost - cost - slope
            further = -slope / (2.0 * bend) if bend > 0.0 else LONGEST
        further = min(max(further, SHORTEST), LONGEST)
        tried, share = share, min(share * further, most)
        if best is not None and (tried != 1.0 or abs(share / tried - 1.0) < SIMILAR):
            return best
    return best
