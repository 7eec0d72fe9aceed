"""The engine keeps the rules of the framework, and its differences are of fourth order."""

import numpy as np
import pytest
from ccdas_engines_five_point.five_point import FivePoint, difference

from ccdas_framework.testing import checks_for


@pytest.mark.parametrize("check", checks_for(FivePoint()), ids=repr)
def test_conforms(check):
    check()


def test_a_polynomial_of_fourth_degree_has_its_exact_derivative():
    x, t = np.array([0.7, -1.2]), np.array([1.0, 2.0])
    found = difference(lambda v: v**4 - 2.0 * v**3 + v, x, t, step=0.1)
    np.testing.assert_allclose(found, (4.0 * x**3 - 6.0 * x**2 + 1.0) * t, rtol=1e-12)


def test_halving_the_step_divides_the_error_by_sixteen():
    x, t = np.array([0.3]), np.array([1.0])
    error = [abs(difference(np.exp, x, t, step=h)[0] - np.exp(0.3)) for h in (0.2, 0.1)]
    np.testing.assert_allclose(error[0] / error[1], 16.0, rtol=0.02)


def test_nested_arrays_come_back_nested():
    value, pull = FivePoint().pullback(lambda v: v["a"] * v["b"])({"a": np.ones(2), "b": 3.0})
    np.testing.assert_allclose(value, 3.0)
    back = pull(np.array([1.0, 2.0]))
    np.testing.assert_allclose(back["a"], [3.0, 6.0], rtol=1e-9)
    np.testing.assert_allclose(back["b"], 3.0, rtol=1e-9)


def test_no_step_is_refused():
    with pytest.raises(ValueError, match="step"):
        FivePoint(step=0.0)
