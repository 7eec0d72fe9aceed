"""MERRA-2 and GLDAS: hours and three hours on grids, of real files and of made ones."""

import netCDF4
import numpy as np
import pytest
import xarray as xr

MERRA2 = "merra2/M2T1NXSLV_geo_temporal.nc4"
DAYS = 4
UNITS = {
    "T2M": "K", "QV2M": "kg kg-1", "PS": "Pa", "U10M": "m s-1", "V10M": "m s-1", "U2M": "m s-1",
    "V2M": "m s-1", "SWGDN": "W m-2", "PRECTOTCORR": "kg m-2 s-1", "Tair_f_inst": "K",
    "Qair_f_inst": "kg kg-1", "Psurf_f_inst": "Pa", "Wind_f_inst": "m s-1",
    "SWdown_f_tavg": "W m-2", "Rainf_f_tavg": "kg m-2 s-1",
}  # fmt: skip
FLAT = {"T2M": 288.15, "QV2M": 0.008, "PS": 1e5, "U10M": 3.0, "V10M": -4.0}


def made(path, times, units="minutes since 2020-03-01 00:00:00", fill=1e15, **variables):
    """A file of 2 x 2 cells east of Greenwich; `times` in minutes, as in the products."""
    attributes = {
        "merra2": {"ShortName": "M2T1NXSLV", "VersionID": "5.12.4"},
        "gldas": {"title": "GLDAS2.1 LIS land surface model output", "source": "Noah_v3.6"},
    }["merra2" if "PS" in variables or "SWGDN" in variables else "gldas"]
    data = xr.Dataset(
        {n: (("time", "lat", "lon"), np.broadcast_to(
            np.asarray(v, dtype="float32").reshape(-1, 1, 1), (len(times), 2, 2)),
            {"units": UNITS[n]}) for n, v in variables.items()},
        {"time": ("time", times, {"units": units}),
         "lat": ("lat", [50.0, 50.5], {"units": "degrees_north"}),
         "lon": ("lon", [0.0, 0.625], {"units": "degrees_east"})},
        attributes,
    )  # fmt: skip
    data.to_netcdf(path, encoding={n: {"_FillValue": np.float32(fill)} for n in variables})
    return path


def hours(step=60, first=30):
    return np.arange(DAYS * 1440 // step) * step + first


def test_pressure_of_a_real_file_is_its_mean_over_the_hours(products, imported):
    data = imported("merra2", products / MERRA2, minimum_hours=2)
    with netCDF4.Dataset(products / MERRA2) as file:
        by_hand = np.ma.getdata(file["PS"][:]).astype(float).mean(axis=0).ravel()
    np.testing.assert_allclose(data.ps.values[0], by_hand, rtol=1e-7)
    assert str(data.time.values[0])[:10] == "2021-01-10"
    assert (float(data.latitude[0]), float(data.longitude[1])) == (-30.0, 40.625)
    assert data.latitude_half_width.values[0] == 0.25 and data.longitude_half_width[0] == 0.3125
    assert data.attrs["product_version"] == "5.12.4"


def test_two_hours_of_a_real_file_are_no_day(products, ccdas, tmp_path):
    code, _, _ = ccdas("data", "import", "merra2", products / MERRA2, "--out", tmp_path / "x.nc")
    assert code == 2 and ccdas.findings[0][0] == "missing-days"


def test_collections_of_merra2_are_joined(imported, tmp_path):
    surface = made(tmp_path / "slv.nc", hours(), **FLAT)
    light = made(tmp_path / "rad.nc", hours(), SWGDN=100.0)
    with xr.open_dataset(light) as file:
        rain = file.rename({"SWGDN": "PRECTOTCORR"}) * 0.0 + 1.0 / 86400.0
    rain["PRECTOTCORR"].attrs["units"] = "kg m-2 s-1"
    rain.attrs["ShortName"] = "M2T1NXFLX"
    rain.to_netcdf(tmp_path / "flx.nc")
    data = imported("merra2", surface, light, tmp_path / "flx.nc")
    vapour = 0.008 * 1e5 / (0.622 + 0.378 * 0.008)
    expected = {"tasmin": 15.0, "tasmax": 15.0, "pr": 1.0, "rsds": 100.0, "ps": 1e5,
                "sfcWind": 5.0, "vp": vapour}  # fmt: skip
    for name, value in expected.items():
        np.testing.assert_allclose(data[name].values, value, rtol=1e-5, err_msg=name)
    assert data.sizes["time"] == DAYS and "soil" in imported.said


def test_a_box_keeps_its_cells_alone(imported, tmp_path):
    path = made(tmp_path / "slv.nc", hours(), **FLAT)
    data = imported("merra2", path, box="[50.2, 51, -1, 0.1]")
    assert list(data.latitude.values) == [50.5] and list(data.longitude.values) == [0.0]
    assert data.latitude_half_width.values[0] == 0.25


def test_a_monthly_collection_of_merra2_is_refused(ccdas, tmp_path):
    path = made(tmp_path / "slv.nc", hours(), **FLAT)
    with xr.open_dataset(path, decode_times=False) as file:
        monthly = file.load().assign_attrs(ShortName="M2TMNXSLV")
    monthly.to_netcdf(path)
    code, _, _ = ccdas("data", "import", "merra2", path, "--out", tmp_path / "out.nc")
    assert code == 2 and ccdas.findings[0] == ("wrong-version", "slv.nc: ShortName")


def gldas(path, fill=-9999.0, **changes):
    """Means of the three hours before their time, and a sine of temperature."""
    times = hours(180, 0)
    moment = times / 60.0 % 24.0
    light = np.where((moment > 6.0) & (moment <= 18.0), 200.0, 0.0)
    variables = {
        "Tair_f_inst": 283.15 + 6.0 * np.cos(2 * np.pi * (moment - 15) / 24), "Qair_f_inst": 0.008,
        "Psurf_f_inst": 1e5, "Wind_f_inst": 5.0, "SWdown_f_tavg": light,
        "Rainf_f_tavg": np.where(times <= 1440, 0.0, 2.0 / 86400.0),
    }  # fmt: skip
    return made(path, times, fill=fill, **{**variables, **changes})


def test_three_hours_become_days(imported, tmp_path):
    data = imported("gldas", gldas(tmp_path / "GLDAS_NOAH025_3H.nc"))
    expected = {"tasmin": 4.0, "tasmax": 16.0, "rsds": 100.0, "ps": 1e5, "sfcWind": 5.0}
    for name, value in expected.items():
        np.testing.assert_allclose(data[name].values[1:], value, rtol=1e-5, err_msg=name)
    # a mean belongs to the hours before its time: no rain on the first day, rain on the others
    np.testing.assert_allclose(data.pr.values[:, 0], [0.0, 2.0, 2.0], atol=1e-6)
    assert data.attrs["product_version"] == "2.1" and data.latitude_half_width.values[0] == 0.25


def test_a_daily_product_of_gldas_is_refused(ccdas, tmp_path):
    path = made(tmp_path / "GLDAS.nc", np.arange(4) * 1440, Tair_f_inst=280.0)
    code, _, _ = ccdas("data", "import", "gldas", path, "--out", tmp_path / "out.nc")
    assert code == 2 and ccdas.findings[0] == ("wrong-version", "GLDAS.nc: time")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"Tair_f_inst": 20.0}, "wrong-units"),
        ({"Rainf_f_tavg": 1.0}, "wrong-units"),
        ({"Psurf_f_inst": -9999.0}, "all-missing"),
        ({"Wind_f_inst": np.where(np.arange(32) == 12, -9999.0, 5.0)}, "missing-values"),
    ],
)
def test_numbers_that_cannot_be_are_refused(ccdas, tmp_path, change, code):
    path = gldas(tmp_path / "GLDAS.nc", **change)
    ended, _, error = ccdas("data", "import", "gldas", path, "--out", tmp_path / "out.nc")
    assert ended == 2 and ccdas.findings[0][0] == code, error


def test_files_of_other_grids_and_the_same_hours_twice_are_refused(ccdas, tmp_path):
    one, again = (gldas(tmp_path / name) for name in ("GLDAS1.nc", "GLDAS2.nc"))
    out = tmp_path / "out.nc"
    code, _, _ = ccdas("data", "import", "gldas", one, again, "--out", out)
    assert code == 2 and ccdas.findings[0][0] == "duplicate-times"
    with xr.open_dataset(again, decode_times=False) as file:
        moved = file.load().assign_coords(lat=file.lat + 0.25)
    moved.to_netcdf(again)
    code, _, _ = ccdas("data", "import", "gldas", one, again, "--out", out)
    assert code == 2 and ccdas.findings[0][0] == "wrong-grid"
