"""The step of the secants: exact where the Gauss-Newton step is linear, and fewer Jacobians."""

import numpy as np
import pytest
from curved import SIZE, curved_problem

from ccdas_framework.optimisers import levenberg_marquardt
from ccdas_framework.optimisers.gauss_newton import GaussNewton
from ccdas_framework.optimisers.linearised_cost import Linearised
from ccdas_framework.optimisers.secant_step import POINTS, secant_step, secants


def minimised(**settings):
    problem = curved_problem().problem("autograd")
    return problem, GaussNewton(**settings).minimise(problem, np.zeros(SIZE), lambda point: None)


def test_secants_find_the_zero_of_a_linear_step():
    """With p = M (x - x*) in two directions, three points determine it."""
    random = np.random.default_rng(1)
    minimum, slopes = random.standard_normal(2), np.array([[-1.7, 0.2], [0.1, -0.4]])
    state = {}
    for _ in range(3):
        x = random.standard_normal(2)
        state = secants(state, x, slopes @ (x - minimum))
        if len(state[POINTS]) == 1:
            alone = state
    linearised = Linearised(np.zeros(2), np.array([[2.0, 0.0], [0.3, 1.0]]))
    np.testing.assert_allclose(x + secant_step(linearised, state), minimum, rtol=1e-9)
    assert secant_step(linearised, alone) is None
    assert secants(state, x, slopes @ x)[POINTS] is state[POINTS]


@pytest.mark.parametrize(("distance", "share"), [(0.1, 0.8), (1e-4, 0.6)])
def test_large_residuals_take_fewer_jacobians(distance, share, monkeypatch):
    _, with_secants = minimised(distance=distance, cost_change=0.0)
    monkeypatch.setattr(levenberg_marquardt, "secant_step", lambda linearised, state: None)
    _, without = minimised(distance=distance, cost_change=0.0)
    assert with_secants.status == without.status == "converged"
    assert with_secants.counts["jacobian"] <= share * without.counts["jacobian"]


def test_the_default_ends_within_a_tenth_of_a_posterior_sd():
    problem, result = minimised()
    _, gradient = problem.value_and_gradient(result.x)
    whitened = problem.whitened(problem.jacobian(result.x))
    hessian = np.eye(SIZE) + whitened.T @ whitened
    assert np.sqrt(gradient @ np.linalg.solve(hessian, gradient)) <= 0.1
    assert result.status == "converged"


def test_a_stated_reduction_of_the_gradient_is_kept_beside_the_distance():
    """To 1e-7: what is left of the cost there, g^2 / 2h = 1e-11, is above its rounding, 1e-14."""
    _, nearby = minimised()
    _, result = minimised(gradient_reduction=1e-7, cost_change=0.0, iterations=60)
    first, last = result.iterations[0], result.iterations[-1]
    assert result.status == "converged"
    assert last.gradient_norm <= 1e-7 * first.gradient_norm < nearby.iterations[-1].gradient_norm
