"""Estimate of the parameters: a posterior, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import get_args

import numpy as np
from attrs import field, frozen, validators

from ..core.cost_problem import CostProblem
from ..core.errors import NotANumber
from ..core.gaussian_prior import is_gaussian
from ..core.result import OptimisationResult
from .convergence import Distance
from .exact_covariance import exact_spectrum
from .gauss_newton_covariance import degrees_of_freedom, gauss_newton_spectrum, whitened_by_stream
from .gaussian_posterior import Method, Posterior
from .low_rank import leading_jacobian
from .null_space import NullSpace, null_space_of
from .spectrum import NoPosterior, Spectrum

METHODS = get_args(Method)


@frozen
class PosteriorSettings:
    """The table [posterior] of a configuration.

    Args:
        hessian: "gauss_newton" (from the Jacobian), "exact" (second derivatives) or "lanczos"
            (leading directions of the first).
        rank: how many directions "lanczos" keeps.
        largest_distance: Newton decrement (posterior sd) up to which a point is a minimum.
    """

    hessian: Method = field(default="gauss_newton", validator=validators.in_(METHODS))
    rank: int = field(default=50, validator=[validators.instance_of(int), validators.ge(1)])
    largest_distance: float = field(default=1.0, validator=validators.gt(0))


@frozen(eq=False)
class Estimate:
    """The posterior at the end of a minimisation, or the reason why there is none.

    Args:
        posterior: None where there is none.
        distance: from the minimum.
        message: how the posterior was computed, or why there is none.
        degrees_of_freedom: for signal by stream; empty without a posterior.
        null_space: parameters and directions that no observation depends on.
        at_bound: names of the parameters that a bound holds. They have no Gaussian sd, and the sd
            of the others are those given these.
        doubtful: whether draws are no sample of the posterior that can be relied on.
    """

    posterior: Posterior | None
    distance: Distance
    message: str
    degrees_of_freedom: Mapping[str, float]
    null_space: NullSpace
    at_bound: tuple[str, ...] = ()
    doubtful: bool = False


def information(
    problem: CostProblem, x: np.ndarray, settings: PosteriorSettings
) -> dict[str, np.ndarray]:
    """R_s^-1/2 K_s at x by stream, shape (obs, control); with "lanczos" of leading directions.

    With robust errors psi'(r) R_s^-1/2 K_s, whose squares add up to the Gauss-Newton Hessian.

    Raises:
        NotANumber: a derivative is not finite.
    """
    if settings.hessian == "lanczos":
        whitened = leading_jacobian(problem, x, settings.rank)
    else:
        simulated, jacobians = problem.derivatives(x)
        whitened = whitened_by_stream(problem, jacobians, simulated)
    for name, rows in whitened.items():
        if not np.isfinite(rows).all():
            problem.require_finite(x)
            raise NotANumber(
                f"the derivatives of stream '{name}' divided by its errors are too large for a "
                "number; check the errors.",
                where=f"stream '{name}'",
            )
    return whitened


def estimate(
    problem: CostProblem,
    optimum: OptimisationResult,
    whitened: Mapping[str, np.ndarray],
    settings: PosteriorSettings,
) -> Estimate:
    """The posterior at the end of a minimisation, if that is a minimum.

    Args:
        problem: that was solved.
        optimum: result of the minimisation.
        whitened: R_s^-1/2 K_s at that point by stream, from `information`.
        settings: which Hessian, and the largest accepted distance from the minimum.
    """
    leading_only = settings.hessian == "lanczos" and settings.rank < len(optimum.x)
    x, gradient = optimum.x, optimum.gradient
    if gradient is None:
        gradient = problem.value_and_gradient(x)[1]
    held = problem.control.x_bounds.held(x, gradient)
    used = linear = gauss_newton_spectrum(problem.prior.covariance, whitened, held)
    method = "Gauss-Newton Hessian"
    posterior, missing, curvature = None, "", None
    try:
        if settings.hessian == "exact":
            used, method = exact_spectrum(problem, x, held)
            curvature = used.curvature if used.negative else None
        elif not is_gaussian(problem.prior):
            raise NoPosterior(
                "the prior is not Gaussian, so that its covariance gives no Hessian. Take "
                '[posterior] method = "exact"'
            )
        posterior = used.posterior(x, settings.hessian)
        if settings.hessian == "lanczos":
            method = _truncation(posterior, settings.rank)
    except NoPosterior as reason:
        missing = f"{reason}{_led_by(linear, problem.control.names)}."
    distance = Distance(
        decrement=(linear if posterior is None else used).decrement(gradient),
        largest=settings.largest_distance,
        curvature=curvature,
        ended=optimum.distance_from_minimum,
    )
    if not distance.reached:
        besides = f" Besides, {missing}" if missing else ""
        posterior, missing = None, f"{distance.sentence}{besides}"
    elif missing:
        missing = f"There is no posterior: {missing}"
    return Estimate(
        posterior=posterior,
        distance=distance,
        message=f"{method}." if posterior is not None else missing,
        degrees_of_freedom={} if posterior is None else degrees_of_freedom(posterior, whitened),
        at_bound=tuple(np.array(problem.control.names)[held].tolist()),
        null_space=(NullSpace.unknown(len(x)) if leading_only else null_space_of(whitened, len(x))),
    )


def _truncation(posterior: Posterior, rank: int) -> str:
    """Number of leading directions, and the largest effect of the others."""
    count = len(posterior.x)
    count -= int(posterior.held.sum())
    if rank >= count:
        return f"Gauss-Newton Hessian by Lanczos, all {count} directions"
    least = float(posterior.eigenvalues[rank - 1])
    return (
        f"Gauss-Newton Hessian by Lanczos, {rank} of {count} directions; the others would lower no "
        f"variance by more than {100.0 * (1.0 - 1.0 / least):.2g} % of its prior"
    )


def _led_by(linear: Spectrum, names: Sequence[str]) -> str:
    """Text that names at most five parameters with the largest parts in undetermined directions.

    Parts are squares of the elements of these directions.
    """
    part = np.sum(linear.undetermined**2, axis=1)
    led = [names[n] for n in np.argsort(-part, kind="stable")[:5] if part[n] > 0.01]
    if not led:
        return ""
    return (
        f", led by {', '.join(led)}. Assimilate a stream that depends on them, fix them with "
        "active = false, or take a Gaussian prior"
    )
