"""Means over days, columns, cells and months, against the loops that define them."""

import numpy as np
import pytest
from toy import toy_forcing

from ccdas_framework import area_mean, by_cell, by_month, period_mean
from ccdas_framework.engines.namespace import numpy_namespace

XP = numpy_namespace()


@pytest.fixture(scope="module")
def field():
    return np.random.default_rng(1).normal(5.0, 2.0, (50, 9))


def test_the_mean_of_a_period_has_both_its_ends(field):
    first, last = np.array([3, 10, 0]), np.array([3, 19, 49])
    columns = np.array([[0, 1], [2, 2], [8, 0]])
    actual = period_mean(field, first, last, columns, XP)
    for n in range(3):
        expected = field[first[n] : last[n] + 1][:, columns[n]].mean(axis=0)
        # running sums over 50 days round at 1e-14 of their total
        np.testing.assert_allclose(actual[n], expected, rtol=1e-12)


def test_the_area_mean_weighs_the_columns_of_the_cell(field):
    at = {
        "first_day": np.array([4]), "last_day": np.array([6]),
        "columns": np.array([[0, 1, 2]]), "weights": np.array([[0.5, 0.3, 0.2]]),
    }  # fmt: skip
    expected = field[4:7, :3].mean(axis=0) @ [0.5, 0.3, 0.2]
    assert area_mean(field, at, XP)[0] == pytest.approx(expected, rel=1e-12)


def test_bare_ground_counts_as_zero_in_a_cell(field):
    grid = toy_forcing().domain.grid
    cells = by_cell(field, grid.column_fraction, grid.column_cell, grid.cells, XP)
    assert cells.shape == (50, 5)
    np.testing.assert_allclose(cells[:, 1], 0.9 * field[:, 3], rtol=1e-14)  # 10 % is bare
    np.testing.assert_allclose(cells[:, 2], 0.5 * field[:, 4] + 0.4 * field[:, 5], rtol=1e-14)


def test_months_are_summed_and_the_lead_is_left_out(field):
    month = np.repeat([-1, 0, 1, 2], [10, 20, 15, 5])
    actual = by_month(field, month, 3, XP)
    np.testing.assert_allclose(actual[1], field[30:45].sum(axis=0), rtol=1e-13)
    np.testing.assert_allclose(actual.sum(axis=0), field[10:].sum(axis=0), rtol=1e-13)
