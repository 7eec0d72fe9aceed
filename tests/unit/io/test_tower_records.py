"""Tower records: days, gaps, and errors of files."""

import numpy as np
import pytest
import xarray as xr

from ccdas_framework import InvalidInput, TowerRecord, read_tower, read_tower_file

DAYS = np.arange(np.datetime64("2010-01-01"), np.datetime64("2010-03-02"))  # 60 days
POSITION = {"site_id": "AA", "latitude": 50.0, "longitude": 10.0}


def finding(caught):
    return caught.value.code, caught.value.where


def record(**values):
    return TowerRecord("AA", 50.0, 10.0, np.nan, DAYS, values)


def write(path, attributes, **values):
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = {name: ("time", series) for name, series in values.items()}
    time = {"time": DAYS.astype("datetime64[ns]")}
    xr.Dataset(columns, time, attributes).to_netcdf(path)
    return path


def test_a_file_is_read_by_the_code_of_its_site(tmp_path):
    values = np.arange(60.0)
    write(tmp_path / "land/site_daily/AA.nc", {**POSITION, "elevation_m": 300.0}, gpp=values)
    tower = read_tower(tmp_path, "AA")
    assert (tower.name, tower.latitude, tower.longitude, tower.elevation) == ("AA", 50, 10, 300)
    np.testing.assert_array_equal(tower.values["gpp"], values)
    np.testing.assert_array_equal(tower.time, DAYS)


def test_one_record_is_preferred_where_a_site_has_several(tmp_path):
    write(tmp_path / "land/site_daily/FR-Pue.nc", {**POSITION, "site_id": "short"})
    write(tmp_path / "land/site_daily/FR-Pue_fluxdatakit.nc", {**POSITION, "site_id": "FR-Pue"})
    assert read_tower(tmp_path, "FR-Pue").name == "FR-Pue"


def test_a_file_without_the_position_of_its_tower_is_refused(tmp_path):
    path = write(tmp_path / "AA.nc", {"site_id": "AA", "latitude": 50.0})
    with pytest.raises(InvalidInput) as caught:
        read_tower_file(path)
    assert finding(caught) == ("missing-attribute", "AA.nc: longitude")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("latitude", 95.0), ("longitude", -9999.0), ("latitude", "north"), ("longitude", np.nan),
        ("elevation_m", -9999.0),
    ],
)  # fmt: skip
def test_a_tower_off_the_globe_is_refused(tmp_path, name, value):
    path = write(tmp_path / "AA.nc", {**POSITION, name: value})
    with pytest.raises(InvalidInput) as caught:
        read_tower_file(path)
    assert finding(caught) == ("out-of-range", f"AA.nc: {name}")


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InvalidInput) as caught:
        read_tower(tmp_path, "BB")
    assert finding(caught) == ("missing-file", "land/site_daily/BB.nc")


def test_a_period_within_the_record_is_cut_out_and_another_refused():
    tower = record(gpp=np.arange(60.0))
    part = tower.between(DAYS[10], DAYS[19])
    np.testing.assert_array_equal(part.values["gpp"], np.arange(10.0, 20.0))
    with pytest.raises(InvalidInput) as caught:
        tower.between(DAYS[10], DAYS[-1] + 1)
    assert finding(caught) == ("missing-days", "AA")


def test_days_that_the_record_lacks_are_missing():
    tower = record(gpp=np.arange(60.0)).on_days(np.arange(DAYS[-2], DAYS[-1] + 3))
    np.testing.assert_array_equal(tower.values["gpp"], [58.0, 59.0, np.nan, np.nan])


def test_missing_days_and_long_runs_of_equal_values_are_not_measured():
    values = np.arange(60.0)
    values[5] = np.nan
    values[10:24] = -1.0  # 14 days
    values[30:45] = -2.0  # 15 days
    position, measured = record(gpp=values).measured("gpp")
    np.testing.assert_array_equal(position, [*range(5), *range(6, 30), *range(45, 60)])
    np.testing.assert_array_equal(measured, values[position])
    assert len(record().measured("gpp")[0]) == 0


def test_a_driver_with_a_gap_is_refused():
    values = np.arange(60.0)
    np.testing.assert_array_equal(record(pr=values).complete("pr"), values)
    for tower in (record(), record(pr=np.where(values == 3.0, np.nan, values))):
        with pytest.raises(InvalidInput) as caught:
            tower.complete("pr")
        assert finding(caught) == ("missing-values", "AA: pr")
