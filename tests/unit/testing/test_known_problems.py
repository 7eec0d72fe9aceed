"""The listed values of the known problems follow from quadrature and linear algebra."""

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import solve_ivp
from scipy.optimize import brentq, least_squares

from ccdas_framework.core.errors import FailedRun, InvalidInput, UnknownComponent
from ccdas_framework.problem.counted_problem import CountedProblem
from ccdas_framework.testing import (
    KNOWN_PROBLEMS,
    known_problem,
    known_problem_named,
    sampler_disagreements,
)
from ccdas_framework.testing.function_model import MatrixProduct
from ccdas_framework.testing.lorenz_1963 import FIRST_STATE, observed_states, observed_values

DIGITS = 1.5e-7  # the values are listed to seven digits after the point
LINEAR = [
    name
    for name, known in KNOWN_PROBLEMS.items()
    if isinstance(known.function, MatrixProduct) and name not in ("heavy_tails", "bound_at_optimum")
]


def linear_posterior(matrix, y, error, mean, prior):
    """Mean and covariance by the gain, which inverts H B H' + R and never B."""
    gain = prior @ matrix.T @ np.linalg.inv(matrix @ prior @ matrix.T + error)
    kept = np.eye(len(mean)) - gain @ matrix
    # Joseph's form keeps the digits that B - K H B loses
    return mean + gain @ (y - matrix @ mean), kept @ prior @ kept.T + gain @ error @ gain.T


@pytest.mark.parametrize("name", LINEAR)
def test_linear_problems_have_the_posterior_of_the_gain(name):
    known = KNOWN_PROBLEMS[name]
    matrix, error, prior = (
        known.function.matrix,
        known.errors.dense(),
        known.prior.covariance.dense(),
    )
    mean, covariance = linear_posterior(matrix, known.values, error, known.prior.mean, prior)
    answer, sd = known.answer, np.sqrt(np.diag(covariance))
    np.testing.assert_allclose(answer.mean, mean, atol=DIGITS)
    np.testing.assert_allclose(answer.sd, sd, atol=DIGITS)
    np.testing.assert_allclose(answer.minima[0], mean, atol=DIGITS)
    np.testing.assert_allclose(answer.sd_at_minimum, sd, atol=DIGITS)
    misfit, offset = known.values - matrix @ mean, mean - known.prior.mean
    cost = 0.5 * misfit @ (misfit / np.diag(error)) + 0.5 * offset @ np.linalg.solve(prior, offset)
    assert answer.cost == pytest.approx(cost, abs=DIGITS)
    for (first, second), value in answer.correlations.items():
        i, j = int(first[1:]) - 1, int(second[1:]) - 1
        assert covariance[i, j] / (sd[i] * sd[j]) == pytest.approx(value, abs=DIGITS)
    for quantity in (q for n, q in answer.quantities.items() if " " in n):
        weights = quantity.function.weights
        assert quantity.mean == pytest.approx(weights @ mean, abs=DIGITS)
        assert quantity.sd == pytest.approx(np.sqrt(weights @ covariance @ weights), rel=1e-4)


def normal(x, mean, variance):
    return 0.5 * (x - mean) ** 2 / variance


TAILS = np.array([1.2, 0.8, 1.0, 1.1, 0.9, 1.05, 9.0])
# J(x) of one parameter as in its statement, and an interval that holds all but 1e-12 of the density
ONE_PARAMETER = {
    "log_normal_log_observed": (
        lambda x: 0.5 * x**2 + normal(np.log(3.5), np.log(2) + np.log(1.5) * x, 0.04), -3, 5,
    ),
    "log_normal_observed": (
        lambda x: 0.5 * x**2 + normal(3.5, 2 * np.exp(np.log(1.5) * x), 0.64), -7, 7,
    ),
    "failing_model": (lambda x: 0.5 * x**2 + normal(-0.5, x, 0.25), -0.8416212336, 4),
    "raising_model": (lambda x: 0.5 * x**2 + normal(-0.5, x, 0.25), -0.8416212336, 4),
    "two_minima": (lambda x: 0.5 * x**2 + normal(2.0, x**2, 0.09), -3, 3),
    "heavy_tails": (
        lambda x: x**2 / 200
        + np.sum(2 * np.log1p(((TAILS[:, None] - np.ravel(x)) / 0.5) ** 2 / 3), axis=0),
        -3, 13,
    ),
    "constant_output": (lambda x: 0.5 * x**2 + normal(1.0, x, 0.25) + normal(5, 3, 1), -4, 5),
    "constant_output_contradicted": (
        lambda x: 0.5 * x**2 + normal(1.0, x, 0.25) + normal(7, 3, 1), -4, 5,
    ),
}  # fmt: skip


def on_nodes(cost, lower, upper, pieces=200):
    """Gauss-Legendre nodes of an interval, cut in pieces, and weights with the density."""
    node, weight = np.polynomial.legendre.leggauss(10)
    edges = np.linspace(lower, upper, pieces + 1)
    half = 0.5 * np.diff(edges)[:, None]
    x = (edges[:-1, None] + half * (1.0 + node)).ravel()
    density = (half * weight).ravel() * np.exp(-cost(x))
    return x, density


def share_below(cost, lower, value, upper):
    below = on_nodes(cost, lower, value)[1].sum()
    return below / (below + on_nodes(cost, value, upper)[1].sum())


@pytest.mark.parametrize("name", ONE_PARAMETER)
def test_problems_of_one_parameter_have_the_values_of_quadrature(name):
    cost, lower, upper = ONE_PARAMETER[name]
    answer = KNOWN_PROBLEMS[name].answer
    x, weight = on_nodes(cost, lower, upper)
    for quantity in answer.quantities.values():
        value = quantity.function(x[:, None])
        mean = np.sum(weight * value) / np.sum(weight)
        sd = np.sqrt(np.sum(weight * (value - mean) ** 2) / np.sum(weight))
        assert quantity.mean == pytest.approx(mean, abs=DIGITS)
        assert quantity.sd == pytest.approx(sd, abs=DIGITS)
        for probability, place in quantity.quantiles.items():
            # the quantities are monotone in x
            at = brentq(
                lambda v, q=quantity, p=place: q.function(np.array([[v]]))[0] - p, lower, upper
            )
            assert share_below(cost, lower, at, upper) == pytest.approx(probability, abs=DIGITS)


@pytest.mark.parametrize("name", ONE_PARAMETER)
def test_minima_of_one_parameter_are_stationary_and_have_their_curvature(name):
    cost, _, _ = ONE_PARAMETER[name]
    answer = KNOWN_PROBLEMS[name].answer
    for (x,) in answer.minima:
        h = 1e-3
        values = np.array([float(np.ravel(cost(x + n * h))[0]) for n in range(-2, 3)])
        slope = (values @ [1, -8, 0, 8, -1]) / (12 * h)
        curvature = (values @ [-1, 16, -30, 16, -1]) / (12 * h**2)
        assert values[2] == pytest.approx(answer.cost, abs=DIGITS)
        assert abs(slope) / curvature < 2 * DIGITS
        assert curvature**-0.5 == pytest.approx(answer.sd_at_minimum[0], abs=1e-6)


def bound_cost(a, b):
    return normal(a, 0.5, 1) + normal(b, 0, 1) + normal(-1, a + 0.5 * b, 0.25) + normal(1, b, 0.25)


def rosenbrock_cost(a, b):
    return 50.0 * (b - a**2) ** 2 + 0.5 * (a - 1) ** 2 + 0.5 * (b - 1) ** 2


def banana_cost(a, b):
    return a**2 / 8 + (b - 2) ** 2 / 50 + normal(2, b + a**2, 0.09)


TWO_PARAMETERS = {
    "bound_at_optimum": (bound_cost, (0, 4), (-4, 5)),
    "rosenbrock": (rosenbrock_cost, (-4, 4), (-2, 9)),
    "banana": (banana_cost, (-6, 6), (-30, 5)),
}


@pytest.mark.parametrize("name", TWO_PARAMETERS)
def test_problems_of_two_parameters_have_the_values_of_quadrature(name):
    cost, *limits = TWO_PARAMETERS[name]
    (a, wa), (b, wb) = (on_nodes(np.zeros_like, *limit, pieces=200) for limit in limits)
    weight = wa[:, None] * wb * np.exp(-cost(a[:, None], b))
    weight /= weight.sum()
    answer = KNOWN_PROBLEMS[name].answer
    marginals = {"x1": (a, weight.sum(axis=1)), "x2": (b, weight.sum(axis=0))}
    for element, (x, share) in marginals.items():
        quantity = answer.quantities[element]
        mean = share @ x
        assert quantity.mean == pytest.approx(mean, abs=DIGITS)
        assert quantity.sd == pytest.approx(np.sqrt(share @ (x - mean) ** 2), abs=DIGITS)
    covariance = (a - answer.mean[0]) @ weight @ (b - answer.mean[1])
    for value in answer.correlations.values():
        assert covariance / np.prod(answer.sd) == pytest.approx(value, abs=DIGITS)
    for position, element in enumerate(("x1", "x2")):
        for probability, place in answer.quantities[element].quantiles.items():
            lower, upper = limits[position]
            pieces = [on_nodes(np.zeros_like, lower, place), on_nodes(np.zeros_like, place, upper)]
            shares = []
            for x, w in pieces:
                density = np.exp(-(cost(x[:, None], b) if position == 0 else cost(a[:, None], x)))
                shares.append(w @ (density @ wb) if position == 0 else (wa @ density) @ w)
            assert shares[0] / sum(shares) == pytest.approx(probability, abs=DIGITS)


def test_the_minimum_at_the_bound_has_an_outward_gradient():
    answer, h = KNOWN_PROBLEMS["bound_at_optimum"].answer, 1e-4
    a, b = answer.minima[0]
    assert bound_cost(a, b) == pytest.approx(answer.cost, abs=DIGITS)
    assert (bound_cost(a + h, b) - bound_cost(a - h, b)) / (2 * h) == pytest.approx(25 / 6)
    along = np.array([bound_cost(a, b + n * h) for n in (-1, 0, 1)])
    assert abs(along @ [-1, 0, 1]) / (2 * h) < 1e-6
    assert (along @ [1, -2, 1] / h**2) ** -0.5 == pytest.approx(answer.sd_at_minimum[1], rel=1e-4)


@pytest.mark.parametrize("name", ["rosenbrock", "banana"])
def test_the_curved_valleys_have_their_minimum_and_curvature(name):
    cost, h = TWO_PARAMETERS[name][0], 1e-4
    answer = KNOWN_PROBLEMS[name].answer
    x = answer.minima[0]
    assert cost(*x) == answer.cost == 0.0  # no square can be below
    steps = h * np.eye(2)
    hessian = np.array([
        [(cost(*(x + i + j)) - cost(*(x + i - j)) - cost(*(x - i + j)) + cost(*(x - i - j)))
         / (4 * h**2) for j in steps] for i in steps
    ])  # fmt: skip
    sd = np.sqrt(np.diag(np.linalg.inv(hessian)))
    np.testing.assert_allclose(answer.sd_at_minimum, sd, rtol=1e-5)


def test_the_funnel_has_the_quantiles_of_its_definition():
    answer = KNOWN_PROBLEMS["funnel"].answer
    for probability, value in answer.quantities["v"].quantiles.items():
        assert stats.norm.cdf(value, scale=3.0) == pytest.approx(probability, abs=DIGITS)
    v, weight = on_nodes(lambda v: normal(v, 0, 9), -30, 30)
    for probability, value in answer.quantities["|z1|"].quantiles.items():
        below = 2 * stats.norm.cdf(value * np.exp(-0.5 * v)) - 1
        assert weight @ below / weight.sum() == pytest.approx(probability, abs=DIGITS)


def test_draws_of_the_funnel_have_its_quantiles():
    known = KNOWN_PROBLEMS["funnel"]
    draws = known.prior.sample(np.random.default_rng(4), 20_000)
    assert sampler_disagreements(known, draws, 20_000) == []
    assert sampler_disagreements(known, draws + 0.3, 20_000)
    np.testing.assert_allclose(known.prior.covariance.sd, [3.0] + [9.4877] * 5, atol=1e-4)


def test_the_funnel_has_the_density_of_its_definition():
    known, x = KNOWN_PROBLEMS["funnel"], np.array([-1.3, 0.2, -0.5, 1.0, 0.3, -0.9])
    logarithm = stats.norm.logpdf(x[0], scale=3.0)
    logarithm += stats.norm.logpdf(x[1:], scale=np.exp(0.5 * x[0])).sum()
    at_zero = stats.norm.logpdf(0.0, scale=3.0) + 5 * stats.norm.logpdf(0.0)
    assert known.prior.negative_log_density(x, np) == pytest.approx(at_zero - logarithm)


def lorenz_by_scipy(parameters):
    """The observed states by another solver of differential equations."""
    sigma, rho, beta = parameters

    def tendency(_, s):
        x, y, z = s
        return [sigma * (y - x), x * (rho - z) - y, x * y - beta * z]

    times = 0.02 * np.arange(5, 31, 5)
    solved = solve_ivp(tendency, (0, 0.6), FIRST_STATE, t_eval=times, rtol=1e-10, atol=1e-10)
    return solved.y.T.ravel()


def test_lorenz_states_are_those_of_another_solver():
    from ccdas_framework.engines.namespace import numpy_namespace

    parameters = np.array([9.5, 27.0, 2.6])
    states = observed_states(parameters, numpy_namespace())
    # the fourth-order method has an error of about step^4 = 1.6e-7 times high derivatives
    np.testing.assert_allclose(states, lorenz_by_scipy(parameters), rtol=2e-4, atol=2e-3)


def test_lorenz_minimum_is_that_of_another_minimiser():
    from ccdas_framework.engines.namespace import numpy_namespace

    known, xp = KNOWN_PROBLEMS["lorenz_1963"], numpy_namespace()
    means, sds = np.array([9.0, 26.0, 2.5]), np.array([1.0, 2.0, 0.25])

    def residuals(x):
        misfit = (observed_states(means + sds * x, xp) - observed_values()) / 0.5
        return np.concatenate([x, misfit])

    found = least_squares(residuals, np.zeros(3), jac="3-point", xtol=1e-12, ftol=1e-12, gtol=1e-10)
    answer = known.answer
    np.testing.assert_allclose(answer.minima[0], found.x, atol=1e-6)
    assert answer.cost == pytest.approx(found.cost, abs=1e-7)
    gauss_newton = np.sqrt(np.diag(np.linalg.inv(found.jac.T @ found.jac)))
    np.testing.assert_allclose(answer.gauss_newton_sd, gauss_newton, rtol=1e-5)


def test_gauss_newton_sd_are_those_of_the_first_derivatives():
    s, p = np.log(1.5), 2 * np.exp(np.log(1.5) * 0.9828886)
    first = (1 + (s * p / 0.8) ** 2) ** -0.5
    assert KNOWN_PROBLEMS["log_normal_observed"].answer.gauss_newton_sd == pytest.approx(
        [first], abs=1e-6
    )
    second = (1 + (2 * 1.3982131 / 0.3) ** 2) ** -0.5
    assert KNOWN_PROBLEMS["two_minima"].answer.gauss_newton_sd == pytest.approx([second], abs=1e-6)
    r = (TAILS - 1.0250678) / 0.5
    psi = np.sign(r) * np.sqrt(4 * np.log1p(r**2 / 3))
    slope = 4 * r / (3 + r**2) / psi
    third = (1 / 100 + np.sum((slope / 0.5) ** 2)) ** -0.5
    assert KNOWN_PROBLEMS["heavy_tails"].answer.gauss_newton_sd == pytest.approx([third], abs=1e-6)


@pytest.mark.parametrize("name", KNOWN_PROBLEMS)
def test_the_assembled_problem_has_the_listed_cost(name, autograd):
    known = KNOWN_PROBLEMS[name]
    problem = known.problem(autograd)
    for x in known.answer.minima:
        # listed to seven digits, of which a very small error makes a large cost
        exact = problem.cost(x) if name != "unequal_errors" else known.answer.cost
        assert exact == pytest.approx(known.answer.cost, abs=2e-6)
    assert len(known.start) == len(problem.control) == known.answer.minima.shape[1]


def test_a_failed_run_is_nan_or_the_declared_exception(autograd):
    below, above = np.array([-0.85]), np.array([-0.84])
    returns, raises = (
        KNOWN_PROBLEMS[n].problem(autograd) for n in ("failing_model", "raising_model")
    )
    assert np.isnan(returns.cost(below))
    with pytest.raises(FailedRun):
        raises.cost(below)
    assert np.isnan(CountedProblem(raises).cost(below))
    assert returns.cost(above) == raises.cost(above) == CountedProblem(raises).cost(above)


def test_the_share_of_failures_is_that_of_the_prior():
    known = KNOWN_PROBLEMS["failing_model"]
    assert stats.norm.cdf(-0.8416212336) == pytest.approx(known.answer.failures, abs=1e-9)


def test_a_problem_is_stated_in_a_line(autograd):
    known = known_problem([[1, 2]], [1], sd=0.5, prior_covariance=[[1, 0.5], [0.5, 2]])
    problem = known.problem(autograd)
    x, prior = np.array([0.3, -0.2]), np.array([[1, 0.5], [0.5, 2]])
    expected = 0.5 * x @ np.linalg.solve(prior, x) + 0.5 * ((1 - (0.3 - 0.4)) / 0.5) ** 2
    assert problem.cost(x) == pytest.approx(expected)
    assert problem.control.names == ("known.x1", "known.x2")


def test_correlated_errors_enter_the_cost(autograd):
    error = np.array([[1.0, 0.6], [0.6, 2.0]])
    known = known_problem(np.eye(2), [1, 2], covariance=error, prior_mean=[0, 0])
    misfit = np.array([0.5, 2.5])
    expected = 0.5 * (0.25 + 0.25) + 0.5 * misfit @ np.linalg.solve(error, misfit)
    assert known.problem(autograd).cost(np.array([0.5, -0.5])) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("stated", "where"),
    [
        ({"sd": 1.0}, "prior_mean"),
        ({"prior_mean": [0]}, "sd"),
        ({"prior_mean": [0], "sd": 1.0, "covariance": [[1.0]]}, "sd"),
        ({"prior_mean": [0], "covariance": np.eye(2)}, "covariance"),
        ({"prior_mean": [0], "sd": 1.0, "prior_covariance": np.eye(2)}, "prior_covariance"),
        ({"prior_mean": [0], "sd": 1.0, "bounds": {"x2": (0, 1)}}, "bounds"),
    ],
)
def test_a_wrong_statement_is_refused_with_its_place(stated, where):
    with pytest.raises(InvalidInput) as refused:
        known_problem([[1]], [1], **stated)
    assert refused.value.where == where


def test_an_unknown_name_is_refused():
    with pytest.raises(UnknownComponent) as refused:
        known_problem_named("rank_deficit")
    assert refused.value.where == "rank_deficit"
    assert known_problem_named("rank_deficient") is KNOWN_PROBLEMS["rank_deficient"]
