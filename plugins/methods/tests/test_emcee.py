"""Ensembles of walkers: their posterior, their diagnostics, and what goes wrong with walkers."""

import numpy as np
import pytest
from attrs import evolve
from ccdas_methods.emcee_sampler import Emcee

from ccdas_framework import Budget, BudgetSpent, CcdasError, SamplingStart
from ccdas_framework.testing import CountedProblem, straight_problem

PROBLEM, START = straight_problem()
SMALL = Emcee(warm_up=20, draws=30)


def sampled(sampler, problem=PROBLEM, start=START, seed=1, budget=None, **further):
    counted = CountedProblem(problem, budget or Budget())
    arguments = {"callback": lambda e: None, "generator": np.random.default_rng(seed), **further}
    return sampler.sample(counted, start, budget=counted.budget, **arguments)


def equal(first, second):
    np.testing.assert_array_equal(first.x, second.x)
    np.testing.assert_array_equal(first.log_density, second.log_density)
    assert first.status == second.status
    np.testing.assert_equal(dict(first.numbers), dict(second.numbers))
    np.testing.assert_equal(dict(first.diagnostics), dict(second.diagnostics))


@pytest.fixture(scope="module")
def long():
    return sampled(Emcee(warm_up=200, draws=1500))


def test_moments_are_those_of_the_linear_posterior(long):
    size = long.diagnostics["effective_sample_size"]
    sd = np.sqrt(np.diag(START.covariance))
    assert long.mixed and size.min() > 400
    assert np.all(np.abs(long.mean - START.mean) <= 4.0 * sd / np.sqrt(size))
    assert np.all(np.abs(long.sd / sd - 1.0) <= 4.0 / np.sqrt(size))


def test_as_many_draws_come_back_as_were_asked_for():
    ensemble = sampled(Emcee(ensembles=3, walkers=8, warm_up=7, draws=11, thin=2))
    assert ensemble.status == "completed"
    assert ensemble.x.shape == (3, 8 * 11, 2)
    assert ensemble.counts == {"cost": 3 * 8 * (1 + 7 + 11 * 2)}


def test_draws_lie_walker_by_walker():
    ensemble = sampled(SMALL)
    walker = ensemble.statistics["walker"].reshape(2, 16, 30)
    assert np.array_equal(walker, np.broadcast_to(np.arange(16.0)[:, None], walker.shape))
    moves = np.any(np.diff(ensemble.x.reshape(2, 16, 30, 2), axis=2) != 0.0, axis=3)
    assert 0.2 < moves.mean() < 0.9  # a walker stays where its proposal is refused


def test_thinning_keeps_each_so_many_steps():
    whole, thinned = sampled(SMALL), sampled(evolve(SMALL, draws=10, thin=3))
    kept = whole.x.reshape(2, 16, 30, 2)[:, :, 2::3].reshape(2, -1, 2)
    np.testing.assert_array_equal(thinned.x, kept)


def test_the_warm_up_is_counted_and_not_kept():
    whole, later = sampled(evolve(SMALL, warm_up=0, draws=50)), sampled(SMALL)
    kept = whole.x.reshape(2, 16, 50, 2)[:, :, 20:].reshape(2, -1, 2)
    np.testing.assert_array_equal(later.x, kept)
    assert whole.counts == later.counts


@pytest.mark.parametrize("walkers", [2, 7])
def test_too_few_walkers_or_an_odd_number_are_refused(walkers):
    with pytest.raises(CcdasError) as error:
        sampled(Emcee(walkers=walkers))
    assert (error.value.code, error.value.where) == ("wrong-walkers", "sampler.walkers")


def test_a_flat_start_is_refused():
    flat = SamplingStart(START.mean, np.ones((2, 2)))
    with pytest.raises(CcdasError) as error:
        sampled(SMALL, start=flat)
    assert error.value.code == "singular-start"


def test_the_size_of_units_is_no_flat_start():
    scaled = SamplingStart(START.mean, START.covariance * np.outer([1e-9, 1.0], [1e-9, 1.0]))
    assert sampled(SMALL, start=scaled).status == "completed"


def test_starts_at_failed_runs_are_drawn_anew_and_counted():
    problem, start = straight_problem(breaks_at=START.mean[0])
    ensemble = sampled(SMALL, problem, start)
    assert ensemble.status == "completed" and ensemble.numbers["starts_drawn_anew"] > 5
    assert np.isfinite(ensemble.log_density).all() and ensemble.x[..., 0].max() <= START.mean[0]
    assert ensemble.failed > ensemble.numbers["starts_drawn_anew"]


def test_where_every_start_fails_the_sampling_ends_with_the_count():
    problem, start = straight_problem(breaks_at=-1e9)
    ensemble = sampled(SMALL, problem, start)
    assert ensemble.status == "failed" and ensemble.x.shape == (2, 0, 2)
    assert ensemble.failed == ensemble.counts["cost"] == 32 * 51
    assert "32" in ensemble.message


def test_no_walker_starts_or_goes_beyond_a_bound():
    problem, start = straight_problem(upper=START.mean[0])
    ensemble = sampled(Emcee(warm_up=0, draws=50), problem, start)
    assert ensemble.x[..., 0].max() <= START.mean[0] and ensemble.failed == 0


def test_a_walker_that_stays_far_below_is_named_and_marks_the_ensemble():
    island = np.array([40.0, -40.0])  # the walkers cannot get away from it, nor be drawn there

    def costs(x):
        well = 1e4 + 0.5 * np.sum((x - island) ** 2, axis=1)
        return np.where(np.linalg.norm(x - island, axis=1) < 20.0, well, PROBLEM.costs(x))

    class Islands:
        def __getattr__(self, name):
            return getattr(PROBLEM, name)

        def costs(self, x):
            return costs(x)

    first = sampled(SMALL)
    state = {name: np.array(values) for name, values in first.state.items()}
    state["position"][1, 4] = island
    state["log_density"][1, 4] = -1e4
    state["progress"][0] = state["progress"][1]  # no draw so far
    fresh = evolve(first, x=first.x[:, :0], log_density=first.log_density[:, :0], state=state)
    ensemble = sampled(evolve(SMALL, draws=5), Islands(), earlier=fresh)
    assert ensemble.doubts == ("stuck-walkers",) and ensemble.mixed is False
    assert ensemble.numbers["stuck_walkers"] == 1.0
    assert any("5 of ensemble 2" in remark for remark in ensemble.remarks)


def test_ensembles_that_stay_apart_are_not_mixed():
    """R-hat is between ensembles, not between the walkers of one."""

    class TwoWells:
        def __getattr__(self, name):
            return getattr(PROBLEM, name)

        def costs(self, x):
            return 0.5 * np.sum((np.abs(x) - 50.0) ** 2, axis=1)

    first = sampled(SMALL)
    state = {name: np.array(values) for name, values in first.state.items()}
    noise = np.random.default_rng(3).normal(size=(2, 16, 2))
    state["position"] = noise + np.array([50.0, -50.0])[:, None, None]
    state["log_density"] = -TwoWells().costs(state["position"].reshape(-1, 2)).reshape(2, 16)
    state["progress"][0] = state["progress"][1]
    fresh = evolve(first, x=first.x[:, :0], log_density=first.log_density[:, :0], state=state)
    ensemble = sampled(evolve(SMALL, draws=400), TwoWells(), earlier=fresh)
    assert ensemble.diagnostics["r_hat"].min() > 1.5 and ensemble.mixed is False


# -- budget, interruption, resuming ---------------------------------------------------------------


def test_the_budget_is_never_exceeded_and_leaves_draws():
    budget = Budget(model_runs=700)
    ensemble = sampled(SMALL, budget=budget)
    assert ensemble.status == "budget spent" and budget.used <= 700
    steps = (700 - 32) // 32
    assert ensemble.numbers["warm_up_steps"] == steps // 2
    assert ensemble.x.shape == (2, 16 * (steps - steps // 2), 2)


def test_a_budget_that_does_not_reach_the_start_gives_no_draws():
    ensemble = sampled(SMALL, budget=Budget(model_runs=5))
    assert (ensemble.status, ensemble.x.shape) == ("budget spent", (2, 0, 2))
    assert np.isnan(ensemble.mean).all() and np.isnan(ensemble.covariance).all()


def test_ctrl_c_keeps_the_draws_and_resuming_gives_the_same_numbers():
    whole = sampled(SMALL)
    seen = []

    def stop(ensemble):
        seen.append(ensemble)
        if len(seen) == 4:
            raise KeyboardInterrupt

    budget = Budget()
    part = sampled(SMALL, budget=budget, callback=stop)
    assert part.status == "interrupted" and part.x.shape == (2, 16 * 20, 2)
    again = Budget()
    again.resume(budget.record)
    equal(sampled(SMALL, budget=again, seed=99, earlier=part), whole)
    assert again.counts["cost"] == whole.counts["cost"]


def test_ctrl_c_within_a_run_of_the_model_loses_no_step():
    class Stopped(CountedProblem):
        def log_densities(self, members):
            if self.budget.used > 900:
                raise KeyboardInterrupt
            return super().log_densities(members)

    whole, budget = sampled(SMALL), Budget()
    stopped = Stopped(PROBLEM, budget)
    part = SMALL.sample(stopped, START, lambda e: None, np.random.default_rng(1), budget)
    assert part.status == "interrupted"
    equal(sampled(SMALL, earlier=part), whole)


def test_an_error_of_the_model_comes_out_as_itself(capsys):
    class Faulty(CountedProblem):
        def log_densities(self, members):
            raise ZeroDivisionError("a mistake in the model")

    faulty = Faulty(PROBLEM, Budget())
    with pytest.raises(ZeroDivisionError):
        SMALL.sample(faulty, START, lambda e: None, np.random.default_rng(1), Budget())
    assert capsys.readouterr().out == ""


def test_the_end_of_a_budget_passes_through_emcee(capsys):
    counted = CountedProblem(PROBLEM, Budget(model_runs=100))
    with pytest.raises(BudgetSpent):
        counted.log_densities(np.zeros((101, 2)))
    assert sampled(SMALL, budget=Budget(model_runs=100)).status == "budget spent"
    assert capsys.readouterr().out == ""


# -- random numbers -------------------------------------------------------------------------------


def test_the_seed_alone_decides_and_ensembles_differ():
    state = np.random.get_state()[1].copy()
    first = sampled(SMALL)
    np.random.seed(5)
    equal(sampled(SMALL), first)
    np.random.set_state(("MT19937", state, 624, 0, 0.0))
    sampled(SMALL)
    assert np.array_equal(np.random.get_state()[1], state)
    assert not np.array_equal(sampled(SMALL, seed=2).x, first.x)
    assert not np.array_equal(first.x[0], first.x[1])


def test_separate_maxima_are_reached_by_differential_evolution():
    class TwoHills:
        def __getattr__(self, name):
            return getattr(PROBLEM, name)

        def costs(self, x):
            return 0.5 * np.sum((np.abs(x[:, :1]) - 3.0) ** 2 / 0.04, axis=1) + 0.5 * x[:, 1] ** 2

    start = SamplingStart(np.zeros(2), np.diag([9.0, 1.0]))
    sampler = Emcee(walkers=40, warm_up=200, draws=800, moves="differential_evolution")
    ensemble = sampled(sampler, TwoHills(), start)
    assert ensemble.mixed
    size = ensemble.diagnostics["effective_sample_size"][0]
    assert abs(np.mean(ensemble.draws[:, 0] > 0) - 0.5) < 4 * 0.5 / np.sqrt(size)
