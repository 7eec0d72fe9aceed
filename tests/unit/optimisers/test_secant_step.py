"""The step of the secants: exact where the Gauss-Newton step is linear, and fewer Jacobians."""

import numpy as np
import pytest

from ccdas_framework.core.result import Iteration
from ccdas_framework.optimisers import levenberg_marquardt
from ccdas_framework.optimisers.gauss_newton import GaussNewton
from ccdas_framework.optimisers.linearised_cost import Linearised
from ccdas_framework.optimisers.secant_step import STEP, secant_step
from ccdas_framework.testing import known_problem

SIZE, SHARES = 8, (-0.75, 0.6, -0.5)  # of the second derivatives in the Gauss-Newton Hessian


def curved_problem():
    """Residuals remain large, and their second derivatives are a share of J^T J in each direction.

    With R at right angles to the linear part, h = A p - R |W p|^2 / (2 |R|^2) has the Hessian
    J^T J + S near the minimum, and S = W^T W with W the eigenvectors of J^T J times SHARES.
    """
    random = np.random.default_rng(2)
    matrix = random.standard_normal((40, SIZE))
    left = 3.0 * random.standard_normal(40)
    left -= matrix @ np.linalg.lstsq(matrix, left, rcond=None)[0]
    values, vectors = np.linalg.eigh(np.eye(SIZE) + matrix.T @ matrix)
    weight = np.zeros(SIZE)
    weight[: len(SHARES)] = np.array(SHARES) * values[: len(SHARES)]

    def simulated(p, xp):
        bend = xp.sum(weight * xp.matmul(vectors.T, p) ** 2)
        return xp.matmul(matrix, p) - 0.5 * left / (left @ left) * bend

    truth = random.standard_normal(SIZE)
    return known_problem(simulated, matrix @ truth + left, sd=1.0, prior_mean=np.zeros(SIZE))


def minimised(**settings):
    problem = curved_problem().problem("autograd")
    return problem, GaussNewton(**settings).minimise(problem, np.zeros(SIZE), lambda point: None)


def test_secants_find_the_zero_of_a_linear_step():
    """With p = M (x - x*) in two directions, three points determine it."""
    random = np.random.default_rng(1)
    minimum, slopes = random.standard_normal(2), np.array([[-1.7, 0.2], [0.1, -0.4]])
    points = []
    for number in range(3):
        x = random.standard_normal(2)
        state = {STEP: slopes @ (x - minimum)}
        points.append(Iteration(number, x, 1.0, {}, state=state))
    linearised = Linearised(np.zeros(2), np.array([[2.0, 0.0], [0.3, 1.0]]))
    step = secant_step(linearised, points)
    np.testing.assert_allclose(points[-1].x + step, minimum, rtol=1e-9)
    assert secant_step(linearised, points[:1]) is None
    assert secant_step(linearised, [Iteration(0, x, 1.0, {}), points[-1]]) is None


@pytest.mark.parametrize(("distance", "share"), [(0.1, 0.8), (1e-4, 0.6)])
def test_large_residuals_take_fewer_jacobians(distance, share, monkeypatch):
    _, with_secants = minimised(distance=distance, cost_change=0.0)
    monkeypatch.setattr(levenberg_marquardt, "secant_step", lambda linearised, points: None)
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
