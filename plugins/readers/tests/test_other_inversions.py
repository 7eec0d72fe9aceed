"""CAMS and CarboScope: made files in the layouts of both products."""

import numpy as np
import pytest
import xarray as xr

from ccdas_framework.grids import grid_area

LATITUDE, LONGITUDE = np.arange(-85.0, 90.0, 10.0), np.arange(-175.0, 180.0, 10.0)
AREA = grid_area(np.arange(-90.0, 91.0, 10.0), np.arange(-180.0, 181.0, 10.0))
GRID = {"latitude": ("latitude", LATITUDE), "longitude": ("longitude", LONGITUDE)}
YEAR = 365.25 * 86400.0


def cams(folder, month, units="kgC m-2 month-1", drop=(), **changes):
    """A month of CAMS with a flux everywhere."""
    values = {"flux_apos_bio": -2e-4, "flux_apos_ocean": -1e-4, "flux_foss": 1e-3, **changes}
    path = folder / f"cams73_v20r1_co2_flux_surface_mm_{month}.nc"
    xr.Dataset(
        {n: (("latitude", "longitude"), np.full(AREA.shape, v), {"units": units})
         for n, v in values.items() if n not in drop}, GRID,
    ).to_netcdf(path)  # fmt: skip
    return path


def carboscope(
    folder, days=59, units="PgC/yr", time="days since 2015-01-01", area=1.0, at=0.5, **drop
):
    """Days of CarboScope: the sink of land is 1 PgC yr-1 in January, 2 in February."""
    path = folder / "s10oc_v2022_daily.nc"
    share = AREA / AREA.sum()
    sink = np.where(np.arange(days) < 31, -1.0, -2.0)[:, None, None] * share
    dims = ("mtime", "lat", "lon")
    data = xr.Dataset(
        {"co2flux_land": (dims, sink, {"units": units}),
         "co2flux_ocean": (dims, 2.0 * sink, {"units": units}),
         "co2flux_subt": (dims, np.broadcast_to(9.0 * share, sink.shape), {"units": units}),
         "dxyp": (("lat", "lon"), AREA * area, {"units": "m2"})},
        {"mtime": ("mtime", np.arange(days) + at, {"units": time}),
         "lat": ("lat", LATITUDE), "lon": ("lon", LONGITUDE)},
    )  # fmt: skip
    data.drop_vars(drop.get("drop", [])).to_netcdf(path)
    return path


@pytest.mark.parametrize("units", [
    "kgC m-2 month-1", "kgC m^-2 month^-1", "kgC m-2 Month-1", "kgC/m2/month", "kgC m-2 per month",
    "kgC m**-2 month**-1",
])  # fmt: skip
def test_sums_of_a_month_become_fluxes(imported, tmp_path, units):
    paths = [cams(tmp_path, month, units) for month in ("201902", "201901")]
    data = imported("cams_inversion", *paths)
    days = np.array([31.0, 28.0])
    np.testing.assert_allclose(data.fossil.mean(("latitude", "longitude")), 1e-3 / days / 86400.0)
    np.testing.assert_allclose(data.ocean.values[1], -1e-4 / 28.0 / 86400.0)
    assert str(data.time.values[0])[:7] == "2019-01" and data.attrs["product_version"] == "v20r1"


def test_land_of_cams_contains_fires(imported, tmp_path):
    data = imported("cams_inversion", cams(tmp_path, "201901"), stream="reference")
    expected = -2e-4 / 31.0 / 86400.0 * YEAR * AREA.sum() / 1e12
    assert float(data.amount.sum()) == pytest.approx(expected)
    assert "with fires" in data.amount.long_name and data.reference.values.tolist() == ["v20r1"]


def test_days_of_carboscope_become_months(imported, tmp_path):
    data = imported("carboscope", carboscope(tmp_path), stream="reference")
    np.testing.assert_allclose(data.amount.sum("latitude").values[0], [-1.0, -2.0])
    data = imported("carboscope", carboscope(tmp_path))
    total = (data.fossil.values * AREA).sum(axis=(1, 2)) * YEAR / 1e12
    np.testing.assert_allclose(total, 9.0)


def test_days_with_the_time_of_their_beginning_are_read(imported, tmp_path):
    data = imported("carboscope", carboscope(tmp_path, at=0.0), stream="reference")
    np.testing.assert_allclose(data.amount.sum("latitude").values[0], [-1.0, -2.0])


def test_a_month_without_its_last_days_is_left_out(imported, tmp_path):
    data = imported("carboscope", carboscope(tmp_path, days=58), stream="reference")
    assert data.sizes["time"] == 1 and f"{27 * AREA.size}" in imported.said


@pytest.mark.parametrize(("kind", "make", "code"), [
    ("cams_inversion", lambda f: cams(f, "201901", units="kg month-1"), "wrong-units"),
    ("cams_inversion", lambda f: cams(f, "201901", units="kgC m-2 month^(-1)"), "wrong-units"),
    ("cams_inversion", lambda f: cams(f, "209901"), "future-dates"),
    ("cams_inversion", lambda f: cams(f, "201901", drop=("flux_foss",)), "missing-variable"),
    ("cams_inversion", lambda f: cams(f, "201901").rename(f / "month.nc"), "missing-time"),
    ("cams_inversion", lambda f: cams(f, "201901", flux_foss=np.nan), "all-missing"),
    ("cams_inversion", lambda f: cams(f, "201901", flux_foss=1.0), "wrong-units"),
    ("carboscope", lambda f: carboscope(f, units="mol m-2 s-1"), "wrong-units"),
    ("carboscope", lambda f: carboscope(f, time="days since 2215-01-01"), "future-dates"),
    ("carboscope", lambda f: carboscope(f, days=20), "missing-days"),
    ("carboscope", lambda f: carboscope(f, at=1.0), "wrong-time"),
    ("carboscope", lambda f: carboscope(f, area=2.0), "wrong-grid"),
    ("carboscope", lambda f: carboscope(f, drop=["co2flux_subt"]), "missing-variable"),
])  # fmt: skip
def test_a_file_that_cannot_be_used_is_refused(ccdas, tmp_path, kind, make, code):
    path = make(tmp_path)
    ended, _, error = ccdas("data", "import", kind, path, "--out", tmp_path / "x.nc")
    assert ended == 2 and ccdas.findings[0][0] == code, error
    assert len(ccdas.findings) == 1 and not (tmp_path / "x.nc").exists()


def test_months_with_a_gap_are_refused(ccdas, tmp_path):
    paths = [cams(tmp_path, month) for month in ("201901", "201903")]
    code, _, _ = ccdas("data", "import", "cams_inversion", *paths, "--out", tmp_path / "x.nc")
    assert code == 2 and ccdas.findings[0][0] == "missing-days"
