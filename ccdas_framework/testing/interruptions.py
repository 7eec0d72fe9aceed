"""Checks of an optimiser that is interrupted, resumed, or meets bounds and NaN."""

from __future__ import annotations

import numpy as np

from ..core.result import Iteration
from .check import CheckFailure, require, require_close
from .derivatives import engine_named
from .minimisations import NEAR, Trials, silent
from .problems import small_problem


def interrupted(trials: Trials) -> None:
    """KeyboardInterrupt from the callback: status 'interrupted' and the last accepted point."""
    problem = trials.problem("curved")

    def stop(point: Iteration) -> None:
        if point.number == 1:
            raise KeyboardInterrupt

    try:
        result = trials.optimiser.minimise(problem, trials.start("curved"), stop)
    except KeyboardInterrupt:
        raise CheckFailure(
            "lost-interruption", "minimise",
            "a KeyboardInterrupt passes through minimise, and the points found so far are lost.",
        ) from None  # fmt: skip
    if len(result.iterations) > 1:  # else there was nothing to interrupt
        require(
            result.status == "interrupted", "wrong-status", "status",
            f"after a KeyboardInterrupt the status is '{result.status}'.",
        )  # fmt: skip
        lowest = min(point.cost for point in result.iterations)
        require_close(
            problem.cost(result.x), lowest, rtol=1e-8, atol=0.0, code="wrong-cost", where="x",
            what="the cost after an interruption and the lowest so far",
        )  # fmt: skip


def goes_on(trials: Trials) -> None:
    """From the first points of a minimisation it ends at the same cost, and keeps them."""
    result, _ = trials.minimised("curved")
    earlier = result.iterations[:2]
    problem = trials.problem("curved")
    reported: list[Iteration] = []
    again = trials.optimiser.minimise(problem, trials.start("curved"), reported.append, earlier)
    require(
        [point.number for point in again.iterations[: len(earlier)]]
        == [point.number for point in earlier],
        "wrong-iterations", "iterations", "the result does not begin with the earlier points.",
    )  # fmt: skip
    require(
        not {point.number for point in reported} & {point.number for point in earlier},
        "wrong-callback", "callback", "the callback hears of the earlier points again.",
    )  # fmt: skip
    fall = result.iterations[0].cost - result.cost
    require_close(
        again.cost, result.cost, rtol=0.0, atol=NEAR * fall, code="another-minimum",
        where="earlier", what="the cost after going on and that of one go",
    )  # fmt: skip


def steps_back(trials: Trials) -> None:
    """A model that breaks between start and minimum: all points are finite, the cost falls."""
    start = trials.start("straight")
    problem = small_problem(engine_named("autograd"), "straight", breaks_at=1.5)
    result = trials.optimiser.minimise(problem, start, silent)
    costs = [point.cost for point in result.iterations]
    require(
        np.all(np.isfinite(costs)) and np.isfinite(problem.cost(result.x)), "nan-accepted",
        "iterations", "a point whose cost is NaN was accepted; step back from it.",
    )  # fmt: skip
    require(
        result.cost <= problem.cost(start), "cost-rises", "cost",
        "the cost rises where the model breaks.",
    )  # fmt: skip


def keeps_inside(trials: Trials) -> None:
    """Bounds between start and minimum: no accepted point is beyond them."""
    problem = small_problem(engine_named("autograd"), "straight", rail=1.5)
    result = trials.optimiser.minimise(problem, trials.start("straight"), silent)
    for x in (*(point.x for point in result.iterations), result.x):
        outside = problem.control.outside(x)
        require(
            not outside, "out-of-bounds", ", ".join(outside),
            f"an accepted point lies outside the bounds of {', '.join(outside)}; see "
            "`problem.control.outside`.",
        )  # fmt: skip
