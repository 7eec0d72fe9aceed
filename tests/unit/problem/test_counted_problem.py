"""Evaluations of a problem, counted: those that fail, and those that no run is made for."""

from types import SimpleNamespace

import numpy as np
import pytest

from ccdas_framework.core.errors import FailedRun, InvalidInput
from ccdas_framework.problem.counted_problem import CountedProblem
from ccdas_framework.testing import KNOWN_PROBLEMS


def counted_twice(name, engine):
    """A counted known problem, and one behind it that counts what reaches the model."""
    behind = CountedProblem(KNOWN_PROBLEMS[name].problem(engine))
    return CountedProblem(behind), behind


def test_products_of_the_hessian_of_a_failed_run_are_nan_and_counted():
    def failing(x, directions):
        raise FailedRun("no convergence")

    counted = CountedProblem(SimpleNamespace(hessian_vectors=failing))
    products = counted.hessian_vectors(np.zeros(3), np.eye(3)[:2])
    assert products.shape == (2, 3) and np.isnan(products).all()
    assert counted.budget.record == {"hessian_vector": 2, "failed": 2}
    assert counted.first_failure == "no convergence"


@pytest.mark.parametrize("evaluate", ["cost", "log_density", "simulate"])
def test_nan_in_x_is_refused_before_the_model_runs(evaluate, autograd):
    counted, behind = counted_twice("rank_deficient", autograd)
    with pytest.raises(InvalidInput) as caught:
        getattr(counted, evaluate)(np.array([0.0, np.nan, 0.0, 0.0]))
    assert (caught.value.code, caught.value.where) == ("not-finite-control", "known.x2")
    assert not behind.budget.record and not counted.budget.record


def test_an_infinite_x_is_refused_and_has_no_density(autograd):
    counted, behind = counted_twice("rank_deficient", autograd)
    x = np.array([0.0, 0.0, np.inf, 0.0])
    with pytest.raises(InvalidInput) as caught:
        counted.cost(x)
    assert (caught.value.code, caught.value.where) == ("not-finite-control", "known.x3")
    assert counted.log_density(x) == -np.inf
    assert counted.log_densities(x[None]).tolist() == [-np.inf]
    assert not behind.budget.record and not counted.budget.record


def test_no_density_outside_the_bounds_and_no_run_for_it(autograd):
    counted, behind = counted_twice("bound_at_optimum", autograd)
    lower, upper = counted.control.x_bounds.lower, counted.control.x_bounds.upper
    outside = np.where(np.isfinite(upper), upper + 1.0, np.where(np.isfinite(lower), lower - 1, 0))
    assert counted.log_density(outside) == -np.inf
    assert counted.log_densities(outside[None]).tolist() == [-np.inf]
    assert not behind.budget.record and not counted.budget.record


def test_the_log_density_is_minus_the_cost_without_a_jacobian_of_the_transform(autograd):
    counted, _ = counted_twice("log_normal_observed", autograd)
    x, y = np.array([0.7]), 3.5
    physical = 2.0 * 1.5 ** x[0]  # prior median 2, sd ln 1.5 of its logarithm
    cost = 0.5 * x[0] ** 2 + 0.5 * (y - physical) ** 2 / 0.64
    assert counted.log_density(x) == pytest.approx(-cost, rel=1e-12)
