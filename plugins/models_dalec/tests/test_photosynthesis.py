"""The aggregated canopy model: its equations, limits and one value by hand."""

import math

import numpy as np
import pytest
from ccdas_models_dalec.meteorology import day_length, vapour_pressure_deficit
from ccdas_models_dalec.photosynthesis import (
    A3,
    A4,
    canopy_conductance,
    co2_drawdown,
    daylight_response,
    gross_production,
    warmth,
)


def weather(tmax=22.0, span=11.0, light=18.0, co2=390.0, hours=15.0):
    return {
        "light": light,
        "co2": co2,
        "conductance": canopy_conductance(span),
        "warmth": warmth(tmax),
        "daylight": daylight_response(hours),
    }


def test_a_day_by_hand(xp):
    """The formulas of the appendix of Bloom and Williams (2015), with plain numbers."""
    conductance = 2.0**0.789798 / (0.37836 * 1.0 + 0.5 * 11.0)
    p = 3.0 * 18.0 / conductance * math.exp(0.011136 * 22.0)
    q = 4.22273 - 208.868
    root = math.sqrt((390.0 + q - p) ** 2 - 4.0 * (390.0 * q - p * 4.22273))
    inside = 0.5 * (390.0 + q - p + root)
    efficiency = 7.19298 * 9.0 / (2.1001 + 9.0)
    diffusion = conductance * (390.0 - inside)
    rate = efficiency * 18.0 * diffusion / (efficiency * 18.0 + diffusion)
    expected = rate * (0.0156935 * 15.0 + 0.0453194)
    assert gross_production(3.0, 18.0, weather(), xp) == pytest.approx(expected, rel=1e-12)
    assert 5.0 < expected < 12.0  # gC m-2 d-1, a summer day of a forest


@pytest.mark.parametrize("leaf_area", [1e-3, 0.5, 3.0, 9.0])
def test_co2_inside_solves_its_equation(leaf_area, xp):
    conductance = canopy_conductance(10.0)
    drawdown = co2_drawdown(leaf_area, 20.0, conductance, 1.2, 390.0, xp)
    inside, p, q = 390.0 - drawdown, 20.0 * leaf_area * 1.2 / conductance, A3 - A4
    left = inside**2 - (390.0 + q - p) * inside + 390.0 * q - p * A3
    assert abs(left) < 1e-9 * 390.0**2
    assert A3 < inside < 390.0


def test_carboxylation_without_limit_draws_co2_to_the_compensation_point(xp):
    drawdown = co2_drawdown(1e7, 20.0, 0.3, 1.0, 390.0, xp)
    assert 390.0 - drawdown == pytest.approx(A3, abs=0.01)


def test_bright_days_are_limited_by_diffusion_and_dim_ones_by_light(xp):
    bright = gross_production(3.0, 18.0, weather(light=1e6), xp)
    day = weather()
    drawdown = co2_drawdown(3.0, 18.0, day["conductance"], day["warmth"], 390.0, xp)
    limit = day["conductance"] * drawdown * day["daylight"]
    assert bright == pytest.approx(limit, rel=1e-4)
    dim = gross_production(3.0, 18.0, weather(light=1e-4), xp)
    assert dim == pytest.approx(7.19298 * 9.0 / 11.1001 * 1e-4 * day["daylight"], rel=1e-4)


def test_without_leaves_or_light_production_is_zero(xp):
    leaf_area = np.array([0.0, 0.0, 3.0])
    light = np.array([0.0, 18.0, 0.0])
    assert np.array_equal(gross_production(leaf_area, 18.0, weather(light=light), xp), np.zeros(3))


@pytest.mark.parametrize("more", [{"light": 19.0}, {"co2": 400.0}, {"hours": 16.0}, {"tmax": 23.0}])
def test_more_light_co2_daylight_and_warmth_give_more(more, xp):
    assert gross_production(3.0, 18.0, weather(**more), xp) > gross_production(
        3.0, 18.0, weather(), xp
    )


def test_days_are_twelve_hours_at_the_equator_and_end_at_the_pole():
    np.testing.assert_allclose(day_length(0.0, np.arange(1, 366)), 12.0, atol=1e-12)
    assert day_length(85.0, 172.0) == 24.0
    assert day_length(85.0, 355.0) == 0.0
    # Trondheim, 63.4 N, 20.5 h from sunrise to sunset at midsummer, refraction included
    assert day_length(63.4, 172.0) == pytest.approx(20.0, abs=0.6)


def test_the_deficit_of_vapour_pressure_is_that_of_fao_56():
    """Examples 5 and 6 of Allen et al. (1998): 18 and 25 degC, 1.70 kPa, a deficit of 0.91 kPa."""
    assert vapour_pressure_deficit(18.0, 25.0, 1700.0) == pytest.approx(9.1, abs=0.1)
    assert vapour_pressure_deficit(18.0, 25.0, 1e5) == 0.0
    # saturated at the minimum, 2.064 kPa, where nothing is measured
    expected = 5.0 * (3.168 - 2.064)
    assert vapour_pressure_deficit(18.0, 25.0) == pytest.approx(expected, abs=0.01)
