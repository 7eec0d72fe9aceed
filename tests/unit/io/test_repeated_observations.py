"""Several values of a place in one month, for operators of monthly means."""

import warnings

import numpy as np
import pytest
import xarray as xr
from attrs import evolve
from findings import codes
from hypothesis import given
from hypothesis import strategies as st

from ccdas_framework import CcdasWarning, Observations, Variable
from ccdas_framework.core.errors import Findings
from ccdas_framework.io import read_observations
from ccdas_framework.io.repeated_observations import also_in

CO2 = Variable("co2", "ppm", ("obs",))
EPOCH = np.datetime64("2010-01-01")
DAYS = {"units": "days since 2010-01-01"}


def records(start, end, values, label="MLO", sd=0.5):
    """Observations of one station, days since 2010."""
    count = len(values)
    columns = {
        "observed": ("obs", np.asarray(values, float), {"units": "ppm"}),
        "observed_sd": ("obs", np.full(count, sd), {"units": "ppm"}),
        "time_start": ("obs", np.asarray(start), DAYS),
        "time_end": ("obs", np.asarray(end), DAYS),
        "latitude": ("obs", np.full(count, 19.5), {"units": "degrees_north"}),
        "longitude": ("obs", np.full(count, -155.6), {"units": "degrees_east"}),
        "label": ("obs", np.array([label] * count, dtype=object)),
    }
    return xr.Dataset(columns)


@pytest.fixture
def read(tmp_path):
    """Observations, findings and warnings, each as (code, place)."""

    def observations(data, **options):
        path, findings = tmp_path / "co2.nc", Findings()
        data.to_netcdf(path)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", CcdasWarning)
            result = read_observations(path, CO2, findings, **options)
        return result, codes(findings), [(w.message.code, w.message.where) for w in caught]

    return observations


WEEKS = np.array([0, 7, 14, 21, 28, 35])  # four in January; the fifth has its middle in February
WEEKLY = records(WEEKS, WEEKS + 6, [390.0, 391.0, 392.0, 393.0, 396.0, 400.0])
MONTHS = [0, 31, 59, 90]  # first days
MONTHLY = records(MONTHS[:-1], np.array(MONTHS[1:]) - 1, [390.0, 391.0, 392.0])


def test_one_value_a_month_is_as_in_the_file(read):
    found, findings, remarks = read(MONTHLY, interval="month")
    assert findings == remarks == [] and found.values.tolist() == [390.0, 391.0, 392.0]


def test_a_column_quantity_of_several_numbers_names_no_quantity(read):
    for quantity in (np.ones((3, 2)), np.array([["a", "b"]] * 3, dtype=object)):
        data = MONTHLY.assign(quantity=(("obs", "level"), quantity))
        for interval in ("", "month"):
            found, findings, _ = read(data, interval=interval)
            assert findings == [] and found.quantity is None
    found, _, _ = read(MONTHLY.assign(quantity=("obs", np.array(list("abc"), dtype=object))))
    assert found.quantity.tolist() == ["a", "b", "c"]


def test_several_values_in_a_month_are_refused(read):
    found, findings, _ = read(WEEKLY, interval="month")
    assert found is None and findings == [("several-in-interval", "co2.nc: observed")]


def test_an_operator_of_any_days_takes_weekly_values(read):
    found, findings, remarks = read(WEEKLY)
    assert findings == remarks == [] and len(found) == len(WEEKS)


@pytest.mark.parametrize("order", [slice(None), slice(None, None, -1), [3, 5, 0, 2, 4, 1]])
def test_several_values_in_a_month_are_averaged_where_the_stream_says_so(read, order):
    found, findings, _ = read(WEEKLY.isel(obs=order), interval="month", average=True)
    by_time = found.take(np.argsort(found.start))
    assert findings == []
    np.testing.assert_allclose(by_time.values, [391.5, 398.0], rtol=1e-12)
    np.testing.assert_allclose(by_time.sd, [0.5, 0.5], rtol=1e-12)
    assert (by_time.start - EPOCH).astype(int).tolist() == [0, 28]
    assert (by_time.end - EPOCH).astype(int).tolist() == [27, 41]


def test_missing_values_do_not_count_in_an_average(read):
    values = [390.0, np.nan, 392.0, np.nan, np.nan, np.nan]
    file = records(WEEKS, WEEKS + 6, values)
    found, _, _ = read(file, interval="month", average=True, keep_missing=True)
    np.testing.assert_array_equal(found.values, [391.0, np.nan])


def test_two_stations_in_a_month_are_apart(read):
    other = MONTHLY.assign(label=("obs", np.array(["ALT"] * 3, dtype=object)))
    found, findings, _ = read(xr.concat([MONTHLY, other], "obs"), interval="month")
    assert findings == [] and len(found) == 6


def test_names_of_samples_do_not_set_them_apart(read):
    names = np.array([f"sample {n}" for n in range(len(WEEKS))], dtype=object)
    findings = read(WEEKLY.assign(sample=("obs", names)), interval="month")[1]
    assert findings == [("several-in-interval", "co2.nc: observed")]


def test_the_same_month_twice_gives_a_warning(read):
    found, findings, remarks = read(xr.concat([MONTHLY] * 2, "obs"), interval="month")
    assert findings == [] and len(found) == 6
    assert remarks == [("repeated-observations", "co2.nc: observed")]
    averaged, _, remarks = read(xr.concat([MONTHLY] * 2, "obs"), interval="month", average=True)
    assert averaged.values.tolist() == MONTHLY.observed.values.tolist() and remarks == []


def test_places_that_move_a_little_are_one_station(read):
    latitude = ("obs", 19.5 + 1e-3 * np.arange(len(WEEKS)), {"units": "degrees_north"})
    findings = read(WEEKLY.assign(latitude=latitude), interval="month")[1]
    assert findings == [("several-in-interval", "co2.nc: observed")]


@pytest.mark.parametrize("days", [89, 364])
def test_means_of_seasons_and_years_are_refused(read, days):
    findings = read(records([0], [days], [390.0]), interval="month", average=True)[1]
    assert findings == [("longer-than-interval", "co2.nc: time_end")]


# -- the observations of two files ------------------------------------------------------------

VALUES = np.array([0.2137, 0.0, -1.5, 3.25e-7, 412.8, 0.0])


def observed(values=VALUES, quantity="gpp"):
    """One observation a day at places half a degree apart, across Greenwich."""
    count = len(values)
    day = np.datetime64("2010-03-01") + np.arange(count)
    place = 0.5 * np.arange(count)
    return Observations(
        values=values, sd=np.full(count, 0.1), start=day, end=day + 2, latitude=45.0005 + place,
        longitude=place - 0.5, altitude=np.full(count, np.nan),
        label=np.array([f"place {n}" for n in range(count)]),
        extra={"quantity": np.full(count, quantity)},
    )  # fmt: skip


COPIES = {
    "in single precision": lambda o: evolve(
        o, values=np.float32(o.values), latitude=np.float32(o.latitude)
    ),
    "in another unit and back": lambda o: o.with_values(o.values * 1.0377 / 1.0377),
    "in longitudes of 0 to 360": lambda o: evolve(o, longitude=o.longitude % 360.0),
    "with coordinates of two decimals": lambda o: evolve(o, latitude=np.round(o.latitude, 2)),
    "with other labels, errors and altitudes": lambda o: evolve(
        o, label=o.label[::-1], sd=2.0 * o.sd, altitude=o.sd
    ),
}
OTHERS = {
    "on another day": lambda o: evolve(o, start=o.start + 1, end=o.end + 1),
    "with another end": lambda o: evolve(o, end=o.end + 1),
    "at another place": lambda o: evolve(o, latitude=o.latitude + 0.1),
    "with another value": lambda o: o.with_values(1.001 * o.values + 1e-9),
    "with the other sign": lambda o: o.with_values(np.where(o.values == 0.0, 1.0, -o.values)),
    "of another quantity": lambda o: observed(quantity="nee"),
    "without values": lambda o: o.with_values(np.full(len(o), np.nan)),
    "empty": lambda o: o.take(np.zeros(0, dtype=int)),
}


@pytest.mark.parametrize("copy", COPIES.values(), ids=COPIES)
def test_copies_hold_the_same_observations(copy):
    assert also_in(copy(observed()), observed()).all()
    assert also_in(observed(), copy(observed())).all()


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_other_observations_are_no_repeats(other):
    assert not also_in(other(observed()), observed()).any()
    assert not also_in(observed(), other(observed())).any()


@given(st.permutations(range(6)), st.sets(st.integers(0, 5)))
def test_order_and_window_of_a_copy_do_not_matter(order, days):
    here, there = observed().take(np.array(order)), observed().take(np.array(sorted(days), int))
    assert also_in(here, there).tolist() == [n in days for n in order]


def test_missing_values_repeat_nothing():
    holes = observed().with_values(np.where(np.arange(6) < 2, np.nan, VALUES))
    assert also_in(holes, observed()).tolist() == [False, False, True, True, True, True]
