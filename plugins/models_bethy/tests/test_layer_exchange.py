"""Exchange of water between the two soil layers."""

import numpy as np
import pytest
from ccdas_models_bethy.hydrology.layer_exchange import (
    FIELD_CAPACITY_SUCTION,
    campbell_conductance,
    constant_conductance,
    exchanged,
)
from hypothesis import given, settings
from hypothesis import strategies as st

FULL = np.array([18.52]), np.array([463.0])  # mm, a loam of 0.04 m over one of 1 m
DISTANCE = np.array([520.0])  # mm
THETA = {"s_b": 1.0, "s_K": 1.0, "s_D": 1.0, "k_ex": 2.0}


def site_of(soil):
    fields = ("theta_sat", "theta_fc", "campbell_b", "saturated_conductivity")
    return {field: np.array([getattr(soil, field)]) for field in fields}


def rise(top, root, rate, exponent, xp):
    """Water (mm) from layers of these saturations."""
    return exchanged(top * FULL[0], root * FULL[1], *FULL, rate, exponent, xp)


@pytest.mark.parametrize("saturation", [0.3, 0.6, 0.9])
def test_conductance_is_that_of_darcy_with_the_curves_of_campbell(saturation, soils):
    """g dS = K dpsi/dz, of a retention curve that passes through field capacity at 33 J kg-1."""
    soil = soils["loam"]
    rate, exponent = campbell_conductance(THETA, site_of(soil), DISTANCE)
    field = soil.theta_fc / soil.theta_sat

    def suction(wetness):  # mm
        return FIELD_CAPACITY_SUCTION * (field / wetness) ** soil.campbell_b

    step = 1e-5
    slope = (suction(saturation - step) - suction(saturation + step)) / (2.0 * step)
    conductivity = soil.saturated_conductivity * saturation ** (2.0 * soil.campbell_b + 3.0)
    expected = conductivity * slope / DISTANCE
    np.testing.assert_allclose(rate * saturation**exponent, expected, rtol=1e-6)


@pytest.mark.parametrize("texture", ["sand", "loam", "clay"])
def test_a_slow_flux_is_the_difference_of_matric_flux_potentials(texture, soils, xp):
    """Phi = b psi_e K_sat/(b + 3) S^(b + 3), whose quadrature by three points is good to 1 %."""
    _, exponent = campbell_conductance(THETA, site_of(soils[texture]), DISTANCE)
    rate, order = 1e-6, exponent + 1.0  # mm d-1, so slow that the day changes nothing
    for top, root in ((0.3, 0.6), (0.7, 0.5)):
        expected = rate / order * (root**order - top**order)
        np.testing.assert_allclose(rise(top, root, rate, exponent, xp), expected, rtol=0.01)


@settings(max_examples=80, deadline=None)
@given(
    top=st.floats(0.05, 1.0),
    root=st.floats(0.05, 1.0),
    rate=st.floats(1e-3, 1e5),
    exponent=st.floats(0.0, 12.0),
)
def test_water_moves_to_the_drier_layer_and_stops_at_balance(top, root, rate, exponent, xp):
    moved = rise(top, root, rate, np.array([exponent]), xp)
    after = top + moved / FULL[0], root - moved / FULL[1]
    assert moved * (root - top) >= 0.0
    assert (after[1] - after[0]) * (root - top) >= -1e-12  # no overshoot
    assert min(top, root) - 1e-12 <= after[0] <= max(top, root) + 1e-12


def test_a_constant_rate_gives_the_relaxation_of_two_stores(xp):
    rate, exponent = constant_conductance(THETA, {}, DISTANCE)
    pair = 1.0 / (1.0 / FULL[0] + 1.0 / FULL[1])
    expected = 0.3 * pair * (1.0 - np.exp(-2.0 / pair))
    np.testing.assert_allclose(rise(0.3, 0.6, rate, exponent, xp), expected, rtol=1e-12)


def test_soil_conducts_more_than_a_constant_rate_when_moist_and_less_when_dry(soils, xp):
    soil = soils["loam"]
    campbell = campbell_conductance(THETA, site_of(soil), DISTANCE)
    constant = constant_conductance(THETA, site_of(soil), DISTANCE)
    moist, dry = soil.theta_fc / soil.theta_sat, soil.theta_wp / soil.theta_sat
    assert rise(moist - 0.02, moist, *campbell, xp) > rise(moist - 0.02, moist, *constant, xp)
    assert 0.0 < rise(dry, dry + 0.02, *campbell, xp) < rise(dry, dry + 0.02, *constant, xp)
