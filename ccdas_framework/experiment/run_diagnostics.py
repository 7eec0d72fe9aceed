"""Diagnostics of a run, from its simulated values and Jacobians."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..diagnostics import Diagnosis, TargetChange, diagnose, fits_of
from ..posterior import NoPosterior, gauss_newton_posterior
from ..problem.assembled_problem import Problem

Values = Mapping[str, np.ndarray]


def diagnosis_of(
    problem: Problem,
    x: np.ndarray,
    prior_values: Values,
    posterior_values: Values,
    whitened: Values,
    targets: Mapping[str, Mapping[str, Any]],
    minimum: bool = True,
) -> Diagnosis:
    """Consistency, influence and identifiability at x.

    Args:
        x: optimum, shape (control,).
        prior_values, posterior_values: simulated values by stream, shape (obs,).
        whitened: stream -> R^-1/2 K at x, shape (obs, control).
        targets: name -> its `prior` and `posterior`, shape (target,).
        minimum: whether x is a minimum; if not, tables that need one are left out.
    """
    fits = fits_of(problem, prior_values, posterior_values, whitened)
    x_b = problem.prior.mean
    if not minimum:
        return diagnose(fits, None, x_b)
    # from first derivatives, with which the contributions of streams add up
    try:
        posterior = gauss_newton_posterior(x, problem.prior, whitened)
    except NoPosterior:  # a flat prior, and observations that leave a null space
        return diagnose(fits, None, x_b)
    _, jacobians = problem.target_derivatives(x)
    changes = [
        _change(name, problem, targets[name], jacobians[name])
        for name in problem.targets
        if name in targets
    ]
    return diagnose(fits, posterior, x_b, problem.control, changes)


def _change(
    name: str, problem: Problem, target: Mapping[str, Any], jacobian: np.ndarray
) -> TargetChange:
    stream = problem.targets[name]
    period = str(getattr(stream.operator, "period", "annual"))
    return TargetChange(
        quantity=name.removesuffix(f" {period}"),
        region=[str(label) for label in stream.labels],
        units=stream.operator.observes.units,
        prior=np.asarray(target["prior"]),
        posterior=np.asarray(target["posterior"]),
        sensitivity=np.asarray(jacobian),
        period=period,
    )
