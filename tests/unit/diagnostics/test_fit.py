"""Innovations and residuals of one stream."""

import numpy as np
import pytest

from ccdas_framework.diagnostics import autocorrelation, fit_of_values, innovation_statistics

from .linear import Linear


def fit(residual, place=None, start=None):
    residual = np.asarray(residual, float)
    count = len(residual)
    return fit_of_values(
        "s", "mm", observed=residual, sd=np.ones(count), prior=np.ones(count),
        posterior=np.zeros(count),
        place=np.array(["here"] * count) if place is None else np.asarray(place),
        start=np.datetime64("2010-01-01") + (np.arange(count) if start is None else start),
    )  # fmt: skip


def test_neighbouring_residuals_of_a_first_order_process_have_its_correlation():
    generator = np.random.default_rng(0)
    values = [0.0]
    for shock in generator.standard_normal(4000):
        values.append(0.7 * values[-1] + np.sqrt(1 - 0.49) * shock)
    actual, pairs = autocorrelation(fit(values))
    assert pairs == 4000
    assert actual == pytest.approx(0.7, abs=4.0 * np.sqrt((1 - 0.49) / 4000))


def test_independent_residuals_are_not_correlated():
    actual, pairs = autocorrelation(fit(np.random.default_rng(1).standard_normal(2000)))
    assert abs(actual) < 4.0 / np.sqrt(pairs)


def test_values_of_other_places_and_across_a_gap_are_no_neighbours():
    residual = [1.0, 2.0, 3.0, -1.0, -2.0]
    actual, pairs = autocorrelation(fit(residual, ["x", "x", "x", "y", "y"], [0, 1, 30, 0, 1]))
    # steps of x are 1 and 29 days, 15 in the middle: only the first is near; y has one pair
    assert pairs == 2
    assert actual == pytest.approx((1 * 2 + 1 * 2) / np.sqrt((1 + 1) * (4 + 4)))


def test_the_order_of_the_values_does_not_matter():
    generator = np.random.default_rng(2)
    residual, place = generator.standard_normal(40), np.repeat(["x", "y"], 20)
    start = np.tile(np.arange(20), 2)
    mixed = generator.permutation(40)
    assert autocorrelation(fit(residual[mixed], place[mixed], start[mixed])) == pytest.approx(
        autocorrelation(fit(residual, place, start))
    )


def test_a_single_value_has_no_neighbour():
    actual, pairs = autocorrelation(fit([1.0]))
    assert np.isnan(actual)
    assert pairs == 0


def test_innovations_are_told_in_the_units_of_the_stream():
    told = innovation_statistics(fit([3.0, 5.0]), None)
    assert told["innovation_mean"] == 3.0  # less the prior, 1
    assert told["innovation_sd"] == 1.0
    assert np.isnan(told["normalised_sd"])


def test_the_share_outside_two_sd_is_that_of_a_normal():
    linear, generator = Linear(), np.random.default_rng(3)
    shares = []
    for _ in range(200):
        fits, posterior = linear.solved(linear.draw(generator))
        shares.append(innovation_statistics(fits[1], posterior.prior_covariance)["share_outside"])
    # 4 sd of the mean of 200 x 40 values, were they as dependent as four to one
    assert np.mean(shares) == pytest.approx(0.0455, abs=4.0 * np.sqrt(0.0455 / 2000))


def test_some_values_of_a_stream_keep_their_sensitivity():
    fits, _ = Linear().solved(Linear().draw(np.random.default_rng(0)))
    part = fits[0].take(fits[0].place == "place 2")
    assert set(part.place) == {"place 2"}
    np.testing.assert_array_equal(part.sensitivity, fits[0].sensitivity[2::4])
