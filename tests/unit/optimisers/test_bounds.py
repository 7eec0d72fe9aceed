"""Minima at the bounds of parameters."""

import numpy as np
import pytest
from scipy.optimize import lsq_linear, minimize

from ccdas_framework import Parameter
from ccdas_framework.core.errors import NotANumber
from ccdas_framework.optimisers.bounded_least_squares import bounded_least_squares
from ccdas_framework.optimisers.gauss_newton import GaussNewton
from ccdas_framework.optimisers.lbfgsb import Lbfgsb
from ccdas_framework.posterior import PosteriorSettings, estimate, information
from ccdas_framework.problem.separate_cells import SeparateCells
from ccdas_framework.testing import known_problem, known_problem_named
from ccdas_framework.testing.problems import small_problem

MINIMISERS = {"gauss_newton": GaussNewton(gradient_reduction=1e-5), "lbfgsb": Lbfgsb()}
both = pytest.mark.parametrize("minimiser", MINIMISERS.values(), ids=MINIMISERS)


def silent(_):
    """No callback."""


def within(lower, upper):
    """A linear problem of six parameters and eight observations, with bounds of each."""
    generator = np.random.default_rng(7)
    matrix, y = generator.normal(size=(8, 6)), generator.normal(0.0, 3.0, 8)
    factor = generator.normal(size=(6, 6))
    bounds = {f"x{n + 1}": (float(lower[n]), float(upper[n])) for n in range(6)}
    return known_problem(
        matrix, y, sd=0.5, prior_covariance=np.eye(6) + factor @ factor.T, bounds=bounds
    )


def exact_minimum(known):
    """By scipy, from the same least squares."""
    whiten = known.prior.covariance.whiten(np.eye(6), np)
    rows = np.concatenate([whiten, known.function.matrix / 0.5])
    right = np.concatenate([np.zeros(6), known.values / 0.5])
    limits = np.array([p.bounds for p in known.parameters]).T
    return lsq_linear(rows, right, limits, method="bvls", tol=1e-14).x


BOUNDS = [
    (np.full(6, -0.2), np.full(6, 0.3)),
    (np.array([-0.02, -0.1, -0.1, -0.03, -np.inf, 0.0]), np.full(6, np.inf)),
    (np.full(6, -np.inf), np.array([0.1, np.inf, 0.0, 0.2, np.inf, np.inf])),
    (np.full(6, 0.0), np.full(6, np.inf)),
]


@both
@pytest.mark.parametrize("lower_upper", BOUNDS)
def test_the_minimum_within_bounds_is_that_of_bounded_least_squares(
    minimiser, lower_upper, autograd
):
    known = within(*lower_upper)
    problem, expected = known.problem(autograd), exact_minimum(known)
    result = minimiser.minimise(problem, np.zeros(6), silent)
    assert result.status == "converged", result.message
    np.testing.assert_allclose(result.x, expected, atol=2e-4)
    lower, upper = lower_upper
    at = np.isclose(expected, lower, atol=1e-9) | np.isclose(expected, upper, atol=1e-9)
    assert at.any()
    assert result.at_bound == tuple(f"known.x{n + 1}" for n in np.flatnonzero(at))
    for point in result.iterations:
        assert problem.control.outside(point.x) == ()


@both
def test_the_message_names_the_parameter_and_the_norm_is_that_of_the_others(minimiser, autograd):
    known = known_problem_named("bound_at_optimum")
    problem = known.problem(autograd)
    result = minimiser.minimise(problem, known.start, silent)
    assert result.message.startswith("converged at a bound: known.x1; ")
    assert "at the bound of known.x1" in result.distance_from_minimum
    _, gradient = problem.value_and_gradient(result.x)
    assert gradient[0] == pytest.approx(25 / 6, rel=1e-4)
    assert result.iterations[-1].gradient_norm == pytest.approx(abs(gradient[1]), abs=1e-12)


@both
def test_a_start_at_a_bound_leaves_it_where_the_cost_falls_inwards(minimiser, autograd):
    known = known_problem([[1.0, 0.2]], [2.0], sd=0.5, prior_mean=[1, 0], bounds={"x1": (0, 9)})
    problem = known.problem(autograd)
    result = minimiser.minimise(problem, np.array([0.0, 0.0]), silent)
    assert result.status == "converged"
    assert result.at_bound == ()
    assert result.x[0] > 1.0


@both
@pytest.mark.parametrize("transform", ["log", "shifted_log", "square_root"])
def test_transformed_parameters_end_at_their_bounds(minimiser, transform, autograd):
    parameters = [
        Parameter("rate", "1", 1.0, 0.4, transform, (0.2, 1.5)),
        Parameter("offset", "1", 0.0, 1.0),
    ]
    known = known_problem([[1, 0.3], [1, -1]], [4, 2.0], sd=0.3, parameters=parameters)
    problem = known.problem(autograd)
    result = minimiser.minimise(problem, known.start, silent)
    assert result.status == "converged", result.message
    assert result.at_bound == ("known.rate",)
    p = problem.control.physical(result.x)
    assert p[0] == pytest.approx(1.5, rel=1e-12)
    # given rate = 1.5: offset has prior 0 +- 1 and two observations of 0.3 p and -p
    given = (0.3 * 2.5 - 0.5) / 0.09 / (1 + (0.09 + 1) / 0.09)
    assert p[1] == pytest.approx(given, abs=1e-4)


@both
def test_a_bound_that_no_gradient_pushes_against_is_not_named(minimiser, autograd):
    known = known_problem([[1.0]], [0.5], sd=0.1, prior_mean=[0], bounds={"x1": (-1, 1)})
    result = minimiser.minimise(known.problem(autograd), known.start, silent)
    assert result.status == "converged"
    assert result.at_bound == ()


@both
def test_the_curved_model_ends_at_its_bound(minimiser, autograd):
    """Against a minimisation by scipy that knows the bound."""
    problem = small_problem(autograd, "curved", rail=1.5)
    box, start = problem.control.x_bounds, np.array([0.5, -0.6, 0.4, -0.5])
    result = minimiser.minimise(problem, start, silent)
    bounds = list(zip(box.lower, box.upper, strict=True))
    expected = minimize(
        problem.value_and_gradient, start, jac=True, method="TNC", bounds=bounds,
        options={"ftol": 1e-14, "gtol": 1e-10, "maxfun": 2000},
    )  # fmt: skip
    assert result.status == "converged"
    assert result.cost == pytest.approx(expected.fun, rel=1e-6)
    np.testing.assert_allclose(result.x, expected.x, atol=2e-3)
    assert result.at_bound


def test_cells_end_at_their_bounds_side_by_side(autograd):
    problem = small_problem(autograd, "curved", rail=1.5)
    cells = SeparateCells(problem)
    starts = np.tile([0.5, -0.6, 0.4, -0.5], (len(cells), 1))
    results = GaussNewton(gradient_reduction=1e-5).minimise_cells(
        cells, starts, lambda cell, point: None
    )
    assert all(result.status == "converged" for result in results)
    assert any(result.at_bound for result in results)
    for result in results:
        assert problem.control.outside(result.x) == ()
        assert ("converged at a bound" in result.message) == bool(result.at_bound)


@both
def test_nan_in_the_start_is_refused_before_the_model_runs(minimiser, autograd):
    runs = []

    def counted(p, xp):
        runs.append(1)
        return p

    known = known_problem(counted, [1.0, 1.0], sd=0.5, prior_mean=[0, 0])
    problem = known.problem(autograd)
    runs.clear()
    with pytest.raises(NotANumber) as refused:
        minimiser.minimise(problem, np.array([np.nan, 0.0]), silent)
    assert refused.value.where == "starting point"
    assert not runs


@both
def test_a_minimisation_resumes_at_its_bound(minimiser, autograd):
    known = known_problem_named("bound_at_optimum")
    problem = known.problem(autograd)
    whole = minimiser.minimise(problem, known.start, silent)
    resumed = minimiser.minimise(problem, known.start, silent, whole.iterations[:2])
    assert resumed.status == "converged"
    assert resumed.at_bound == whole.at_bound
    np.testing.assert_allclose(resumed.x, whole.x, atol=1e-4)


@pytest.mark.parametrize("seed", range(30))
def test_least_squares_within_limits_are_those_of_scipy(seed):
    generator = np.random.default_rng(seed)
    count = int(generator.integers(1, 9))
    matrix, offset = generator.normal(size=(count + 2, count)), generator.normal(size=count + 2)
    lower = -generator.exponential(0.3, count) * (generator.random(count) > 0.3)
    upper = generator.exponential(0.3, count)
    lower[generator.random(count) > 0.7] = -np.inf
    step = bounded_least_squares(matrix, offset, lower, upper)
    expected = lsq_linear(matrix, -offset, (lower, upper), method="bvls", tol=1e-15).x
    np.testing.assert_allclose(step, expected, atol=1e-8)
    assert np.all((lower <= step) & (step <= upper))


def at_bound_estimate(autograd, hessian, **changes):
    known = known_problem_named("bound_at_optimum")
    problem = known.problem(autograd)
    result = GaussNewton(gradient_reduction=1e-5).minimise(problem, known.start, silent)
    settings = PosteriorSettings(hessian=hessian, **changes)
    return problem, estimate(problem, result, information(problem, result.x, settings), settings)


@pytest.mark.parametrize("hessian", ["gauss_newton", "exact", "lanczos"])
def test_a_held_parameter_has_no_gaussian_sd_and_the_others_are_given_it(hessian, autograd):
    problem, found = at_bound_estimate(autograd, hessian)
    posterior = found.posterior
    assert found.at_bound == ("known.x1",)
    np.testing.assert_allclose(posterior.sd, [np.nan, 0.4082483], rtol=1e-6)
    assert np.isnan(posterior.uncertainty_reduction[0])
    assert np.isnan(posterior.correlation[0]).all()
    assert posterior.correlation[1, 1] == 1.0
    np.testing.assert_allclose(
        posterior.physical_sd(problem.control), [np.nan, 0.4082483], rtol=1e-6
    )
    # a target x1 + 2 x2 has the spread of x2 alone
    _, sd = posterior.target_sd(np.array([[1.0, 2.0]]))
    assert sd == pytest.approx([2 * 0.4082483], rel=1e-6)
    draws = posterior.draws(np.random.default_rng(1), 1000)
    assert (draws[:, 0] == posterior.x[0]).all()
    assert np.std(draws[:, 1]) == pytest.approx(0.408, rel=0.1)
    assert found.distance.decrement < 1e-4


def test_a_prior_with_correlations_is_taken_given_the_held_parameter(autograd):
    prior = np.array([[1.0, 0.6], [0.6, 2.0]])
    known = known_problem(
        [[1, 0.5], [0, 1]], [-1, 1], sd=0.5, prior_mean=[0.5, 0], prior_covariance=prior,
        bounds={"x1": (0, np.inf)},
    )  # fmt: skip
    problem = known.problem(autograd)
    result = GaussNewton(gradient_reduction=1e-5).minimise(problem, known.start, silent)
    assert result.at_bound == ("known.x1",)
    found = estimate(
        problem, result, information(problem, result.x, PosteriorSettings()), PosteriorSettings()
    )
    precision = np.linalg.inv(prior)[1, 1] + (0.25 + 1.0) / 0.25
    assert found.posterior.sd[1] == pytest.approx(precision**-0.5, rel=1e-9)
    # eigenvalues are relative to the prior given x1
    given = 2.0 - 0.36
    np.testing.assert_allclose(found.posterior.eigenvalues, [given * precision, np.nan])


def test_all_parameters_at_their_bounds_leave_a_posterior_without_sd(autograd):
    known = known_problem(
        np.eye(2), [5, 5], sd=0.5, prior_mean=[0, 0], bounds={"x1": (-1, 1), "x2": (-1, 1)}
    )
    problem = known.problem(autograd)
    for minimiser in MINIMISERS.values():
        result = minimiser.minimise(problem, known.start, silent)
        assert result.at_bound == ("known.x1", "known.x2")
        for hessian in ("gauss_newton", "exact"):
            settings = PosteriorSettings(hessian=hessian)
            found = estimate(problem, result, information(problem, result.x, settings), settings)
            assert np.isnan(found.posterior.sd).all()
