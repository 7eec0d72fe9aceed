"""Checks of an optimiser."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from ..core.interfaces import Optimiser
from ..problem.method_results import optimisation_findings
from .check import Check, checks_of, require, require_close, require_none
from .declaration_checks import is_a_frozen_record
from .minimisations import (
    LEFT_BY_COSTS,
    NEAR,
    CallRecorder,
    Trials,
    ends_at_a_bound,
    is_interruptible,
    is_resumable,
    minimises,
    refuses_nan,
    stays_inside,
    steps_back,
)
from .problems import minimum_of
from .random_numbers import draws_from_the_generator
from .spent_budgets import keeps_to_its_budget

NEEDS = ("simulate", "gradient", "jacobian")
GAIN = 0.99  # of the largest possible fall of the cost of a straight problem


def optimiser_checks(optimiser: Optimiser, engines: tuple[str, ...]) -> Iterator[Check]:
    """All checks of an optimiser, by name."""
    trials = Trials(optimiser)
    yield from checks_of(lambda: optimiser, (
        ("it is a frozen record of its settings", "loads", is_a_frozen_record),
        ("it says what it needs", "metadata", declares_needs),
    ))  # fmt: skip
    rows = [
        ("the result has a status, a message and its points", "units and dims", is_a_result),
        ("the best point is no worse than the start", "values", is_no_worse),
        ("it finds most of what a straight problem has to gain", "values", gains),
        ("a converged result is at the minimum", "values", converged_is_true),
        ("every accepted point is reported, in order", "values", points_are_reported),
        ("it asks for no more than it needs", "values", evaluations_are_declared),
        ("minimising changes neither start nor problem, and repeats", "values", repeats),
        ("random numbers follow from the generator alone", "values", draws_from_the_generator),
        ("a spent budget returns the best evaluated point", "values", keeps_to_its_budget),
        ("an interruption returns the best point so far", "values", is_interruptible),
        ("points outside the guard rails are stepped back from", "values", stays_inside),
        ("a bowl is minimised and not maximised", "values", minimises),
        ("a minimum at a bound is reached and named", "values", ends_at_a_bound),
        ("a point that gives NaN is stepped back from", "missing values", steps_back),
        ("NaN in the start is refused before the model runs", "missing values", refuses_nan),
    ]
    if optimiser.resumes:
        text = "an interrupted minimisation goes on to the same minimum"
        rows.append((text, "values", is_resumable))
    yield from checks_of(lambda: trials, rows, "autograd")
    for engine in engines:
        if engine != "autograd":
            yield Check(
                f"engines lead to the same minimum (autograd and {engine})", "both engines",
                partial(engines_lead_alike, trials, engine), engine,
            )  # fmt: skip


def declares_needs(optimiser: Optimiser) -> None:
    """`needs` names some of simulate, gradient, jacobian; `resumes` is true or false."""
    needs, resumes = getattr(optimiser, "needs", None), optimiser.resumes
    message = f"needs is {needs!r}; expected a set of some of {', '.join(NEEDS)}."
    require(needs and set(needs) <= set(NEEDS), "wrong-declaration", "needs", message)
    message = f"resumes is {resumes!r}, not a flag."
    require(isinstance(resumes, bool), "wrong-declaration", "resumes", message)


def is_a_result(trials: Trials) -> None:
    """x of the right shape and finite, a valid status, a message, points with terms."""
    result, _ = trials.minimised("curved")
    require_none(optimisation_findings(result, len(trials.problem("curved").control)))
    message = "the message is empty; it is a sentence that says why the minimisation stopped."
    require(result.message, "no-message", "message", message)
    for point in result.iterations:
        where, terms = f"iteration {point.number}", sum(point.terms.values())
        text = f"the sum of the terms of {where} and its cost"
        require_close(terms, point.cost, "wrong-cost", where, text, 1e-8)


def is_no_worse(trials: Trials) -> None:
    """J(x) <= J(x0), J is the cost of the result, and no accepted point is lower than x."""
    for shape in ("straight", "curved"):
        problem, where = trials.problem(shape), f"{shape} problem"
        result, _ = trials.minimised(shape)
        before, after = problem.cost(trials.start()), problem.cost(result.x)
        message = f"on a {where} the cost rises from {before:.8g} to {after:.8g}."
        require(after <= before * (1.0 + 1e-12), "cost-rises", where, message)
        text = "the cost of the result and that of its x"
        require_close(result.cost, after, "wrong-cost", "cost", text, 1e-8)
        lowest = min(point.cost for point in result.iterations)
        message = (
            f"on a {where} a point of cost {lowest:.8g} was accepted, but one of {after:.8g} is "
            "returned."
        )
        require(after <= lowest * (1.0 + 1e-8), "cost-rises", where, message)


def gains(trials: Trials) -> None:
    """99 % of J(x0) - J_min of a straight problem of four parameters; 90 % by costs only."""
    first, last, least = _fall(trials)
    gain = 1.0 - LEFT_BY_COSTS if trials.by_costs else GAIN
    require(
        first - last >= gain * (first - least), "small-gain", "straight problem",
        f"on a straight problem of four parameters the cost falls from {first:.6g} to {last:.6g}; "
        f"the minimum is {least:.6g} ({100 * (first - last) / (first - least):.1f} % gained).",
    )  # fmt: skip


def converged_is_true(trials: Trials) -> None:
    """Where the status is 'converged' the cost is that of the minimum."""
    result, _ = trials.minimised("straight")
    first, last, least = _fall(trials)
    distance = np.max(np.abs(result.x - minimum_of(trials.problem("straight"))))
    require(
        result.status != "converged" or last - least <= NEAR * (first - least), "not-converged",
        "straight problem",
        f"the status is 'converged' at cost {last:.8g}, but the minimum is {least:.8g}, "
        f"{distance:.3g} prior sd away.",
    )  # fmt: skip
    problem = trials.problem("curved")
    result, _ = trials.minimised("curved")
    start, end = (
        float(np.linalg.norm(problem.value_and_gradient(x)[1])) for x in (trials.start(), result.x)
    )
    require(
        result.status != "converged" or end <= 0.02 * start, "not-converged", "curved problem",
        f"the status is 'converged' on a curved problem, but the gradient only fell from "
        f"{start:.3g} to {end:.3g}.",
    )  # fmt: skip


def _fall(trials: Trials) -> tuple[float, float, float]:
    """J of a straight problem at the start, at the end and at its minimum."""
    problem = trials.problem("straight")
    points = trials.start(), trials.minimised("straight")[0].x, minimum_of(problem)
    first, last, least = (problem.cost(x) for x in points)
    return first, last, least


def points_are_reported(trials: Trials) -> None:
    """The callback receives the start and every accepted point, numbered; the last is x."""
    result, reported = trials.minimised("curved")
    numbers, count = [point.number for point in reported], len(result.iterations)
    message = f"the callback got iterations {numbers}; the result has {count}, numbered from 0."
    require(numbers == list(range(count)), "wrong-callback", "callback", message)
    same = np.array_equal(reported[0].x, trials.start())
    message = "the first point that is reported is not the start."
    require(same, "wrong-callback", "callback", message)
    same = np.array_equal(result.iterations[-1].x, result.x)
    require(same, "wrong-iterations", "iterations", "the last iteration is not at the x.")


def evaluations_are_declared(trials: Trials) -> None:
    """Gradients and Jacobians are requested only where `needs` names them."""
    recorder, needs = CallRecorder(trials.problem("straight")), trials.optimiser.needs
    trials.minimise(recorder)
    further = ", ".join(sorted(recorder.kinds - set(needs)))
    message = f"it requests {further}, but needs names only {', '.join(sorted(needs))}."
    require(not further, "undeclared", further, message)


def repeats(trials: Trials) -> None:
    """x0 is as it was, and a second minimisation ends at the same point."""
    problem, start = trials.problem("curved"), trials.start()
    cost, copy = problem.cost(start), start.copy()
    again = trials.minimise(problem, start=start)
    require(np.array_equal(start, copy), "input-changed", "x0", "minimise wrote into its start.")
    message = "the problem has another cost after a minimisation."
    require(problem.cost(start) == cost, "input-changed", "problem", message)
    same = np.array_equal(again.x, trials.minimised("curved")[0].x)
    message = "a second minimisation ends at another point."
    require(same, "not-repeatable", "minimise", message)


def engines_lead_alike(trials: Trials, engine: str) -> None:
    """Whichever engine gives the derivatives, the cost at the end is the same."""
    first, _ = trials.minimised("curved")
    second, _ = trials.minimised("curved", engine)
    tolerance = NEAR * (first.iterations[0].cost - first.cost)
    text = f"the cost at the end by {engine} and by autograd"
    require_close(second.cost, first.cost, "engines-differ", "cost", text, atol=tolerance)
