"""Diagnostics of a run, from its simulated values and Jacobians."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..diagnostics import Diagnosis, TargetChange, diagnose, fits_of
from ..diagnostics.variability import variability
from ..posterior import NoPosterior, gauss_newton_posterior
from ..problem.assembled_problem import Problem
from ..problem.stream_data import StreamData

MAX_LABELS = 12  # places of a stream of cells whose misfits are reported one by one
Values = Mapping[str, np.ndarray]


def diagnosis_of(
    problem: Problem,
    x: np.ndarray,
    prior_values: Values,
    posterior_values: Values,
    whitened: Values,
    targets: Mapping[str, Mapping[str, Any]],
    minimum: bool = True,
    held: np.ndarray | None = None,
) -> Diagnosis:
    """Consistency, influence and identifiability at x.

    Args:
        x: optimum, shape (control,).
        prior_values, posterior_values: simulated values by stream, shape (obs,).
        whitened: stream -> R^-1/2 K at x, shape (obs, control).
        targets: name -> table of `target_tables`, with the sensitivity at x.
        minimum: whether x is a minimum; if not, tables that need one are left out.
        held: true where a bound holds an element at x, shape (control,).
    """
    fits = fits_of(problem, prior_values, posterior_values, whitened)
    x_b = problem.prior.mean
    if not minimum:
        return diagnose(fits, None, x_b)
    # from first derivatives, with which the contributions of streams add up
    try:
        posterior = gauss_newton_posterior(x, problem.prior, whitened, held)
    except NoPosterior:  # a flat prior, and observations that leave a null space
        return diagnose(fits, None, x_b)
    changes = [
        TargetChange(
            quantity=name.removesuffix(f" {target['period']}"),
            region=[str(label) for label in target["region"]],
            units=target["units"],
            prior=target["prior"],
            posterior=target["posterior"],
            sensitivity=target["sensitivity"],
            period=target["period"],
        )
        for name, target in targets.items()
    ]
    return diagnose(fits, posterior, x_b, problem.control, changes)


def misfits(
    problem: Problem, prior: Values, posterior: Values
) -> dict[str, dict[str, tuple[float, float]]]:
    """Root-mean-square misfit of prior and posterior by stream and place."""
    out = {}
    for name, stream in problem.streams.items():
        residuals = prior[name] - stream.values, posterior[name] - stream.values
        out[name] = {
            place: (_rms(residuals[0][mask]), _rms(residuals[1][mask]))
            for place, mask in _places(stream).items()
        }
    return out


def variabilities(
    problem: Problem, prior: Values, posterior: Values
) -> dict[str, dict[str, tuple[dict[str, float], dict[str, float]]]]:
    """Agreement of variation of prior and posterior by stream and place, as of `variability`."""
    out = {}
    for name, stream in problem.streams.items():
        labels, start = stream.labels.astype(str), stream.start
        out[name] = {
            place: (
                variability(stream.values[mask], prior[name][mask], start[mask], labels[mask]),
                variability(stream.values[mask], posterior[name][mask], start[mask], labels[mask]),
            )
            for place, mask in _places(stream).items()
        }
    return out


def _places(stream: StreamData) -> dict[str, np.ndarray]:
    """Values of all places and of each one, if they are not too many, by its name."""
    labels = stream.labels.astype(str)
    places = {"all": np.ones(len(labels), dtype=bool)}
    if stream.domain_scope or len(set(labels)) <= MAX_LABELS:
        places.update({label: labels == label for label in dict.fromkeys(labels)})
    return places


def _rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(values**2)))
