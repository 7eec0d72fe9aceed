"""References by latitude: what is written is read, sums are kept, and faults are findings."""

import numpy as np
import pytest
import xarray as xr
from findings import codes

from ccdas_framework.core.errors import Findings
from ccdas_framework.io.reference_fields import (
    Reference,
    merge_references,
    read_reference,
    write_reference,
)

MONTHS = np.arange("2010-01", "2011-01", dtype="datetime64[M]")
EDGES = np.linspace(-90.0, 90.0, 13)


def reference(**changes):
    values = np.random.default_rng(3).normal(size=(2, 12, 12))
    given = {
        "names": ("one", "two"), "months": MONTHS, "south": EDGES[:-1], "north": EDGES[1:],
        "values": values, "units": "PgC yr-1", "long_name": "land flux",
    }  # fmt: skip
    return Reference(**{**given, **changes})


def with_number(dataset, number, **attributes):
    dataset["amount"].values[1, 2, 5] = number
    return dataset.assign(amount=dataset["amount"].assign_attrs(attributes))


def test_what_is_written_is_read_again(tmp_path):
    written = reference(attributes={"title": "two of them"})
    write_reference(tmp_path / "r.nc", written)
    found = read_reference(tmp_path / "r.nc", "PgC yr-1", Findings())
    assert found.names == ("one", "two")
    np.testing.assert_array_equal(found.months, MONTHS)
    np.testing.assert_array_equal(found.values, written.values)
    np.testing.assert_array_equal(found.south, written.south)
    assert found.attributes["title"] == "two of them"
    assert found.long_name == "land flux"


def test_units_are_converted_on_reading(tmp_path):
    written = reference(units="TgC yr-1")
    write_reference(tmp_path / "r.nc", written)
    found = read_reference(tmp_path / "r.nc", "PgC yr-1", Findings())
    np.testing.assert_allclose(found.values, 1e-3 * written.values, rtol=1e-12)


def test_a_file_of_one_reference_needs_no_dimension_for_it(tmp_path):
    write_reference(tmp_path / "r.nc", reference())
    with xr.open_dataset(tmp_path / "r.nc") as file:
        file.isel(reference=0, drop=True).to_netcdf(tmp_path / "one.nc")
    found = read_reference(tmp_path / "one.nc", "PgC yr-1", Findings())
    assert found.values.shape == (1, 12, 12) and len(found.names) == 1


def test_rows_on_other_rows_keep_their_sum():
    first = reference()
    other = reference(south=EDGES[:-1:2], north=EDGES[2::2], values=first.values[:, :, ::2])
    fine = merge_references([first, other], ["a", "b", "c", "d"], np.linspace(-90.0, 90.0, 25))
    assert fine.values.shape == (4, 12, 24)
    np.testing.assert_allclose(fine.values[:2].sum(axis=2), first.values.sum(axis=2), atol=1e-13)
    np.testing.assert_allclose(fine.values[2:].sum(axis=2), other.values.sum(axis=2), atol=1e-13)


@pytest.mark.parametrize(
    ("spoil", "finding"),
    [
        (lambda d: d.rename(amount="flux"), ("missing-variable", "bad.nc: amount")),
        (lambda d: d.isel(latitude=0, drop=True), ("missing-variable", "bad.nc: latitude")),
        (lambda d: d.isel(time=[0, 1, 3]), ("not-monthly", "bad.nc: time")),
        (lambda d: d.where(d.time.dt.month != 3), ("missing-values", "bad.nc: amount")),
        (lambda d: with_number(d, -999.0), ("missing-values", "bad.nc: amount")),
        (lambda d: with_number(d, 1e20), ("missing-values", "bad.nc: amount")),
        (lambda d: with_number(d, 1e4), ("out-of-range", "bad.nc: amount")),
        (lambda d: with_number(d, 5.0, valid_max=4.9), ("missing-values", "bad.nc: amount")),
        (
            lambda d: d.assign(amount=d.amount.assign_attrs(units="ppm")),
            ("wrong-units", "bad.nc: amount"),
        ),
        (lambda d: d.expand_dims(longitude=2), ("wrong-dimensions", "bad.nc: amount")),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused(spoil, finding, tmp_path):
    write_reference(tmp_path / "r.nc", reference())
    with xr.open_dataset(tmp_path / "r.nc") as file:
        amount = file[["amount"]].load()
    spoil(amount).to_netcdf(tmp_path / "bad.nc")
    findings = Findings()
    assert read_reference(tmp_path / "bad.nc", "PgC yr-1", findings, largest=1e-11) is None
    assert finding in codes(findings)


def test_a_missing_file_is_refused(tmp_path):
    findings = Findings()
    assert read_reference(tmp_path / "none.nc", "PgC yr-1", findings) is None
    assert codes(findings) == [("missing-file", "none.nc")]


def without_bounds(path, rows, units="degrees_north"):
    """A reference file on these rows without bounds."""
    count = len(rows)
    values = np.arange(12.0 * count).reshape(1, 12, count)
    write_reference(path, reference(names=("one",), south=rows - 1, north=rows + 1, values=values))
    with xr.open_dataset(path) as file:
        data = file[["amount"]].load()
    data = data.assign_coords(latitude=("latitude", rows, {"units": units}))
    data.to_netcdf(path.with_name("plain.nc"))
    return path.with_name("plain.nc")


@pytest.mark.parametrize(
    ("units", "factor"), [("degrees_south", -1.0), ("radians", np.pi / 180.0), ("degrees", 1.0)]
)
def test_rows_are_read_in_their_units(tmp_path, units, factor):
    rows = np.arange(-82.5, 90.0, 15.0)
    path = without_bounds(tmp_path / "r.nc", rows * factor, units)
    found = read_reference(path, "PgC yr-1", Findings())
    np.testing.assert_allclose(found.south, rows - 7.5, atol=1e-9)
    np.testing.assert_allclose(found.north, rows + 7.5, atol=1e-9)


@pytest.mark.parametrize(
    ("rows", "units", "code"),
    [
        ([-60.0, 0.0, 70.0], "degrees_north", "uneven-grid"),
        ([-60.0, 0.0, 0.0, 60.0], "degrees_north", "uneven-grid"),
        ([-60.0, 0.0, 60.0], "km", "wrong-units"),
        ([0.0, 60.0, 120.0], "degrees_north", "out-of-range"),
        ([0.0], "degrees_north", "missing-bounds"),
    ],
)
def test_rows_of_unknown_extent_are_refused(tmp_path, rows, units, code):
    findings = Findings()
    path = without_bounds(tmp_path / "r.nc", np.array(rows), units)
    assert read_reference(path, "PgC yr-1", findings) is None
    assert codes(findings) == [(code, "plain.nc: latitude")]


@pytest.mark.parametrize("side", [0, 1])
def test_bounds_are_the_month_whatever_the_stamp(tmp_path, side):
    write_reference(tmp_path / "r.nc", reference())
    with xr.open_dataset(tmp_path / "r.nc", decode_times=False) as file:
        stamps = file["time_bounds"].values[:, side]
        file.assign_coords(time=("time", stamps, file["time"].attrs)).to_netcdf(tmp_path / "s.nc")
    found = read_reference(tmp_path / "s.nc", "PgC yr-1", Findings())
    np.testing.assert_array_equal(found.months, MONTHS)
