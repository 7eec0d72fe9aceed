"""Medians over seeds with their intervals, and the uniformity of ranks."""

import numpy as np
import pytest
from scipy.stats import binom
from unit.compare.study_rows import row

from ccdas_framework.compare.study_summary import mean_share, median_of, summaries, uniformity
from ccdas_framework.compare.study_table import table_of


@pytest.mark.parametrize("count", [6, 9, 20, 51])
def test_the_interval_is_the_narrowest_of_order_statistics_with_its_confidence(count):
    values = np.random.default_rng(1).permutation(np.arange(float(count)))
    median = median_of(values)
    left_out = int(median.low)  # the values are their own order statistics
    assert median.high == count - 1 - left_out
    assert median.value == (count - 1) / 2
    assert median.confidence == pytest.approx(1 - 2 * binom.cdf(left_out, count, 0.5))
    assert median.confidence >= 0.95 > 1 - 2 * binom.cdf(left_out + 1, count, 0.5)


def test_the_interval_holds_the_median_as_often_as_it_says():
    median = median_of(np.arange(11.0))  # the values are their own order statistics
    samples = np.sort(np.random.default_rng(2).exponential(size=(20000, 11)), axis=1)
    low, high = samples[:, int(median.low)], samples[:, int(median.high)]
    share = np.mean((low <= np.log(2.0)) & (np.log(2.0) <= high))
    expected = median.confidence
    assert abs(share - expected) < 4 * np.sqrt(expected * (1 - expected) / 20000)


@pytest.mark.parametrize(("count", "confidence"), [(1, 0.0), (2, 0.5), (5, 0.9375)])
def test_few_seeds_have_the_whole_range_and_less_confidence(count, confidence):
    median = median_of(np.arange(float(count)))
    assert (median.low, median.high) == (0.0, count - 1.0)
    assert median.confidence == pytest.approx(confidence)


@pytest.mark.parametrize(("seeds", "count", "between"), [(5, 12, 0.0), (20, 4, 0.0), (20, 4, 1.0)])
def test_the_interval_of_a_share_holds_it_as_often_as_it_says(seeds, count, between):
    """Each seed has a share of its own around 0.9 where elements depend on each other."""
    generator, held = np.random.default_rng(3), []
    for _ in range(2000):
        share = generator.beta(9.0, 1.0, seeds) if between else np.full(seeds, 0.9)
        found = mean_share(generator.binomial(count, share) / count, count)
        held.append(found.low <= 0.9 <= found.high)
    assert np.mean(held) > 0.93  # 0.95, less for a distribution with a long tail


def test_coverage_is_the_mean_over_seeds_with_an_interval_that_is_never_empty():
    rows = [
        row(n, seed=n, rank=[0.5], covered=[c, 1.0], truth=[0.0, 0.0], cost=1.0)
        for n, c in enumerate([1.0, 1.0, 0.0, 1.0])
    ]
    (summary,) = summaries(table_of(rows), rows)
    assert summary.medians["coverage"].value == 0.875
    same = mean_share(np.ones(9), 2)
    assert same.value == same.high == 1.0 and 0.8 < same.low < 1.0
    assert mean_share(np.array([0.75]), 4).confidence == 0.0


def test_uniformity_is_a_p_value_where_there_are_enough_ranks():
    assert uniformity(np.full(10, 20)) == pytest.approx(1.0)
    assert uniformity(np.array([100, 0, 0, 0, 0, 0, 0, 0, 0, 100])) < 1e-10
    assert np.isnan(uniformity(np.full(10, 4)))


def test_a_summary_counts_failed_and_marked_rows_and_leaves_them_out():
    rows = [
        row(1, method="a", seed=1, cost=1.0, rank=[0.05, 0.15]),
        row(2, method="a", seed=2, cost=3.0, rank=[0.05, np.nan]),
        row(3, method="a", seed=3, cost=2.0, rank=[0.95, 0.95], mixed="no"),
        row(4, method="a", seed=4, status="failed"),
        row(5, method="b", seed=1, cost=7.0),
    ]
    first, second = summaries(table_of(rows), rows)
    assert (first.seeds, first.failed, first.marked) == (4, 1, 1)
    assert first.medians["cost"].value == 2.0
    np.testing.assert_array_equal(first.histogram, [2, 1, 0, 0, 0, 0, 0, 0, 0, 0])
    assert second.medians["cost"].value == 7.0 and len(second.histogram) == 0
