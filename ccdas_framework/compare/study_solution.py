"""Solution of a row of a study: a search or a sampling, and what is evaluated after it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import evolve, field, frozen

from ..config.components import required_component
from ..config.sections import BudgetSection
from ..core.budget import Budget, BudgetSpent
from ..core.ensemble import Ensemble, SamplingStart
from ..core.errors import CcdasError
from ..core.interfaces import Sampler
from ..core.result import OptimisationResult
from ..engines.compilation_time import COMPILATION, running_seconds
from ..experiment.sampler_runs import draw, require_suitable
from ..experiment.sampling_starts import optimum_start, prior_start, starts_at_prior
from ..optimisers.counted_search import minimise
from ..posterior import PosteriorSettings, estimate, information
from ..problem.counted_problem import CountedProblem, Point
from .study_findings import combinations
from .study_problem import RowProblem

FIRST_SEARCH = "gauss_newton"  # optimiser that leads to the start of a sampler
TUNING_SEED = 1_000_003  # of the trials, so that no trial is the row itself


@frozen(eq=False)
class Solution:
    """What a method gave.

    Args:
        x: the point that the row is about, shape (control,).
        point: its name: "minimum", "mean of the draws", "best point evaluated" (of an ensemble
            method whose budget ended within a generation), "prior mean" or "exact minimum".
        status, message: how the method ended.
        mean, sd: of x by the method, shape (control,); NaN where it gives no posterior.
        draws: of the posterior, shape (draw, control); None where it is Gaussian or there is none.
        limits: least and largest draw of each element, shape (2, control), also where the draws
            are no posterior; None without draws.
        exact: whether the draws are those of the posterior, of an exact sampler.
        hessian_sd: of the Gauss-Newton Hessian at x, shape (control,), of an optimiser.
        covariance: of the Gaussian posterior, shape (control, control).
        mixed: see `Ensemble.mixed`.
        diagnostics, numbers, remarks, doubts: see `Ensemble`.
        improvements: points that were better than all before.
        budget, after, tuning: evaluations of the search, after it, and of trials of settings.
        seconds, after_seconds: of the search, and after it, without compilations.
        compilation_seconds: of the search.
        settings: of the method, where they were tuned.
        optimum: result of an optimiser.
    """

    x: np.ndarray
    point: str
    status: str
    message: str
    mean: np.ndarray
    sd: np.ndarray
    draws: np.ndarray | None = None
    limits: np.ndarray | None = None
    exact: bool = False
    hessian_sd: np.ndarray | None = None
    covariance: np.ndarray | None = None
    mixed: bool | None = None
    diagnostics: Mapping[str, np.ndarray] = field(factory=dict)
    numbers: Mapping[str, float] = field(factory=dict)
    remarks: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    improvements: tuple[Point, ...] = ()
    began: float = 0.0
    budget: Budget = field(factory=Budget)
    after: Budget = field(factory=Budget)
    tuning: Budget = field(factory=Budget)
    seconds: float = 0.0
    compilation_seconds: float = 0.0
    after_seconds: float = 0.0
    settings: Mapping[str, Any] = field(factory=dict)
    optimum: OptimisationResult | None = None


def solved(row: RowProblem, definition: Mapping[str, Any]) -> Solution:
    """Solution of the problem by the method of a row; see `Row.definition`."""
    method = definition["method"]
    if method["name"] == "prior":
        prior = row.problem.prior
        mean, sd = np.asarray(prior.mean, float), np.asarray(prior.covariance.sd, float)
        return Solution(mean, "prior mean", "completed", "not solved", mean, sd)
    if method["name"] == "exact":
        return _exact(row)
    section = BudgetSection(**{k: v for k, v in definition["budget"].items() if v is not None})
    seed, count = definition["method_seed"], len(row.problem.control)
    settings, tuning = dict(method["settings"]), section.budget(count)
    if method["tune"]:
        settings |= _tuned(row, method, section, seed, tuning)
    result = _attempt(row, {**method, "settings": settings}, section.budget(count), seed)
    return evolve(result, tuning=tuning, settings=settings if method["tune"] else {})


def _exact(row: RowProblem) -> Solution:
    """The exact answer of a known problem; NaN where a part of it is not known."""
    assert row.known is not None
    answer, none = row.known.answer, np.full(len(row.start), np.nan)
    x = none if answer.minima is None else np.asarray(answer.minima[0], float)
    mean, sd = (v if len(v) == len(none) else none for v in (answer.mean, answer.sd))
    return Solution(x, "exact minimum", "completed", "known answer", mean, sd, exact=True)


def _tuned(
    row: RowProblem, method: Mapping[str, Any], section: BudgetSection, seed: int, budget: Budget
) -> dict[str, Any]:
    """The combination of settings whose trial ends at the least cost.

    The trials share one budget, each the same part of it.
    """
    trials, costs = combinations(method["tune"]), []
    for settings in trials:
        trial = section.budget(len(row.problem.control))
        trial.model_runs /= len(trials)
        trial.seconds /= len(trials)
        tried = {**method, "settings": {**method["settings"], **settings}}
        try:
            solution = _search(row, tried, trial, seed + TUNING_SEED)
        except CcdasError:  # such as settings that the share is too small for
            best = np.inf
        else:
            _go_on_unless_interrupted(solution.status)
            best = min((p.cost for p in solution.improvements), default=np.inf)
        costs.append(best)
        budget.resume({k: budget.record.get(k, 0) + n for k, n in trial.record.items()})
    return trials[int(np.argmin(costs))]


def _attempt(row: RowProblem, method: Mapping[str, Any], budget: Budget, seed: int) -> Solution:
    """The search, and the posterior at its end outside the budget."""
    solution = _search(row, method, budget, seed)
    if solution.optimum is None:
        return solution
    return _with_posterior(row, solution, solution.optimum)


def _search(row: RowProblem, method: Mapping[str, Any], budget: Budget, seed: int) -> Solution:
    component = required_component(
        f"{method['kind']}s", method["component"], method["settings"], f"[methods.{method['name']}]"
    )
    generator = np.random.default_rng([seed, 5, 1])
    counted = CountedProblem(row.problem, budget)
    began = time.monotonic()
    if method["kind"] == "optimiser":
        result = minimise(
            component, counted, row.start, lambda _: None, budget=budget, generator=generator
        )
        solution = _of_minimum(result)
    else:
        require_suitable(component, counted)  # before a search that it may follow
        start = _sampling_start(component, row, method, counted)
        ensemble = draw(component, counted, start, lambda _: None, generator)
        solution = _of_ensemble(ensemble, component.gives_posterior)
        if ensemble.status == "budget spent" and not ensemble.exact and counted.best is not None:
            # the mean of an assimilation that did not end is no estimate of the minimum
            solution = evolve(solution, x=counted.best.x, point="best point evaluated")
    ended = time.monotonic()
    return evolve(
        solution,
        improvements=tuple(counted.improvements),
        began=began,
        budget=budget,
        seconds=running_seconds(began, ended),
        compilation_seconds=COMPILATION.between(began, ended),
    )


def _sampling_start(
    sampler: Sampler, row: RowProblem, method: Mapping[str, Any], counted: CountedProblem
) -> SamplingStart:
    """Where a sampler starts; the search for the optimum is part of the budget.

    Raises:
        CcdasError: the budget is spent before there is a start.
    """
    if starts_at_prior(sampler, method["start"]):
        return prior_start(row.problem)
    first = required_component("optimisers", FIRST_SEARCH, {}, "study")
    found = minimise(first, counted, row.start, lambda _: None, budget=counted.budget)
    _go_on_unless_interrupted(found.status)
    try:
        return optimum_start(counted, found.x)
    except BudgetSpent:
        raise CcdasError(
            f"the budget is spent by the search for the optimum ({counted.budget.spent}); give "
            'more, or start = "prior"',
            code="budget-too-small",
            where=counted.budget.key,
        ) from None


def _go_on_unless_interrupted(status: str) -> None:
    """Pass on a Ctrl-C that a search took for its end."""
    if status == "interrupted":
        raise KeyboardInterrupt


def _of_minimum(result: OptimisationResult) -> Solution:
    none = np.full(len(result.x), np.nan)
    return Solution(result.x, "minimum", result.status, result.message, none, none, optimum=result)


def _of_ensemble(ensemble: Ensemble, gives_posterior: bool) -> Solution:
    none = np.full(ensemble.x.shape[-1], np.nan)
    each = ensemble.draws
    usable = gives_posterior and len(each) > 1
    return Solution(
        x=ensemble.mean if len(ensemble.draws) else none,
        point="mean of the draws",
        status=ensemble.status,
        message=ensemble.message,
        mean=ensemble.mean if usable else none,
        sd=ensemble.sd if usable else none,
        draws=ensemble.draws if usable else None,
        limits=np.array([each.min(axis=0), each.max(axis=0)]) if len(each) else None,
        exact=ensemble.exact,
        mixed=ensemble.mixed,
        diagnostics=ensemble.diagnostics,
        numbers=ensemble.numbers,
        remarks=ensemble.remarks,
        doubts=ensemble.doubts,
    )


def _with_posterior(row: RowProblem, solution: Solution, optimum: OptimisationResult) -> Solution:
    """The solution with the Gauss-Newton posterior, if its point is near enough to a minimum."""
    began, after = time.monotonic(), Budget()
    counted = CountedProblem(row.problem, after)
    settings = PosteriorSettings()
    none = np.full(len(solution.x), np.nan)
    mean, sd, covariance, remarks = none, none, None, list(solution.remarks)
    try:
        estimated = estimate(counted, optimum, information(counted, solution.x, settings), settings)
    except (CcdasError, ArithmeticError, np.linalg.LinAlgError) as error:
        remarks.append(f"no posterior: {error}")
    else:
        if estimated.posterior is None:
            remarks.append(estimated.message)
        else:
            mean, sd = solution.x, estimated.posterior.sd
            covariance = estimated.posterior.covariance
    return evolve(
        solution,
        mean=mean,
        sd=sd,
        hessian_sd=sd,
        covariance=covariance,
        remarks=tuple(remarks),
        after=after,
        after_seconds=running_seconds(began, time.monotonic()),
    )
