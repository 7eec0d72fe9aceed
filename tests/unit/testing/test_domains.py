"""Domains with real dates."""

import numpy as np

from ccdas_framework import Grid
from ccdas_framework.io.calendar import day_of_year
from ccdas_framework.testing import dated_domain

GRID = Grid([0.0], [0.0], [1.0], ["a"], [[1.0, 1.0]], [0], [1.0], [1])


def test_a_window_of_months_holds_their_days_and_counts_from_its_first():
    domain = dated_domain(GRID, "2011-12", "2012-03", lead=40)
    assert domain.days == 40 + 31 + 31 + 29 + 31
    assert domain.time[40] == np.datetime64("2011-12-01") and domain.months == 4
    np.testing.assert_array_equal(domain.month[[0, 39, 40, 71, 161]], [-2, -1, 0, 1, 3])
    np.testing.assert_array_equal(domain.year[[0, 40, 71]], [0, 0, 1])
    np.testing.assert_array_equal(domain.month_of_year[[0, 40, 71]], [10, 12, 1])


def test_the_day_of_year_is_that_of_a_file():
    domain = dated_domain(GRID, "2012-02-27", "2012-03-01")
    np.testing.assert_array_equal(domain.day_of_year, [58, 59, 59, 60])
    domain = dated_domain(GRID, "2011-01", "2013-12")
    np.testing.assert_array_equal(domain.day_of_year, day_of_year(domain.time))
