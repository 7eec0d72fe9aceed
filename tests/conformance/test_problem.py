"""The whole function x -> simulated observations, assembled from all that is registered."""

import numpy as np
import pytest
from conftest import make_engine
from cuts import few_parameters


@pytest.fixture(scope="module", params=["autograd", pytest.param("jax", marks=pytest.mark.science)])
def problem(request):
    """Three streams on two cells and a month, in two blocks."""
    make_engine(request.param)  # skips where the engine is not installed
    experiment = few_parameters(
        engine=request.param, time__days=31, grid__cells=2, compute__blocks=2
    )
    return experiment.build()


@pytest.fixture(scope="module")
def x(problem):
    return np.random.default_rng(31).normal(0.0, 0.3, len(problem.control))


def test_the_jacobian_by_kind_is_the_plain_jacobian(problem, x):
    """One tangent run serves all classes of a kind; perturbing each parameter alone agrees."""
    plain, h = [], 1e-4
    for e in np.eye(len(x)):
        ahead, behind = problem.simulate(x + h * e), problem.simulate(x - h * e)
        plain.append(np.concatenate([ahead[n] - behind[n] for n in problem.streams]) / (2 * h))
    actual = problem.jacobian(x)
    scale = np.abs(actual).max(axis=0)
    np.testing.assert_allclose(actual, np.array(plain).T, rtol=1e-5, atol=1e-6 * scale.max())


def test_the_gradient_follows_from_the_jacobian(problem, x):
    """Forward and reverse mode meet: dJ/dx = x - K^T R^-1 (y - H)."""
    whitened = problem.whitened(problem.jacobian(x))
    expected = x - whitened.T @ problem.residuals(x)
    _, gradient = problem.value_and_gradient(x)
    np.testing.assert_allclose(gradient, expected, rtol=1e-8, atol=1e-9)
