import numpy as np
import pytest
import xarray as xr
from findings import codes

from ccdas_framework.core.errors import Findings
from ccdas_framework.io import read_forcing

from .files import NEEDS, cells_file, grid_file


def test_the_projects_layout_is_read(forcing_of):
    forcing, findings = forcing_of(cells_file())
    assert findings == []
    grid, domain = forcing.domain.grid, forcing.domain
    assert (grid.cells, grid.columns, domain.days, domain.lead) == (2, 4, 1460, 730)
    assert grid.column_class.tolist() == [1, 9, 1, 9]
    assert grid.region.tolist() == ["r0", "r1"]
    assert np.array_equal(grid.half_width, [[3.75, 5.0]] * 2)
    assert forcing.static["w_max"].tolist() == [0.0, 1.0, 2.0, 3.0]
    assert forcing.column_static == {"w_max"}
    assert "vp" not in forcing.fields
    # tasmin of a day is 0.01 times its place in the file: lead and window repeat the file's days
    assert np.allclose(forcing.fields["tasmin"][730:, 0], 0.01 * np.arange(730), atol=1e-12)
    assert np.allclose(forcing.fields["tasmin"][:365, 0], 0.01 * np.arange(365), atol=1e-12)


def test_a_plain_grid_is_read_with_its_land_only(forcing_of, monkeypatch):
    monkeypatch.setattr("ccdas_framework.io.grid_layouts.COLUMNS_PER_CELL", 2)
    forcing, findings = forcing_of(grid_file(), spin_up_years=0)
    assert findings == []
    grid = forcing.domain.grid
    assert grid.cells == 5
    assert grid.latitude.tolist() == [5.0, 5.0, -5.0, -5.0, -5.0]
    assert grid.column_class.tolist() == [1, 5] * 5
    # the third class (0.1) goes to the two kept in proportion to 0.4 and 0.3
    np.testing.assert_allclose(grid.column_fraction[:2], [0.8 * 4 / 7, 0.8 * 3 / 7], rtol=1e-12)
    place = np.array([0, 2, 3, 4, 5])
    np.testing.assert_allclose(forcing.fields["tasmin"][7], 0.07 + 0.1 * place, rtol=1e-12)


def test_longitudes_0_to_360_become_east_and_west(forcing_of):
    forcing, _ = forcing_of(grid_file())
    assert forcing.domain.grid.longitude.tolist() == [0.0, -10.0, 0.0, 10.0, -10.0]


def test_descending_latitudes_give_the_same_cells_as_ascending_ones(forcing_of):
    longitude = (0.0, 10.0, 20.0)
    down, _ = forcing_of(grid_file(longitude=longitude))
    up, _ = forcing_of(grid_file(longitude=longitude).sortby("lat"))
    grid = down.domain.grid
    there = up.domain.grid.locate(grid.latitude, grid.longitude)
    assert np.all(grid.area > 0.0)
    np.testing.assert_allclose(up.domain.grid.area[there], grid.area, rtol=1e-12)
    np.testing.assert_allclose(up.fields["tasmin"][:, there], down.fields["tasmin"], rtol=1e-12)


def test_the_cells_of_a_whole_grid_cover_the_earth(forcing_of):
    dataset = grid_file(
        10, latitude=np.arange(-85.0, 90.0, 10.0), longitude=np.arange(0.0, 360.0, 30.0)
    )
    dataset["class_fraction"][:] = 0.3
    for name in ("tasmin", "tasmax", "pr", "rsds"):
        dataset[name] = dataset[name].fillna(dataset[name][0, 0, 0])
    forcing, findings = forcing_of(dataset, spin_up_years=0)
    assert findings == []
    # 4 pi R^2 with R = 6371 km; bands of the sphere add up to rounding
    expected = 4.0 * np.pi * 6.371e6**2
    np.testing.assert_allclose(forcing.domain.grid.area.sum(), expected, rtol=1e-12)


def test_units_of_the_file_are_converted(forcing_of):
    dataset = cells_file()
    dataset["tasmin"] = (dataset.tasmin + 273.15).assign_attrs(units="K")
    dataset["pr"] = (dataset.pr / 86400.0).assign_attrs(units="kg m-2 s-1")
    forcing, findings = forcing_of(dataset)
    assert findings == []
    assert forcing.fields["tasmin"][730, 0] == pytest.approx(0.0, abs=1e-12)
    assert forcing.fields["pr"][0, 0] == pytest.approx(2.0, rel=1e-12)


def test_a_few_cells_are_spread_over_the_list_with_their_columns(forcing_of):
    forcing, _ = forcing_of(cells_file(30, cells=7), cells=3)
    grid = forcing.domain.grid
    assert grid.latitude.tolist() == [0.0, 30.0, 60.0]
    assert grid.column_cell.tolist() == [0, 0, 1, 1, 2, 2]
    assert forcing.static["w_max"].tolist() == [0.0, 1.0, 6.0, 7.0, 12.0, 13.0]
    assert forcing.fields["tasmin"].shape[1] == 3


def test_a_series_without_cells_serves_all_of_them(forcing_of):
    dataset = cells_file(30)
    dataset["vp"] = ("time", np.arange(30.0), {"units": "hPa"})
    forcing, findings = forcing_of(dataset, spin_up_years=0)
    assert findings == []
    assert forcing.fields["vp"][3].tolist() == [300.0, 300.0]


def test_a_missing_file_is_named(tmp_path):
    findings = Findings()
    assert read_forcing(tmp_path / "none.nc", NEEDS, findings=findings) is None
    assert codes(findings) == [("missing-file", "none.nc")]


def test_a_missing_variable_is_refused(finding_about):
    finding = finding_about(cells_file(30).rename(tasmax="tas_max"))
    assert finding == ("missing-variable", "forcing.nc: tasmax")


def test_missing_units_are_refused(finding_about):
    dataset = cells_file(30)
    del dataset["pr"].attrs["units"]
    assert finding_about(dataset) == ("missing-units", "forcing.nc: pr")


def test_units_that_cannot_be_converted_are_refused(finding_about):
    dataset = cells_file(30)
    dataset["rsds"].attrs["units"] = "K"
    assert finding_about(dataset) == ("wrong-units", "forcing.nc: rsds")


def test_nan_on_land_is_refused(finding_about):
    dataset = cells_file(30)
    dataset["tasmin"].values = dataset.tasmin.values.copy()
    dataset["tasmin"][[4, 6], 1] = np.nan
    assert finding_about(dataset) == ("missing-values", "forcing.nc: tasmin")


@pytest.mark.parametrize("name", ["pr", "rsds"])
def test_negative_rain_and_radiation_are_refused(finding_about, name):
    dataset = cells_file(30)
    dataset[name][2, 0] = -1.0
    assert finding_about(dataset) == ("out-of-range", f"forcing.nc: {name}")


def test_values_out_of_range_are_refused(finding_about):
    dataset = cells_file(30)
    dataset["tasmax"] = dataset.tasmax + 273.15  # the attribute still says degC
    dataset["tasmax"].attrs["units"] = "degC"
    assert finding_about(dataset) == ("out-of-range", "forcing.nc: tasmax")


def test_a_minimum_above_the_maximum_is_refused(finding_about):
    dataset = cells_file(30)
    dataset["tasmin"].values = dataset.tasmin.values.copy()
    dataset["tasmin"][3, 1] = 20.0
    assert finding_about(dataset) == ("wrong-order", "forcing.nc: tasmin")


@pytest.mark.parametrize(
    ("days", "code"),
    [
        ([0, 1, 2, 5, 6], "missing-days"),
        ([0, 1, 1, 2, 3], "repeated-days"),
        ([0, 1, 2, 1, 3], "unordered-days"),
        ([0, 1, 3, 2, 4], "unordered-days"),
        (np.arange(5) / 24.0, "not-daily"),
        ([0, 31, 59, 90, 120], "not-daily"),
    ],
)
def test_a_time_axis_that_is_not_daily_is_refused(finding_about, days, code):
    dataset = cells_file(5).assign_coords(
        time=("time", days, {"units": "days since 2010-01-01", "calendar": "standard"})
    )
    assert finding_about(dataset) == (code, "forcing.nc: time")


@pytest.mark.parametrize("calendar", ["360_day", "noleap", "365_day", "julian"])
def test_other_calendars_are_refused(finding_about, calendar):
    dataset = cells_file(30)
    dataset["time"].attrs["calendar"] = calendar
    assert finding_about(dataset) == ("unsupported-calendar", "forcing.nc: time")


def test_time_without_units_is_refused(finding_about):
    dataset = cells_file(30)
    del dataset["time"].attrs["units"]
    assert finding_about(dataset) == ("wrong-time-units", "forcing.nc: time")


def test_a_window_outside_the_file_is_refused(finding_about):
    finding = finding_about(cells_file(30), start="2012-01-01")
    assert finding == ("window-outside-file", "forcing.nc: time")


def test_column_fractions_above_one_are_refused(finding_about):
    dataset = cells_file(30)
    dataset["column_fraction"][2] = 0.9
    assert finding_about(dataset) == ("sum-above-one", "forcing.nc: column_fraction")


def test_class_fractions_above_one_are_refused(finding_about):
    dataset = grid_file(30)
    dataset["class_fraction"][0, 1, 2] = 0.9
    assert finding_about(dataset) == ("sum-above-one", "forcing.nc: class_fraction")


def test_a_grid_cell_of_unknown_size_is_refused(finding_about):
    dataset = grid_file(30, latitude=(5.0,))
    dataset["class_fraction"][:] = 0.1
    assert finding_about(dataset) == ("missing-bounds", "forcing.nc: lat")


def test_bounds_and_named_regions_of_a_grid_are_used(forcing_of):
    dataset = grid_file(30, latitude=(5.0,))
    dataset["class_fraction"][:] = 0.1
    for name in ("tasmin", "tasmax", "pr", "rsds"):
        dataset[name] = dataset[name].fillna(dataset[name][0, 0, 0])
    dataset["lat"].attrs["bounds"] = "lat_bounds"
    dataset["lat_bounds"] = (("lat", "bound"), [[4.0, 6.0]])
    meaning = {"flag_values": [1, 2], "flag_meanings": "africa asia"}
    dataset["region"] = (("lat", "lon"), [[1, 2, 2]], meaning)
    forcing, findings = forcing_of(dataset, spin_up_years=0)
    assert findings == []
    assert forcing.domain.grid.half_width[:, 0].tolist() == [1.0, 1.0, 1.0]
    assert forcing.domain.grid.region.tolist() == ["africa", "asia", "asia"]


def test_a_file_without_vegetation_is_refused(finding_about):
    finding = finding_about(grid_file(30).drop_vars("class_fraction"))
    assert finding == ("missing-variable", "forcing.nc: class_fraction")


def test_a_variable_on_other_dimensions_is_refused(finding_about):
    dataset = cells_file(30)
    dataset["pr"] = ("time", "level"), np.ones((30, 3)), {"units": "mm d-1"}
    assert finding_about(dataset) == ("wrong-dimensions", "forcing.nc: pr")


def test_everything_wrong_is_reported_together(forcing_of):
    dataset = cells_file(30).drop_vars("elevation")
    dataset["pr"][0, 0] = -1.0
    dataset["rsds"].attrs["units"] = "K"
    forcing, findings = forcing_of(dataset)
    assert forcing is None
    assert sorted(findings) == [
        ("missing-variable", "forcing.nc: elevation"),
        ("out-of-range", "forcing.nc: pr"),
        ("wrong-units", "forcing.nc: rsds"),
    ]


def test_nothing_is_written_to_the_file_that_is_read(tmp_path):
    path = tmp_path / "forcing.nc"
    cells_file(30).to_netcdf(path)
    before = path.read_bytes()
    read_forcing(path, NEEDS, findings=Findings())
    assert path.read_bytes() == before
    xr.open_dataset(path).close()  # and it is not left locked


@pytest.mark.parametrize("name", ["pr", "rsds"])
def test_rounding_below_zero_counts_as_zero(forcing_of, name):
    tiny, twin = cells_file(), cells_file()
    tiny[name][3:9] = -1.7e-9
    twin[name][3:9] = 0.0
    (found, _), (expected, _) = forcing_of(tiny), forcing_of(twin)
    np.testing.assert_array_equal(found.fields[name], expected.fields[name])


@pytest.mark.parametrize("stamp", [0.0, 0.5, 1.0, -1e-9])
def test_bounds_of_days_count_before_their_times(forcing_of, stamp):
    dataset = cells_file()
    days = np.arange(730)
    units = {"units": "days since 2010-01-01", "bounds": "time_bnds"}
    dataset = dataset.assign_coords(time=("time", days + stamp, units))
    dataset["time_bnds"] = (("time", "bnds"), np.stack([days, days + 1.0], axis=1))
    (found, _), (expected, _) = forcing_of(dataset), forcing_of(cells_file())
    np.testing.assert_array_equal(found.domain.time, expected.domain.time)
    np.testing.assert_array_equal(found.fields["tasmin"], expected.fields["tasmin"])


def test_bounds_longer_than_a_day_are_refused(finding_about):
    dataset = cells_file(5)
    days = np.arange(5)
    dataset["time"].attrs["bounds"] = "time_bnds"
    dataset["time_bnds"] = (("time", "bnds"), np.stack([days, days + 8], axis=1))
    assert finding_about(dataset) == ("not-daily", "forcing.nc: time")


@pytest.mark.parametrize(
    ("name", "number", "code"),
    [
        ("tasmin", -999.0, "out-of-range"), ("tasmin", -99.99, "out-of-range"),
        ("tasmin", 9.969209968386869e36, "missing-values"),
        ("elevation", -9999.0, "missing-values"),
        ("vp", -9999.0, "missing-values"), ("rsds", 1e20, "out-of-range"),
    ],
)  # fmt: skip
def test_undeclared_missing_values_are_refused(finding_about, name, number, code):
    dataset = cells_file(30)
    dataset["vp"] = dataset["rsds"].assign_attrs(units="Pa")
    values = dataset[name].values.copy()
    values.flat[1] = number
    dataset[name] = (dataset[name].dims, values, dataset[name].attrs)
    assert finding_about(dataset) == (code, f"forcing.nc: {name}")


def test_a_temperature_of_a_usual_mark_is_a_temperature(tmp_path):
    dataset = cells_file(30)
    values = dataset["tasmin"].values.copy()
    values[3:6, 1] = -9.99
    dataset["tasmin"] = (dataset["tasmin"].dims, values, dataset["tasmin"].attrs)
    dataset.to_netcdf(tmp_path / "forcing.nc")
    found = read_forcing(tmp_path / "forcing.nc", NEEDS, spin_up_years=0, findings=Findings())
    assert (found.fields["tasmin"] == -9.99).sum() == 3


@pytest.mark.parametrize("packed", [False, True])
def test_values_outside_the_valid_range_of_the_file_are_missing(finding_about, packed):
    dataset = cells_file(30)
    scale, kind = (0.1, "int16") if packed else (1.0, "float64")
    dataset["rsds"].attrs["valid_range"] = np.array([0.0, 400.0 / scale]).astype(kind)
    values = dataset["rsds"].values.copy()
    values[4, 1] = 500.0
    dataset["rsds"] = (dataset["rsds"].dims, values, dataset["rsds"].attrs)
    dataset["rsds"].encoding = {"dtype": kind, "scale_factor": scale} if packed else {}
    assert finding_about(dataset) == ("missing-values", "forcing.nc: rsds")
