"""The smooth function library against its stated values."""

import numpy as np
import pytest
from ccdas_models_bethy.smooth import (
    capped,
    floored,
    logistic,
    normal_cdf,
    smooth_maximum,
    smooth_minimum,
    within_unit,
)
from hypothesis import given
from hypothesis import strategies as st

# relative rounding of the seven digits that the published values have
DIGITS = 1e-6
numbers = st.floats(-1e3, 1e3)


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda xp: smooth_minimum(1.0, 2.0, 0.99, xp), 0.9902876),
        (lambda xp: smooth_maximum(1.0, 2.0, 0.99, xp), 2.0400154),
        (lambda xp: smooth_minimum(1.0, 1.0, 0.99, xp), 1.0 / 1.1),
        (lambda xp: floored(0.05, 0.0, 0.1, xp), 0.0723130),
        (lambda xp: capped(0.95, 1.0, 0.1, xp), 0.9276870),
        (lambda xp: normal_cdf(1.0, xp), 0.8413447),
    ],
)
def test_stated_values(function, expected, xp):
    assert function(xp) == pytest.approx(expected, rel=DIGITS)


def test_below_its_transition_a_floor_is_exact(xp):
    assert floored(-0.2, 0.0, 0.1, xp) == 0.0


def test_at_the_floor_the_excess_is_width_over_e(xp):
    assert floored(3.0, 3.0, 0.1, xp) == pytest.approx(3.0 + 0.1 / np.e, rel=1e-14)


@given(x=numbers, y=numbers)
def test_smooth_minimum_is_below_both_and_maximum_above(x, y, xp):
    # sums of squares near 1e6 leave 1e-9 after the square root
    assert smooth_minimum(abs(x), abs(y), 0.9, xp) <= min(abs(x), abs(y)) + 1e-9
    assert smooth_maximum(abs(x), abs(y), 0.9, xp) >= max(abs(x), abs(y)) - 1e-9


@given(x=numbers)
def test_floor_and_cap_mirror_each_other(x, xp):
    assert capped(-x, -1.0, 0.5, xp) == -floored(x, 1.0, 0.5, xp)


@given(x=numbers)
def test_within_unit_stays_between_0_and_1(x, xp):
    assert -1e-15 <= within_unit(x, 0.01, xp) <= 1.0 + 1e-15


@given(x=st.floats(-1e6, 1e6))
def test_logistic_neither_overflows_nor_leaves_its_range(x, xp):
    assert 0.0 <= logistic(x, xp) <= 1.0
