"""A file of observations with bad values equals the file without them, or is refused."""

import warnings

import netCDF4
import numpy as np
import pytest
import xarray as xr
from findings import codes

from ccdas_framework import ObservationRecord, Variable, write_observation_record
from ccdas_framework.core.errors import CcdasWarning, Findings
from ccdas_framework.io import read_observations

CO2 = Variable("co2", "ppm", ("obs",), (200.0, 700.0), observed_range=(150.0, 850.0))
COVER = Variable("cover", "1", ("obs",), (0.0, 1.0))
LEVEL = Variable("level", "mm", ("obs",))
RFI = Variable("rfi_probability", "1", ("obs",), (0.0, 1.0))
DQX = Variable("dqx", "m3 m-3", ("obs",), (0.0, 1.0))
QUALITY = Variable("quality", "1", ("obs",), (0.0, 1.0))
COUNT, BAD = 12, [3, 8]  # observations, and positions of bad ones
GOOD = np.delete(np.arange(COUNT), BAD)


def records(variable=CO2, **columns):
    """A file of observations with further columns, (values, attributes) each."""
    values = {"ppm": 390.123456, "1": 0.30123, "mm": 5.0312}[variable.units]
    values = values * (1.0 + 0.01 * np.sin(np.arange(COUNT)))
    days = np.arange(COUNT)
    return xr.Dataset({
        "observed": ("obs", values, {"units": variable.units}),
        "observed_sd": ("obs", 0.01 * values, {"units": variable.units}),
        "time": ("obs", days, {"units": "days since 2010-01-01"}),
        "latitude": ("obs", 50.0 + 0.1 * days, {"units": "degrees_north"}),
        "longitude": ("obs", -99.99 + 0.0 * days, {"units": "degrees_east"}),
        **{name: ("obs", np.asarray(values), units) for name, (values, units) in columns.items()},
    })  # fmt: skip


def with_bad(dataset, value, name="observed", positions=BAD):
    values = dataset[name].values.copy()
    values = values.astype(np.result_type(values, type(value)))
    values[positions] = value
    return dataset.assign({name: ("obs", values, dataset[name].attrs)})


@pytest.fixture
def read(tmp_path):
    """Observations of a dataset, codes and places of findings, and those of warnings."""

    def observations(dataset, variable=CO2, encoding=None, **options):
        path = dataset if isinstance(dataset, str) else str(tmp_path / "x.nc")
        if not isinstance(dataset, str):
            dataset.to_netcdf(path, encoding=encoding or {})
        findings = Findings()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            found = read_observations(path, variable, findings, **options)
        remarks = [w.message for w in caught if isinstance(w.message, CcdasWarning)]
        return found, codes(findings), [(r.code, r.where) for r in remarks]

    return observations


def assert_equal(found, sound, dropped):
    """The observations of the sound file are there, and the others are counted."""
    assert found.dropped == dropped
    for name in ("values", "sd", "start", "end", "latitude", "longitude", "label"):
        np.testing.assert_array_equal(getattr(found, name), getattr(sound, name))
    assert set(found.extra) == set(sound.extra)
    for name, column in sound.extra.items():
        np.testing.assert_array_equal(found.extra[name], column)


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


SHARES = 0.01 * np.arange(COUNT)


@pytest.mark.parametrize("bad", [-999.0, -9.99, np.nan, 1e20])
def test_observations_without_a_declared_number_are_left_out(read, bad):
    file = records(rfi_probability=(SHARES, {}))
    sound, _, _ = read(file.isel(obs=GOOD), columns=[RFI])
    found, findings, _ = read(with_bad(file, bad, "rfi_probability"), columns=[RFI])
    assert findings == []
    assert_equal(found, sound, {"no rfi_probability": 2})


def test_the_units_of_a_declared_column_are_read(read):
    sound, _, _ = read(records(rfi_probability=(SHARES, {})), columns=[RFI])
    in_per_cent = records(rfi_probability=(100.0 * SHARES, {"units": "%"}))
    found, findings, _ = read(in_per_cent, columns=[RFI])
    assert findings == []
    np.testing.assert_allclose(found.extra["rfi_probability"], sound.extra["rfi_probability"])
    marked = with_bad(in_per_cent, -999.0, "rfi_probability")
    assert read(marked, columns=[RFI])[0].dropped == {"no rfi_probability": 2}
    assert read(records(dqx=(SHARES, {})), columns=[DQX])[0].extra["dqx"].tolist() == list(SHARES)


@pytest.mark.parametrize(
    ("values", "units", "code"),
    [(100.0 * SHARES, {}, "out-of-range"), (-SHARES, {}, "out-of-range"),
     (SHARES, {"units": "K"}, "wrong-units"), (np.full(COUNT, -999.0), {}, "missing-values"),
     (np.full(COUNT, np.nan), {}, "missing-values")],
)  # fmt: skip
def test_columns_that_are_no_shares_are_refused(read, values, units, code):
    file = records(rfi_probability=(values, units))
    assert read(file, columns=[RFI])[1] == [(code, "x.nc: rfi_probability")]


def test_several_numbers_for_a_declared_column_are_refused(read):
    file = records().assign(rfi_probability=(("obs", "angle"), np.zeros((COUNT, 2))))
    assert read(file, columns=[RFI])[1] == [("wrong-dimensions", "x.nc: rfi_probability")]


FLAGS = np.where(np.isin(np.arange(COUNT), BAD), 2, 0)
MEANINGS = {"flag_values": np.array([0, 1, 2], "i4"), "flag_meanings": "measured good_gapfill poor"}


def test_flags_with_attributes_are_shares(read):
    expected = np.where(FLAGS == 0, 1.0, 0.0)
    found, findings, _ = read(records(quality=(FLAGS, MEANINGS)), columns=[QUALITY])
    assert findings == []
    assert found.extra["quality"].tolist() == expected.tolist()
    missing = with_bad(records(quality=(FLAGS, MEANINGS)), -9999, "quality")
    assert read(missing, columns=[QUALITY])[0].dropped == {"no quality": 2}


@pytest.mark.parametrize(
    ("masks", "meanings", "good"),
    [([1, 2, 4], "sensor_fault low_battery rain_error", 0), ([1, 2], "good_data fault", 1),
     ([1, 2], "good_data fault", 5), ([1], "retrieval_recommended", 1)],
)  # fmt: skip
def test_flags_of_bits_are_shares_or_refused(read, masks, meanings, good):
    bits = np.where(FLAGS == 0, good, 2)
    attributes = {"flag_masks": np.array(masks, "i4"), "flag_meanings": meanings}
    found, findings, _ = read(records(quality=(bits, attributes)), columns=[QUALITY])
    if good == 5 or meanings == "retrieval_recommended":
        assert findings == [("unknown-flag", "x.nc: quality")]
    else:
        assert found.extra["quality"].tolist() == np.where(FLAGS == 0, 1.0, 0.0).tolist()


@pytest.mark.parametrize(
    ("flags", "attributes", "code"),
    [(FLAGS, {}, "ambiguous-quality"), (FLAGS // 2, {}, "ambiguous-quality"),
     (0.5 * FLAGS, {}, "ambiguous-quality"), (1.0 * FLAGS, {"units": "1"}, "out-of-range"),
     (FLAGS, {**MEANINGS, "flag_meanings": "measured filled"}, "wrong-flags"),
     (FLAGS, {**MEANINGS, "flag_meanings": "a b c"}, "unknown-flag"),
     (FLAGS + 1, MEANINGS, "unknown-flag"), (0.5 * FLAGS + 0.2, MEANINGS, "unknown-flag")],
)  # fmt: skip
def test_flags_without_a_meaning_are_refused(read, flags, attributes, code):
    file = records(quality=(flags, attributes))
    assert read(file, columns=[QUALITY])[1] == [(code, "x.nc: quality")]


@pytest.mark.parametrize(
    ("shares", "attributes"),
    [(SHARES, {}), (np.ones(COUNT), {}), (FLAGS // 2, {"units": "1"})],
)
def test_measured_shares_are_read(read, shares, attributes):
    found, findings, _ = read(records(quality=(shares, attributes)), columns=[QUALITY])
    assert findings == [] and found.extra["quality"].tolist() == list(shares)


def test_variables_of_more_dimensions_are_kept_and_others_named(read, tmp_path):
    kernel, names = np.arange(2.0 * COUNT).reshape(COUNT, 2), np.full((COUNT, 2), "x", object)
    file = records().assign(
        averaging_kernel=(("obs", "level"), kernel), pressure=("level", [900.0, 500.0]),
        transposed=(("level", "obs"), kernel.T), channel=(("obs", "level"), names),
        crs=((), 0),
    )  # fmt: skip
    found, findings, remarks = read(file)
    assert findings == [] and remarks == [("left-out-variables", "x.nc: pressure, transposed")]
    np.testing.assert_array_equal(found.extra["averaging_kernel"], kernel)
    assert found.extra["channel"].tolist() == names.tolist()
    part, _, _ = read(with_bad(file, np.nan))
    np.testing.assert_array_equal(part.extra["averaging_kernel"], kernel[GOOD])
    record = ObservationRecord(found, "ppm", "made up", "none", "yes: all")
    write_observation_record(tmp_path / "again.nc", record, "a test")
    again, _, remarks = read(str(tmp_path / "again.nc"))
    assert remarks == []
    assert_equal(again, found, {})


def test_bounds_are_no_columns(read):
    bounds = np.stack([np.arange(COUNT), np.arange(COUNT) + 1], axis=1)
    file = records().assign(time_bounds=(("obs", "bound"), bounds))
    file["time"].attrs["bounds"] = "time_bounds"
    found, findings, remarks = read(file)
    assert (findings, remarks, dict(found.extra)) == ([], [], {})


def test_columns_of_more_dimensions_are_averaged(read):
    kernel = np.arange(2.0 * COUNT).reshape(COUNT, 2)
    file = records().assign(kernel=(("obs", "level"), kernel))
    file["latitude"][:] = 50.0
    file["label"] = ("obs", np.full(COUNT, "a"))
    found, _, _ = read(file, interval="month", average=True)
    assert found.extra["kernel"].tolist() == [kernel.mean(axis=0).tolist()]


@pytest.mark.parametrize(
    ("flag_values", "flag_meanings"),
    [("0, 2", "measured filled"), ("0b, 2b", "measured filled"), ("0 2", "measured,filled"),
     (np.array([0, 2]), ["measured", "well filled"])],
)  # fmt: skip
def test_flags_and_meanings_may_be_text_or_lists(read, flag_values, flag_meanings):
    attributes = {"flag_values": flag_values, "flag_meanings": flag_meanings}
    flags = np.resize([0, 2], COUNT)
    found, findings, _ = read(records(quality=(flags, attributes)), columns=[QUALITY])
    assert findings == []
    assert found.extra["quality"].tolist() == np.where(flags == 0, 1.0, 0.0).tolist()


@pytest.mark.parametrize(
    ("attributes", "code"),
    [({}, "not-numeric"), (MEANINGS, "not-numeric"),
     ({"flag_values": "A, B", "flag_meanings": "measured filled"}, "not-numeric")],
)  # fmt: skip
def test_flags_of_letters_are_refused(read, attributes, code):
    letters = np.resize(np.array(["A", "B"], dtype=object), COUNT)
    file = records(quality=(letters, attributes))
    assert read(file, columns=[QUALITY])[1] == [(code, "x.nc: quality")]


def test_flags_whose_numbers_are_no_numbers_are_refused(read):
    attributes = {"flag_values": "A, B", "flag_meanings": "measured filled"}
    file = records(quality=(FLAGS, attributes))
    assert read(file, columns=[QUALITY])[1] == [("wrong-flags", "x.nc: quality")]


def test_a_share_just_above_one_is_one(read):
    shares = np.full(COUNT, 0.9, dtype="f4")
    shares[3] = np.nextafter(np.float32(1.0), np.float32(2.0))
    found, findings, _ = read(records(quality=(shares, {})), columns=[QUALITY])
    assert findings == [] and found.extra["quality"][3] == 1.0


@pytest.mark.parametrize(
    ("name", "attributes"),
    [("NEE_VUT_REF_QC", {}), ("check", MEANINGS), ("qcflag", {}), ("test", {})],
)
def test_quality_under_another_name_is_named_in_a_warning(read, name, attributes):
    file = records(**{name: (FLAGS, attributes)})
    if name == "test":
        file["observed"].attrs["ancillary_variables"] = "observed_sd test"
    found, findings, remarks = read(file, columns=[QUALITY])
    assert findings == [] and len(found.values) == COUNT
    assert remarks == [("unused-quality", f"x.nc: {name}")]


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
