"""Last steps by gradients: fewer Jacobians, the same minimum, and the distance as it is."""

import numpy as np
import pytest
from attrs import evolve
from curved import SIZE, curved_problem
from toy import toy_problem

from ccdas_framework.optimisers.gauss_newton import GaussNewton
from ccdas_framework.optimisers.gradient_steps import gradients_worth
from ccdas_framework.optimisers.secant_hessian import SecantHessian

GRADIENT, JACOBIAN = GaussNewton(last_steps="gradient"), GaussNewton(last_steps="jacobian")
START = np.zeros(SIZE)


@pytest.fixture(scope="module")
def problem(autograd):
    return curved_problem().problem(autograd)


def minimised(optimiser, problem, start=START, earlier=()):
    return optimiser.minimise(problem, start, lambda _: None, earlier)


def distance_from_minimum(problem, x):
    """sqrt(g^T H^-1 g) with the exact Hessian and with that of Gauss-Newton."""
    _, gradient = problem.value_and_gradient(x)
    rows = problem.whitened(problem.jacobian(x))
    of_prior = problem.prior.covariance.whiten(np.eye(len(x)), np)
    exact = problem.hessian_vectors(x, np.eye(len(x)))
    return [
        float(np.sqrt(gradient @ np.linalg.solve(hessian, gradient)))
        for hessian in (exact, of_prior.T @ of_prior + rows.T @ rows)
    ]


@pytest.mark.parametrize("distance", [0.1, 1e-4])
def test_large_residuals_take_half_of_the_jacobians_to_the_same_minimum(problem, distance):
    few = minimised(evolve(GRADIENT, distance=distance, cost_change=0.0), problem)
    many = minimised(evolve(JACOBIAN, distance=distance, cost_change=0.0), problem)
    assert few.status == many.status == "converged"
    assert 2 * few.counts["jacobian"] <= many.counts["jacobian"]
    assert few.counts["gradient"] > 0 == many.counts["gradient"]
    assert max(distance_from_minimum(problem, few.x)) <= distance
    np.testing.assert_allclose(few.x, many.x, atol=3.0 * distance)


def test_the_stated_distance_is_no_less_than_half_of_the_true_one(problem):
    for distance in (0.5, 0.1, 0.01):
        result = minimised(evolve(GRADIENT, distance=distance), problem)
        stated = float(result.message.split("the minimum is ")[1].split()[0])
        assert stated >= 0.5 * max(distance_from_minimum(problem, result.x))


def test_the_jacobian_of_the_result_is_that_at_its_end(problem):
    result = minimised(GRADIENT, problem)
    np.testing.assert_allclose(result.jacobian, problem.jacobian(result.x), rtol=1e-12)
    np.testing.assert_allclose(
        result.gradient, problem.value_and_gradient(result.x)[1], rtol=1e-8, atol=1e-10
    )


def test_the_cost_falls_with_every_step(problem):
    costs = [point.cost for point in minimised(GRADIENT, problem).iterations]
    assert np.all(np.diff(costs) < 0.0)


def test_points_near_the_longest_step_are_computed_once(problem):
    """A parabola would go further, and almost the same point again is not worth a run."""
    points = []

    class Recorded:
        def __getattr__(self, name):
            return getattr(problem, name)

        def residuals(self, x):
            points.append(np.array(x))
            return problem.residuals(x)

    longest = 0.01
    result = minimised(evolve(GRADIENT, longest_step=longest), Recorded())
    assert result.counts["gradient"] > 5
    assert np.abs(np.diff(points, axis=0)).max(axis=1).min() > 0.03 * longest


def test_the_minimum_within_bounds_is_the_same(autograd):
    free = minimised(JACOBIAN, curved_problem().problem(autograd)).x
    # two parameters cannot reach their minimum, and one begins at its bound
    bounds = {"x1": sorted((-0.1, 0.5 * free[0])), "x2": sorted((0.1, 0.5 * free[1]))}
    bounds = {name: (float(lower), float(upper)) for name, (lower, upper) in bounds.items()}
    bounded = curved_problem(bounds).problem(autograd)
    start = np.zeros(SIZE)
    start[0] = bounded.control.x_bounds.lower[0]
    start[1] = bounded.control.x_bounds.clipped(start)[1]
    few, many = (
        minimised(evolve(optimiser, distance=1e-5, cost_change=0.0), bounded, start)
        for optimiser in (GRADIENT, JACOBIAN)
    )
    assert few.counts["jacobian"] < many.counts["jacobian"]
    assert few.at_bound == many.at_bound and few.at_bound
    np.testing.assert_allclose(few.x, many.x, atol=1e-4)
    assert not bounded.control.outside(few.x)


@pytest.mark.parametrize("optimiser", [GRADIENT, JACOBIAN], ids=["gradient", "jacobian"])
def test_one_cut_anywhere_takes_the_same_steps_to_its_end(problem, optimiser):
    """The points and steps of the secants are restored, and so is the curvature."""
    optimiser = evolve(optimiser, distance=1e-3, cost_change=0.0)
    undivided = minimised(optimiser, problem)
    for last in range(len(undivided.iterations)):
        points = [evolve(point, state={}) for point in undivided.iterations[:last]]
        again = minimised(optimiser, problem, START, [*points, undivided.iterations[last]])
        assert again.counts == undivided.counts and again.status == undivided.status
        costs = [[point.cost for point in result.iterations] for result in (again, undivided)]
        np.testing.assert_allclose(*costs, rtol=1e-12)
        np.testing.assert_allclose(again.x, undivided.x, rtol=0.0, atol=1e-9)


def test_a_gradient_that_is_not_finite_leaves_the_rest_to_jacobians(problem):
    class Broken:
        def __getattr__(self, name):
            return getattr(problem, name)

        def value_and_gradient(self, x):
            return np.nan, np.full(SIZE, np.nan)

    result = minimised(GRADIENT, Broken())
    assert result.status == "converged" and result.counts["jacobian"] > 3
    assert max(distance_from_minimum(problem, result.x)) <= 0.3


def test_few_parameters_take_jacobians_alone(problem, autograd):
    assert gradients_worth(problem) == gradients_worth(toy_problem(autograd)) == 0
    assert minimised(GaussNewton(), problem).counts["gradient"] == 0

    class Large:
        reverse_mode, jacobian_runs = True, 28

    assert gradients_worth(Large()) == 21  # of four runs each, the price of three Jacobians
    Large.reverse_mode = False
    assert gradients_worth(Large()) == 0


def test_a_stated_reduction_of_the_gradient_takes_jacobians_alone(problem):
    result = minimised(evolve(GRADIENT, gradient_reduction=1e-6), problem)
    assert result.counts["gradient"] == 0


def test_the_secant_hessian_has_the_change_of_the_gradient_along_the_step():
    random = np.random.default_rng(4)
    root, hessian = random.standard_normal((2, 5, 5))
    hessian = hessian @ hessian.T + np.eye(5)
    step = random.standard_normal(5)
    found = SecantHessian(root, np.eye(5)).updated(step, hessian @ step)
    linearised = found.linearised(np.zeros(5))
    whole = linearised.jacobian.T @ linearised.jacobian
    np.testing.assert_allclose(whole @ step, hessian @ step, rtol=1e-9)


def test_the_secant_hessian_remains_positive_definite_where_the_cost_curves_down():
    random = np.random.default_rng(5)
    root, step = random.standard_normal((5, 5)), random.standard_normal(5)
    found = SecantHessian(root, np.eye(5))
    for _ in range(3):
        found = found.updated(step, -step)
    assert np.linalg.eigvalsh(found.curvature).min() > 0.0
    gradient = random.standard_normal(5)
    np.testing.assert_allclose(found.linearised(gradient).gradient, gradient, rtol=1e-9)


def test_gradients_that_fail_do_not_lengthen_the_run(problem):
    class Broken:
        def __getattr__(self, name):
            return getattr(problem, name)

        def value_and_gradient(self, x):
            return np.nan, np.full(SIZE, np.nan)

    optimiser = evolve(GRADIENT, iterations=2, distance=1e-9, cost_change=0.0)
    result = minimised(optimiser, Broken())
    assert result.status == "iteration limit" and len(result.iterations) == 3


def test_a_jacobian_of_an_earlier_point_is_not_that_of_the_result(problem):
    class Broken:
        jacobians = 0

        def __getattr__(self, name):
            return getattr(problem, name)

        def simulate_and_jacobian(self, x):
            self.jacobians += 1
            simulated, jacobian = problem.simulate_and_jacobian(x)
            broken = self.jacobians == last
            return simulated, jacobian * (np.nan if broken else 1.0)

    last = minimised(GRADIENT, problem).counts["jacobian"]
    result = minimised(GRADIENT, Broken())
    assert result.status == "stalled"
    assert result.jacobian is None


def test_a_gradient_that_is_not_finite_after_a_resume_keeps_the_best_point(problem):
    class Broken:
        def __getattr__(self, name):
            return getattr(problem, name)

        def value_and_gradient(self, x):
            return np.nan, np.full(SIZE, np.nan)

    points = minimised(evolve(GRADIENT, distance=1e-3, cost_change=0.0), problem).iterations
    within = next(n for n, point in enumerate(points) if "curvature" in point.state)
    result = minimised(GRADIENT, Broken(), START, points[: within + 1])
    assert result.status == "stalled"
    np.testing.assert_array_equal(result.x, points[within].x)


def test_repeated_negative_curvature_leaves_a_hessian_that_can_be_factored():
    random = np.random.default_rng(6)
    found = SecantHessian(np.eye(5), np.eye(5))
    for _ in range(60):
        step = random.standard_normal(5)
        found = found.updated(step, -step)
        assert np.all(np.isfinite(found.linearised(step).residual))
