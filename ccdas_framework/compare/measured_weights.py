"""Seconds of a gradient and of a Jacobian over those of a run of the model, as measured."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import count
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
    points = _points(problem)
    run = _seconds(points, problem.cost)
    return {
        "run_seconds": run,
        "measured_gradient_weight": _seconds(points, problem.value_and_gradient) / run,
        "measured_jacobian_weight": _seconds(points, problem.simulate_and_jacobian) / run,
    }


def _points(problem: CostProblem) -> Iterator[np.ndarray]:
    """Points near the prior mean, never the same one: a problem may keep its last results."""
    mean, sd = np.asarray(problem.prior.mean, float), np.asarray(problem.prior.covariance.sd, float)
    step = 1e-3 * np.where(np.isfinite(sd), sd, 1.0)
    return (mean + n * step for n in count())


def _seconds(points: Iterator[np.ndarray], evaluate: Callable[[np.ndarray], Any]) -> float:
    """Duration of an evaluation (s): the shortest, since load only adds."""
    durations: list[float] = []
    try:
        evaluate(next(points))
        while len(durations) < REPEATS and sum(durations) < LONG:
            x = next(points)
            began = time.perf_counter()
            evaluate(x)
            durations.append(time.perf_counter() - began)
    except (CcdasError, ArithmeticError, np.linalg.LinAlgError):
        return float("nan")
    return min(durations)
