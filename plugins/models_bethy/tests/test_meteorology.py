"""Sun, temperature, radiation and humidity within the day."""

import numpy as np
import pytest
from ccdas_models_bethy import Bethy, prepare
from ccdas_models_bethy.meteorology import humidity, solar
from ccdas_models_bethy.meteorology.radiation import (
    beam_transmittance,
    hourly_radiation,
    radiation_split,
)
from ccdas_models_bethy.meteorology.temperature import diurnal_shape
from hypothesis import given
from hypothesis import strategies as st

HOURS = np.arange(1.0, 25.0)
DIGITS = 2e-6  # rounding of the stated values


def a_day(latitude, day_of_year, shortwave, xp, tmin=10.0, tmax=20.0, renormalise=True):
    """Course of a day: temperature, cosine, PAR, shortwave, direct fraction, daily split."""
    sine, cosine_product = solar.sun_angles(latitude, day_of_year)
    cosine = solar.cosine_zenith(sine, cosine_product, HOURS)[:, None]
    beam = beam_transmittance(cosine, solar.surface_pressure(0.0, 0.5 * (tmin + tmax)))
    distance = np.array([[solar.sun_distance_factor(day_of_year)]])
    split = radiation_split(
        np.array([[shortwave]]), cosine[None], beam[None], distance, renormalise
    )
    split = {name: value[0] for name, value in split.items()}
    par, spread, direct = hourly_radiation(cosine, beam, split, xp)
    shape = diurnal_shape(HOURS, solar.day_length(sine, cosine_product))
    temperature = 0.5 * (tmin + tmax) + 0.5 * (tmax - tmin) * shape
    return temperature, cosine[:, 0], par[:, 0], spread[:, 0], direct[:, 0], split


def test_solar_geometry_at_midsummer_and_midwinter():
    sine, cosine = solar.sun_angles(50.0, 172)
    assert (sine, cosine) == pytest.approx((0.3042223, 0.5899252), rel=DIGITS)
    assert solar.day_length(sine, cosine) == pytest.approx(16.13920, rel=DIGITS)
    assert solar.sun_distance_factor(172) == pytest.approx(0.9674428, rel=DIGITS)
    assert solar.day_length(*solar.sun_angles(50.0, 355)) == pytest.approx(7.860607, rel=DIGITS)
    assert solar.sun_distance_factor(355) == pytest.approx(1.0341180, rel=DIGITS)


@pytest.mark.parametrize(
    ("hour", "temperature", "par", "shortwave", "direct"),
    [
        (5, 10.27582, 24.4425, 65.8009, 0.1484754),
        (9, 15.05429, 174.2830, 402.992, 0.2600093),
        (12, 19.05781, 221.9243, 492.1019, 0.2659608),
        (14, 20.0, 200.1002, 452.1936, None),
        (20, 13.51700, None, None, None),
        (23, 12.14110, None, None, None),
    ],
)
def test_diurnal_course(hour, temperature, par, shortwave, direct, xp):
    course = a_day(50.0, 172, 200.0, xp)
    expected = (temperature, None, par, shortwave, direct)
    for name, value in enumerate(expected):
        if value is not None:
            assert course[name][hour - 1] == pytest.approx(value, rel=DIGITS)


def test_cosine_of_the_zenith_at_five(xp):
    assert a_day(50.0, 172, 200.0, xp)[1][4] == pytest.approx(0.1515384, rel=DIGITS)


def test_daily_means_and_cloud(xp):
    _, _, par, shortwave, _, split = a_day(50.0, 172, 200.0, xp)
    assert split["clear_ratio"][0] == pytest.approx(0.4815869, rel=DIGITS)
    assert split["cloud"][0] == 1.0
    assert par.mean() == pytest.approx(86.0, rel=DIGITS)
    assert shortwave.mean() == pytest.approx(200.0, rel=1e-12)


@given(latitude=st.floats(-65.0, 65.0), day=st.integers(1, 365), shortwave=st.floats(5.0, 300.0))
def test_daily_shortwave_is_preserved(latitude, day, shortwave, xp):
    assert a_day(latitude, day, shortwave, xp)[3].mean() == pytest.approx(shortwave, rel=1e-9)


def test_without_renormalising_clouds_lose_shortwave(xp):
    assert a_day(50.0, 172, 100.0, xp, renormalise=False)[3].mean() < 99.0


@given(latitude=st.floats(-90.0, 90.0), day=st.integers(1, 366), hours=st.floats(0.0, 12.0))
def test_the_sun_is_symmetric_about_noon(latitude, day, hours):
    sine, cosine = solar.sun_angles(latitude, day)
    before = solar.cosine_zenith(sine, cosine, 12.0 - hours)
    assert before == pytest.approx(solar.cosine_zenith(sine, cosine, 12.0 + hours), abs=1e-12)


@given(latitude=st.floats(-90.0, 90.0), day=st.integers(1, 366))
def test_temperature_stays_between_its_extremes(latitude, day):
    length = solar.day_length(*solar.sun_angles(latitude, day))
    assert 0.0 <= length <= 24.0
    assert np.all(np.abs(diurnal_shape(HOURS, length)) <= 1.0 + 1e-12)


def test_pressure_in_the_mountains():
    assert solar.surface_pressure(1000.0, 15.0) == pytest.approx(90106.05, rel=DIGITS)


def test_saturation_and_latent_heat(xp):
    for temperature, expected in ((25.0, 3167.372), (10.0, 1227.873), (-10.0, 259.7378)):
        saturation = humidity.saturation_vapour_pressure(temperature, xp)
        assert saturation == pytest.approx(expected, rel=DIGITS)
    slope = humidity.saturation_slope(25.0, 3167.372, xp)
    assert slope == pytest.approx(188.6546, rel=DIGITS)
    assert humidity.latent_heat(25.0, xp) == pytest.approx(2441579.0, rel=DIGITS)
    assert humidity.latent_heat(-5.0, xp, 3.834e6) == 3.834e6


@given(
    tmin=st.floats(-40.0, 35.0),
    warming=st.floats(0.0, 25.0),
    wetness=st.floats(0.0, 1.0),
    base=st.floats(0.0, 1.0),
    k=st.floats(0.5, 1.0),
)
def test_air_is_never_supersaturated(tmin, warming, wetness, base, k, xp):
    saturation = humidity.saturation_vapour_pressure(tmin + warming, xp)
    lowest = k * humidity.saturation_vapour_pressure(tmin, xp)
    vapour = humidity.vapour_pressure_from_minimum(saturation, lowest, wetness, base, 0.96, 0.49)
    assert 0.0 < vapour <= saturation * (1.0 + 1e-12)


def test_air_is_drier_where_it_rains_less():
    year = np.ones((365, 3))
    rain = year * np.array([5.0, 1.0, 0.0])
    weather = (15.0 * year, 27.0 * year, 210.0 * year, 1e5 * year)
    potential = humidity.potential_evaporation(*weather)
    k = humidity.aridity_factor(rain, potential, driest=0.3, moistest=0.9)
    assert k[0] == pytest.approx(0.9, rel=1e-12)
    assert 0.3 < k[1] < 0.6
    assert k[2] == pytest.approx(0.3, rel=1e-12)


def test_the_aridity_of_a_place_does_not_depend_on_the_lead(forcing):
    days = 730
    generator = np.random.default_rng(4)
    fields = {
        "pr": generator.gamma(0.5, 3.0, (days, 2)),
        "rsds": generator.uniform(80.0, 300.0, (days, 2)),
    }
    window = forcing([4, 9], days, **fields)
    first_year = {name: np.concatenate([v[:365], v[:365], v]) for name, v in fields.items()}
    led = forcing([4, 9], days + 730, lead=730, **first_year)
    k = prepare.aridity(window, Bethy())
    assert k[0] != k[1]
    np.testing.assert_array_equal(prepare.aridity(led, Bethy()), k)


def test_the_aridity_of_a_place_uses_its_measured_pressure(forcing):
    mountain = {"elevation": 3000.0, "pr": 1.0}
    assumed = prepare.aridity(forcing([4], 30, **mountain), Bethy())
    pressure = forcing([4], 30, ps=101325.0, **mountain)
    assert prepare.aridity(pressure, Bethy()) != assumed
    low = prepare.aridity(forcing([4], 30, pr=1.0), Bethy())
    np.testing.assert_allclose(prepare.aridity(pressure, Bethy()), low, rtol=1e-3)
