"""Costs of robust errors, their modified residuals and slopes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccdas_framework.problem.robust_errors import Huber, StudentT, modified_residuals

ERRORS = [Huber(), Huber(3.0), StudentT(), StudentT(1.0)]
RESIDUALS = st.floats(-1e6, 1e6, allow_subnormal=False)


@pytest.mark.parametrize("errors", ERRORS, ids=str)
@given(r=RESIDUALS)
def test_half_the_square_of_the_modified_residual_is_the_cost(errors, r):
    r = np.array([r])
    (cost,), (psi,), (slope,) = errors.costs(r, np), errors.modified(r), errors.slope(r)
    assert cost >= 0.0 and slope > 0.0
    assert 0.5 * psi**2 == pytest.approx(cost, rel=1e-12, abs=1e-290)
    assert np.sign(psi) in (np.sign(r[0]), 0.0)
    assert psi * slope == pytest.approx(errors.derivative(r)[0], rel=1e-12, abs=1e-90)


@pytest.mark.parametrize("errors", ERRORS, ids=str)
def test_derivatives_are_those_of_the_cost_and_continuous(errors):
    r, h = np.linspace(-8.0, 8.0, 1601), 1e-6
    difference = (errors.costs(r + h, np) - errors.costs(r - h, np)) / (2.0 * h)
    np.testing.assert_allclose(errors.derivative(r), difference, atol=1e-5)
    change = (errors.modified(r + h) - errors.modified(r - h)) / (2.0 * h)
    np.testing.assert_allclose(errors.slope(r), change, atol=1e-5)
    assert np.abs(np.diff(errors.slope(r))).max() < 0.02


def test_small_residuals_have_gaussian_costs_and_large_ones_grow_slower():
    r = np.array([0.5, -1.0, 50.0])
    np.testing.assert_allclose(Huber().costs(r, np)[:2], 0.5 * r[:2] ** 2, rtol=1e-15)
    assert Huber().costs(r, np)[2] == pytest.approx(1.345 * 50.0 - 0.5 * 1.345**2, rel=1e-14)
    assert StudentT().costs(r, np)[2] == pytest.approx(2.5 * np.log(626.0), rel=1e-14)
    np.testing.assert_allclose(StudentT(1e9).costs(r, np), 0.5 * r**2, rtol=1e-5)


@pytest.mark.parametrize("errors", ERRORS, ids=str)
def test_extreme_residuals_stay_numbers(errors):
    r = np.array([0.0, 1e-200, -1e-160, 1e150, -1e150])
    for values in (errors.modified(r), errors.slope(r), errors.derivative(r)):
        assert np.isfinite(values).all()
    assert errors.slope(r)[0] == errors.steepest


def test_only_rows_of_robust_streams_change():
    class Plain:
        """A stream of a package that knows no robust errors."""

    class Robust:
        robust = Huber()

    names, r = np.array(["a", "b", "a", "b"]), np.array([9.0, 9.0, -2.0, 0.5])
    psi, slope = modified_residuals({"a": Plain(), "b": Robust()}, names, r)
    np.testing.assert_array_equal(psi[[0, 2]], r[[0, 2]])
    np.testing.assert_array_equal(slope[[0, 2]], 1.0)
    assert psi[1] == pytest.approx(np.sqrt(2.0 * 1.345 * 9.0 - 1.345**2))
    assert (psi[3], slope[3]) == pytest.approx((0.5, 1.0))


@pytest.mark.parametrize("value", [0.0, -1.0])
def test_thresholds_and_degrees_are_positive(value):
    for kind in (Huber, StudentT):
        with pytest.raises(ValueError, match="0"):
            kind(value)
