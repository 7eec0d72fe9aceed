"""Mean seasons of groups weigh places alike and sample simulated and observed values alike."""

import numpy as np
import pytest

from ccdas_framework.diagnostics.mean_seasons import (
    correlation,
    group_season,
    latitude_bands,
    place_seasons,
)

MONTHS = np.arange(1, 13)
WAVE = 5.0 - 4.0 * np.cos(2.0 * np.pi * (MONTHS - 1) / 12.0)


def test_each_place_has_the_same_weight_whatever_its_number_of_years():
    values = np.concatenate([np.full(36, 1.0), np.full(12, 3.0)])
    place = np.array(["long"] * 36 + ["short"] * 12)
    found = group_season(values, {"prior": values + 0.5}, np.tile(MONTHS, 4), place)
    np.testing.assert_allclose(found.observed, 2.0)
    np.testing.assert_allclose(found.simulated["prior"], 2.5)
    assert (found.places, found.count) == (2, 48)
    assert found.bias["prior"] == pytest.approx(0.5)
    assert found.rmse["prior"] == pytest.approx(0.5)


def test_a_season_late_by_three_months_has_no_correlation_and_one_late_by_six_the_opposite():
    month, place = np.tile(MONTHS, 2), np.repeat(["a", "b"], 12)
    observed = np.tile(WAVE, 2)
    runs = {f"{lag}": np.tile(np.roll(WAVE, lag), 2) for lag in (0, 3, 6)}
    found = group_season(observed, runs, month, place).season_correlation
    assert found["0"] == pytest.approx(1.0)
    assert found["3"] == pytest.approx(0.0, abs=1e-12)
    assert found["6"] == pytest.approx(-1.0)


def test_months_without_a_value_are_missing_in_the_season():
    summer = np.isin(MONTHS, (5, 6, 7))
    found = group_season(WAVE[summer], {"prior": WAVE[summer]}, MONTHS[summer], np.full(3, "a"))
    np.testing.assert_array_equal(np.isfinite(found.observed), summer)
    assert np.isnan(found.season_correlation["prior"])  # three months are no season


def test_seasons_of_places_are_means_over_their_years():
    month = np.array([1, 1, 2, 1])
    place = np.array(["a", "a", "a", "b"])
    seasons = place_seasons(np.array([1.0, 3.0, 5.0, 7.0]), month, place)
    assert seasons.shape == (2, 12)
    np.testing.assert_allclose(seasons[:, 0], [2.0, 7.0])
    assert seasons[0, 1] == 5.0 and np.isnan(seasons[1, 1:]).all()


def test_bands_hold_each_place_once_and_the_poles():
    latitude = np.array([-90.0, -25.0, 0.0, 40.0, 64.9, 65.0, 90.0])
    bands = latitude_bands(latitude)
    assert np.sum(list(bands.values()), axis=0).tolist() == [1] * len(latitude)
    assert bands["40N-65N"].tolist() == [False, False, False, True, True, False, False]


def test_a_constant_has_no_correlation():
    assert np.isnan(correlation(np.ones(5), np.arange(5.0)))
