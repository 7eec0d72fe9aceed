"""Errors, shares, units and positions that cannot be, and files that would be overwritten."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from ccdas_readers.observations import observation_data
from ccdas_readers.screening import Screening
from ccdas_readers.soil_moisture.ismn import _headed
from ccdas_readers.text_files import csv_table
from ccdas_readers.towers.columns import TowerTable, series
from ccdas_readers.towers.sites import Site

from ccdas_framework import InvalidInput

PATH = Path("x.stm")


def screening(values, sd=0.02):
    frame = pd.DataFrame({
        "values": values, "sd": sd, "latitude": 50.0, "longitude": 10.0, "altitude": np.nan,
        "label": "place",
        "start": np.datetime64("2020-01-01", "s") + np.arange(len(values)) * np.timedelta64(1, "D"),
    })  # fmt: skip
    return Screening(PATH, "sm", "sm", frame.assign(end=frame["start"]))


def test_errors_that_are_not_above_0_are_unknown():
    one = screening(np.full(5, 0.2), [0.02, 0.0, -9999.0, np.inf, np.nan])
    data = observation_data([one], product="", version="", notes=[])
    np.testing.assert_equal(data.dataset.observed_sd.values, [0.02, *[np.nan] * 4])
    assert any("3 errors" in note for note in data.notes)


@pytest.mark.parametrize("moisture", [0.05, 0.3, 0.6])
def test_soil_moisture_100_times_too_small_is_refused(moisture):
    screening(np.full(5, moisture)).drop_impossible()
    with pytest.raises(InvalidInput) as raised:
        screening(np.full(5, moisture / 100.0)).drop_impossible()
    assert [f.code for f in raised.value.findings] == ["wrong-units"]


def test_a_desert_with_a_few_wet_days_is_kept():
    """Retrievals of SMOS over the Sahara have a median near 0."""
    series = screening(np.where(np.arange(100) % 10 == 0, 0.06, 0.004))
    series.drop_impossible()
    assert len(series.frame) == 100


ROW = "2007/01/01 01:00 0.214 U M"


def test_numbers_in_the_names_of_a_station_and_a_sensor_are_no_position():
    header = "SMOSMANIA SMOSMANIA Narbonne 2.50 43.15 2.95670 112.00 0.05 0.10 Probe 2.5 Volt"
    (row,) = _headed(PATH, [header, ROW]).to_dict("records")
    assert (row["station"], row["latitude"], row["longitude"]) == ("Narbonne 2.50", "43.15",
                                                                   "2.95670")  # fmt: skip
    assert (row["depth_from"], row["depth_to"]) == ("0.05", "0.10")


@pytest.mark.parametrize("depths", ["0.10 0.05", "-0.05 0.05", "10.0 20.0"])
def test_depths_that_cannot_be_are_refused(depths):
    with pytest.raises(InvalidInput) as raised:
        _headed(PATH, [f"A B C 43.15 2.9567 112.00 {depths} Probe", ROW])
    assert [f.where for f in raised.value.findings] == ["x.stm: line 1"]


def test_a_column_that_occurs_twice_is_refused(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("a,b,a\n1,2,3\n")
    with pytest.raises(InvalidInput) as raised:
        csv_table(path)
    assert [(f.code, f.where) for f in raised.value.findings] == [("wrong-columns", "x.csv: a")]


def test_a_product_file_is_not_overwritten(ccdas, tmp_path):
    path = tmp_path / "x.stm"
    path.write_text(f"A B C 43.15 2.9567 112.00 0.05 0.05 Probe\n{ROW}\n")
    before = path.read_bytes()
    code, _, error = ccdas("data", "import", "ismn", path, "--out", path)
    assert code == 2 and ccdas.findings == [("wrong-path", "--out")], error
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("kind", "setting"),
    [("fluxnet", "depths=5cm"), ("fluxnet", "layers=one"), ("gosif", "box=a,b,c,d"),
     ("plumber2", "quantities="), ("ismn", "flags=")],
)  # fmt: skip
def test_settings_that_cannot_be_end_with_one_message(ccdas, tmp_path, kind, setting):
    path = tmp_path / "x.csv"
    path.write_text("a\n1\n")
    code, _, error = ccdas("data", "import", kind, path, "--out", tmp_path / "x.nc", "--set",
                           setting)  # fmt: skip
    assert code == 2 and len(ccdas.findings) == 1, error
    assert setting.partition("=")[0] in error and "Traceback" not in error


def test_a_misspelt_command_has_the_nearest_one(ccdas, tmp_path):
    code, _, error = ccdas("data", "imort", "fluxnet", tmp_path / "x.csv")
    assert code == 2 and "Did you mean 'import'" in error


@pytest.mark.parametrize(("least", "most"), [(0.0, 98.0), (-0.1, 0.9)])
def test_shares_of_quality_beyond_0_to_1_are_refused(least, most):
    days = np.datetime64("2020-01-01", "s") + np.arange(2) * np.timedelta64(86400, "s")
    table = TowerTable(PATH, pd.DataFrame(index=range(2)), "day", days, days)

    def screened(quality):
        site, values = Site("XX-Abc", 50.0, 10.0), np.ones(2)
        return series(table, site, "gpp", values, values, np.array(quality), minimum_quality=0.5,
                      average="day", flags=False)  # fmt: skip

    with pytest.raises(InvalidInput) as raised:
        screened([least, most])
    assert [f.code for f in raised.value.findings] == ["wrong-units"]
    assert len(screened([1.0, 0.0]).frame) == 1
