"""Super-observations: means, errors, periods, thinning, and what is refused."""

import numpy as np
import pytest
import xarray as xr

from ccdas_framework import InvalidInput
from ccdas_framework.experiment.super_observations import Aggregation, aggregate, mean_error


@pytest.fixture
def files(tmp_path):
    """Two cells of one degree, and observations in them, between them, and outside."""
    xr.Dataset(
        {"latitude": ("cell", [10.5, 10.5]), "longitude": ("cell", [20.5, 22.5]),
         "latitude_half_width": ("cell", [0.5, 0.5]), "longitude_half_width": ("cell", [0.5, 0.5]),
         "label": ("cell", ["west", "east"])},
    ).to_netcdf(tmp_path / "grid.nc")  # fmt: skip
    rows = [  # value, sd, time, longitude, overpass
        (0.1, 0.02, "2020-01-01T06:00", 20.3, "AM"), (0.2, 0.04, "2020-01-01T06:01", 20.7, "AM"),
        (0.4, 0.05, "2020-01-01T18:00", 20.3, "PM"), (0.3, np.nan, "2020-01-02T06:00", 20.3, "AM"),
        (0.5, 0.03, "2020-01-02T06:00", 22.5, "AM"), (np.nan, 0.03, "2020-01-02T06:00", 22.5, "AM"),
        (0.9, 0.03, "2020-01-02T06:00", 30.0, "AM"),
    ]  # fmt: skip
    value, sd, time, longitude, overpass = zip(*rows, strict=True)
    time = np.array(time, dtype="datetime64[ns]")
    xr.Dataset(
        {"observed": ("obs", list(value), {"units": "m3 m-3"}),
         "observed_sd": ("obs", list(sd), {"units": "m3 m-3"}),
         "time_start": ("obs", time), "time_end": ("obs", time),
         "latitude": ("obs", np.full(len(rows), 10.4)), "longitude": ("obs", list(longitude)),
         "overpass": ("obs", list(overpass)),
         "rfi_probability": ("obs", np.arange(7.0), {"units": "1"})},
        attrs={"stream": "sm", "data_kind": "measured"},
    ).to_netcdf(tmp_path / "sm.nc")  # fmt: skip
    return tmp_path / "sm.nc", tmp_path / "grid.nc", tmp_path / "out.nc"


def made(files, **rules):
    line = aggregate(*files, Aggregation(**rules))
    return xr.load_dataset(files[2]), line


def test_orbits_and_days_of_a_cell_are_averaged_apart(files):
    data, line = made(files)
    np.testing.assert_allclose(data.observed, [0.15, 0.4, 0.3, 0.5])
    assert list(data.label.values) == ["west", "west", "west", "east"]
    assert list(data.overpass.values) == ["AM", "PM", "AM", "AM"] and list(data.n) == [2, 1, 1, 1]
    np.testing.assert_allclose(data.rfi_probability, [0.5, 2.0, 3.0, 4.0])
    assert data.time_start.values[0] == np.datetime64("2020-01-01T06:00")
    assert data.time_end.values[0] == np.datetime64("2020-01-01T06:01")
    assert data.attrs["stream"] == "sm" and data.observed.units == "m3 m-3"
    assert "4 super-observations of 5 observations in 2 cells; 1 observations lie outside" in line


@pytest.mark.parametrize(
    ("correlation", "sd"),
    [(1.0, 0.03), (0.0, np.hypot(0.02, 0.04) / 2), (0.5, np.sqrt(0.02**2 + 0.04**2 + 0.0008) / 2)],
)
def test_the_error_is_that_of_a_mean_of_correlated_errors(files, correlation, sd):
    data, _ = made(files, correlation=correlation)
    assert data.observed_sd.values[0] == pytest.approx(sd)
    assert np.isnan(data.observed_sd.values[2])  # one error is unknown
    assert data.observed_sd.values[1] == pytest.approx(0.05)  # of a single value


def test_errors_of_a_mean_have_the_limits_of_their_correlation():
    """Independent errors fall with the root of their number, common ones do not."""
    n = np.array([1.0, 4.0, 100.0])
    np.testing.assert_allclose(mean_error(n, n, n, 0.0), 1.0 / np.sqrt(n))
    np.testing.assert_allclose(mean_error(n, n, n, 1.0), 1.0)
    sampled = np.random.default_rng(1).multivariate_normal(
        np.zeros(4), 0.3 + 0.7 * np.eye(4), size=200_000
    )
    expected = mean_error(np.array(4.0), np.array(4.0), np.array(4.0), 0.3)
    assert sampled.mean(axis=1).std() == pytest.approx(expected, rel=0.01)  # 3 sd of sampling


def test_months_are_whole_and_orbits_may_be_mixed(files):
    data, _ = made(files, period="month", mix_overpasses=True)
    np.testing.assert_allclose(data.observed, [0.25, 0.5])
    assert str(data.time_start.values[0])[:10] == "2020-01-01"
    assert str(data.time_end.values[0])[:10] == "2020-01-31" and "overpass" not in data


def test_thinning_keeps_days_and_the_cell_with_most_observations(files):
    data, _ = made(files, thin_days=2)  # 2020-01-01 is day 18262, an even number
    assert set(data.time_start.values.astype("datetime64[D]")) == {np.datetime64("2020-01-01")}
    data, _ = made(files, thin_degrees=10.0, mix_overpasses=True)
    assert len(np.unique(data.time_start.values.astype("datetime64[D]"))) == data.sizes["obs"] == 2
    data, line = made(files, minimum=2)
    assert data.sizes["obs"] == 1 and "3 are thinned out or too few" in line


def test_files_that_give_nothing_are_refused(files):
    file, grid, out = files
    with xr.open_dataset(grid) as cells:
        elsewhere = cells.load().assign(longitude=cells.longitude + 90.0)
    elsewhere.to_netcdf(grid)
    with pytest.raises(InvalidInput) as error:
        aggregate(file, grid, out, Aggregation())
    assert error.value.code == "nothing-kept" and not out.exists()
    with pytest.raises(InvalidInput) as error:
        aggregate(file, grid, file, Aggregation())
    assert error.value.code == "wrong-path"


def test_the_command_writes_a_file_and_refuses_a_wrong_rule(files, ccdas):
    file, grid, out = files
    code, said, _ = ccdas("data", "aggregate", file, "--grid", grid, "--out", out)
    assert code == 0 and "super-observations" in said and out.is_file()
    command = ("data", "aggregate", file, "--grid", grid, "--out", out, "--correlation", "2")
    assert ccdas(*command)[0] == 2
