"""Agreement of simulated and observed variation at places."""

import numpy as np
import pytest

from ccdas_framework.diagnostics.variability import anomalies, variability

DAYS = np.arange(730)
START = np.datetime64("2010-01-01") + DAYS
SEASON = 0.1 * np.cos(2.0 * np.pi * DAYS / 365.0)
WEATHER = np.random.default_rng(5).normal(0.0, 0.02, DAYS.size)


def scores(observed, simulated, start=START, place="x"):
    return variability(observed, simulated, start, np.broadcast_to(place, len(observed)))


def test_an_anomaly_is_the_departure_from_the_mean_of_35_days():
    values = np.random.default_rng(1).uniform(0.0, 1.0, 100)
    day = np.random.default_rng(2).permutation(np.arange(0, 300, 3))
    for n in (0, 17, 60):
        near = np.abs(day - day[n]) <= 17
        assert anomalies(day, values)[n] == pytest.approx(values[n] - values[near].mean())


def test_values_that_are_far_apart_have_no_anomalies():
    assert np.isnan(anomalies(np.arange(0, 3000, 30), np.ones(100))).all()
    months = np.arange("2010-01", "2014-01", dtype="datetime64[M]").astype("datetime64[D]")
    monthly = scores(SEASON[::15][: len(months)], 2.0 * SEASON[::15][: len(months)], months)
    assert np.isnan(monthly["anomaly_correlation"])
    assert monthly["sd_ratio"] == pytest.approx(2.0)


def test_a_shared_season_without_shared_weather_correlates_but_not_its_anomalies():
    other = np.random.default_rng(6).normal(0.0, 0.02, DAYS.size)
    observed, simulated = SEASON + WEATHER, SEASON + other
    assert np.corrcoef(observed, simulated)[0, 1] > 0.8
    assert abs(scores(observed, simulated)["anomaly_correlation"]) < 0.15
    assert scores(observed, 3.0 + WEATHER)["anomaly_correlation"] > 0.95


def test_the_ratio_of_sd_ignores_the_mean_and_is_the_median_of_places():
    parts = [1.0, 2.0, 5.0]
    observed = np.tile(WEATHER, 3)
    simulated = np.concatenate([4.0 + factor * WEATHER for factor in parts])
    place = np.repeat(["a", "b", "c"], DAYS.size)
    result = scores(observed, simulated, np.tile(START, 3), place)
    assert result["sd_ratio"] == pytest.approx(2.0)
    assert result["anomaly_correlation"] == pytest.approx(1.0)


def test_what_is_missing_or_constant_has_no_score():
    assert np.isnan(list(scores(np.ones(730), WEATHER).values())).all()
    assert np.isnan(list(scores(np.full(730, np.nan), WEATHER).values())).all()
    gap = np.where(DAYS < 100, np.nan, WEATHER)
    assert scores(gap, WEATHER)["sd_ratio"] == pytest.approx(1.0)
