"""ERA5: sums and means over local days, of made files in the layouts of the data store."""

import numpy as np
import pytest
import xarray as xr
from ccdas_readers.forcing.local_days import local_offsets, over_local_days, whole_days

HOURS = np.datetime64("2020-03-01T01:00", "ns") + np.arange(96) * np.timedelta64(1, "h")
LATITUDE, LONGITUDE = np.array([50.25, 50.0]), np.array([0.0, 0.25])
ATTRIBUTES = {"institution": "European Centre for Medium-Range Weather Forecasts"}
RAIN = 2e-4  # m in each hour
LIGHT = 3.6e5  # J m-2 in each hour: 100 W m-2
DAYLIGHT = np.maximum(-np.cos(2 * np.pi * (HOURS.astype("datetime64[h]").astype(int) % 24) / 24), 0)
SINCE = (HOURS.astype("datetime64[h]").astype(int) - 1) % 24 + 1  # 1 to 24 hours


def since_midnight(hourly):
    """Sums since 00 UTC of sums of hours."""
    return hourly.reshape(-1, 24).cumsum(axis=1).ravel()


def made(path, time="valid_time", spacing=0.25, **variables):
    """A file of the data store with made numbers."""
    latitude, longitude = 50.0 + np.array([spacing, 0.0]), np.array([0.0, spacing])
    units = {"t2m": "K", "d2m": "K", "sp": "Pa", "tp": "m", "ssrd": "J m**-2", "u10": "m s**-1",
             "v10": "m s**-1"}  # fmt: skip
    data = xr.Dataset(
        {n: ((time, "latitude", "longitude"), np.broadcast_to(
            np.asarray(v, dtype="float32")[:, None, None], (len(HOURS), 2, 2)),
            {"units": units[n]}) for n, v in variables.items()},
        {time: HOURS, "latitude": ("latitude", latitude, {"units": "degrees_north"}),
         "longitude": ("longitude", longitude, {"units": "degrees_east"})},
        ATTRIBUTES,
    )  # fmt: skip
    data.to_netcdf(path, encoding={time: {"units": "seconds since 1970-01-01", "dtype": "int64"}})
    return path


def temperature():
    """A sine of the hour with a maximum at 15 UTC (K)."""
    hour = (HOURS.astype("datetime64[h]").astype(int)) % 24
    return 283.15 + 6.0 * np.cos(2 * np.pi * (hour - 15) / 24)


def test_hours_become_days_with_extremes_sums_and_means(imported, tmp_path):
    flat = np.ones(96)
    path = made(tmp_path / "x.nc", t2m=temperature(), d2m=278.15 * flat, sp=1e5 * flat,
                tp=RAIN * flat, ssrd=LIGHT * flat, u10=3.0 * flat, v10=4.0 * flat)  # fmt: skip
    data = imported("era5", path, product="era5")  # constant sums do not tell the product
    days = data.time.values.astype("datetime64[D]").astype(str)
    assert list(days) == ["2020-03-02", "2020-03-03", "2020-03-04"]
    expected = {"tasmin": 4.0, "tasmax": 16.0, "pr": 4.8, "rsds": 100.0, "ps": 1e5, "sfcWind": 5.0}
    for name, value in expected.items():
        np.testing.assert_allclose(data[name].values, value, rtol=1e-5, err_msg=name)
    np.testing.assert_allclose(data.vp.values, 870.0, rtol=5e-3)  # at 5 degC, 8.7 hPa
    assert data.sizes["cell"] == 4 and set(data.latitude_half_width.values) == {0.125}


def test_sums_since_midnight_of_era5_land_become_sums_of_hours(imported, tmp_path):
    path = made(tmp_path / "x.nc", spacing=0.1, tp=RAIN * SINCE, ssrd=LIGHT * SINCE)
    data = imported("era5", path)
    np.testing.assert_allclose(data.pr.values, 4.8, rtol=1e-4)
    np.testing.assert_allclose(data.rsds.values, 100.0, rtol=1e-4)
    assert data.attrs["product"] == "ERA5-Land hourly"


def test_a_sum_without_the_hour_before_it_belongs_to_no_day(imported, tmp_path):
    """Files begin at 00 UTC, whose sum is that of the whole day before."""
    hours = HOURS - np.timedelta64(1, "h")
    since = (hours.astype("datetime64[h]").astype(int) - 1) % 24 + 1
    path = made(tmp_path / "x.nc", spacing=0.1, tp=RAIN * since)
    with xr.open_dataset(path) as file:
        moved = file.load().assign_coords(valid_time=hours)
    moved.to_netcdf(path)
    data = imported("era5", path)
    np.testing.assert_allclose(data.pr.values, 4.8, rtol=1e-4)


@pytest.mark.parametrize("spacing", [0.25, 0.1, 0.05])
def test_the_values_tell_the_sums_on_any_grid(imported, tmp_path, spacing):
    """Light of a sine over half a day: its mean is the amplitude over pi, up to the hours."""
    hourly, rain = 3.6e6 * DAYLIGHT, RAIN * DAYLIGHT
    path = made(tmp_path / "hours.nc", spacing=spacing, ssrd=hourly, tp=rain)
    one = imported("era5", path)
    path = made(tmp_path / "since.nc", spacing=spacing, ssrd=since_midnight(hourly),
                tp=since_midnight(rain))  # fmt: skip
    other = imported("era5", path)
    mean = 1000.0 * DAYLIGHT[:24].mean()
    for data, product in ((one, "ERA5 hourly"), (other, "ERA5-Land hourly")):
        np.testing.assert_allclose(data.rsds.values, mean, rtol=1e-4)
        np.testing.assert_allclose(data.pr.values, 24e3 * RAIN * DAYLIGHT[:24].mean(), rtol=1e-4)
        assert data.attrs["product"] == product


@pytest.mark.parametrize(
    ("sums", "product"),
    [({"ssrd": LIGHT * DAYLIGHT}, "era5_land"), ({"ssrd": LIGHT * SINCE}, "era5"),
     ({"ssrd": LIGHT * SINCE, "tp": RAIN * DAYLIGHT}, "auto")],
)  # fmt: skip
def test_sums_that_contradict_the_product_or_each_other_are_refused(ccdas, tmp_path, sums, product):
    path = made(tmp_path / "x.nc", **sums)
    ended, _, error = ccdas("data", "import", "era5", path, "--out", tmp_path / "out.nc",
                            f"--set=product={product}")  # fmt: skip
    assert ended == 2 and ccdas.findings[0] == ("wrong-product", f"x.nc: {list(sums)[-1]}"), error


def test_one_cell_of_era5_keeps_its_light_and_rain(imported, tmp_path):
    path = made(tmp_path / "x.nc", ssrd=LIGHT * DAYLIGHT, tp=RAIN * DAYLIGHT)
    with xr.open_dataset(path) as file:
        one = file.load().isel(latitude=[0], longitude=[0])
    one.to_netcdf(path)
    data = imported("era5", path)
    np.testing.assert_allclose(data.rsds.values, 100.0 * DAYLIGHT[:24].mean(), rtol=1e-4)
    assert data.attrs["product"] == "ERA5 hourly" and data.latitude_half_width.values == 0.125


def test_variables_of_several_files_and_the_former_layout_are_joined(imported, tmp_path):
    one = made(tmp_path / "one.nc", time="time", t2m=temperature())
    other = made(tmp_path / "other.nc", sp=9e4 * np.ones(96))
    data = imported("era5", one, other)
    assert {"tasmin", "tasmax", "ps"} <= set(data.data_vars) and "pr" not in data
    assert "pr" in imported.said


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"t2m": temperature() - 273.15}, "wrong-units"),
        ({"tp": 3.0 * DAYLIGHT}, "wrong-units"),
        ({"tp": RAIN * np.ones(96)}, "unknown-product"),
        ({"t2m": np.full(96, np.nan)}, "all-missing"),
        ({"sp": np.where(np.arange(96) == 40, np.nan, 1e5)}, "missing-values"),
    ],
)
def test_numbers_that_cannot_be_are_refused(ccdas, tmp_path, change, code):
    path = made(tmp_path / "x.nc", **change)
    ended, _, error = ccdas("data", "import", "era5", path, "--out", tmp_path / "out.nc")
    assert ended == 2 and ccdas.findings[0][0] == code, error


def test_files_of_other_grids_and_the_same_hours_twice_are_refused(ccdas, tmp_path):
    one = made(tmp_path / "one.nc", t2m=temperature())
    coarse = made(tmp_path / "coarse.nc", spacing=0.5, sp=1e5 * np.ones(96))
    out = tmp_path / "out.nc"
    code, _, _ = ccdas("data", "import", "era5", one, coarse, "--out", out)
    assert code == 2 and ccdas.findings[0][0] == "wrong-grid"
    again = made(tmp_path / "again.nc", t2m=temperature())
    code, _, _ = ccdas("data", "import", "era5", one, again, "--out", out)
    assert code == 2 and ccdas.findings[0][0] == "duplicate-times"


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("era5_surface_pressure_2020-1.nc", "missing-days"),  # four hours
        ("era5-land_air_temperature_2020-1.nc", "all-missing"),  # sea
        ("cds.nc", "missing-variable"),  # of a pressure level
        ("cams_co2_concentration_2020_01_01-2020_02_15.nc", "missing-variable"),
    ],
)
def test_real_files_without_a_day_of_surface_weather_are_refused(
    products, ccdas, tmp_path, file, code
):
    path = products / "era5" / file
    ended, _, error = ccdas("data", "import", "era5", path, "--out", tmp_path / "out.nc")
    assert ended == 2 and ccdas.findings[0][0] == code, error


def test_pressure_of_a_real_file_over_the_hours_that_it_has(products, imported):
    path = products / "era5/era5_surface_pressure_2020-1.nc"
    data = imported("era5", path, minimum_hours=4)
    with xr.open_dataset(path) as file:
        by_hand = file.sp.mean("valid_time").values.ravel()
    np.testing.assert_allclose(data.ps.values[0], by_hand, rtol=1e-6)


def test_local_days_follow_the_longitude():
    moments = np.datetime64("2020-01-01", "s") + np.arange(48) * np.timedelta64(3600, "s")
    offsets = local_offsets(np.array([0.0, 105.0, 270.0]))
    assert list(offsets) == [0, 7, -6]
    days = whole_days(moments, offsets[:2], 24)
    assert list(days) == [np.datetime64("2020-01-02")]  # east of Greenwich the others are cut
    values = np.arange(48.0)[:, None]
    one = over_local_days(values, moments, np.array([0]), np.array(["2020-01-02"], "datetime64[D]"),
                          "mean")  # fmt: skip
    assert one[0, 0] == np.arange(24, 48).mean()
