"""Fit of a stream at prior and posterior: innovations, residuals and their correlations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import asdict, evolve, field, frozen

from ..core.errors import Finding
from ..core.observations import days, floats
from ..problem.assembled_problem import Problem
from ..problem.robust_errors import RobustErrors
from .large_misfits import large_misfits

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
        sensitivity: R^-1/2 K with K = dH/dx at x_a, shape (obs, control); (obs, 0) if unknown.
            With robust errors psi'(r) R^-1/2 K; see `RobustErrors`.
        robust: robust errors; None where they are Gaussian.
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
    sensitivity: np.ndarray = field(converter=floats)
    robust: RobustErrors | None = None

    @property
    def modified(self) -> np.ndarray:
        """The residual whose half square is the cost, shape (obs,)."""
        return self.residual if self.robust is None else self.robust.modified(self.residual)

    @property
    def linear(self) -> np.ndarray:
        """R^-1/2 K without the slope of robust errors, shape (obs, control)."""
        if self.robust is None:
            return self.sensitivity
        return np.asarray(self.sensitivity / self.robust.slope(self.residual)[:, None])

    def __len__(self) -> int:
        return len(self.observed)

    def take(self, mask: np.ndarray) -> StreamFit:
        """The values where a mask is true; whitened ones stay whitened as in the whole stream."""
        arrays = asdict(self, filter=lambda _, value: isinstance(value, np.ndarray))
        return evolve(self, **{name: values[mask] for name, values in arrays.items()})

    def large_residuals(self) -> list[Finding]:
        """A finding that names observations far from H(x_a); see `large_misfits`."""
        return large_misfits(
            self.name, self.units, observed=self.observed, simulated=self.posterior, sd=self.sd,
            place=self.place, start=self.start,
        )  # fmt: skip


def fits_of(
    problem: Problem,
    before: Mapping[str, np.ndarray],
    after: Mapping[str, np.ndarray],
    whitened: Mapping[str, np.ndarray],
) -> tuple[StreamFit, ...]:
    """The streams of a problem.

    Args:
        before, after: stream -> simulated values at x_b and x_a, shape (obs,).
        whitened: stream -> R^-1/2 K at x_a, shape (obs, control).
    """
    out = []
    for name, stream in problem.streams.items():
        values = stream.values
        out.append(
            StreamFit(
                name=name, units=stream.operator.observes.units, observed=values, sd=stream.sd,
                prior=before[name], posterior=after[name], place=stream.labels, start=stream.start,
                innovation=stream.whiten(values - np.asarray(before[name]), np),
                residual=stream.whiten(values - np.asarray(after[name]), np),
                sensitivity=whitened[name], robust=stream.robust,
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
        sensitivity=np.zeros((len(observed), 0)),
    )  # fmt: skip


def innovation_statistics(fit: StreamFit, prior_covariance: np.ndarray | None) -> dict[str, float]:
    """Mean and sd of y - H(x_b), and of z = R^-1/2 (y - H(x_b)) / sqrt(diag(I + K B K^T)).

    With independent errors z is the innovation over sqrt(diag(R + H B H^T)). Where errors are as
    assumed, z has mean 0 and sd 1, and 4.6 % of its values lie outside ±2.

    Args:
        prior_covariance: B, shape (control, control); None where B or K is not known.

    Returns:
        `innovation_mean`, `innovation_sd` in the units of the stream; `normalised_mean`,
        `normalised_sd` and `share_outside` (1), NaN where B or K is not known, or B infinite.
    """
    z = np.zeros(0)
    if prior_covariance is not None and np.isfinite(prior_covariance).all():
        spread = np.sum((fit.linear @ prior_covariance) * fit.linear, axis=1)
        z = fit.innovation / np.sqrt(1.0 + spread)
    mean, sd = mean_and_sd(fit.observed - fit.prior)
    normalised_mean, normalised_sd = mean_and_sd(z)
    return {
        "innovation_mean": mean,
        "innovation_sd": sd,
        "normalised_mean": normalised_mean,
        "normalised_sd": normalised_sd,
        "share_outside": mean_and_sd(np.abs(z) > 2.0)[0],
    }


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
    by_place = np.split(step, np.flatnonzero(np.isnan(step)))
    near = np.concatenate([_near(steps) for steps in by_place])
    one, two = residual[:-1][near], residual[1:][near]
    scale = np.sqrt(np.sum(one**2) * np.sum(two**2))
    return (float(np.sum(one * two) / scale) if scale > 0.0 else np.nan), len(one)


def _near(steps: np.ndarray) -> np.ndarray:
    """Whether each step between values of one place is that of neighbours."""
    forward = steps > 0.0
    if not forward.any():
        return forward
    return np.asarray(forward & (steps <= NEIGHBOURS * np.median(steps[forward])))


def mean_and_sd(values: np.ndarray) -> tuple[float, float]:
    """Mean and standard deviation of some values, NaN where there are none."""
    return (float(np.mean(values)), float(np.std(values))) if len(values) else (np.nan, np.nan)
