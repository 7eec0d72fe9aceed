"""Calendar months of dates and windows."""

from collections import namedtuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccdas_framework.grids import (
    calendar_months,
    complete_months,
    days_in_month,
    is_consecutive,
    month_numbers,
    months_between,
)

DATES = st.dates(min_value=np.datetime64("1900-01-01").item())


def test_months_from_the_first_to_the_last():
    expected = np.array(["2010-11", "2010-12", "2011-01"], "datetime64[M]")
    np.testing.assert_array_equal(months_between("2010-11", "2011-01"), expected)
    np.testing.assert_array_equal(months_between("2010-11-30", "2011-01-01"), expected)
    assert len(months_between("2010-02", "2010-01")) == 0


def test_a_february_has_29_days_in_leap_years():
    assert days_in_month(["2012-02", "2013-02", "1900-02", "2000-02"]).tolist() == [29, 28, 28, 29]


@given(st.integers(1700, 2300))
def test_the_months_of_a_year_have_its_days(year):
    days = days_in_month(months_between(f"{year}-01", f"{year}-12")).sum()
    assert days == 365 + (year % 4 == 0 and (year % 100 != 0 or year % 400 == 0))


def test_dates_of_any_calendar_have_months():
    date = namedtuple("date", "year month day")
    expected = np.array(["2010-02", "2011-12"], "datetime64[M]")
    other = np.array([None, None], dtype=object)
    other[:] = [date(2010, 2, 30), date(2011, 12, 1)]
    np.testing.assert_array_equal(calendar_months(other), expected)
    dates = np.array(["2010-02-28", "2011-12-01"], "datetime64[ns]")
    np.testing.assert_array_equal(calendar_months(dates), expected)


@pytest.mark.parametrize("values", [[1.0, 2.0], [], ["2010-01"]])
def test_numbers_and_texts_are_no_dates(values):
    assert calendar_months(values) is None


@pytest.mark.parametrize(
    ("months", "expected"),
    [
        (["2010-12", "2011-01"], True),
        (["2010-12"], True),
        (["2010-12", "2011-02"], False),
        (["2010-12", "2010-12"], False),
        (["2010-12", "2010-11"], False),
    ],
)
def test_months_in_a_row_are_consecutive(months, expected):
    assert is_consecutive(months) is expected


def test_months_are_counted_from_the_first_date():
    index, number = month_numbers(np.array(["2010-12-31", "2011-01-01", "2012-01-05"], "M8[D]"))
    assert index.tolist() == [0, 1, 13] and number.tolist() == [11, 0, 0]


@given(DATES, st.integers(1, 500))
def test_complete_months_hold_all_of_their_days_and_no_others(first, count):
    days = np.datetime64(first) + np.arange(count)
    months = complete_months(days)
    present = set(days.tolist())
    for position, month in enumerate(months_between(days[0], days[-1])):
        of_month = np.arange(month, month + 1, dtype="datetime64[D]").tolist()
        whole = set(of_month) <= present
        assert months[position] == month if whole else np.isnat(months[position])
