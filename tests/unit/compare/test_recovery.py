"""What is seen of a truth, and how far off it was found; closed forms."""

import numpy as np
import pytest

from ccdas_framework.compare.recovery import recovery
from ccdas_framework.core.control import Control
from ccdas_framework.core.parameters import Parameter

PARAMETERS = (
    Parameter("a", "1", 2.0, 0.5),
    Parameter("b", "1", 4.0, 1.0),
    Parameter("c", "1", 0.0, 0.1),
)
CONTROL = Control.of({"m": PARAMETERS})
TRUTH = np.zeros(3)


def test_a_parameter_without_effect_is_not_judged():
    jacobian = np.diag([10.0, 1.0, 0.0])
    found = recovery(CONTROL, TRUTH, np.array([0.0, 0.0, 9.0]), jacobian)
    assert found.constrained.tolist() == [True, True, False]
    assert found.directions == 2
    assert found.largest_error_percent == 0.0
    assert found.error_percent[2] == pytest.approx(900.0)


def test_a_site_where_nothing_is_seen_is_not_recovered():
    """Neither without any observation nor where none of them moves."""
    for jacobian in (np.zeros((0, 3)), np.zeros((2, 3))):
        found = recovery(CONTROL, TRUTH, TRUTH, jacobian)
        assert found.directions == 0
        assert not found.largest_error_percent <= 0.1


def test_the_error_of_a_parameter_is_relative_to_its_value():
    found = recovery(CONTROL, TRUTH, np.array([0.04, 0.0, 0.0]), np.eye(3))
    assert found.error_percent[0] == pytest.approx(100 * 0.04 * 0.5 / 2.0, rel=1e-12)
    assert found.largest_error_percent == pytest.approx(1.0, rel=1e-12)


def test_a_sum_that_is_seen_is_judged_where_its_parts_are_not():
    jacobian = np.array([[1.0, 1.0, 0.0]])
    along, across = np.array([0.02, 0.02, 0.0]), np.array([0.02, -0.02, 0.0])
    assert not recovery(CONTROL, TRUTH, along, jacobian).constrained.any()
    assert recovery(CONTROL, TRUTH, across, jacobian).largest_error_percent < 1e-12
    # dx along the direction is 0.02 sqrt(2), the share of each parameter 1/sqrt(2), dp/p a quarter
    expected = 100 * 0.02 * 0.25
    found = recovery(CONTROL, TRUTH, along, jacobian)
    assert found.largest_error_percent == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("weak", "directions"), [(2e-6, 2), (0.5e-6, 1)])
def test_a_direction_counts_from_a_millionth_of_the_strongest(weak, directions):
    assert recovery(CONTROL, TRUTH, TRUTH, np.diag([1.0, weak, 0.0])).directions == directions
