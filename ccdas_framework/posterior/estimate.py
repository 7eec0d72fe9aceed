"""What a run knows of its parameters: a posterior, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import get_args

import numpy as np
from attrs import field, frozen, validators

from ..core.cost_problem import CostProblem
from ..core.result import OptimisationResult
from .convergence import Distance, newton_decrement
from .exact import exact_hessian, exact_spectrum
from .gauss_newton import degrees_of_freedom, gauss_newton_spectrum, whitened_by_stream
from .gaussian import Method, Posterior
from .low_rank import leading_jacobian
from .null_space import Unseen, unseen
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
    """What is known at the end.

    Args:
        posterior: None where there is none.
        distance: from the minimum.
        message: how the posterior was found, or why there is none.
        degrees_of_freedom: for signal by stream; empty without a posterior.
        unseen: what the observations leave alone.
    """

    posterior: Posterior | None
    distance: Distance
    message: str
    degrees_of_freedom: Mapping[str, float]
    unseen: Unseen


def information(
    problem: CostProblem, x: np.ndarray, settings: PosteriorSettings | None = None
) -> dict[str, np.ndarray]:
    """R_s^-1/2 K_s at x by stream, shape (obs, control); with "lanczos" of leading directions."""
    settings = settings or PosteriorSettings()
    if settings.hessian == "lanczos":
        return leading_jacobian(problem, x, settings.rank)
    return whitened_by_stream(problem, problem.derivatives(x)[1])


def estimate(
    problem: CostProblem,
    found: OptimisationResult,
    whitened: Mapping[str, np.ndarray],
    settings: PosteriorSettings | None = None,
) -> Estimate:
    """The posterior at the point found, if that is a minimum.

    Args:
        problem: that was solved.
        found: the best point.
        whitened: R_s^-1/2 K_s there by stream, as `information` gives them.
        settings: which Hessian, and how near is near enough.
    """
    settings = settings or PosteriorSettings()
    leading_only = settings.hessian == "lanczos" and settings.rank < len(found.x)
    x, gradient = found.x, found.gradient
    if gradient is None:
        gradient = problem.value_and_gradient(x)[1]
    used = linear = gauss_newton_spectrum(problem.prior.covariance, whitened)
    told = "Gauss-Newton Hessian"
    posterior, missing, curvature = None, "", None
    try:
        if settings.hessian == "exact":
            used, told = _exact(problem, x)
            curvature = used.curvature if used.negative else None
        posterior = used.posterior(x, settings.hessian)
        if settings.hessian == "lanczos":
            told = _left_out(posterior, settings.rank)
    except NoPosterior as reason:
        missing = f"{reason}{_led_by(linear, problem.control.names)}."
    near = linear.covariance() if posterior is None else posterior.covariance
    distance = Distance(
        decrement=newton_decrement(gradient, near),
        largest=settings.largest_distance,
        curvature=curvature,
        ended=found.distance_from_minimum,
    )
    if not distance.reached:
        posterior, missing = None, f"{distance.sentence} {_besides(missing)}".strip()
    elif missing:
        missing = f"No posterior is given: {missing}"
    return Estimate(
        posterior=posterior,
        distance=distance,
        message=f"{told}." if posterior is not None else missing,
        degrees_of_freedom={} if posterior is None else degrees_of_freedom(posterior, whitened),
        unseen=Unseen.unknown(len(x)) if leading_only else unseen(whitened, len(x)),
    )


def _besides(missing: str) -> str:
    return f"Besides, {missing}" if missing else ""


def _exact(problem: CostProblem, x: np.ndarray) -> tuple[Spectrum, str]:
    """The spectrum of the exact Hessian without noise, and how much of that there was."""
    hessian = exact_hessian(problem, x)
    raw = exact_spectrum(problem.prior, hessian.matrix)
    told = f"exact Hessian, symmetric to {hessian.asymmetry:.1g} of its largest entry"
    if raw.negative:
        return raw, told
    cleaned, noise = raw.cleaned()
    if noise > 1.0:
        changed = int(np.sum(cleaned.eigenvalues != raw.eigenvalues))
        told += f"; {changed} eigenvalues below the noise level {noise:.4g} became 1"
    return cleaned, told


def _left_out(posterior: Posterior, rank: int) -> str:
    """How many directions were kept, and what the others could do at most."""
    count = len(posterior.x)
    if rank >= count:
        return f"Gauss-Newton Hessian by Lanczos, all {count} directions"
    least = float(posterior.eigenvalues[rank - 1])
    return (
        f"Gauss-Newton Hessian by Lanczos, {rank} of {count} directions; the others would lower no "
        f"variance by more than {100.0 * (1.0 - 1.0 / least):.2g} % of its prior"
    )


def _led_by(linear: Spectrum, names: Sequence[str], most: int = 5) -> str:
    """Which parameters lead the directions that nothing determines; nothing where there are none.

    A parameter leads by the square of its part in these directions.
    """
    part = np.sum(linear.undetermined**2, axis=1)
    led = [names[n] for n in np.argsort(-part, kind="stable")[:most] if part[n] > 0.01]
    if not led:
        return ""
    return (
        f", led by {', '.join(led)}. Assimilate a stream that sees them, fix them with "
        "active = false, or take a Gaussian prior"
    )
