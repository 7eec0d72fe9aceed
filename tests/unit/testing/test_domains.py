"""Domains with real dates, and observations in them."""

import numpy as np

from ccdas_framework import Grid
from ccdas_framework.io.calendar import day_of_year
from ccdas_framework.testing import cell_observations, dated_domain, three_cells

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


def test_three_cells_have_the_classes_asked_for_and_room_for_bare_ground():
    grid = three_cells(("a", "b", "c", "d", "e"))
    assert (grid.cells, grid.columns) == (3, 5)
    assert list(grid.column_class) == ["a", "b", "c", "d", "e"]
    covered = np.bincount(grid.column_cell, grid.column_fraction)
    np.testing.assert_allclose(covered, [1.0, 0.8, 0.9], rtol=1e-12)


def test_observations_of_a_cell_last_their_month_day_or_as_long_as_is_said():
    domain = dated_domain(three_cells(), "2012-01", "2012-12")
    months = np.arange("2012-01", "2012-04", dtype="datetime64[M]")
    seen = cell_observations(domain, 1, months, [1.0, 2.0, 3.0], 0.5, label="y", angle=40.0)
    assert [str(day) for day in seen.end] == ["2012-01-31", "2012-02-29", "2012-03-31"]
    assert seen.values.tolist() == [1.0, 2.0, 3.0] and seen.sd.tolist() == [0.5] * 3
    assert set(seen.latitude) == {10.0} and set(seen.longitude) == {20.0}
    assert list(seen.label) == ["y"] * 3 and seen.extra["angle"].tolist() == [40.0] * 3
    days = domain.time[[3, 9]]
    np.testing.assert_array_equal(cell_observations(domain, 0, days).end, days)
    weeks = cell_observations(domain, 0, days, end=days + 6)
    np.testing.assert_array_equal(weeks.end - weeks.start, np.timedelta64(6, "D"))
    assert np.isnan(weeks.values).all() and np.isnan(weeks.sd).all()
