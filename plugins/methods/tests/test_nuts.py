"""The no-U-turn sampler: its posterior, its counts by both ways to a gradient, and bounds."""

import sys
import threading

import numpy as np
import pytest
from attrs import evolve

from ccdas_framework import Budget, CcdasError, SamplingStart
from ccdas_framework.testing import (
    CountedProblem,
    DirectProblem,
    known_problem_named,
    straight_problem,
)

pytest.importorskip("blackjax", reason="the extra `nuts` is not installed")
from ccdas_methods import nuts_process
from ccdas_methods.nuts_sampler import Nuts

PROBLEM, START = straight_problem()
SMALL = Nuts(chains=2, warm_up=40, draws=25)


def sampled(sampler, problem=PROBLEM, start=START, seed=1, budget=None, **further):
    counted = CountedProblem(problem, budget or Budget())
    arguments = {"callback": lambda e: None, "generator": np.random.default_rng(seed), **further}
    return sampler.sample(counted, start, budget=counted.budget, **arguments)


def equal(first, second):
    np.testing.assert_array_equal(first.x, second.x)
    for name, values in first.statistics.items():
        np.testing.assert_array_equal(values, second.statistics[name])
    assert (first.status, first.numbers) == (second.status, second.numbers)


class Changed:
    """The straight problem with another cost and gradient."""

    def __init__(self, value_and_gradient):
        self.value_and_gradient = value_and_gradient

    def __getattr__(self, name):
        if name == "costs":
            raise AttributeError(name)
        return getattr(PROBLEM, name)

    def cost(self, x):
        return self.value_and_gradient(np.asarray(x))[0]

    def cost_terms(self, x):
        return {"prior": self.cost(x)}


@pytest.fixture(scope="module")
def long():
    return sampled(Nuts(chains=2, warm_up=150, draws=500))


def test_moments_are_those_of_the_linear_posterior(long):
    size = long.diagnostics["effective_sample_size"]
    sd = np.sqrt(np.diag(START.covariance))
    assert long.mixed and size.min() > 400 and long.doubts == ()
    assert np.all(np.abs(long.mean - START.mean) <= 4.0 * sd / np.sqrt(size))
    assert np.all(np.abs(long.sd / sd - 1.0) <= 4.0 / np.sqrt(size))


@pytest.mark.science
def test_the_step_size_is_adapted_to_the_acceptance_rate():
    ensemble = sampled(Nuts(chains=2, warm_up=100, draws=60, target_acceptance=0.95))
    low = sampled(Nuts(chains=2, warm_up=100, draws=60, target_acceptance=0.6))
    sizes = [e.statistics["step_size"].mean() for e in (ensemble, low)]
    assert sizes[0] < 0.8 * sizes[1]
    assert ensemble.numbers["acceptance_rate"] > 0.9 > low.numbers["acceptance_rate"]
    for each in (ensemble, low):  # fixed after the warm-up
        assert np.all(np.ptp(each.statistics["step_size"], axis=1) == 0.0)


def test_as_many_draws_come_back_as_were_asked_for():
    ensemble = sampled(Nuts(chains=3, warm_up=11, draws=13))
    assert ensemble.status == "completed" and ensemble.x.shape == (3, 13, 2)


def test_the_log_density_is_that_of_the_draw():
    ensemble = sampled(SMALL)
    costs = PROBLEM.costs(ensemble.draws)
    np.testing.assert_allclose(-ensemble.log_density.ravel(), costs, rtol=1e-12)


@pytest.fixture(scope="module")
def both_ways():
    pytest.importorskip("jax")
    problem = known_problem_named("strong_correlation").problem("jax")
    x = np.array([0.99995, 0.99995])
    start = SamplingStart(x, np.linalg.inv(np.eye(2) + 1e4 * np.ones((2, 2))), "optimum")
    return [sampled(evolve(SMALL, trace=trace), problem, start) for trace in (True, False)]


def test_traced_steps_are_counted_as_those_that_call(both_ways):
    traced, called = both_ways
    assert traced.counts == called.counts and traced.counts["gradient"] > 4 * 65
    np.testing.assert_allclose(traced.x, called.x, rtol=1e-6)


def test_all_leapfrog_steps_are_counted_warm_up_included(both_ways):
    ensemble = sampled(evolve(SMALL, warm_up=0))
    kept = ensemble.statistics["n_steps"].sum()
    assert ensemble.counts["gradient"] == kept + 2  # and one at the start of each chain
    for each in both_ways:
        assert each.counts["gradient"] > each.statistics["n_steps"].sum() + 2 * 40


def test_a_bound_reflects_the_chains():
    problem, start = straight_problem(upper=START.mean[0] + 0.1)
    ensemble = sampled(Nuts(chains=2, warm_up=100, draws=400), problem, start)
    x1, limit = ensemble.draws[:, 0], START.mean[0] + 0.1
    assert x1.max() <= limit and ensemble.failed == 0
    # a normal variable below 0.1 above its mean
    from scipy.stats import truncnorm

    sd = np.sqrt(START.covariance[0, 0])
    exact = truncnorm(-np.inf, 0.1 / sd, START.mean[0], sd)
    size = ensemble.diagnostics["effective_sample_size"][0]
    assert abs(x1.mean() - exact.mean()) < 4 * exact.std() / np.sqrt(size)
    assert abs(x1.std() / exact.std() - 1) < 4 / np.sqrt(size)


# -- failures -------------------------------------------------------------------------------------


def test_steps_into_failed_runs_are_divergent_and_the_adaptation_hears_of_them():
    problem, start = straight_problem(breaks_at=START.mean[0])
    ensemble = sampled(Nuts(chains=2, warm_up=100, draws=100), problem, start)
    assert ensemble.x[..., 0].max() <= START.mean[0]
    assert ensemble.numbers["warm_up_divergences"] > 0 and ensemble.doubts == ("divergences",)
    assert ensemble.mixed is False and ensemble.failed >= ensemble.numbers["divergences"]
    free = sampled(Nuts(chains=2, warm_up=100, draws=100))
    assert ensemble.statistics["step_size"].mean() < free.statistics["step_size"].mean()


def test_a_gradient_that_is_nan_is_no_density():
    def value_and_gradient(x):
        cost, gradient = PROBLEM.value_and_gradient(x)
        return cost, gradient if x[0] < START.mean[0] else np.full(2, np.nan)

    ensemble = sampled(SMALL, Changed(value_and_gradient))
    assert ensemble.x[..., 0].max() < START.mean[0] and ensemble.numbers["divergences"] > 0
    assert np.isfinite(ensemble.x).all()


def test_where_every_start_fails_the_sampling_ends_with_the_count():
    problem, start = straight_problem(breaks_at=-1e9)
    ensemble = sampled(SMALL, problem, start)
    assert ensemble.status == "failed" and ensemble.x.shape == (2, 0, 2)
    assert ensemble.failed == ensemble.counts["gradient"] == 2 * 51


def test_an_error_of_the_model_comes_out_as_itself():
    calls = []

    def value_and_gradient(x):
        calls.append(x)
        if len(calls) > 30:
            raise ZeroDivisionError("a mistake in the model")
        return PROBLEM.value_and_gradient(x)

    with pytest.raises(ZeroDivisionError):
        sampled(SMALL, Changed(value_and_gradient))
    assert len(calls) == 31


def test_an_error_of_the_system_in_the_model_is_not_taken_for_one_of_the_sampler():
    def value_and_gradient(x):
        raise FileNotFoundError("forcing.nc")

    with pytest.raises(FileNotFoundError):
        sampled(SMALL, Changed(value_and_gradient))


def test_the_log_density_runs_in_the_thread_of_the_caller():
    """Within a callback of JAX it would hold a thread for which JAX may wait for ever."""
    threads = set()

    def value_and_gradient(x):
        threads.add(threading.current_thread())
        return PROBLEM.value_and_gradient(x)

    sampled(SMALL, Changed(value_and_gradient))
    assert threads == {threading.current_thread()}


def test_an_end_of_the_process_of_the_steps_is_an_error_and_the_next_sampling_has_a_new_one():
    idle = nuts_process._IDLE
    idle.append(nuts_process.StepsProcess())
    process = idle[-1]

    def value_and_gradient(x):
        if process not in idle:  # it is at work
            process.process.kill()
        return PROBLEM.value_and_gradient(x)

    with pytest.raises(CcdasError) as error:
        sampled(SMALL, Changed(value_and_gradient))
    assert (error.value.code, error.value.where) == ("worker-died", "sampler 'nuts'")
    assert process not in idle and sampled(SMALL).status == "completed"


def test_a_process_that_ended_while_it_waited_is_replaced():
    process = nuts_process.StepsProcess()
    process.process.kill()
    process.process.wait()
    nuts_process._IDLE.append(process)
    assert sampled(SMALL).status == "completed" and process not in nuts_process._IDLE


def test_a_thread_that_finds_the_last_process_taken_starts_one(monkeypatch):
    class Taken(list):
        """Processes of which another thread takes the last one between two instructions."""

        def __bool__(self):
            return True

    monkeypatch.setattr(nuts_process, "_IDLE", Taken())
    assert sampled(SMALL).status == "completed"


def test_modules_of_the_folder_it_runs_in_do_not_hide_those_of_python(tmp_path, monkeypatch):
    (tmp_path / "pickle.py").write_text("raise ImportError('a file of the user')", "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(nuts_process, "_IDLE", [])
    assert sampled(SMALL).status == "completed"


def test_a_missing_package_is_an_error_of_the_user(monkeypatch):
    monkeypatch.setitem(sys.modules, "blackjax", None)
    with pytest.raises(CcdasError) as error:
        sampled(SMALL)
    assert (error.value.code, error.value.where) == ("missing-package", "sampler 'nuts'")


# -- budget, interruption, resuming ---------------------------------------------------------------


def test_the_budget_is_never_exceeded_and_leaves_draws():
    budget = Budget(model_runs=1000, weights={"gradient": 4.0})
    ensemble = sampled(Nuts(), budget=budget)
    assert ensemble.status == "budget spent" and 900 < budget.used <= 1000
    assert ensemble.x.shape[1] > 0 and ensemble.numbers["warm_up_steps"] > 0


def test_a_traced_log_density_stays_within_its_budget(both_ways):
    problem = known_problem_named("strong_correlation").problem("jax")
    x = np.array([0.99995, 0.99995])
    start = SamplingStart(x, np.linalg.inv(np.eye(2) + 1e4 * np.ones((2, 2))), "optimum")
    sampler = evolve(SMALL, doublings=3, draws=1000)
    budget = Budget(model_runs=300)  # a round of all chains takes at most 160 gradients
    ensemble = sampled(sampler, problem, start, budget=budget)
    assert ensemble.status == "budget spent" and 290 < budget.used <= 300


def test_ctrl_c_keeps_the_draws_and_resuming_gives_the_same_numbers():
    whole = sampled(SMALL)
    for rounds in (2, 5):  # in the warm-up, and after it
        seen = []

        def stop(ensemble, seen=seen, rounds=rounds):
            seen.append(ensemble)
            if len(seen) == rounds:
                raise KeyboardInterrupt

        budget = Budget()
        part = sampled(SMALL, budget=budget, callback=stop)
        assert part.status == "interrupted" and part.x.shape[1] == max(10 * rounds - 40, 0)
        again = Budget()
        again.resume(budget.record)
        equal(sampled(SMALL, budget=again, seed=99, earlier=part), whole)
        assert again.counts == {**again.counts, **whole.counts}


def test_ctrl_c_within_a_run_of_the_model_keeps_whole_rounds():
    calls = []

    def value_and_gradient(x):
        calls.append(x)
        if len(calls) == 150:
            raise KeyboardInterrupt
        return PROBLEM.value_and_gradient(x)

    part = sampled(SMALL, Changed(value_and_gradient))
    assert part.status == "interrupted" and len(calls) == 150
    equal(sampled(SMALL, earlier=part), sampled(SMALL))


def test_the_seed_alone_decides_and_chains_differ():
    first = sampled(SMALL)
    np.random.seed(5)
    equal(sampled(SMALL), first)
    assert not np.array_equal(sampled(SMALL, seed=2).x, first.x)
    assert not np.array_equal(first.x[0], first.x[1])


def test_a_direct_problem_cannot_be_traced():
    """So that the tests above call it."""
    assert isinstance(PROBLEM, DirectProblem) and not hasattr(PROBLEM, "traced_log_density")
