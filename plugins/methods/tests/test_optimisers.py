"""Optimisers keep the rules of the framework and find known minima."""

import re
from pathlib import Path

import attrs
import numpy as np
import pytest
from ccdas_methods import optimisers
from ccdas_methods.bfgs import Bfgs
from ccdas_methods.cma_es import CmaEs
from ccdas_methods.differential_evolution import DifferentialEvolution
from ccdas_methods.newton_cg import NewtonCg
from ccdas_methods.random_search import RandomSearch

from ccdas_framework import Budget, FailedRun
from ccdas_framework.testing import (
    KNOWN_PROBLEMS,
    checks_for,
    known_problem,
    minimiser_disagreements,
    search_disagreements,
)

DESCENTS = {"bfgs": Bfgs(), "newton_cg": NewtonCg()}
SEARCHES = {"cma_es": CmaEs(), "differential_evolution": DifferentialEvolution()}
BY_COSTS = {**SEARCHES, "random_search": RandomSearch(draws=200)}
ALL = {**DESCENTS, **BY_COSTS}
LARGE = ("many_parameters", "lorenz_1963")  # seconds


def known(of_class):
    """Problems that a class of methods can solve; the large ones are science."""
    problems = []
    for name, problem in KNOWN_PROBLEMS.items():
        if of_class in problem.answer.methods:
            marks = pytest.mark.science if name in LARGE else ()
            problems.append(pytest.param(problem, id=name, marks=marks))
    return problems


# -- rules of the framework -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "check",
    [
        pytest.param(check, id=f"{name}-{check!r}")
        for name, optimiser in ALL.items()
        for check in checks_for(optimiser)
    ],
)
def test_conforms(check):
    check()


def test_the_hook_names_every_optimiser():
    assert {name: cls() for name, cls in optimisers().items()}.keys() == ALL.keys()


def test_the_readme_lists_every_optimiser():
    page = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+)`", page, re.MULTILINE)) >= set(ALL)


# -- known answers --------------------------------------------------------------------------------


@pytest.mark.parametrize("problem", known("minimiser"))
@pytest.mark.parametrize("name", DESCENTS)
def test_a_descent_ends_at_the_known_minimum(name, problem, run):
    result = run(DESCENTS[name], problem)
    assert minimiser_disagreements(problem, result.x, result.cost) == []
    # rounding hides the end of the descent where errors differ by eleven orders of magnitude
    assert result.status == ("stalled" if problem.name == "unequal_errors" else "converged")


@pytest.mark.parametrize("problem", known("search"))
@pytest.mark.parametrize("name", SEARCHES)
def test_a_search_finds_the_known_minimum_in_2000_runs_for_each_parameter(name, problem, run):
    budget = Budget(model_runs=2000.0 * len(problem.control))
    result = run(SEARCHES[name], problem, budget=budget, seed=3)
    assert search_disagreements(problem, result.x, result.cost) == []
    assert budget.used <= budget.model_runs


@pytest.mark.parametrize("problem", known("search"))
def test_random_search_has_the_cost_of_its_point_never_below_the_minimum(problem, run, counted):
    result = run(RandomSearch(draws=100), problem)
    assert result.status == "iteration limit"
    assert result.cost >= problem.answer.cost - 1e-7
    assert result.cost == counted(problem).cost(result.x)


@pytest.mark.parametrize("name", [*DESCENTS, *SEARCHES])
def test_a_minimum_at_a_bound_is_converged_and_named(name, run):
    problem = KNOWN_PROBLEMS["bound_at_optimum"]
    result = run(ALL[name], problem)
    assert result.status == "converged"
    assert result.at_bound == problem.answer.at_bound


@pytest.mark.parametrize("name", DESCENTS)
def test_a_bound_is_left_where_the_cost_falls_inwards(name, run, counted):
    """The first step crosses a bound of x1, at which the curved cost then leads back."""
    problem = known_problem(
        lambda p, xp: xp.stack([p[0] + p[1] ** 2, p[1]]),
        [0.5, 0.0], sd=[0.05, 0.2], prior_mean=[0.0, 0.0], bounds={"x1": (0.0, 2.0)},
        start=[0.3, 1.5],
    )  # fmt: skip
    result = run(DESCENTS[name], problem)
    gradient = counted(problem).value_and_gradient(result.x)[1]
    assert result.status == "converged"
    assert np.linalg.norm(gradient) < 1e-3


@pytest.mark.parametrize("name", DESCENTS)
def test_a_bound_above_is_met_though_the_gradient_jumps_there(name, run):
    """The line search of BFGS ends at the jump before x2 is at its minimum."""
    problem = known_problem(
        [[1.0, 0.5], [0.0, 1.0]], [3.0, 1.0], sd=0.5, prior_mean=[0.2, 0.0],
        bounds={"x1": (-np.inf, 0.7)},
    )  # fmt: skip
    result = run(DESCENTS[name], problem)
    assert result.status == "converged" and result.at_bound == ("known.x1",)
    # with x1 = 0.7: 6 x2 = 4 + 2 (3 - 0.7)
    np.testing.assert_allclose(result.x, [0.7, 8.6 / 6.0], atol=1e-5)


def test_newton_cg_leaves_a_ridge_where_the_hessian_is_indefinite(run, counted):
    problem = KNOWN_PROBLEMS["two_minima"]
    result = run(NewtonCg(), attrs.evolve(problem, start=[1e-3]))
    assert counted(problem).hessian_vectors(np.array([1e-3]), np.eye(1))[0, 0] < 0.0
    assert minimiser_disagreements(problem, result.x, result.cost) == []


@pytest.mark.parametrize("name", ALL)
def test_one_parameter_is_enough(name, run, bowl):
    result = run(ALL[name], bowl(1))
    assert result.x == pytest.approx([1.0 / 1.01], abs=0.05)


@pytest.mark.parametrize("name", ["bfgs", "newton_cg", "cma_es"])
def test_forty_parameters_are_not_too_many(name, run, bowl):
    budget = Budget(model_runs=20_000.0)
    result = run(ALL[name], bowl(40), budget=budget)
    np.testing.assert_allclose(result.x, 1.0 / 1.01, atol=0.02)


# -- random numbers -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", BY_COSTS)
def test_the_generator_alone_decides_and_the_global_state_is_untouched(name, run, bowl):
    results = []
    for seed, state in ((1, 5), (1, 6), (2, 5)):
        np.random.seed(state)
        before = np.random.get_state()[1].copy()
        results.append(run(BY_COSTS[name], bowl(2), seed=seed, budget=Budget(model_runs=150.0)))
        assert np.array_equal(np.random.get_state()[1], before)
    first, again, other = (result.x for result in results)
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("name", BY_COSTS)
@pytest.mark.parametrize("kept", [1, 2, 4])
def test_an_interrupted_search_equals_an_uninterrupted_one(name, kept, run, bowl):
    def points(earlier=(), seed=1):
        result = run(BY_COSTS[name], bowl(3), earlier=earlier, seed=seed)
        return np.array([[point.cost, *point.x] for point in result.iterations]), result

    whole, result = points()
    resumed, again = points(result.iterations[:kept], seed=99)  # the state holds the seed
    np.testing.assert_array_equal(resumed, whole)
    assert again.counts == result.counts


# -- budgets and failed runs ----------------------------------------------------------------------


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("runs", [7.0, 33.0])
def test_a_budget_ends_a_search_at_its_best_evaluated_point(name, runs, run, bowl, counted):
    seen = []
    budget = Budget(model_runs=runs)
    problem = bowl(3, start=[-2.0, 3.0, 1.0])
    result = run(ALL[name], problem, budget=budget, seen=seen)
    assert budget.used <= runs
    assert result.status in ("budget spent", "converged")
    assert result.cost == counted(problem).cost(result.x)
    assert result.cost <= min(seen) * (1.0 + 1e-12)


@pytest.mark.parametrize("name", BY_COSTS)
def test_costs_of_accepted_points_never_rise(name, run, bowl):
    costs = [point.cost for point in run(BY_COSTS[name], bowl(2)).iterations]
    assert len(costs) > 3
    assert (np.diff(costs) <= 0.0).all()


@pytest.mark.parametrize("name", BY_COSTS)
def test_a_search_whose_runs_all_fail_says_so_with_their_number_and_cause(name, run, bowl):
    """All but the start fail."""

    def breaks(problem):
        def cost_terms(x):
            if np.any(x != problem.start):
                raise FailedRun("the bedrock melted")
            return {"prior": 1.0, "y": 0.0}

        return cost_terms

    result = run(BY_COSTS[name], bowl(2), cost_terms=breaks)
    assert result.status in ("stalled", "failed")
    assert "the bedrock melted" in result.message
    np.testing.assert_array_equal(result.x, bowl(2).start)


@pytest.mark.parametrize("name", SEARCHES)
def test_a_flat_cost_is_stalled_not_converged(name, run, bowl):
    result = run(
        SEARCHES[name], bowl(2), cost_terms=lambda problem: lambda x: {"prior": 1.0, "y": 0.0}
    )
    assert result.status == "stalled"


@pytest.mark.parametrize("name", BY_COSTS)
def test_an_error_of_the_program_is_no_failed_run(name, run, bowl):
    def broken(problem):
        def cost_terms(x):
            if np.any(x != problem.start):
                raise RuntimeError("a mistake in the code")
            return {"prior": 1.0, "y": 0.0}

        return cost_terms

    with pytest.raises(RuntimeError, match="a mistake in the code"):
        run(BY_COSTS[name], bowl(2), cost_terms=broken)


def test_draws_outside_the_bounds_are_drawn_anew_until_a_limit(run, bowl):
    problem = bowl(1, bounds={"x1": (-8.0, -7.0)}, start=[-7.5])
    result = run(RandomSearch(draws=20), problem)
    assert result.status == "stalled"
    assert "outside" in result.message
