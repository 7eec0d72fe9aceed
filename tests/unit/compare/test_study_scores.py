"""Scores of a posterior against their definitions."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import chisquare, norm

from ccdas_framework.compare.study_scores import (
    covered,
    crps_of_draws,
    crps_of_gaussian,
    inside,
    rank_in_draws,
    rank_in_gaussian,
    thinned,
)


@pytest.mark.parametrize(
    ("truth", "mean", "sd"), [(0.0, 0.0, 1.0), (2.5, 1.0, 0.3), (-4.0, 1.0, 2.0)]
)
def test_crps_of_a_gaussian_is_the_integral_of_squared_differences(truth, mean, sd):
    def below(x):
        return norm.cdf(x, mean, sd) ** 2

    def above(x):
        return (1.0 - norm.cdf(x, mean, sd)) ** 2

    integral = quad(below, mean - 12 * sd, truth)[0] + quad(above, truth, mean + 12 * sd)[0]
    score = crps_of_gaussian(np.array([truth]), np.array([mean]), np.array([sd]))
    np.testing.assert_allclose(score, integral, rtol=1e-6)


def test_crps_of_draws_is_the_integral_for_their_empirical_distribution():
    generator = np.random.default_rng(3)
    draws, truth = generator.normal(size=(17, 4)), np.array([0.0, 0.3, -3.0, 5.0])
    for element in range(4):
        x = draws[:, element]
        steps = np.sort([*x, truth[element]])
        middles = 0.5 * (steps[1:] + steps[:-1])
        distribution = np.array([(x <= m).mean() for m in middles])
        integral = np.sum((distribution - (middles >= truth[element])) ** 2 * np.diff(steps))
        score = crps_of_draws(truth[element : element + 1], x[:, None])
        np.testing.assert_allclose(score, integral, rtol=1e-12)


def test_crps_of_one_draw_is_the_absolute_error():
    np.testing.assert_allclose(crps_of_draws(np.array([2.0]), np.array([[5.0]])), 3.0)


def test_crps_of_many_gaussian_draws_is_that_of_the_gaussian():
    draws = norm.ppf((np.arange(20000) + 0.5) / 20000)[:, None]
    one = np.ones(1)
    gaussian = crps_of_gaussian(0.7 * one, 0.0 * one, one)
    np.testing.assert_allclose(crps_of_draws(0.7 * one, draws), gaussian, rtol=1e-4)


def counts(ranks):
    return np.histogram(ranks, bins=10, range=(0.0, 1.0))[0]


@pytest.mark.parametrize("members", [3, 25, 99])
def test_ranks_in_draws_of_the_exact_posterior_are_uniform(members):
    generator = np.random.default_rng(4)
    truth, draws = generator.normal(size=20000), generator.normal(size=(members, 20000))
    ranks = rank_in_draws(truth, draws, generator)
    assert chisquare(counts(ranks)).pvalue > 0.01
    below = (draws < truth).sum(axis=0)
    np.testing.assert_array_equal(np.floor(ranks * (members + 1)), below)


def test_ranks_in_an_exact_gaussian_are_uniform():
    truth = np.random.default_rng(5).normal(1.0, 2.0, size=20000)
    ranks = rank_in_gaussian(truth, np.ones(20000), 2.0 * np.ones(20000))
    assert chisquare(counts(ranks)).pvalue > 0.01


@pytest.mark.parametrize(("scale", "middle_is_fuller"), [(2.0, True), (0.5, False)])
def test_a_posterior_that_is_too_wide_or_narrow_shows_in_the_ranks(scale, middle_is_fuller):
    generator = np.random.default_rng(6)
    truth, draws = generator.normal(size=5000), scale * generator.normal(size=(99, 5000))
    histogram = counts(rank_in_draws(truth, draws, generator))
    assert (histogram[4] + histogram[5] > histogram[0] + histogram[9]) == middle_is_fuller
    assert chisquare(histogram).pvalue < 1e-10


def test_ties_give_any_of_their_ranks():
    generator = np.random.default_rng(7)
    ranks = rank_in_draws(np.zeros(20000), np.zeros((9, 20000)), generator)
    assert chisquare(counts(ranks)).pvalue > 0.01


def test_thinning_to_the_effective_size_makes_ranks_of_a_chain_uniform():
    generator, memory = np.random.default_rng(8), 0.95
    chain = [generator.normal(size=4000)]
    for _ in range(999):
        noise = np.sqrt(1.0 - memory**2) * generator.normal(size=4000)
        chain.append(memory * chain[-1] + noise)
    truth, draws = generator.normal(size=4000), np.array(chain)
    effective_size = 1000 * (1 - memory) / (1 + memory)
    of_all = counts(rank_in_draws(truth, draws[:80], generator))
    of_some = counts(rank_in_draws(truth, thinned(draws, effective_size), generator))
    assert chisquare(of_all).pvalue < 1e-10 and chisquare(of_some).pvalue > 0.01


@pytest.mark.parametrize(
    ("size", "left"), [(np.nan, 100), (1e9, 100), (100.0, 100), (10.7, 10), (0.2, 1)]
)
def test_thinning_leaves_as_many_draws_as_are_independent(size, left):
    draws = np.arange(100.0)[:, None]
    kept = thinned(draws, size)
    assert len(kept) == left and np.all(np.diff(kept[:, 0]) > 0)


def test_the_truth_is_covered_inside_the_central_interval():
    sd, mean = np.full(5, 2.0), np.full(5, 1.0)
    edge = 2.0 * norm.ppf(0.95)
    truth = np.array([1.0, 1.0 + 0.999 * edge, 1.0 - 0.999 * edge, 1.0 + 1.001 * edge, np.nan])
    inside = covered(rank_in_gaussian(truth, mean, sd), 0.9)
    np.testing.assert_array_equal(inside, [1.0, 1.0, 1.0, 0.0, np.nan])


def test_no_posterior_has_no_rank_and_no_score():
    nothing = np.full(2, np.nan)
    assert np.isnan(rank_in_gaussian(np.zeros(2), nothing, nothing)).all()
    assert np.isnan(crps_of_gaussian(np.zeros(2), nothing, nothing)).all()


def test_a_truth_is_inside_the_range_of_the_draws_with_its_ends():
    limits = np.array([[0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0]])
    np.testing.assert_array_equal(inside(np.array([0.0, 1.0, 1.1, -0.1]), limits), [1, 1, 0, 0])
