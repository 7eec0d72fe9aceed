"""CMIP-style daily fields: calendars, humidity, units and periods, of made files."""

import numpy as np
import pytest
import xarray as xr

NAMES = {"tas": "air_temperature", "tasmin": "air_temperature", "tasmax": "air_temperature",
         "pr": "precipitation_flux", "rsds": "surface_downwelling_shortwave_flux_in_air",
         "hurs": "relative_humidity", "huss": "specific_humidity", "ps": "surface_air_pressure",
         "sfcWind": "wind_speed"}  # fmt: skip
UNITS = {"tas": "K", "tasmin": "K", "tasmax": "K", "pr": "kg m-2 s-1", "rsds": "W m-2",
         "hurs": "%", "huss": "1", "ps": "Pa", "sfcWind": "m s-1"}  # fmt: skip
LENGTH = {"noleap": 365, "360_day": 360, "standard": 366, "all_leap": 366}


def made(path, name, values, calendar="standard", first=0.5, step=1.0, year=2000, **attributes):
    """One variable in the layout of CMIP6, on 2 x 2 cells."""
    values = np.asarray(values, dtype="float32").reshape(-1, 1, 1)
    data = xr.Dataset(
        {name: (("time", "lat", "lon"), np.tile(values, (1, 2, 2)), {
            "units": UNITS[name], "standard_name": NAMES[name], "cell_methods": "time: mean"})},
        {"time": ("time", first + step * np.arange(len(values)), {
            "units": f"days since {year}-01-01", "calendar": calendar}),
         "lat": ("lat", [-1.0, 1.0], {"units": "degrees_north"}),
         "lon": ("lon", [10.0, 12.0], {"units": "degrees_east"})},
        {"mip_era": "CMIP6", "source_id": "MODEL-1", "experiment_id": "historical",
         "variant_label": "r1i1p1f1", "frequency": "day", **attributes},
    )  # fmt: skip
    data.to_netcdf(path, encoding={name: {"_FillValue": np.float32(1e20)}})
    return path


def test_variables_of_several_files_become_forcing(imported, tmp_path):
    flat = np.ones(366)
    paths = [
        made(tmp_path / f"{name}.nc", name, value * flat)
        for name, value in {"tasmin": 278.15, "tasmax": 288.15, "tas": 283.15, "pr": 3.0 / 86400,
                            "rsds": 150.0, "hurs": 50.0, "sfcWind": 4.0}.items()
    ]  # fmt: skip
    data = imported("cmip", *paths)
    expected = {"tasmin": 5.0, "tasmax": 15.0, "pr": 3.0, "rsds": 150.0, "sfcWind": 4.0}
    for name, value in expected.items():
        np.testing.assert_allclose(data[name].values, value, rtol=1e-5, err_msg=name)
    np.testing.assert_allclose(data.vp.values, 0.5 * 1228.0, rtol=2e-3)  # e_sat of 10 degC, WMO
    assert data.sizes["time"] == 366 and "CMIP6 MODEL-1" in data.attrs["product"]
    assert data.latitude_half_width.values[0] == 1.0


def test_humidity_and_pressure_go_before_relative_humidity(imported, tmp_path):
    paths = [made(tmp_path / f"{n}.nc", n, np.full(366, v))
             for n, v in {"huss": 0.008, "ps": 9e4, "hurs": 50.0}.items()]  # fmt: skip
    data = imported("cmip", *paths)
    np.testing.assert_allclose(data.vp.values, 0.008 * 9e4 / (0.622 + 0.378 * 0.008), rtol=1e-5)


@pytest.mark.parametrize("calendar", ["noleap", "360_day"])
def test_another_calendar_is_refused_until_asked_for(ccdas, tmp_path, calendar):
    path = made(tmp_path / "x.nc", "pr", np.ones(LENGTH[calendar]) / 86400.0, calendar)
    code, _, error = ccdas("data", "import", "cmip", path, "--out", tmp_path / "out.nc")
    assert code == 2 and ccdas.findings[0] == ("wrong-calendar", "x.nc: time")
    assert "calendar=convert" in error


def test_a_leap_day_repeats_the_day_before(imported, tmp_path):
    path = made(tmp_path / "x.nc", "pr", np.arange(1, 731) / 86400.0, "noleap")
    data = imported("cmip", path, calendar="convert")
    rain = dict(zip(data.time.values.astype("datetime64[D]").astype(str), data.pr.values[:, 0],
                    strict=True))  # fmt: skip
    assert data.sizes["time"] == 366 + 365
    expected = {"2000-02-28": 59.0, "2000-02-29": 59.0, "2000-03-01": 60.0, "2000-12-31": 365.0,
                "2001-01-01": 366.0, "2001-12-31": 730.0}  # fmt: skip
    for day, value in expected.items():
        assert rain[day] == pytest.approx(value, rel=1e-5), day
    assert "noleap" in imported.said


def test_years_of_360_days_fill_years_and_keep_their_order(imported, tmp_path):
    path = made(tmp_path / "x.nc", "pr", np.arange(1, 721) / 86400.0, "360_day", year=2001)
    data = imported("cmip", path, calendar="convert")
    days, rain = data.time.values.astype("datetime64[D]"), data.pr.values[:, 0]
    assert data.sizes["time"] == 730 and str(days[0]) == "2001-01-01"
    steps = np.round(np.diff(rain))
    assert set(steps) <= {0.0, 1.0} and (steps == 0.0).sum() == 10  # five repeated days a year
    assert rain[0] == pytest.approx(1.0) and rain[-1] == pytest.approx(720.0, abs=0.1)


def test_two_files_of_a_variable_are_joined_across_their_calendar(imported, tmp_path):
    one = made(tmp_path / "a.nc", "pr", np.ones(360) / 86400.0, "360_day", year=2001)
    other = made(tmp_path / "b.nc", "pr", 2 * np.ones(360) / 86400.0, "360_day", year=2002)
    data = imported("cmip", one, other, calendar="convert")
    assert data.sizes["time"] == 730
    year = data.time.values.astype("datetime64[Y]").astype(int) + 1970
    np.testing.assert_allclose(data.pr.values[year == 2002], 2.0, rtol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"values": np.full(366, 10.0)}, "wrong-units"),  # degC in a file that says K
        ({"values": np.full(366, 1e20)}, "all-missing"),
        ({"values": np.full(12, 280.0), "step": 30.5}, "wrong-version"),
        ({"values": np.full(240, 280.0), "step": 0.125}, "wrong-version"),
        ({"values": np.full(366, 280.0), "year": 2126}, "future-dates"),
        ({"values": np.where(np.arange(366) == 5, 1e20, 280.0)}, "missing-values"),
        ({"values": np.full(366, 280.0), "calendar": "lunar"}, "wrong-calendar"),
    ],
)
def test_files_that_cannot_be_are_refused(ccdas, tmp_path, arguments, code):
    path = made(tmp_path / "x.nc", "tasmin", **arguments)
    ended, _, error = ccdas("data", "import", "cmip", path, "--out", tmp_path / "out.nc")
    assert ended == 2 and ccdas.findings[0][0] == code, error


def test_files_of_two_models_are_refused(ccdas, tmp_path):
    one = made(tmp_path / "a.nc", "pr", np.ones(366) / 86400.0)
    other = made(tmp_path / "b.nc", "rsds", np.ones(366), source_id="MODEL-2")
    code, _, _ = ccdas("data", "import", "cmip", one, other, "--out", tmp_path / "x.nc")
    assert code == 2 and ccdas.findings[0][0] == "mixed-sources"


def test_a_rotated_grid_is_refused(ccdas, tmp_path):
    path = made(tmp_path / "x.nc", "pr", np.ones(366) / 86400.0)
    with xr.open_dataset(path, decode_times=False) as file:
        data = file.load().rename(lat="rlat", lon="rlon")
    data = data.assign_coords(lat=(("rlat", "rlon"), np.ones((2, 2))),
                              lon=(("rlat", "rlon"), np.ones((2, 2))))  # fmt: skip
    data.to_netcdf(path)
    code, _, _ = ccdas("data", "import", "cmip", path, "--out", tmp_path / "out.nc")
    assert code == 2 and ccdas.findings[0][0] == "wrong-grid"
