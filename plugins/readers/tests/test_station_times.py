"""Time zones and periods of files of the WDCGG."""

from pathlib import Path

import numpy as np
import pytest
from ccdas_readers.co2.wdcgg import _offset, _period

from ccdas_framework import InvalidInput

PATH = Path("x.dat")


@pytest.mark.parametrize(
    ("zone", "keys", "hours"),
    [
        ("UTC", {}, 0), ("gmt", {}, 0), ("UTC+09:00", {}, 9), ("+9", {}, 9), ("GMT-3:30", {}, -3.5),
        ("Local time", {"site_lst2utc": "+9"}, 9), ("LST", {"site_lst2utc": "UTC-11"}, -11),
        ("Local time (UTC+9)", {}, 9), ("Local time", {"site_lst2utc": "UTC"}, 0),
    ],
)  # fmt: skip
def test_offsets_of_time_zones(zone, keys, hours):
    assert _offset(PATH, zone, keys, "XYZ", []) == np.timedelta64(int(hours * 3600), "s")


@pytest.mark.parametrize("zone", ["JST", "LT", "Local time", "unknown", "UTC+9 or +10"])
def test_unknown_time_zones_are_refused(zone):
    with pytest.raises(InvalidInput) as raised:
        _offset(PATH, zone, {}, "XYZ", [])
    assert [(f.code, f.where) for f in raised.value.findings] == [
        ("wrong-time", "x.dat: time zone")
    ]


@pytest.mark.parametrize("hours", [13, 0, -11])
def test_months_and_days_are_local_and_hours_are_in_utc(hours):
    offset = np.timedelta64(hours, "h")
    local = np.array(["2020-03-01T00:00", "2020-04-30T12:00"], "datetime64[s]")
    first, last, _ = _period(local, offset, "monthly", "XYZ", [])
    assert list(first.astype(str)) == ["2020-03-01T00:00:00", "2020-04-01T00:00:00"]
    assert list(last.astype("datetime64[D]").astype(str)) == ["2020-03-31", "2020-04-30"]
    days, _, _ = _period(local, offset, "daily", "XYZ", [])
    assert list(days.astype("datetime64[D]").astype(str)) == ["2020-03-01", "2020-04-30"]
    start, _, is_hourly = _period(local, offset, "hourly", "XYZ", [])
    assert is_hourly and (start == local - offset).all()
