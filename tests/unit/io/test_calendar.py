import numpy as np
import pytest
from findings import codes

from ccdas_framework.core.errors import Findings
from ccdas_framework.io.calendar import day_of_year, model_days
from ccdas_framework.io.netcdf import InputFile

DAY = np.timedelta64(1, "D")


def span(first, last, start=None, days=None, lead_days=0, spin_up_years=2):
    time = np.arange(np.datetime64(first), np.datetime64(last) + DAY)
    findings = Findings()
    begin = None if start is None else np.datetime64(start)
    found = model_days(
        InputFile("file.nc", None, findings), time, begin, days, lead_days, spin_up_years
    )
    return time, found, codes(findings)


def test_the_29th_of_february_counts_as_day_59():
    dates = np.array(
        ["2012-02-28", "2012-02-29", "2012-03-01", "2012-12-31", "2011-12-31"], "M8[D]"
    )
    assert day_of_year(dates).tolist() == [59, 59, 60, 365, 365]


def test_the_lead_is_spin_up_and_what_streams_ask_for():
    _, found, _ = span("2010-01-01", "2011-12-31", lead_days=365)
    assert found.calendar["lead"] == 3 * 365
    assert len(found.source) == 3 * 365 + 730


@pytest.mark.parametrize("start", ["2010-01-01", "2011-07-01", "2012-01-01", "2011-03-15"])
@pytest.mark.parametrize("lead_days", [0, 100, 365])
def test_the_lead_repeats_the_first_year_without_a_break_in_the_season(start, lead_days):
    time, found, _ = span("2010-01-01", "2013-12-31", start=start, lead_days=lead_days)
    lead, doy = found.calendar["lead"], found.calendar["day_of_year"]
    step = (np.diff(doy[: lead + 1]) % 365).tolist()
    assert set(step) <= {0, 1}  # 0 on 29 February only
    first = int((np.datetime64(start) - time[0]) / DAY)
    before = time[first] - DAY
    assert doy[lead - 1] == day_of_year(np.array([before]))[0]
    assert found.source[:lead].min() >= first
    assert np.all(np.diff(found.calendar["time"]) == DAY)
    assert found.calendar["time"][lead] == np.datetime64(start)


def test_a_leap_year_is_repeated_with_all_its_days():
    _, found, _ = span("2012-01-01", "2013-12-31")
    assert found.calendar["lead"] == 2 * 366
    assert np.array_equal(found.source[:366], found.source[366:732])


def test_a_short_window_still_leads_with_a_whole_year():
    _, found, _ = span("2010-01-01", "2011-12-31", days=60)
    assert found.calendar["lead"] == 2 * 365
    assert found.source.max() == 364
    assert len(found.source) == 2 * 365 + 60


def test_less_than_a_year_is_repeated_as_it_is():
    _, found, findings = span("2010-01-01", "2010-03-01")
    assert findings == []
    assert found.calendar["lead"] == 120
    assert found.source[:120].tolist() == list(range(60)) * 2


@pytest.mark.parametrize("start", ["2010-01-01", "2011-07-10"])
def test_months_and_years_of_the_lead_are_negative_and_never_fall(start):
    _, found, _ = span("2010-01-01", "2013-12-31", start=start)
    lead, calendar = found.calendar["lead"], found.calendar
    for name in ("month", "year"):
        assert calendar[name][lead] == 0
        assert calendar[name][lead - 1] == -1
        assert set(np.diff(calendar[name]).tolist()) == {0, 1}
    assert calendar["month_of_year"][lead - 1] == (12 if start == "2010-01-01" else 7)
    assert calendar["year_number"][lead] == int(start[:4])


def test_two_years_have_24_months():
    _, found, _ = span("2010-01-01", "2011-12-31")
    assert found.calendar["month"][-1] == 23
    assert found.calendar["year_number"][[0, -1]].tolist() == [2008, 2011]


@pytest.mark.parametrize(
    ("start", "days"), [("2009-06-01", None), ("2011-06-01", 300), (None, 731)]
)
def test_a_window_outside_the_file_is_refused(start, days):
    _, found, findings = span("2010-01-01", "2011-12-31", start=start, days=days)
    assert found is None
    assert findings == [("window-outside-file", "file.nc: time")]
