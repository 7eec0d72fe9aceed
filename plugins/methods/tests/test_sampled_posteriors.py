"""Exact samplers on the problems with known answers: right, or marked."""

import numpy as np
import pytest
from ccdas_methods.emcee_sampler import Emcee

from ccdas_framework import Budget, SamplingStart
from ccdas_framework.testing import (
    KNOWN_PROBLEMS,
    CountedProblem,
    DirectProblem,
    known_problem_named,
    sampler_disagreements,
)

# a local sampler may not converge here, and then has to say so
HARD = {
    "funnel", "two_minima", "failing_model", "raising_model", "many_parameters", "rosenbrock",
    "banana",
}  # fmt: skip
SAMPLED = [name for name, known in KNOWN_PROBLEMS.items() if "sampler" in known.answer.methods]


def nuts(**settings):
    pytest.importorskip("blackjax", reason="the extra `nuts` is not installed")
    from ccdas_methods.nuts_sampler import Nuts

    return Nuts(**settings)


def start_of(known, problem):
    """The Gaussian at the first minimum by its Hessian; the prior where there are two minima."""
    if len(known.answer.minima) > 1:
        return SamplingStart(problem.prior.mean, problem.prior.covariance.dense())
    x = np.asarray(known.answer.minima[0], float)
    hessian = problem.hessian_vectors(x, np.eye(len(x)))
    return SamplingStart(x, np.linalg.inv(0.5 * (hessian + hessian.T)), "optimum")


def sampled(sampler, known, problem=None, seed=1):
    traced = problem is None and known.traceable
    assembled = known.problem("jax" if traced else "autograd")
    counted = CountedProblem(problem or assembled, Budget())
    start = start_of(known, assembled)
    generator = np.random.default_rng(seed)
    return sampler.sample(counted, start, lambda e: None, generator, counted.budget)


def is_right_or_marked(known, ensemble):
    """An unmarked result agrees; only a hard problem may be marked."""
    assert ensemble.status == "completed"
    assert all(known.control.within(x).all() for x in ensemble.draws)
    if ensemble.mixed:
        size = float(np.nanmin(ensemble.diagnostics["effective_sample_size"]))
        assert sampler_disagreements(known, ensemble.draws, size) == []
    else:
        assert known.name in HARD, (ensemble.diagnostics, ensemble.doubts)


# -- fast -----------------------------------------------------------------------------------------


def test_walkers_keep_to_a_bound_at_the_optimum():
    known = known_problem_named("bound_at_optimum")
    matrix = np.array([[1.0, 0.5], [0.0, 1.0]])
    direct = DirectProblem(known, lambda x: x @ matrix.T, lambda x: matrix)
    ensemble = sampled(Emcee(warm_up=100, draws=900), known, direct)
    assert ensemble.mixed
    is_right_or_marked(known, ensemble)


def test_walkers_stay_out_of_failed_runs():
    known = known_problem_named("failing_model")

    def members(x):
        return np.where(x > -0.8416212336, x, np.nan)

    direct = DirectProblem(known, members, lambda x: np.ones((1, 1)))
    ensemble = sampled(Emcee(warm_up=100, draws=500), known, direct)
    assert ensemble.mixed and ensemble.failed > 0 and ensemble.x.min() > -0.8416212336
    is_right_or_marked(known, ensemble)


def test_chains_on_both_sides_of_two_maxima_are_marked():
    """Chains start in pairs on either side of the prior mean, so that no seed hides one maximum."""
    known = known_problem_named("two_minima")
    direct = DirectProblem(known, lambda x: x**2, lambda x: 2.0 * np.array([[x[0]]]))
    ensemble = sampled(nuts(warm_up=60, draws=60), known, direct)
    assert np.any(ensemble.draws > 1.0) and np.any(ensemble.draws < -1.0)
    assert ensemble.mixed is False and ensemble.diagnostics["r_hat"][0] > 1.5


@pytest.mark.parametrize("seed", [1, 2])
def test_walkers_that_stay_at_two_maxima_are_marked_though_ensembles_agree(seed):
    known = known_problem_named("two_minima")
    direct = DirectProblem(known, lambda x: x**2, lambda x: 2.0 * np.array([[x[0]]]))
    ensemble = sampled(Emcee(warm_up=50, draws=200), known, direct, seed=seed)
    assert "separate-walkers" in ensemble.doubts and ensemble.mixed is False


# -- all ------------------------------------------------------------------------------------------


@pytest.mark.science
@pytest.mark.parametrize("name", SAMPLED)
def test_nuts_is_right_or_marked(name):
    known = known_problem_named(name)
    is_right_or_marked(known, sampled(nuts(warm_up=500, draws=1000), known))


@pytest.mark.science
@pytest.mark.parametrize("name", SAMPLED)
def test_emcee_is_right_or_marked(name):
    known = known_problem_named(name)
    is_right_or_marked(known, sampled(Emcee(warm_up=500, draws=2500), known))


@pytest.mark.science
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_funnel_is_marked_by_divergences_or_by_r_hat(seed):
    known = known_problem_named("funnel")
    ensemble = sampled(nuts(warm_up=500, draws=1000), known, seed=seed)
    low = np.mean(ensemble.draws[:, 0] < -3.0)
    size = np.nanmin(ensemble.diagnostics["effective_sample_size"])
    right = abs(low - 0.1586553) <= 4.0 * np.sqrt(0.1586553 * 0.8413447 / max(size, 1.0))
    assert ensemble.mixed is False or (right and size >= 400)
