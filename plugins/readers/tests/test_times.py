"""Times of netCDF files: whole words of units, and the zone of the epoch."""

from pathlib import Path

import numpy as np
import pytest
from ccdas_readers.netcdf_files import moments_from

from ccdas_framework import InvalidInput

PATH = Path("x.nc")


@pytest.mark.parametrize(
    ("units", "value", "expected"),
    [
        ("days since 2000-01-01", 1.5, "2000-01-02T12:00"),
        ("Hours since 1900-01-01 00:00:00.0", 2.0, "1900-01-01T02:00"),
        ("seconds since 1970-1-1T6:30", 30.0, "1970-01-01T06:30:30"),
        ("min since 2000-01-01 12:00Z", 1.0, "2000-01-01T12:01"),
        ("days since 2000-01-01 00:00:00 +03:00", 0.0, "1999-12-31T21:00"),
        ("h since 2000-01-01 00:00 -0530", 1.0, "2000-01-01T06:30"),
        ("days since 2000-01-01 00:00:00 UTC", 1.0, "2000-01-02"),
    ],
)
def test_times_since_an_epoch(units, value, expected):
    assert moments_from(PATH, "time", np.array([value]), units)[0] == np.datetime64(expected)


@pytest.mark.parametrize(
    "units",
    [
        "months since 2000-01-01", "weeks since 2000-01-01", "years since 2000-01-01",
        "milliseconds since 1970-01-01", "days since 2000-01-01 00:00 JST", "days",
        "days since 2000-01-01 of the model",
    ],
)  # fmt: skip
def test_other_units_and_zones_are_refused(units):
    with pytest.raises(InvalidInput) as raised:
        moments_from(PATH, "time", np.zeros(1), units)
    assert [(f.code, f.where) for f in raised.value.findings] == [("wrong-units", "x.nc: time")]
