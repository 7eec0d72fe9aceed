"""Messages about files, word for word, with the counts and first places that they give."""

import numpy as np
import pytest

from ccdas_framework.core.errors import Findings
from ccdas_framework.io import read_forcing
from ccdas_framework.io.netcdf import open_netcdf

from .files import NEEDS, cells_file, grid_file


def spoilt_with(name, index, value):
    dataset = cells_file(30)
    dataset[name].values = dataset[name].values.copy()
    dataset[name][index] = value
    return dataset


def with_days(*days):
    units = {"units": "days since 2010-01-01", "calendar": "standard"}
    return cells_file(len(days)).assign_coords(time=("time", list(days), units))


def with_large_class():
    dataset = grid_file(30)
    dataset["class_fraction"][0, 1, 2] = 0.9
    return dataset


MESSAGES = [
    (
        lambda: cells_file(30).rename(tasmax="tas_max"),
        "{path} has no variable 'tasmax' (degC). Did you mean 'tas_max'? The file has: area, "
        "column_cell, column_class, column_fraction, elevation, latitude, latitude_half_width, "
        "longitude, longitude_half_width, pr, region, rsds, tas_max, tasmin, time, w_max.",
    ),
    (
        lambda: spoilt_with("tasmin", ([4, 6], 1), np.nan),
        "'tasmin' in {path} is missing at 2 of 60 values on land, the first on 2010-01-05 in "
        "cell 1 (10.00 N, 5.00 E). Values outside the attributes 'valid_min', 'valid_max' and "
        "'valid_range' are missing too. Fill the gaps, or leave the cells out.",
    ),
    (
        lambda: spoilt_with("pr", (2, 0), -1.0),
        "'pr' in {path} is outside 0 to 2000 mm d-1 at 1 of 60 values, the first on 2010-01-03 in "
        "cell 0 (0.00 N, 0.00 E). The extreme is -1. Check the units and the missing values of the "
        "file.",
    ),
    (
        lambda: spoilt_with("tasmin", (3, 1), 20.0),
        "'tasmin' is above 'tasmax' in {path} at 1 of 60 values, the first on 2010-01-04 in cell 1 "
        "(10.00 N, 5.00 E): 20.00 and 10.13. Were the two exchanged?",
    ),
    (
        lambda: with_days(0, 1, 2, 5, 6),
        "The time axis 'time' of {path} has 1 gap(s), the first of 2 day(s) between 2010-01-03 and "
        "2010-01-06. Expected daily values, every day once and in order.",
    ),
    (
        with_large_class,
        "'class_fraction' in {path} adds up to more than 1 in 1 cell(s), to 1.3 in cell 5 (-5.00 "
        "N, -10.00 E). Shares of the area of a cell must add up to at most 1. The remainder is "
        "bare.",
    ),
]


@pytest.mark.parametrize(("dataset", "message"), MESSAGES)
def test_messages(dataset, message, tmp_path):
    path, findings = tmp_path / "forcing.nc", Findings()
    dataset().to_netcdf(path)
    read_forcing(path, NEEDS, findings=findings)
    assert [str(finding) for finding in findings] == [message.format(path=path)]


@pytest.mark.parametrize("content", [b"", b"time,value\n2010-01-01,1\n"])
def test_a_file_of_another_format_is_no_netcdf_file(tmp_path, content):
    path = tmp_path / "some.nc"
    path.write_bytes(content)
    findings = Findings()
    assert open_netcdf(path, findings) is None
    assert [(f.code, f.where) for f in findings] == [("unreadable-file", "some.nc")]
    assert "backends" not in next(iter(findings)).message  # a text of xarray for its developers
