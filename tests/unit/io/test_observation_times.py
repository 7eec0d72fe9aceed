"""Periods of observations, however a file states them, against the same file with day numbers."""

import warnings

import numpy as np
import pytest
import xarray as xr
from findings import codes
from hypothesis import given
from hypothesis import strategies as some

from ccdas_framework import Variable
from ccdas_framework.core.errors import CcdasWarning, Findings
from ccdas_framework.io import read_observations

FLUX = Variable("flux", "1", ("obs",))
DAYS = {"units": "days since 1970-01-01", "calendar": "standard"}
MONTHS = np.arange("2010-01", "2011-02", dtype="M8[M]").astype("M8[D]").astype(int)
FIRST, NEXT = np.tile(MONTHS[:-1], 2), np.tile(MONTHS[1:], 2)  # two places, each month of 2010


def dataset(**times):
    """Observations of two places; `times` are the variables that state their periods."""
    count = len(next(iter(times.values()))[1])
    place = np.repeat([0.0, 1.0], count // 2) if count > 1 else np.zeros(1)
    columns = {
        "observed": ("obs", np.arange(count) / count, {"units": "1"}),
        "observed_sd": ("obs", np.full(count, 0.1), {"units": "1"}),
        "latitude": ("obs", 10.0 * place, {"units": "degrees_north"}),
        "longitude": ("obs", 5.0 * place, {"units": "degrees_east"}),
    }
    return xr.Dataset({**columns, **times})


@pytest.fixture
def read(tmp_path):
    """Observations, findings and warnings of a dataset, each as (code, place)."""

    def observations(data, variable=FLUX):
        path, findings = tmp_path / "flux.nc", Findings()
        data.to_netcdf(path)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", CcdasWarning)
            result = read_observations(path, variable, findings)
        remarks = [(w.message.code, w.message.where) for w in caught]
        return result, codes(findings), remarks

    return observations


def days_of(observations):
    return observations.start.astype(int).tolist(), observations.end.astype(int).tolist()


def bounds(first, last, attributes=None, **time):
    """`time` with CF bounds, by default in the middle of each."""
    values = np.asarray(time.get("values", (np.asarray(first) + np.asarray(last)) / 2.0))
    return {
        "time": ("obs", values, {**DAYS, "bounds": "time_bnds", **time.get("attributes", {})}),
        "time_bnds": (("obs", "bnds"), np.stack([first, last], axis=1), attributes or {}),
    }


@pytest.mark.parametrize("stamps", [FIRST, NEXT, (FIRST + NEXT) / 2.0], ids=["start", "end", "mid"])
@pytest.mark.parametrize("order", [slice(None), slice(None, None, -1), [5, 1, 3, 20, 0]])
def test_cf_bounds_are_the_period_whatever_the_stamp(read, stamps, order):
    data = dataset(**bounds(FIRST, NEXT, values=stamps)).isel(obs=order)
    found, findings, remarks = read(data)
    assert findings == remarks == []
    assert days_of(found) == (FIRST[order].tolist(), (NEXT[order] - 1).tolist())


def test_bounds_may_have_units_of_their_own(read):
    hours = {"units": "hours since 1970-01-01"}
    found, findings, _ = read(dataset(**bounds(24.0 * FIRST, 24.0 * NEXT, hours, values=FIRST)))
    assert findings == [] and days_of(found) == (FIRST.tolist(), (NEXT - 1).tolist())


def test_bounds_in_falling_order_and_32_bits_are_the_same(read):
    numbers = bounds(NEXT.astype("f4"), FIRST.astype("f4"), values=FIRST.astype("f4"))
    found, findings, _ = read(dataset(**numbers))
    assert findings == [] and days_of(found) == (FIRST.tolist(), (NEXT - 1).tolist())


def test_bounds_of_one_observation_of_a_day_are_that_day(read):
    for end in (FIRST[:1] + 1, FIRST[:1], FIRST[:1] + 0.999):
        found, findings, _ = read(dataset(**bounds(FIRST[:1], end, values=FIRST[:1])))
        assert findings == [] and days_of(found) == ([FIRST[0]], [FIRST[0]])


def test_bounds_that_end_on_the_last_day_of_a_month_include_it(read):
    found, findings, remarks = read(dataset(**bounds(FIRST, NEXT - 1)))
    assert findings == [] and remarks == [("inclusive-bounds", "flux.nc: time_bnds")]
    assert days_of(found) == (FIRST.tolist(), (NEXT - 1).tolist())


def test_times_outside_their_bounds_are_refused(read):
    found, findings, _ = read(dataset(**bounds(FIRST, NEXT, values=FIRST + 100)))
    assert found is None and findings == [("wrong-bounds", "flux.nc: time_bnds")]


def test_bounds_of_another_shape_are_refused(read):
    data = dataset(**bounds(FIRST, NEXT)).isel(bnds=[0])
    assert read(data)[1] == [("wrong-dimensions", "flux.nc: time_bnds")]


def test_bounds_that_are_not_in_the_file_are_refused(read):
    data = dataset(time=("obs", FIRST, {**DAYS, "bounds": "time_bnds"}))
    assert read(data)[1] == [("missing-variable", "flux.nc: time_bnds")]


def test_a_climatology_is_refused(read):
    data = dataset(time=("obs", FIRST, {**DAYS, "climatology": "years"}))
    assert read(data)[1] == [("climatological-times", "flux.nc: time")]


def pair(first, last, units=DAYS):
    return {"time_start": ("obs", first, units), "time_end": ("obs", last, units)}


@pytest.mark.parametrize("order", [slice(None), slice(None, None, -1), [0], [7, 3]])
def test_ends_on_the_first_of_the_next_month_are_recognised_with_a_warning(read, order):
    found, findings, remarks = read(dataset(**pair(FIRST[order], NEXT[order])))
    assert findings == [] and remarks == [("exclusive-ends", "flux.nc: time_end")]
    assert days_of(found) == (FIRST[order].tolist(), (NEXT[order] - 1).tolist())


@pytest.mark.parametrize("length", [1, 8, 365])
def test_ends_where_the_next_period_begins_are_recognised_with_a_warning(read, length):
    first = np.tile(14612 + length * np.arange(5), 2)
    found, findings, remarks = read(dataset(**pair(first, first + length)))
    assert findings == [] and remarks == [("exclusive-ends", "flux.nc: time_end")]
    assert days_of(found) == (first.tolist(), (first + length - 1).tolist())


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (FIRST, NEXT - 1),
        (FIRST, FIRST),  # days
        (14612 + np.arange(6), 14618 + np.arange(6)),  # running weeks
        (np.array([14612]), np.array([14620])),
    ],
)
def test_last_days_that_are_included_stay_as_they_are(read, first, last):
    found, findings, remarks = read(dataset(**pair(first, last)))
    assert findings == remarks == []
    assert days_of(found) == (first.tolist(), last.tolist())


@pytest.mark.parametrize("step", [2, 3])
def test_periods_of_two_days_are_taken_as_they_are_with_a_warning(read, step):
    first = 14612 + step * np.arange(6)
    found, findings, remarks = read(dataset(**pair(first, first + 1)))
    assert findings == [] and remarks == [("two-day-periods", "flux.nc: time_end")]
    assert days_of(found) == (first.tolist(), (first + 1).tolist())


def test_included_and_exclusive_ends_in_one_file_are_refused(read):
    mixed = np.where(np.arange(len(NEXT)) % 2, NEXT, NEXT - 1)
    found, findings, _ = read(dataset(**pair(FIRST, mixed)))
    assert found is None and findings == [("mixed-ends", "flux.nc: time_end")]


def test_ends_a_second_before_midnight_or_at_midnight_after_clock_times_are_that_day(read):
    seconds = {"units": "seconds since 1970-01-01"}
    first = FIRST * 86400 + 79200  # 22:00
    for last in (FIRST * 86400 + 86399, FIRST * 86400 + 86400):
        found, findings, remarks = read(dataset(**pair(first, last, seconds)))
        assert findings == remarks == []
        assert days_of(found) == (FIRST.tolist(), FIRST.tolist())


@pytest.mark.parametrize("missing", ["time_start", "time_end"])
@pytest.mark.parametrize("with_time", [True, False])
def test_a_missing_end_of_the_period_is_the_only_finding(read, missing, with_time):
    data = dataset(**pair(FIRST, NEXT - 1)).drop_vars(missing)
    if with_time:
        data["time"] = ("obs", FIRST, DAYS)
    assert read(data)[1] == [("missing-variable", f"flux.nc: {missing}")]


def test_a_missing_time_is_refused(read):
    first = np.where(np.arange(len(FIRST)) == 3, np.nan, FIRST)
    assert read(dataset(**pair(first, NEXT - 1)))[1] == [("missing-values", "flux.nc: time_start")]


@pytest.mark.parametrize("stamps", [FIRST, FIRST + 14, NEXT])
def test_monthly_times_without_bounds_give_a_warning(read, stamps):
    found, findings, remarks = read(dataset(time=("obs", stamps, DAYS)))
    assert findings == [] and remarks == [("monthly-without-bounds", "flux.nc: time")]
    assert days_of(found) == (stamps.tolist(), stamps.tolist())


@pytest.mark.parametrize("step", [1, 3, 7, 16])
def test_other_times_without_bounds_are_single_days(read, step):
    stamps = np.tile(14612 + step * np.arange(12), 2)
    found, findings, remarks = read(dataset(time=("obs", stamps, DAYS)))
    assert findings == remarks == []
    assert days_of(found) == (stamps.tolist(), stamps.tolist())


@given(
    day=some.integers(-20000, 40000),
    error=some.floats(-0.49, 0.49),
    unit=some.sampled_from(["days", "hours", "minutes", "seconds"]),
)
def test_times_are_rounded_to_the_second(tmp_path_factory, day, error, unit):
    in_day = {"days": 1.0, "hours": 24.0, "minutes": 1440.0, "seconds": 86400.0}[unit]
    stamp = day * in_day + error * in_day / 86400.0
    path = tmp_path_factory.mktemp("rounded") / "flux.nc"
    dataset(time=("obs", [stamp], {"units": f"{unit} since 1970-01-01"})).to_netcdf(path)
    found = read_observations(path, FLUX, Findings())
    assert days_of(found) == ([day], [day])


@pytest.mark.parametrize("origin", ["1900-01-01", "1970-01-01", "2010-01-01"])
@pytest.mark.parametrize(("unit", "in_day"), [("days", 1), ("hours", 24), ("seconds", 86400)])
def test_midnight_in_32_bits_is_midnight(read, origin, unit, in_day):
    days = np.arange("2010-03-01", "2010-04-30", dtype="M8[D]")
    numbers = ((days - np.datetime64(origin)).astype(int) * in_day).astype(np.float32)
    found, _, _ = read(dataset(time=("obs", numbers, {"units": f"{unit} since {origin}"})))
    np.testing.assert_array_equal(found.start, days)


def test_the_same_value_twice_gives_a_warning(read):
    data = dataset(**pair(FIRST, NEXT - 1))
    found, findings, remarks = read(xr.concat([data, data.isel(obs=[3])], "obs"))
    assert len(found) == len(FIRST) + 1 and findings == []
    assert remarks == [("repeated-observations", "flux.nc: observed")]


def test_other_values_quantities_or_places_are_no_repeats(read):
    data = dataset(**pair(FIRST, NEXT - 1))
    named = data.assign(quantity=("obs", np.array(["gpp"] * len(FIRST), dtype=object)))
    other = named.assign(quantity=("obs", np.array(["nee"] * len(FIRST), dtype=object)))
    assert read(xr.concat([named, other], "obs"))[2] == []
    assert read(xr.concat([data, data.assign(observed=data.observed + 1.0)], "obs"))[2] == []
    nameless = data.assign(observed=data.observed * np.nan)
    assert read(xr.concat([nameless, nameless], "obs"))[2] == []
