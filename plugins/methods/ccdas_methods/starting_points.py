"""Starting points of chains and walkers: inside the bounds, with a finite log density."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from attrs import frozen

from ccdas_framework import CcdasError, SampledProblem, SamplingStart

ATTEMPTS = 50  # times that the points without a density are drawn anew
PLACE = "sampler start"  # place of its errors


@frozen(eq=False)
class StartingPoints:
    """Starting points.

    Args:
        x: shape (point, control).
        log_density: shape (point,).
        drawn_anew: how many points were drawn anew, because the run of the model failed there.
        missing: how many points have no finite log density after all attempts.
    """

    x: np.ndarray
    log_density: np.ndarray
    drawn_anew: int
    missing: int


def starting_points(
    problem: SampledProblem,
    start: SamplingStart,
    generators: list[np.random.Generator],
    densities: Callable[[np.ndarray], np.ndarray],
    mirrored: bool = False,
) -> StartingPoints:
    """One point for each generator from N(mean, covariance) of the start.

    A point beyond a bound is reflected at it. A point without a finite log density is drawn anew.

    Args:
        problem: control vector and its bounds.
        start: mean and covariance.
        generators: of each point.
        densities: log density of points, shapes (point, control) -> (point,).
        mirrored: whether each second point lies opposite the one before it, so that two maxima
            on either side of the mean are both among the starts.

    Raises:
        CcdasError: the covariance is not that of a cloud that fills the space.
    """
    factor = covariance_factor(start)
    limits = inner_limits(problem.control)

    def drawn(which: np.ndarray) -> np.ndarray:
        steps = np.array([generators[n].standard_normal(len(start.mean)) for n in which])
        if mirrored and len(which) == len(generators):
            steps[1::2] = -steps[:-1:2]
        return reflected(start.mean + steps @ factor.T, limits)

    missing = np.arange(len(generators))
    x, density = drawn(missing), np.full(len(missing), -np.inf)
    anew = 0
    for attempt in range(ATTEMPTS + 1):
        if attempt:
            x[missing] = drawn(missing)
            anew += len(missing)
        density[missing] = densities(x[missing])
        missing = np.flatnonzero(~np.isfinite(density))
        if not len(missing):
            break
    return StartingPoints(x, density, anew, len(missing))


def no_start(points: StartingPoints, problem: SampledProblem) -> str:
    """Message about starting points without a finite log density, with the first cause."""
    cause = getattr(problem, "first_failure", "")
    return (
        f"{points.missing} of {len(points.x)} starting points have no finite log density after "
        f"{ATTEMPTS} attempts, in which {points.drawn_anew} points were drawn anew."
        + (f" First failure: {cause}" if cause else "")
    )


def covariance_factor(start: SamplingStart) -> np.ndarray:
    """L with L L^T = covariance of the start, shape (control, control).

    It is computed from the correlations, so that units do not matter.

    Raises:
        CcdasError: the covariance is not finite, or has a direction without variance.
    """
    sd = np.sqrt(np.diag(start.covariance))
    try:
        if not (np.isfinite(start.covariance).all() and (sd > 0.0).all()):
            raise np.linalg.LinAlgError
        return np.asarray(sd[:, None] * np.linalg.cholesky(start.covariance / np.outer(sd, sd)))
    except np.linalg.LinAlgError:
        raise CcdasError(
            "the covariance at the start of the sampler is not finite and positive definite, so "
            "that no cloud of points fills the space of the control vector. Start at an optimum "
            "with a posterior covariance, or with a prior that has a finite sd for each parameter.",
            code="singular-start",
            where=PLACE,
        ) from None


def reflected(x: Any, limits: Any, xp: Any = np) -> Any:
    """x with the part beyond each limit reflected at it, shape of `x`, (..., control).

    A density that is even about each limit, and equal to that of x between them, has the same
    distribution after reflection. A chain that moves in it needs no transform and no Jacobian.

    Args:
        x: control vectors.
        limits: least and largest x, infinite without a limit, shape (2, control).
        xp: numpy, or that of JAX.
    """
    lower, upper = limits
    below, above = xp.isfinite(lower), xp.isfinite(upper)
    a, b = xp.where(below, lower, 0.0), xp.where(above, upper, 1.0)
    width = xp.where(below & above, b - a, 1.0)
    between = a + width - xp.abs(xp.mod(x - a, 2.0 * width) - width)
    one_sided = xp.where(below, a + xp.abs(x - a), b - xp.abs(b - x))
    return xp.where(below & above, between, xp.where(below | above, one_sided, x))


def inner_limits(control: Any) -> np.ndarray:
    """Limits of x, moved inwards by a rounding error so that physical values lie inside."""
    limits = control.limits
    finite = np.isfinite(limits)
    margin = np.array([[1e-12], [-1e-12]]) * (1.0 + np.abs(np.where(finite, limits, 0.0)))
    return np.where(finite, limits + margin, limits)
