"""Checks of an optimiser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import numpy as np

from ..core.interfaces import Optimiser
from ..core.result import Status
from .check import Check, require, require_close
from .declaration_checks import is_a_frozen_record
from .interruptions import goes_on, interrupted, keeps_inside, steps_back
from .minimisations import NEAR, CallRecorder, Trials, silent
from .problems import minimum_of

NEEDS = ("simulate", "gradient", "jacobian")
GAINED = 0.99  # of what the cost of a straight problem can fall


def optimiser_checks(optimiser: Optimiser, engines: tuple[str, ...]) -> Iterator[Check]:
    """All checks of an optimiser, by name."""
    trials = Trials(optimiser)
    yield Check(
        "it is a frozen record of its settings", "loads", lambda: is_a_frozen_record(optimiser)
    )
    yield Check("it says what it needs", "metadata", lambda: needs_are_known(optimiser))
    for name, stage, run in (
        ("the result has a status, a message and its points", "units and dims", is_a_result),
        ("the best point is no worse than the start", "values", is_no_worse),
        ("it finds most of what a straight problem has to gain", "values", gains),
        ("a converged result is at the minimum", "values", converged_is_true),
        ("every accepted point is reported, in order", "values", points_are_reported),
        ("it asks for no more than it needs", "values", asks_for_what_it_needs),
        ("minimising changes neither start nor problem, and repeats", "values", repeats),
        ("an interruption returns the best point so far", "values", interrupted),
        ("points outside the guard rails are stepped back from", "values", keeps_inside),
        ("a point that gives NaN is stepped back from", "missing values", steps_back),
    ):
        yield Check(name, stage, lambda r=run: r(trials), "autograd")  # type: ignore[misc]
    if optimiser.resumes:
        yield Check(
            "an interrupted minimisation goes on to the same minimum", "values",
            lambda: goes_on(trials), "autograd",
        )  # fmt: skip
    for engine in engines:
        if engine != "autograd":
            yield Check(
                f"engines lead to the same minimum (autograd and {engine})", "both engines",
                lambda e=engine: engines_lead_alike(trials, e), engine,  # type: ignore[misc]
            )  # fmt: skip


def needs_are_known(optimiser: Optimiser) -> None:
    """`needs` names some of simulate, gradient, jacobian; `resumes` is true or false."""
    needs = getattr(optimiser, "needs", None)
    require(
        needs and set(needs) <= set(NEEDS), "wrong-declaration", "needs",
        f"needs is {needs!r}; expected a set of some of {', '.join(NEEDS)}.",
    )  # fmt: skip
    require(
        isinstance(optimiser.resumes, bool), "wrong-declaration", "resumes",
        f"resumes is {optimiser.resumes!r}, not a flag.",
    )  # fmt: skip


def is_a_result(trials: Trials) -> None:
    """x of the right shape and finite, a known status, a message, points with terms."""
    result, _ = trials.minimised("curved")
    count = len(trials.problem("curved").control)
    require(
        np.shape(result.x) == (count,), "wrong-shape", "x",
        f"x has shape {np.shape(result.x)}, not ({count},).",
    )  # fmt: skip
    require(np.all(np.isfinite(result.x)), "not-finite", "x", f"x is not finite: {result.x}.")
    statuses = get_args(Status)
    require(
        result.status in statuses, "wrong-status", "status",
        f"status is '{result.status}'; expected one of {statuses}.",
    )  # fmt: skip
    require(
        result.message, "no-message", "message",
        "the message is empty; it says in a sentence why it stopped.",
    )  # fmt: skip
    require(
        result.iterations, "wrong-iterations", "iterations",
        "the result has no iterations; the start is the first.",
    )  # fmt: skip
    for point in result.iterations:
        require_close(
            sum(point.terms.values()), point.cost, rtol=1e-8, atol=0.0, code="wrong-cost",
            where=f"iteration {point.number}",
            what=f"the sum of the terms of iteration {point.number} and its cost",
        )  # fmt: skip


def is_no_worse(trials: Trials) -> None:
    """J(x) <= J(x0), J is what the result says, and no accepted point is lower than x."""
    for shape in ("straight", "curved"):
        problem = trials.problem(shape)
        result, _ = trials.minimised(shape)
        before, after = problem.cost(trials.start(shape)), problem.cost(result.x)
        require(
            after <= before * (1.0 + 1e-12), "cost-rises", f"{shape} problem",
            f"on a {shape} problem the cost rises from {before:.8g} at the start to {after:.8g} at "
            "the point that is returned.",
        )  # fmt: skip
        require_close(
            result.cost, after, rtol=1e-8, atol=0.0, code="wrong-cost", where="cost",
            what="the cost that the result gives and that of its x",
        )  # fmt: skip
        lowest = min(point.cost for point in result.iterations)
        require(
            after <= lowest * (1.0 + 1e-8), "cost-rises", f"{shape} problem",
            f"on a {shape} problem a point of cost {lowest:.8g} was accepted, but one of "
            f"{after:.8g} is returned.",
        )  # fmt: skip


def gains(trials: Trials) -> None:
    """99 % of J(x0) - J_min of a straight problem of four parameters."""
    first, last, least = _fall(trials)
    require(
        first - last >= GAINED * (first - least), "small-gain", "straight problem",
        f"on a straight problem of four parameters the cost falls from {first:.6g} to {last:.6g}; "
        f"the minimum is {least:.6g} ({100 * (first - last) / (first - least):.1f} % gained).",
    )  # fmt: skip


def converged_is_true(trials: Trials) -> None:
    """Where the status is 'converged' the cost is that of the minimum."""
    result, _ = trials.minimised("straight")
    first, last, least = _fall(trials)
    require(
        result.status != "converged" or last - least <= NEAR * (first - least), "not-converged",
        "straight problem",
        f"the status is 'converged' at cost {last:.8g}, but the minimum is {least:.8g}, "
        f"{np.max(np.abs(result.x - minimum_of(trials.problem('straight')))):.3g} prior sd away.",
    )  # fmt: skip
    problem = trials.problem("curved")
    result, _ = trials.minimised("curved")
    start, end = (
        float(np.linalg.norm(problem.value_and_gradient(x)[1]))
        for x in (trials.start("curved"), result.x)
    )
    require(
        result.status != "converged" or end <= 0.02 * start, "not-converged", "curved problem",
        f"the status is 'converged' on a curved problem, but the gradient only fell from "
        f"{start:.3g} to {end:.3g}.",
    )  # fmt: skip


def _fall(trials: Trials) -> tuple[float, float, float]:
    """J of a straight problem at the start, at the end and at its minimum."""
    problem = trials.problem("straight")
    result, _ = trials.minimised("straight")
    points = (trials.start("straight"), result.x, minimum_of(problem))
    first, last, least = (problem.cost(x) for x in points)
    return first, last, least


def points_are_reported(trials: Trials) -> None:
    """The callback hears of the start and of every accepted point, numbered; the last is x."""
    result, reported = trials.minimised("curved")
    numbers = [point.number for point in reported]
    require(
        numbers == list(range(len(result.iterations))), "wrong-callback", "callback",
        f"the callback got iterations {numbers}; the result has {len(result.iterations)}, "
        "numbered from 0.",
    )  # fmt: skip
    require(
        np.array_equal(reported[0].x, trials.start("curved")), "wrong-callback", "callback",
        "the first point that is reported is not the start.",
    )  # fmt: skip
    require(
        np.array_equal(result.iterations[-1].x, result.x), "wrong-iterations", "iterations",
        "the last iteration is not at the x.",
    )  # fmt: skip


def asks_for_what_it_needs(trials: Trials) -> None:
    """Gradients and Jacobians are requested only where `needs` names them."""
    recorder = CallRecorder(trials.problem("straight"))
    trials.optimiser.minimise(recorder, trials.start("straight"), silent)
    further = sorted(recorder.kinds - set(trials.optimiser.needs))
    require(
        not further, "undeclared", ", ".join(further),
        f"it asks the problem for {', '.join(further)}, but needs names only "
        f"{', '.join(sorted(trials.optimiser.needs))}.",
    )  # fmt: skip


def repeats(trials: Trials) -> None:
    """x0 is as it was, and a second minimisation ends at the same point."""
    problem, start = trials.problem("curved"), trials.start("curved")
    cost, copy = problem.cost(start), start.copy()
    again = trials.optimiser.minimise(problem, start, silent)
    require(np.array_equal(start, copy), "input-changed", "x0", "minimise wrote into its start.")
    require(
        problem.cost(start) == cost, "input-changed", "problem",
        "the problem has another cost after a minimisation.",
    )  # fmt: skip
    first, _ = trials.minimised("curved")
    require(
        np.array_equal(again.x, first.x), "not-repeatable", "minimise",
        "a second minimisation ends at another point.",
    )  # fmt: skip


def engines_lead_alike(trials: Trials, engine: str) -> None:
    """Whichever engine gives the derivatives, the cost at the end is the same."""
    first, _ = trials.minimised("curved")
    second, _ = trials.minimised("curved", engine)
    fall = first.iterations[0].cost - first.cost
    require_close(
        second.cost, first.cost, rtol=0.0, atol=NEAR * fall, code="engines-differ", where="cost",
        what=f"the cost at the end by {engine} and by autograd",
    )  # fmt: skip
