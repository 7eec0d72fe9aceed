"""Further columns of observations: units, shares, flags, and more dimensions."""

import numpy as np
import pytest

from ccdas_framework import ObservationRecord, Variable, write_observation_record

from .observed import BAD, COUNT, GOOD, assert_equal, reader, records, with_bad

RFI = Variable("rfi_probability", "1", ("obs",), (0.0, 1.0))
DQX = Variable("dqx", "m3 m-3", ("obs",), (0.0, 1.0))
QUALITY = Variable("quality", "1", ("obs",), (0.0, 1.0))


@pytest.fixture
def read(tmp_path):
    """See `reader`."""
    return reader(tmp_path)


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
