"""Layouts of products without a real file here: files made from the guides of the products."""

import netCDF4
import numpy as np
import pytest
import xarray as xr

LATITUDE, LONGITUDE = np.array([10.0, 20.0]), np.array([30.0, 40.0, 50.0])
DAY = np.datetime64("2015-06-01", "ns")


def grid(path, variables, attributes, time=None):
    """A map over (lat, lon), with a time of one step where it is given."""
    dims = ("lat", "lon") if time is None else ("time", "lat", "lon")
    data = xr.Dataset(
        {n: (dims, np.asarray(v).reshape((1,) * (time is not None) + (2, 3)), a)
         for n, (v, a) in variables.items()},
        {"lat": ("lat", LATITUDE, {"units": "degrees_north"}),
         "lon": ("lon", LONGITUDE, {"units": "degrees_east"})},
        attributes,
    )  # fmt: skip
    if time is not None:
        data = data.assign_coords(time=("time", [time]))
    data.to_netcdf(path)
    return path


def test_a_map_of_esa_cci_has_its_flags_and_times(imported, tmp_path, counted):
    unit, day = {"units": "m3 m-3"}, 16587.25  # 2015-06-01 06:00 in days since 1970-01-01
    path = grid(
        tmp_path / "ESACCI-SOILMOISTURE-L3S-SSMV-COMBINED-20150601000000-fv09.1.nc",
        {"sm": ([0.1, 0.2, 0.3, np.nan, 0.25, 0.15], unit),
         "sm_uncertainty": ([0.01, 0.02, 0.03, np.nan, 0.02, 0.01], unit),
         "flag": (np.array([0, 0, 1, 127, 0, 0], dtype="int16"), {}),
         "t0": ([day] * 6, {"units": "days since 1970-01-01 00:00:00"})},
        {"title": "ESA CCI Surface Soil Moisture COMBINED", "product_version": "09.1"}, time=DAY,
    )  # fmt: skip
    data = imported("esa_cci_sm", path)
    assert counted(data) == {"sm": {"kept": 4, "missing value": 1, "flag other than 0": 1}}
    assert set(data.time_start.values) == {np.datetime64("2015-06-01T06:00")}
    first = data.isel(obs=np.flatnonzero((data.latitude == 10) & (data.longitude == 30))[0])
    assert first.observed == pytest.approx(0.1) and first.observed_sd == pytest.approx(0.01)
    assert data.attrs["product_version"] == "09.1"


def test_the_active_product_in_per_cent_is_refused(ccdas, tmp_path):
    unit = {"units": "percent"}
    path = grid(
        tmp_path / "active.nc",
        {"sm": ([10.0] * 6, unit), "sm_uncertainty": ([1.0] * 6, unit),
         "flag": (np.zeros(6, dtype="int16"), {})}, {}, time=DAY,
    )  # fmt: skip
    code, _, _ = ccdas("data", "import", "esa_cci_sm", path, "--out", tmp_path / "x.nc")
    assert code == 2 and ccdas.findings[0][0] == "wrong-units"


def test_optical_depth_of_smos_ic_maps(imported, tmp_path, counted):
    days = np.datetime64("2015-06-01").astype(int) - np.datetime64("2000-01-01").astype(int)
    path = grid(
        tmp_path / "SM_RE06_MIR_CDF3SA_20150601T000000_20150601T235959_205_001_8.DBL.nc",
        {"Soil_Moisture": ([0.2] * 6, {"units": "m3 m-3"}),
         "Optical_Thickness_Nad": ([0.1, 0.5, 1.2, 0.4, 0.3, np.nan], {"units": "1"}),
         "RMSE": ([2.0, 9.0, 3.0, 3.0, 3.0, 3.0], {"units": "K"}),
         "Scene_Flags": ([0.0, 0.0, 4.0, 1.0, 0.0, 0.0], {}), "Days": ([float(days)] * 6, {}),
         "UTC_Seconds": ([21600.0] * 6, {})},
        {"title": "SMOS-IC"},
    )  # fmt: skip
    data = imported("smos_ic", path, stream="vod")
    assert counted(data)["vod"] == {
        "kept": 3, "missing value": 1, "Scene_Flags above 1 or missing": 1, "RMSE above 8 K": 1,
    }  # fmt: skip
    np.testing.assert_allclose(np.sort(data.observed), [0.1, 0.3, 0.4])
    assert set(data.time_start.values) == {np.datetime64("2015-06-01T06:00")}


@pytest.fixture
def smap_grid(tmp_path):
    """A daily grid of SPL3SMP with two cells in each half of the orbits."""
    path = tmp_path / "SMAP_L3_SM_P_20150601_R19240_001.h5"
    seconds = (np.datetime64("2015-06-01T06:00:00") - np.datetime64("2000-01-01T12:00:00")).astype(
        int
    )
    with netCDF4.Dataset(path, "w") as file:
        for group, end in (("AM", ""), ("PM", "_pm")):
            part = file.createGroup(f"Soil_Moisture_Retrieval_Data_{group}")
            part.createDimension("y", 1)
            part.createDimension("x", 2)
            for name, values, units in (
                ("soil_moisture", [0.2, 0.3], "cm**3/cm**3"),
                ("vegetation_opacity", [0.4, 0.5], None),
                ("latitude", [10.0, 10.0], "degrees_north"),
                ("longitude", [20.0, 21.0], "degrees_east"),
                ("tb_time_seconds", [seconds, seconds], "seconds"),
                ("static_water_body_fraction", [0.0, 0.0], None),
            ):
                variable = part.createVariable(name + end, "f8", ("y", "x"), fill_value=-9999.0)
                variable[:] = np.array([values])
                if units:
                    variable.units = units
            flag = part.createVariable("retrieval_qual_flag" + end, "u2", ("y", "x"),
                                       fill_value=65534)  # fmt: skip
            flag[:] = np.array([[8, 9]], dtype="u2")
    return path


@pytest.mark.parametrize(
    ("stream", "value"), [("sm", 0.2), ("vod", 0.4 * np.cos(np.radians(40.0)))]
)
def test_both_halves_of_a_daily_grid_of_smap_are_read(smap_grid, imported, stream, value):
    data = imported("smap_l3", smap_grid, stream=stream)
    np.testing.assert_allclose(data.observed.values, [value, value])
    assert set(data.overpass.values) == {"AM, descending", "PM, ascending"}
    assert set(data.time_start.values) == {np.datetime64("2015-06-01T06:00")}
    assert data.attrs["product_version"] == "R19240"


def test_fluxes_of_plumber2_become_days(imported, tmp_path, counted):
    steps = 96
    share = {"units": "1"}
    days = np.repeat([0.0, 1.0], 48)  # the second day is filled
    data = xr.Dataset(
        {"NEE": (("time", "y", "x"), np.full((steps, 1, 1), -2.0), {"units": "umol/m2/s"}),
         "NEE_qc": (("time", "y", "x"), days.reshape(-1, 1, 1), share),
         "GPP": (("time", "y", "x"), np.full((steps, 1, 1), 5.0), {"units": "umol/m2/s"}),
         "GPP_qc": (("time", "y", "x"), np.zeros((steps, 1, 1)), share),
         "latitude": (("y", "x"), [[-22.3]], {"units": "degrees_north"}),
         "longitude": (("y", "x"), [[133.2]], {"units": "degrees_east"}),
         "elevation": (("y", "x"), [[606.0]], {"units": "m"})},
        {"time": ("time", 1800.0 * np.arange(steps), {"units": "seconds since 2011-01-01"})},
        {"title": "PLUMBER2: forcing and evaluation datasets", "product_version": "1.0"},
    )  # fmt: skip
    path = tmp_path / "AU-ASM_2011-2017_OzFlux_Flux.nc"
    data.to_netcdf(path)
    made = imported("plumber2", path, stream="flux")
    per_day = 12.011e-6 * 86400
    nee = made.isel(obs=np.flatnonzero(made.quantity == "nee"))
    np.testing.assert_allclose(nee.observed.values, [-2.0 * per_day], rtol=1e-6)
    assert counted(made)["AU-ASM nee"]["kept"] == 1 and counted(made)["AU-ASM gpp"]["kept"] == 2
