"""A file of observations with bad values equals the file without them, or is refused."""

import netCDF4
import numpy as np
import pytest

from ccdas_framework import Variable
from ccdas_framework.core.errors import Findings
from ccdas_framework.io import read_observations

from .observed import BAD, CO2, COUNT, GOOD, assert_equal, reader, records, with_bad

COVER = Variable("cover", "1", ("obs",), (0.0, 1.0))
LEVEL = Variable("level", "mm", ("obs",))


@pytest.fixture
def read(tmp_path):
    """See `reader`."""
    return reader(tmp_path)


@pytest.mark.parametrize("bad", [-999.99, -9999.0, -9.99, 0.0, 9999.0, 1e20, np.inf, -np.inf])
def test_values_that_cannot_be_observed_are_left_out(read, bad):
    sound, _, _ = read(records().isel(obs=GOOD))
    found, findings, _ = read(with_bad(records(), bad))
    assert findings == []
    assert_equal(found, sound, {"outside 150 to 850 ppm": 2})


@pytest.mark.parametrize("bad", [-999.99, 0.0])
def test_units_and_32_bits_do_not_hide_them(read, bad):
    values = np.float32(1e-6 * records()["observed"].values)
    values[BAD] = bad
    file = records().assign(observed=("obs", values, {"units": "mol mol-1"}))
    file["observed_sd"].attrs["units"] = "ppm"
    sound, _, _ = read(file.isel(obs=GOOD))
    assert_equal(read(file)[0], sound, {"outside 150 to 850 ppm": 2})


@pytest.mark.parametrize("declared", ["_FillValue", "missing_value", "both", "several"])
def test_declared_missing_values_are_left_out(read, declared):
    file = with_bad(records(), -1.0)
    encoding = {
        "_FillValue": {"_FillValue": -1.0}, "missing_value": {"missing_value": -1.0},
        "both": {"_FillValue": -1.0, "missing_value": -1.0}, "several": {},
    }[declared]  # fmt: skip
    if declared == "several":
        file["observed"].attrs["missing_value"] = np.array([-2.0, -1.0])
        file["observed"][BAD[0]] = -2.0
    sound, _, _ = read(records().isel(obs=GOOD))
    found, findings, _ = read(file, encoding={"observed": encoding})
    assert findings == []
    assert_equal(found, sound, {"missing value": 2})


@pytest.mark.parametrize("limit", [("valid_min", 300.0), ("valid_max", 500.0), "range", "text"])
def test_values_outside_the_valid_range_of_the_file_are_missing(read, limit):
    file = with_bad(records(), 299.0 if limit != ("valid_max", 500.0) else 501.0)
    name, value = limit if isinstance(limit, tuple) else ("valid_range", [300.0, 500.0])
    file["observed"].attrs[name] = "300, 500" if limit == "text" else value
    sound, _, _ = read(records().isel(obs=GOOD))
    assert_equal(read(file)[0], sound, {"missing value": 2})


def packed(path, write):
    """A file whose `observed` is packed in 16 bits; `write` fills it and sets attributes."""
    records().drop_vars("observed").to_netcdf(path)
    with netCDF4.Dataset(path, "a") as file:
        observed = file.createVariable("observed", "i2", ("obs",))
        observed.units, observed.scale_factor, observed.add_offset = "ppm", 0.01, 300.0
        observed.set_auto_maskandscale(False)
        write(observed)
    return str(path)


@pytest.mark.parametrize(
    "valid_range", [np.array([0, 10000], "i2"), np.array([300.0, 400.0], "f8"), None]
)
def test_packed_values_are_missing_by_limits_and_default_fill_values(read, tmp_path, valid_range):
    numbers = 9000 + np.arange(COUNT)

    def sound(observed):
        observed[:] = numbers

    def faulty(observed):
        if valid_range is None:
            observed[GOOD] = numbers[GOOD]  # the others keep the default fill value
            return
        observed.valid_range = valid_range
        observed[:] = np.where(np.isin(np.arange(COUNT), BAD), 12000, numbers)

    expected, _, _ = read(packed(tmp_path / "a.nc", sound))
    found, findings, _ = read(packed(tmp_path / "b.nc", faulty))
    assert findings == []
    assert_equal(found, expected.take(GOOD), {"missing value": 2})


@pytest.mark.parametrize("kind", ["f4", "f8", "i4"])
def test_numbers_that_were_never_written_are_missing(read, tmp_path, kind):
    records(LEVEL).drop_vars("observed").to_netcdf(tmp_path / "x.nc")
    with netCDF4.Dataset(tmp_path / "x.nc", "a") as file:
        observed = file.createVariable("observed", kind, ("obs",))
        observed.units = "mm"
        observed[GOOD] = np.arange(len(GOOD)) + 5
    found, findings, _ = read(str(tmp_path / "x.nc"), LEVEL)
    assert findings == [] and found.dropped == {"missing value": 2}
    assert found.values.tolist() == (np.arange(len(GOOD)) + 5.0).tolist()


def test_the_places_of_missing_values_may_be_missing_too(read):
    file = records()
    for name in ("observed", "observed_sd", "latitude", "longitude", "time"):
        file = with_bad(file, np.nan, name)
    sound, _, _ = read(records().isel(obs=GOOD))
    found, findings, _ = read(file)
    assert findings == []
    assert_equal(found, sound, {"missing value": 2})


@pytest.mark.parametrize(
    ("bad", "finding"),
    [(np.nan, ("missing-values", "x.nc: observed")), (-999.0, ("out-of-range", "x.nc: observed"))],
)
def test_more_than_half_is_refused_and_half_is_not(read, bad, finding):
    half = np.arange(COUNT // 2)
    assert len(read(with_bad(records(), bad, positions=half))[0]) == COUNT // 2
    found, findings, _ = read(with_bad(records(), bad, positions=np.arange(COUNT // 2 + 1)))
    assert found is None and findings == [finding]


def test_one_bad_value_alone_is_refused(read):
    file = with_bad(records().isel(obs=[0]), -999.0, positions=[0])
    assert read(file)[1] == [("out-of-range", "x.nc: observed")]


def test_hypothetical_observations_have_no_values(read):
    found, findings, _ = read(with_bad(records(), np.nan, positions=slice(None)))
    assert findings == [] and len(found) == COUNT and found.dropped == {}
    found, findings, _ = read(with_bad(records(), np.nan), keep_missing=True)
    assert findings == [] and len(found) == COUNT and np.isnan(found.values[BAD]).all()


def test_a_file_without_observations_is_read(read):
    found, findings, _ = read(records().isel(obs=[]))
    assert findings == [] and len(found) == 0


def test_noise_beyond_the_range_of_the_field_is_kept(read):
    file = with_bad(records(COVER), -0.01, positions=[0, 1])  # sd 0.003, 3.3 sd below zero
    assert read(file, COVER)[0].dropped == {}
    file = with_bad(file, -0.02, positions=[2])
    assert read(file, COVER)[0].dropped == {"outside 0 to 1 by more than 5 sd": 1}
    without_sd = with_bad(file, np.nan, "observed_sd", slice(None))
    assert read(without_sd, COVER)[0].dropped == {"outside 0 to 1 by more than 5 sd": 3}


def test_numbers_that_mark_missing_values_count_without_a_range(read):
    sound, _, _ = read(records(LEVEL).isel(obs=GOOD), LEVEL)
    for bad in (-999.0, -9999.0, 1e20, -99.99, 32767.0):
        found, findings, _ = read(with_bad(records(LEVEL), bad), LEVEL)
        assert findings == []
        assert_equal(found, sound, {"missing value": 2})


def test_marks_among_other_values_are_values(read):
    values = np.round(np.linspace(-20.0, 5.0, COUNT), 2)
    file = with_bad(records(LEVEL).assign(observed=("obs", values, {"units": "mm"})), -9.99)
    assert read(file, LEVEL)[0].dropped == {}
    finer = file.assign(observed=("obs", file.observed.values + 1.234e-4, {"units": "mm"}))
    assert read(with_bad(finer, -9.99, positions=[3]), LEVEL)[0].dropped == {}
    assert read(with_bad(finer, -9.99), LEVEL)[0].dropped == {"missing value": 2}


@pytest.mark.parametrize(
    ("bad", "code"),
    [(0.0, "not-positive"), (-9999.0, "not-positive"), (9999.0, "missing-values"),
     (1e20, "missing-values"), (np.inf, "infinite-value")],
)  # fmt: skip
def test_errors_that_are_none_are_refused_where_there_is_a_value(read, bad, code):
    place = "observed" if code == "infinite-value" else "observed_sd"
    assert read(with_bad(records(), bad, "observed_sd"))[1] == [(code, f"x.nc: {place}")]
    without = with_bad(with_bad(records(), bad, "observed_sd"), -999.0)
    assert len(read(without)[0]) == len(GOOD)


def test_numbers_in_messages_count_in_the_file(read, tmp_path):
    file = with_bad(with_bad(records(), np.nan, positions=[0]), 0.0, "observed_sd", [5])
    file.to_netcdf(tmp_path / "x.nc")
    findings = Findings()
    assert read_observations(tmp_path / "x.nc", CO2, findings) is None
    assert "number 5 " in findings[0].message  # the place is in the message alone


@pytest.mark.parametrize("height", [999.0, [5.0, 999.0] * 6])
def test_a_station_at_999_m_is_one(read, height):
    heights = np.broadcast_to(height, COUNT)
    found, findings, _ = read(records(altitude=(heights, {"units": "m"})))
    assert findings == [] and found.altitude.tolist() == heights.tolist()


def test_values_that_repeat_as_often_as_others_are_values(read):
    values = np.round(998.0 + 0.37 * (np.arange(COUNT) // 2), 2)
    values[BAD] = 999.0
    file = records(LEVEL).assign(observed=("obs", values, {"units": "mm"}))
    assert read(file, LEVEL)[0].dropped == {}


def test_marks_in_altitudes_are_refused(read):
    heights = 10.0 + np.arange(COUNT)
    file = records(altitude=(heights, {"units": "m"}))
    assert read(with_bad(file, 9999.0, "altitude"))[1] == [("out-of-range", "x.nc: altitude")]
    flight = np.linspace(1000.0, 9999.0, COUNT)
    assert read(file.assign(altitude=("obs", flight, {"units": "m"})))[1] == []


@pytest.mark.parametrize("mark", [-9999, -999, 32767])
@pytest.mark.parametrize("positions", [BAD, BAD[:1]])
def test_marks_among_packed_numbers_are_missing(read, mark, positions):
    packing = {"scale_factor": 0.01, "add_offset": 400.0, "units": "ppm"}
    packed = np.round(100.0 * np.sin(np.arange(COUNT))).astype("i2")
    file = records()
    file["observed"] = ("obs", packed, packing)
    sound, _, _ = read(file.isel(obs=np.delete(np.arange(COUNT), positions)))
    found, findings, _ = read(with_bad(file, np.int16(mark), positions=positions))
    assert findings == []
    assert_equal(found, sound, {"missing value": len(positions)})


def test_packed_numbers_among_the_others_are_values(read):
    packed = np.linspace(-3000, 3000, COUNT).astype("i2")
    packed[BAD] = -999
    file = records()
    file["observed"] = ("obs", packed, {"scale_factor": 0.01, "add_offset": 400.0, "units": "ppm"})
    found, _, _ = read(file)
    assert found.dropped == {} and len(found.values) == COUNT
