"""The optimiser keeps the rules of the framework, and its step is that of the paper."""

import numpy as np
import pytest
from ccdas_optimisers_two_point.two_point import TwoPoint, step_length

from ccdas_framework.testing import checks_for


@pytest.mark.parametrize("check", checks_for(TwoPoint()), ids=repr)
def test_conforms(check):
    check()


def test_on_a_parabola_the_second_step_ends_at_the_minimum():
    # J = c (x - m)^2 / 2: g = c (x - m), so that s^T s / s^T y = 1 / c whatever the first step
    curvature, minimum, first, second = 3.0, 2.0, np.array([5.0]), np.array([4.2])

    def gradient(x):
        return curvature * (x - minimum)

    step = step_length(second - first, gradient(second) - gradient(first), otherwise=0.0)
    np.testing.assert_allclose(second - step * gradient(second), minimum, rtol=1e-12)


def test_where_the_cost_bends_downwards_another_step_is_taken():
    assert step_length(np.array([1.0]), np.array([-2.0]), otherwise=0.7) == 0.7


def test_the_step_lies_between_the_inverse_curvatures():
    hessian = np.diag([1.0, 10.0])
    moved = np.array([0.3, -0.4])
    assert 1.0 / 10.0 <= step_length(moved, hessian @ moved, otherwise=0.0) <= 1.0


def test_no_iterations_are_refused():
    with pytest.raises(ValueError, match="iterations"):
        TwoPoint(iterations=0)
