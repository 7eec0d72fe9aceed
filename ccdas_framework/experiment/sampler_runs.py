"""Draws of a sampler: its budget, and the problems that it is refused for."""

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
from ..problem.component_results import require_results
from ..problem.counted_problem import CountedProblem
from ..problem.method_results import ensemble_findings
from ..problem.robust_errors import robust_of
from .missed_minima import with_missed_minimum

# word of `Sampler.needs` -> method of a problem, and the same in words
EVALUATIONS = {
    "density": ("cost_terms", "the log density"),
    "gradient": ("value_and_gradient", "the gradient of the log density"),
    "trace": ("traced_log_density", "a log density that JAX can trace"),
    "simulate": ("simulate", "simulated observations"),
}


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
        InvalidInput: the problem does not suit the sampler (see `require_suitable`), or it returns
            no ensemble, or one of wrong shape.
        CcdasError: the budget is spent, or Ctrl-C came, before the first part was complete.
    """
    require_suitable(sampler, problem)
    latest = [earlier] if earlier is not None and sampler.resumes else []

    def received(ensemble: Ensemble) -> None:
        latest[:] = [_counted(ensemble, problem)]
        callback(latest[0])

    budget = problem.budget
    # arrays of its own, since those of the start may be of the prior
    own_start = evolve(start, mean=start.mean.copy(), covariance=start.covariance.copy())
    try:
        ensemble = sampler.sample(
            problem, own_start, received, generator, budget, earlier if sampler.resumes else None
        )
    except BudgetSpent:
        if not latest:
            raise CcdasError(
                f"the budget is spent before the first part of the ensemble is complete "
                f"({budget.spent}); give more, or a smaller ensemble",
                code="budget-too-small",
                where=budget.key,
            ) from None
        message = f"the budget is spent ({budget.spent})"
        return evolve(_counted(latest[0], problem), status="budget spent", message=message)
    except KeyboardInterrupt:
        if not latest:
            raise
        message = "stopped by Ctrl-C; these are the draws so far"
        return evolve(_counted(latest[0], problem), status="interrupted", message=message)
    place = f"sampler '{type(sampler).__name__}'"
    require_results(ensemble_findings(ensemble, len(problem.control)), sampler, place)
    try:
        return with_missed_minimum(_counted(ensemble, problem), problem, generator)
    except KeyboardInterrupt:
        message = "stopped by Ctrl-C after the last draw, while other minima were searched for"
        return evolve(_counted(ensemble, problem), status="interrupted", message=message)


def _counted(ensemble: Ensemble, problem: CountedProblem) -> Ensemble:
    budget = problem.budget
    observed = ensemble.observed or {n: s.values for n, s in problem.streams.items()}
    return evolve(ensemble, counts=budget.record, failed=budget.failed, observed=observed)


def require_suitable(sampler: Sampler, problem: CostProblem) -> None:
    """Refuse a problem that lacks what a sampler needs, or whose density it does not use.

    A sampler that needs "simulate" reads y and R, and takes errors and prior for Gaussian.

    Raises:
        InvalidInput: the problem has no evaluation of a kind that the sampler needs, its log
            density cannot be traced, there are robust errors, or the prior is not Gaussian; codes
            "missing-evaluation", "not-traceable", "robust-errors" and "prior-not-gaussian".
    """
    findings = _missing_evaluations(sampler, problem)
    advice = "Choose a sampler that needs less of it."
    if not findings and "simulate" in sampler.needs:
        findings = _unread_densities(sampler, problem)
        advice = "Choose a sampler that uses the log density."
    if findings:
        text = "; ".join(finding.message for finding in findings)
        raise InvalidInput(f"{text}. {advice}", code=findings[0].code, where=findings[0].where)


def _missing_evaluations(sampler: Sampler, problem: CostProblem) -> Findings:
    """A finding for each evaluation that a sampler needs and the problem does not have."""
    name, findings = type(sampler).__name__, Findings()
    evaluated = problem.problem if isinstance(problem, CountedProblem) else problem
    for need, (method, text) in EVALUATIONS.items():
        if need in sampler.needs and not hasattr(evaluated, method):
            message = f"{name} needs {text}, which {type(evaluated).__name__} does not have"
            findings.add("missing-evaluation", "sampler", message)
    if "trace" in sampler.needs and not findings:
        try:
            evaluated.traced_log_density()
        except CcdasError as error:
            reason = str(error).rstrip(".")
            findings.add(
                error.code, error.where, f"{name} needs {EVALUATIONS['trace'][1]}: {reason}"
            )
    return findings


def _unread_densities(sampler: Sampler, problem: CostProblem) -> Findings:
    """A finding for each part of the density that a sampler does not read from y, R, x_b and B."""
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
    return findings
