"""The problems of the checks of samplers have the answers that they state."""

import numpy as np
import pytest

from ccdas_framework.testing import banana_problem, straight_problem
from ccdas_framework.testing.samplings import effective_size


@pytest.mark.parametrize("make", [straight_problem, banana_problem])
def test_numpy_and_the_model_give_the_same_cost_and_gradient(make):
    problem, start = make()
    model = problem.known.problem()
    for x in np.random.default_rng(1).normal(start.mean, 1.0, (5, 2)):
        cost, gradient = model.value_and_gradient(x)
        assert problem.cost(x) == pytest.approx(cost, rel=1e-12)
        np.testing.assert_allclose(problem.value_and_gradient(x)[1], gradient, rtol=1e-10)
        np.testing.assert_allclose(problem.residuals(x), model.residuals(x), rtol=1e-12)
    members = np.random.default_rng(2).normal(size=(3, 2))
    np.testing.assert_allclose(problem.costs(members), [problem.cost(x) for x in members])


def test_the_straight_start_is_the_posterior():
    problem, start = straight_problem()
    gradient = problem.value_and_gradient(start.mean)[1]
    np.testing.assert_allclose(gradient, 0.0, atol=1e-12)
    hessian = problem.known.problem().hessian_vectors(start.mean, np.eye(2))
    np.testing.assert_allclose(np.linalg.inv(hessian), start.covariance, rtol=1e-8)


def test_the_model_breaks_where_it_says():
    problem, _ = straight_problem(breaks_at=0.3)
    assert np.isnan(problem.costs(np.array([[0.31, 0.0], [0.29, 0.0]]))).tolist() == [True, False]
    assert np.isnan(problem.known.problem().cost(np.array([0.31, 0.0])))


def test_the_quantiles_of_the_banana_are_those_of_a_grid():
    problem, _ = banana_problem()
    x1, x2 = np.meshgrid(np.linspace(-7, 7, 1401), np.linspace(-25, 12, 1851), indexing="ij")
    members = np.stack([x1.ravel(), x2.ravel()], axis=1)
    weight = np.exp(-problem.costs(members))
    weight /= weight.sum()
    for quantity in problem.known.answer.quantities.values():
        values = quantity.function(members)
        mean = weight @ values
        assert mean == pytest.approx(quantity.mean, abs=1e-5)
        assert np.sqrt(weight @ (values - mean) ** 2) == pytest.approx(quantity.sd, rel=1e-5)
        for probability, limit in quantity.quantiles.items():
            below = weight @ (values < limit) + 0.5 * weight @ (values == limit)
            assert below == pytest.approx(probability, abs=5e-3)


def test_the_effective_size_of_a_first_order_process_is_known():
    """F = N (1 - a) / (1 + a) for x_t = a x_(t-1) + e_t."""
    generator, share = np.random.default_rng(4), 0.8
    noise = generator.normal(size=(4, 20000))
    values = np.zeros_like(noise)
    for t in range(1, 20000):
        values[:, t] = share * values[:, t - 1] + noise[:, t]
    assert effective_size(values) == pytest.approx(80000 * 0.2 / 1.8, rel=0.15)
    assert effective_size(noise) == pytest.approx(80000, rel=0.1)


def test_chains_that_stay_apart_are_worth_little():
    apart = np.random.default_rng(4).normal(size=(2, 1000)) + np.array([[0.0], [9.0]])
    assert effective_size(apart) < 20


def test_equal_values_are_worth_nothing():
    assert effective_size(np.ones((2, 50))) == 0.0
