"""Seconds of a gradient and of a Jacobian over those of a run of the model, as measured."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from ..core.cost_problem import CostProblem
from ..core.errors import CcdasError

REPEATS = 5  # evaluations of which the shortest is taken
LONG = 2.0  # seconds, from which on one evaluation is enough


def measured_weights(problem: CostProblem) -> dict[str, float]:
    """Attributes of a row: seconds of a run, and the weights; NaN where an evaluation fails.

    The first evaluation of each kind, which compiles, does not count.
    """
    run = _seconds(problem, problem.cost)
    return {
        "run_seconds": run,
        "measured_gradient_weight": _seconds(problem, problem.value_and_gradient) / run,
        "measured_jacobian_weight": _seconds(problem, problem.simulate_and_jacobian) / run,
    }


def _seconds(problem: CostProblem, evaluate: Callable[[np.ndarray], Any]) -> float:
    """Duration of an evaluation near the prior mean (s): the shortest, since load only adds."""
    mean, sd = np.asarray(problem.prior.mean, float), np.asarray(problem.prior.covariance.sd, float)
    step = 1e-3 * np.where(np.isfinite(sd), sd, 1.0)
    durations: list[float] = []
    try:
        evaluate(mean)
        while len(durations) < REPEATS and sum(durations) < LONG:
            x = mean + len(durations) * step  # another point, so that no result is kept
            began = time.perf_counter()
            evaluate(x)
            durations.append(time.perf_counter() - began)
    except (CcdasError, ArithmeticError, np.linalg.LinAlgError):
        return float("nan")
    return min(durations)
