"""Fit of a stream at prior and posterior: innovations, residuals and their correlations."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from attrs import evolve, field, frozen

from ..core.observations import days, floats
from ..problem.assembled_problem import Problem

NEIGHBOURS = 1.5  # two values further apart than this many usual steps are no neighbours


@frozen(eq=False)
class StreamFit:
    """A stream at the prior mean x_b and at the optimum x_a; arrays of shape (obs,).

    Args:
        name: of the stream.
        units: of its values.
        observed, sd: y and its assumed error, after selection and scaling.
        prior, posterior: H(x_b) and H(x_a).
        place: name of the place of each value.
        start: first day that each value stands for, datetime64[D].
        innovation, residual: R^-1/2 (y - H(x_b)) and R^-1/2 (y - H(x_a)).
        sensitivity: R^-1/2 K with K = dH/dx at x_a, shape (obs, control); None where not known.
    """

    name: str
    units: str
    observed: np.ndarray = field(converter=floats)
    sd: np.ndarray = field(converter=floats)
    prior: np.ndarray = field(converter=floats)
    posterior: np.ndarray = field(converter=floats)
    place: np.ndarray = field(converter=np.asarray)
    start: np.ndarray = field(converter=days)
    innovation: np.ndarray = field(converter=floats)
    residual: np.ndarray = field(converter=floats)
    sensitivity: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.observed)

    def take(self, mask: np.ndarray) -> StreamFit:
        """The values where a mask is true; whitened ones stay whitened as in the whole stream."""
        names = (
            "observed", "sd", "prior", "posterior", "place", "start", "innovation", "residual",
        )  # fmt: skip
        rows = None if self.sensitivity is None else self.sensitivity[mask]
        return evolve(self, **{name: getattr(self, name)[mask] for name in names}, sensitivity=rows)

    @property
    def places(self) -> tuple[str, ...]:
        """Names of the places, in the order of their first value."""
        return tuple(dict.fromkeys(self.place.astype(str).tolist()))


def fits_of(
    problem: Problem,
    before: Mapping[str, np.ndarray],
    after: Mapping[str, np.ndarray],
    whitened: Mapping[str, np.ndarray] | None = None,
) -> tuple[StreamFit, ...]:
    """The streams of a problem.

    Args:
        before, after: stream -> simulated values at x_b and x_a, shape (obs,).
        whitened: stream -> R^-1/2 K at x_a, shape (obs, control).
    """
    out = []
    for name, stream in problem.streams.items():
        start = stream.observations.take(stream.index).start
        values = stream.values
        out.append(
            StreamFit(
                name=name, units=stream.operator.observes.units, observed=values, sd=stream.sd,
                prior=before[name], posterior=after[name], place=stream.labels, start=start,
                innovation=stream.whiten(values - np.asarray(before[name]), np),
                residual=stream.whiten(values - np.asarray(after[name]), np),
                sensitivity=None if whitened is None else np.asarray(whitened[name]),
            )
        )  # fmt: skip
    return tuple(out)


def fit_of_values(name: str, units: str, **values: Any) -> StreamFit:
    """A stream of independent errors from its values alone: observed, sd, prior, ... start."""
    observed, sd = floats(values["observed"]), floats(values["sd"])
    return StreamFit(
        name=name, units=units, **values,
        innovation=(observed - floats(values["prior"])) / sd,
        residual=(observed - floats(values["posterior"])) / sd,
    )  # fmt: skip


def innovation_statistics(fit: StreamFit, prior_covariance: np.ndarray | None) -> dict[str, float]:
    """Mean and sd of y - H(x_b), and of z = R^-1/2 (y - H(x_b)) / sqrt(diag(I + K B K^T)).

    With independent errors z is the innovation over sqrt(diag(R + H B H^T)). Where errors are as
    assumed, z has mean 0 and sd 1, and 4.6 % of its values lie outside ±2.

    Args:
        prior_covariance: B, shape (control, control); None where it is not known.

    Returns:
        `innovation_mean`, `innovation_sd` in the units of the stream; `normalised_mean`,
        `normalised_sd` and `share_outside` (1), NaN where K or B is not known.
    """
    innovation = fit.observed - fit.prior
    statistics = {
        "innovation_mean": _mean(innovation),
        "innovation_sd": float(np.std(innovation)) if len(fit) else np.nan,
    }
    names = ("normalised_mean", "normalised_sd", "share_outside")
    if fit.sensitivity is None or prior_covariance is None or not len(fit):
        return statistics | dict.fromkeys(names, np.nan)
    if np.isinf(prior_covariance).any():  # a flat prior expects anything
        return statistics | dict.fromkeys(names, np.nan)
    spread = np.sum((fit.sensitivity @ prior_covariance) * fit.sensitivity, axis=1)
    z = fit.innovation / np.sqrt(1.0 + spread)
    normalised = (z.mean(), z.std(), np.mean(np.abs(z) > 2.0))
    return statistics | {name: float(value) for name, value in zip(names, normalised, strict=True)}


def autocorrelation(fit: StreamFit) -> tuple[float, int]:
    """Correlation of neighbouring residuals of one place, and the number of pairs behind it.

        r = sum d(t) d(t + 1) / sqrt(sum d(t)^2 sum d(t + 1)^2)

    d is the whitened residual, whose mean is expected to be 0: a constant bias counts as
    correlation. It is close to 0 where the errors are as assumed. NaN where there are no pairs.
    """
    _, code = np.unique(fit.place.astype(str), return_inverse=True)
    day = fit.start.astype(float)
    order = np.lexsort((day, code))
    code, day, residual = code[order], day[order], fit.residual[order]
    step = np.where(np.diff(code) == 0, np.diff(day), np.nan)
    near = np.zeros(len(step), bool)
    for first, last in _runs(code):
        steps = step[first : last - 1]
        if np.any(steps > 0.0):
            usual = np.median(steps[steps > 0.0])
            near[first : last - 1] = (steps > 0.0) & (steps <= NEIGHBOURS * usual)
    one, two = residual[:-1][near], residual[1:][near]
    scale = np.sqrt(np.sum(one**2) * np.sum(two**2))
    return (float(np.sum(one * two) / scale) if scale > 0.0 else np.nan), len(one)


def _runs(code: np.ndarray) -> list[tuple[int, int]]:
    """First and one past the last position of each run of equal values."""
    edges = np.flatnonzero(np.diff(code)) + 1
    ends = [0, *edges.tolist(), len(code)]
    return list(pairwise(ends))


def _mean(values: np.ndarray) -> float:
    return float(np.mean(values)) if len(values) else np.nan
