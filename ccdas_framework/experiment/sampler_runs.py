"""Draws of a sampler: where it starts, its budget, and what it does not allow for."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from attrs import evolve

from ..core.budget import BudgetSpent
from ..core.cost_problem import CostProblem
from ..core.ensemble import Ensemble, SamplingStart
from ..core.errors import CcdasError, Findings, InvalidInput
from ..core.gaussian_prior import is_gaussian
from ..core.interfaces import Sampler
from ..posterior import NoPosterior, gauss_newton_posterior, whitened_by_stream
from ..problem.counted_problem import CountedProblem
from ..problem.robust_errors import robust_of


def draw(
    sampler: Sampler,
    problem: CountedProblem,
    start: SamplingStart,
    callback: Callable[[Ensemble], None],
    generator: np.random.Generator,
    earlier: Ensemble | None = None,
) -> Ensemble:
    """`Sampler.sample` with the evaluations counted; an end of the budget is a status.

    Args:
        problem: counts the evaluations in its budget.
        start: where to start.
        callback: receives the ensemble so far.
        generator: of all random numbers.
        earlier: of an interrupted sampling.

    Raises:
        InvalidInput: the sampler does not allow for the errors or the prior of the problem.
        CcdasError: the budget is spent, or Ctrl-C came, before the first part was complete.
    """
    require_suitable(sampler, problem)
    latest = [earlier] if earlier is not None and sampler.resumes else []

    def received(ensemble: Ensemble) -> None:
        latest[:] = [_counted(ensemble, problem)]
        callback(latest[0])

    budget = problem.budget
    try:
        ensemble = sampler.sample(
            problem, start, received, generator, budget, earlier if sampler.resumes else None
        )
    except BudgetSpent:
        if not latest:
            raise CcdasError(
                f"the budget is spent before the first part of the ensemble is complete "
                f"({budget.spent}); give more, or a smaller ensemble",
                code="budget-too-small",
                where="budget.model_runs",
            ) from None
        message = f"the budget is spent ({budget.spent})"
        return evolve(_counted(latest[0], problem), status="budget spent", message=message)
    except KeyboardInterrupt:
        if not latest:
            raise
        message = "stopped by Ctrl-C; these are the draws so far"
        return evolve(_counted(latest[0], problem), status="interrupted", message=message)
    return _counted(ensemble, problem)


def _counted(ensemble: Ensemble, problem: CountedProblem) -> Ensemble:
    budget = problem.budget
    observed = ensemble.observed or {n: s.values for n, s in problem.streams.items()}
    return evolve(ensemble, counts=budget.record, failed=budget.failed, observed=observed)


def prior_start(problem: CostProblem) -> SamplingStart:
    """N(x_b, B); a flat prior has the scale of x."""
    covariance = problem.prior.covariance
    sd = np.asarray(covariance.sd, float)
    flat = ~np.isfinite(sd)
    matrix = np.diag(np.where(flat, 1.0, sd) ** 2) if flat.any() else covariance.dense()
    return SamplingStart(problem.prior.mean, matrix, "prior")


def optimum_start(problem: CostProblem, x: np.ndarray) -> SamplingStart:
    """N(x, A) of the Gauss-Newton Hessian at x; with the prior covariance where there is no A."""
    simulated, jacobians = problem.derivatives(x)
    try:
        whitened = whitened_by_stream(problem, jacobians, simulated)
        covariance = gauss_newton_posterior(x, problem.prior, whitened).covariance
    except (NoPosterior, np.linalg.LinAlgError):
        covariance = prior_start(problem).covariance
    return SamplingStart(x, covariance, "optimum")


def require_suitable(sampler: Sampler, problem: CostProblem) -> None:
    """Refuse a problem whose density a sampler does not use.

    A sampler that needs "simulate" reads y and R, and takes errors and prior for Gaussian.

    Raises:
        InvalidInput: there are robust errors, or the prior is not Gaussian; codes "robust-errors"
            and "prior-not-gaussian".
    """
    if "simulate" not in sampler.needs:
        return
    name, findings = type(sampler).__name__, Findings()
    for stream, data in problem.streams.items():
        if robust_of(data) is not None:
            message = f"{name} reads y and R, and the errors of stream '{stream}' are robust"
            findings.add("robust-errors", f"streams.{stream}.robust", message)
    finite = np.isfinite(problem.prior.covariance.sd).all()  # an ensemble cannot be flat
    if not (finite and is_gaussian(problem.prior)):
        message = f"{name} takes the prior for Gaussian, and {type(problem.prior).__name__} is not"
        findings.add("prior-not-gaussian", "prior", message)
    if not problem.streams:
        message = f"{name} reads observations, and the problem has none"
        findings.add("no-streams", "streams", message)
    if findings:
        text = "; ".join(finding.message for finding in findings)
        raise InvalidInput(
            f"{text}. Choose a sampler that uses the log density.",
            code=findings[0].code,
            where=findings[0].where,
        )
