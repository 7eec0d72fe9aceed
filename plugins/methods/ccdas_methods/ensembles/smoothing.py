"""Smoothing in several steps: members run over the whole period and are updated, again and again.

A step of length h = 1 / alpha updates with the error covariance alpha R. On a linear Gaussian
problem the steps together are one update with R if the sum of h, the time, reaches 1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from attrs import evolve

from ccdas_framework import Budget, Ensemble

from .ensemble_state import EnsembleState
from .inflation import inflated, prior_sd
from .kalman_update import Anomalies, increments, noisy_increments, transformed
from .localisation import localisation_weights
from .member_draws import MemberStreams, clip_to_bounds, prior_members
from .member_runs import MemberRuns, run_members
from .settings import UpdateRules

END = 1.0 - 1e-9  # time at which all of the observations are used
StepLength = Callable[[EnsembleState, MemberRuns], float]


def smoothed(
    method: Any,
    problem: Any,
    step_length: StepLength,
    perturbed: bool,
    callback: Callable[[Ensemble], None],
    generator: np.random.Generator,
    budget: Budget,
    earlier: Ensemble | None,
    most_steps: int,
) -> Ensemble:
    """Members from the prior, updated until time 1.

    Args:
        method: with the common settings, and `members`.
        problem: simulates members.
        step_length: h of the next step from the state and the runs; the last one ends at time 1.
        perturbed: whether each member has perturbed observations, or all are transformed.
        callback: receives each generation.
        generator: of all random numbers.
        budget: counts the members that are absurdly far away as failed.
        earlier: ensemble to continue from.
        most_steps: number of steps after which it ends before time 1.

    Raises:
        InvalidInput: errors or prior are not Gaussian.
    """
    from ccdas_framework import require_suitable  # slow to import

    require_suitable(method, problem)
    rules = UpdateRules.of(method)
    state = started(problem, method.members, generator, earlier)
    latest = earlier
    numbers = {"perturbed": float(perturbed)}
    try:
        while state.time < END and state.step < most_steps:
            runs = run_members(problem, state.x, rules.absurd)
            budget.fail(runs.absurd)
            left = state.after_runs(runs)
            if not left.enough(rules.least_share):
                return failed(evolve(left, x=state.x), problem, runs, numbers)
            length = min(step_length(left, runs), 1.0 - left.time)
            state = updated(left, problem, runs, length, perturbed, rules)
            latest = state.ensemble(problem, numbers=numbers)
            callback(latest)
    except KeyboardInterrupt:
        if latest is None:
            raise
        return evolve(
            latest, status="interrupted", message="stopped by Ctrl-C; the last generation"
        )
    if state.time < END:
        sentence = f"The {most_steps} steps allowed end at time {state.time:.3g}, before 1."
        return state.ensemble(problem, message=sentence, numbers=numbers, warnings=(sentence,))
    return state.ensemble(problem, numbers=numbers)


def started(
    problem: Any, members: int, generator: np.random.Generator, earlier: Ensemble | None
) -> EnsembleState:
    """Members from the prior, or the state of an interrupted method."""
    if earlier is not None and earlier.state:
        return EnsembleState.resumed(earlier)
    streams = MemberStreams.drawn(generator)
    x, refused, clipped = prior_members(problem, streams, members)
    return EnsembleState(x, streams.root, members, clipped=clipped, refused=refused)


def failed(
    state: EnsembleState, problem: Any, runs: MemberRuns, numbers: dict[str, float]
) -> Ensemble:
    """The members with the status "failed", the count and the first cause."""
    message = f"{runs.failed} of {len(runs.usable)} members failed, too many to go on: {runs.cause}"
    return state.ensemble(problem, "failed", message, numbers)


def updated(
    state: EnsembleState,
    problem: Any,
    runs: MemberRuns,
    length: float,
    perturbed: bool,
    rules: UpdateRules,
) -> EnsembleState:
    """The state after one update with the error covariance R / length.

    Args:
        state: with the usable members.
        runs: of these members.
        length: h, the part of the time from 0 to 1.
        perturbed: see `smoothed`.
        rules: localisation and inflation.
    """
    alpha = 1.0 / length
    anomalies = Anomalies.of(state.x, runs.residuals)
    weights = localisation_weights(anomalies, rules.localisation, rules.threshold)
    if perturbed:
        identity = np.arange(len(state.x))
        noise = state.streams.normal(state.step + 1, identity, runs.residuals.shape[1])
        x = state.x + noisy_increments(anomalies, runs.residuals, noise, alpha, weights)
    else:
        mean = state.x.mean(axis=0) + increments(anomalies, anomalies.misfit[None], alpha, weights)
        x = mean + np.sqrt(len(state.x) - 1.0) * transformed(anomalies, alpha, weights)
        x[:, anomalies.constant_x] = state.x[:, anomalies.constant_x]
    x = inflated(x, rules.inflation, prior_sd(problem))
    x, clipped = clip_to_bounds(problem.control, x)
    state = state.without_spread_named(problem, anomalies)
    return evolve(
        state,
        x=x,
        step=state.step + 1,
        time=state.time + length,
        clipped=state.clipped + clipped,
    )
