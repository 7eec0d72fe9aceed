"""Values without a quality flag, and maps with several times."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from ccdas_readers.soil_moisture.retrievals import WITHOUT_FLAG, grid_rows
from ccdas_readers.soil_moisture.smap import FLAG, SmapLevel2, _screened
from ccdas_readers.soil_moisture.smos_ic import SmosIc
from ccdas_readers.soil_moisture.smos_products import quality_drops
from ccdas_readers.vegetation.c3s import C3sVegetation

from ccdas_framework import InvalidInput

PATH = Path("x.nc")


def rows(count, **columns):
    return pd.DataFrame({
        "values": np.full(count, 0.2), "sd": 0.02, "start": np.datetime64("2020-01-01", "s"),
        "latitude": 50.0, "longitude": 10.0, "label": "place", **columns,
    })  # fmt: skip


def test_smap_without_a_flag_or_share_of_water_is_left_out():
    frame = rows(4, water_fraction=[0.0, 0.0, np.nan, 0.0], overpass="")
    frame[FLAG] = [0.0, np.nan, 0.0, 1.0]
    dropped = _screened(PATH, frame, "sm", "", SmapLevel2()).dropped
    assert dropped == {
        WITHOUT_FLAG: 1, "retrieval not recommended": 1, "open water above 0.1 or missing": 1
    }  # fmt: skip
    every = SmapLevel2(recommended_only=False, maximum_water=1.0)
    assert _screened(PATH, frame, "sm", "", every).dropped.get(WITHOUT_FLAG) is None


def masks(drops, frame):
    return {reason: list(mask(frame)) for reason, mask in drops}


def test_smos_without_flags_is_left_out_and_a_missing_probability_is_0():
    frame = rows(3, Rfi_Prob=[np.nan, 0.5, 0.0], Chi_2=[1.0, 1.0, np.nan],
                 Science_Flags=[0.0, np.nan, 0.0])  # fmt: skip
    found = masks(quality_drops(frame, "sm", 0.07, 0.2, 3.0, ["FL_ICE"]), frame)
    assert found["RFI above 0.2"] == [False, True, False]
    assert found["chi squared above 3 or missing"] == [False, False, True]
    assert found[WITHOUT_FLAG] == [False, True, False]


def test_smos_ic_without_flags_is_left_out():
    frame = rows(2, Quality_Flag=[0.0, np.nan], Scene_Flags=[np.nan, 0.0], RMSE=1.0)
    found = masks(SmosIc()._drops(frame), frame)
    assert found[WITHOUT_FLAG] == [False, True]
    assert found["Scene_Flags above 1 or missing"] == [True, False]


def test_a_map_with_several_times_is_refused():
    data = xr.Dataset({"v": (("time", "lat", "lon"), np.zeros((2, 3, 4)))},
                      {"lat": [1.0, 2.0, 3.0], "lon": [1.0, 2.0, 3.0, 4.0]})  # fmt: skip
    with pytest.raises(InvalidInput) as raised:
        grid_rows(PATH, data, ["v"], "lat", "lon")
    assert [(f.code, f.where) for f in raised.value.findings] == [("wrong-grid", "x.nc: v")]
    assert len(grid_rows(PATH, data.isel(time=[0]), ["v"], "lat", "lon")) == 12


def leaf_area(times=1, **attributes):
    values = ("time", "lat", "lon"), np.full((times, 1, 2), 2.0)
    flags = ("time", "lat", "lon"), np.broadcast_to([16384.0, np.nan], (times, 1, 2))
    return xr.Dataset(
        {"LAI": values, "LAI_ERR": values, "retrieval_flag": flags},
        {"time": ("time", 18271.0 + np.arange(times), {"units": "days since 1970-01-01"}),
         "lat": [50.0], "lon": [10.0, 11.0]}, attributes,
    )  # fmt: skip


def test_c3s_without_a_flag_is_left_out():
    assert C3sVegetation()._map(PATH, leaf_area(), "lai").dropped == {WITHOUT_FLAG: 1}


@pytest.mark.parametrize(
    ("data", "code", "name"),
    [
        (leaf_area(2), "wrong-grid", "time"),
        (leaf_area(time_coverage_start="10 Jan 2020", time_coverage_end="20 Jan 2020"),
         "wrong-time", "time_coverage"),
    ],
)  # fmt: skip
def test_several_windows_and_dates_in_words_are_refused(data, code, name):
    with pytest.raises(InvalidInput) as raised:
        C3sVegetation()._map(PATH, data, "lai")
    assert [(f.code, f.where) for f in raised.value.findings] == [(code, f"x.nc: {name}")]
