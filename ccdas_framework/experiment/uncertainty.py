"""The stage of a run after its optimisation: posterior and targets, linearised or by draws."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from attrs import evolve, frozen

from ..config.sections import PosteriorSection
from ..config.validation import SAMPLED
from ..core.budget import Budget
from ..core.ensemble import Ensemble
from ..core.result import OF_DRAWS, Iteration, OptimisationResult
from ..posterior import (
    Distance,
    Estimate,
    NullSpace,
    PosteriorSettings,
    estimate,
    information,
    posterior_of_draws,
)
from ..problem.assembled_problem import Problem
from ..problem.counted_problem import CountedProblem
from .experiment_data import ExperimentData
from .run_log import RunLog
from .sampler_runs import draw
from .sampling_starts import optimum_start, prior_start, starts_at_prior
from .sampling_summary import sampling_summary
from .target_uncertainty import Tables, target_tables, target_tables_of_draws
from .truth import Truth

MOST_RUNS = 200  # of the model with draws, for the targets

Values = Mapping[str, np.ndarray]


@frozen(eq=False)
class Uncertainty:
    """Posterior of a run.

    Args:
        optimum: point of the results.
        estimate: posterior, or the reason why there is none.
        whitened: R^-1/2 K by stream at the point, shape (obs, control); (obs, 0) where the run
            does not linearise.
        targets: tables of the targets.
        ensemble: draws of a sampler, where one is configured.
    """

    optimum: OptimisationResult
    estimate: Estimate
    whitened: Values
    targets: Tables
    ensemble: Ensemble | None = None


def posterior_settings(section: PosteriorSection) -> PosteriorSettings:
    """Settings of a posterior from the Hessian."""
    return PosteriorSettings(
        hessian=section.method,  # type: ignore[arg-type]  # tested by the section
        rank=section.rank,
        largest_distance=section.largest_distance,
    )


def linearised(
    experiment: ExperimentData, problem: Problem, optimum: OptimisationResult, truth: Values | None
) -> Uncertainty:
    """From the Hessian at the optimum; targets through their sensitivities there and at the prior.

    A search that begins at the prior mean has computed the sensitivities there.
    """
    settings = posterior_settings(experiment.config.posterior)
    whitened = information(problem, optimum.x, settings)
    estimated = estimate(problem, optimum, whitened, settings)
    derivatives = problem.target_derivatives(optimum.x)
    before, jacobians = problem.target_derivatives(problem.prior.mean)
    tables = target_tables(problem, before, *derivatives, estimated.posterior, truth, jacobians)
    return Uncertainty(optimum, estimated, whitened, tables)


def without_posterior(
    problem: Problem, optimum: OptimisationResult, truth: Values | None
) -> Uncertainty:
    """The point alone, without any derivative."""
    message, ended = "[posterior] method is none.", optimum.distance_from_minimum
    estimated = _not_linearised(problem, optimum, message, ended)
    before, after = (problem.values_of(x, problem.targets) for x in (problem.prior.mean, optimum.x))
    tables = target_tables(problem, before, after, truth=truth)
    return Uncertainty(optimum, estimated, _no_information(problem), tables)


def sampled(
    experiment: ExperimentData,
    problem: Problem,
    optimum: OptimisationResult,
    truth: Values | None,
    log: RunLog,
    earlier: Ensemble | None,
) -> Uncertainty:
    """From the draws of the sampler; targets by runs of the model with them.

    The sampler has a budget of its own, as large as that of the search.
    """
    config, sampler = experiment.config, experiment.sampler
    assert sampler is not None and config.sampler is not None
    generator = np.random.default_rng([config.experiment.seed, 6])
    budget = config.budget.budget(len(problem.control))
    monitor = log.monitor
    counted = CountedProblem(problem, budget, lambda spent: log.evaluated(spent, monitor))
    at_prior = starts_at_prior(sampler, config.sampler.start)
    start = prior_start(problem) if at_prior else optimum_start(problem, optimum.x)
    if earlier is not None and sampler.resumes:
        budget.resume(earlier.counts)
    ensemble = draw(sampler, counted, start, log.drawn, generator, earlier)
    if at_prior:
        optimum = _mean_of(problem, optimum, ensemble, budget)
    usable = sampler.gives_posterior and ensemble.status not in ("failed", "ruled out")
    posterior = posterior_of_draws(ensemble, problem.prior.covariance) if usable else None
    message = sampling_summary(str(config.sampler.name), ensemble)
    ended = OF_DRAWS if at_prior else optimum.distance_from_minimum
    estimated = evolve(_not_linearised(problem, optimum, message, ended), posterior=posterior)
    estimated = evolve(estimated, doubtful=ensemble.mixed is False or bool(ensemble.doubts))
    if usable:
        tables, remark = target_tables_of_draws(
            problem, *_runs(problem, ensemble, generator), optimum.x, truth
        )
        if remark:
            estimated = evolve(estimated, message=f"{estimated.message} {remark}.")
    else:  # the spread of such draws is no posterior
        tables = without_posterior(problem, optimum, truth).targets
    return Uncertainty(optimum, estimated, _no_information(problem), tables, ensemble)


def uncertainty_of(
    experiment: ExperimentData,
    problem: Problem,
    optimum: OptimisationResult,
    truth: Truth | None,
    log: RunLog,
    earlier: Ensemble | None = None,
) -> Uncertainty:
    """The posterior by the method of the configuration.

    Args:
        earlier: draws of an interrupted run.
    """
    true_targets = None if truth is None else truth.simulate(problem, problem.targets)
    method = experiment.config.posterior.method
    if method in SAMPLED:
        return sampled(experiment, problem, optimum, true_targets, log, earlier)
    if method == "none":
        return without_posterior(problem, optimum, true_targets)
    return linearised(experiment, problem, optimum, true_targets)


def begins_at_prior(experiment: ExperimentData) -> bool:
    """Whether there is a sampler that starts at the prior, so that nothing is optimised."""
    sampler, section = experiment.sampler, experiment.config.sampler
    return sampler is not None and section is not None and starts_at_prior(sampler, section.start)


def result_at_prior(problem: Problem) -> OptimisationResult:
    """The prior mean as the result of no optimisation."""
    x = np.asarray(problem.prior.mean, float)
    terms = problem.cost_terms(x)
    point = Iteration(0, x, float(sum(terms.values())), terms)
    message = "not optimised: the sampler starts at the prior"
    return OptimisationResult(x, "completed", message, (point,))


def _mean_of(
    problem: Problem, optimum: OptimisationResult, ensemble: Ensemble, budget: Budget
) -> OptimisationResult:
    """The mean of the draws as the point of the results."""
    x = ensemble.mean
    terms = problem.cost_terms(x)
    point = Iteration(1, x, float(sum(terms.values())), terms, counts=budget.record)
    message = f"mean of {len(ensemble.draws)} draws; {ensemble.message}"
    points = (optimum.iterations[0], point)
    return OptimisationResult(x, ensemble.status, message, points, budget.record)


def _not_linearised(
    problem: Problem, optimum: OptimisationResult, message: str, ended: str
) -> Estimate:
    distance = Distance(
        decrement=np.nan,
        largest=np.nan,
        curvature=None,
        ended=ended,
        measured=False,
        converged=optimum.stationary,
    )
    return Estimate(None, distance, message, {}, NullSpace.unknown(len(problem.control)))


def _no_information(problem: Problem) -> dict[str, np.ndarray]:
    return {name: np.zeros((len(s.values), 0)) for name, s in problem.streams.items()}


def _runs(
    problem: Problem, ensemble: Ensemble, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draws of the prior and of the posterior for the targets, shapes (draw, control)."""
    draws = ensemble.draws
    count = min(len(draws), MOST_RUNS)
    of_posterior = draws[np.linspace(0, len(draws) - 1, count).astype(int)]
    of_prior = [
        x for x in problem.prior.sample(generator, 2 * count) if not problem.control.outside(x)
    ]
    return np.array(of_prior[:count]).reshape(-1, draws.shape[1]), of_posterior
