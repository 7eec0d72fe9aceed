"""Generated weather keeps its monthly means and the limits of nature."""

import numpy as np
import pytest
from attrs import evolve
from ccdas_recipes import climate, site_weather, solar_radiation, weather
from ccdas_recipes.demo import demo_climate

ROUNDING = 1e-9  # relative; sums over a month in double precision
TIME = np.arange("2010-01-01", "2012-01-01", dtype="datetime64[D]")


@pytest.fixture(scope="module")
def table():
    return demo_climate()


@pytest.fixture(scope="module")
def spread(table):
    return climate.diurnal_range_from_clearness(weather.monthly_clearness(table))


@pytest.fixture(scope="module")
def days(table, spread):
    return weather.monthly_weather(table, spread, TIME, seed=1)


def by_month(values):
    return weather.monthly_mean(values, weather.month_of(TIME)[0])


def test_monthly_temperature_is_that_of_the_table(table, days):
    mean = by_month(0.5 * (days["tasmin"] + days["tasmax"]))
    np.testing.assert_allclose(mean, np.tile(table.tas, (2, 1)), atol=1e-8)  # K


def test_monthly_precipitation_is_that_of_the_table(table, days):
    np.testing.assert_allclose(by_month(days["pr"]), np.tile(table.pr, (2, 1)), rtol=ROUNDING)


def test_monthly_diurnal_range_is_that_of_the_climate(spread, days):
    mean = by_month(days["tasmax"] - days["tasmin"])
    np.testing.assert_allclose(mean, np.tile(spread, (2, 1)), rtol=ROUNDING)


def test_monthly_shortwave_is_that_of_the_table_where_the_sun_allows_it(table, days):
    mean = by_month(days["rsds"])
    expected = np.tile(table.rsds, (2, 1))
    lit = expected > 20.0  # W m-2; not the edge of the polar night, where a clear sky gives less
    assert np.mean(np.abs(mean - expected)[lit] < 1e-6 * expected[lit]) > 0.99
    assert np.all(mean <= expected * (1.0 + ROUNDING))


def test_no_day_has_negative_precipitation_or_shortwave(days):
    assert days["pr"].min() >= 0.0
    assert days["rsds"].min() >= 0.0


def test_minimum_temperature_is_below_maximum(days):
    assert np.all(days["tasmin"] <= days["tasmax"])


def test_shortwave_is_at_most_a_fifth_above_that_of_a_clear_sky(table, days):
    pressure = solar_radiation.relative_pressure(table.elevation, np.full((len(TIME), 1), 15.0))
    clear = solar_radiation.potential_shortwave(table.latitude, pressure, weather.day_of_year(TIME))
    assert np.all(days["rsds"] <= 1.25 * clear + 1.0)


def test_the_same_seed_gives_the_same_weather_and_another_does_not(table, spread, days):
    again = weather.monthly_weather(table, spread, TIME, seed=1)
    other = weather.monthly_weather(table, spread, TIME, seed=2)
    np.testing.assert_array_equal(again["pr"], days["pr"])
    assert np.any(other["pr"] != days["pr"])


def test_weather_of_a_cell_does_not_depend_on_the_other_cells(table, spread, days):
    some = slice(10, 13)
    part = evolve(
        table,
        number=table.number[some],
        elevation=table.elevation[some],
        **{name: getattr(table, name)[:, some] for name in ("tas", "pr", "rsds", "rsds_daily_sd")},
    )
    alone = weather.monthly_weather(part, spread[:, some], TIME, seed=1)
    np.testing.assert_allclose(alone["tasmax"], days["tasmax"][:, some], atol=1e-9)


def test_wet_days_come_as_often_as_the_rule_says(table, days):
    frequency = (days["pr"] > 0.0).mean(axis=0)
    chance = climate.wet_day_frequency(table.pr).mean(axis=0)
    assert abs(np.mean(frequency - chance)) < 0.01  # mean over the cells; sampling error 0.001
    assert np.corrcoef(frequency, chance)[0, 1] > 0.98


def test_smooth_days_keep_the_monthly_means():
    month, _ = weather.month_of(TIME)
    monthly = np.random.default_rng(3).normal(size=(24, 5))
    np.testing.assert_allclose(
        weather.monthly_mean(weather.smooth_days(monthly, month), month), monthly, atol=1e-12
    )


def test_29_february_is_day_59_and_december_ends_with_365():
    dates = np.array(["2012-02-28", "2012-02-29", "2012-03-01", "2012-12-31", "2011-12-31"])
    number = weather.day_of_year(dates.astype("datetime64[D]"))
    assert number.tolist() == [59, 59, 60, 365, 365]


def test_generated_weather_has_the_climate_of_its_site():
    site = site_weather.SiteClimate(8.0, 9.0, 8.0, 760.0, 0.15, 7.0, 0.5, 0.55)
    time = np.arange("2000-01-01", "2040-01-01", dtype="datetime64[D]")
    drawn = site_weather.site_weather(site, 51.0, 430.0, time, seed=1, place=0)
    mean = 0.5 * (drawn["tasmin"] + drawn["tasmax"]).mean()
    assert abs(mean - 8.0) < 0.3  # K; three standard errors of 40 years are 0.2
    assert abs(drawn["pr"].mean() * 365.0 / 760.0 - 1.0) < 0.05
    assert abs((drawn["pr"] > 0).mean() - 0.5) < 0.02


def test_the_sun_of_the_equator_at_equinox_and_of_the_polar_night():
    clear = solar_radiation.potential_shortwave(
        np.array([0.0, 80.0]), np.ones((1, 2)), np.array([355])
    )
    assert 300.0 < clear[0, 0] < 380.0  # W m-2
    assert clear[0, 1] == 0.0
