"""Fills and signs that clipping would hide, minima above maxima, members, and boxes at the seam."""

import numpy as np
import pytest
import test_grids as grids
import test_model_calendars as models
import xarray as xr

DAY = np.ones(366)
MONTHS = 24


def of_cru(path, name, value, units):
    """A file of two years in the layout of CRU TS, of 2 x 2 cells."""
    days = np.arange(MONTHS) * 30.4 + 15.0
    xr.Dataset(
        {name: (("time", "lat", "lon"), np.full((MONTHS, 2, 2), value), {"units": units})},
        {"time": ("time", days, {"units": "days since 2000-01-01"}),
         "lat": ("lat", [50.25, 50.75]), "lon": ("lon", [10.25, 10.75])},
        {"title": "CRU TS4.06"},
    ).to_netcdf(path)  # fmt: skip
    return path


def refused(ccdas, tmp_path, kind, *paths, **settings):
    """Findings of an import that must fail."""
    options = [f"--set={k}={v}" for k, v in settings.items()]
    code, _, error = ccdas("data", "import", kind, *paths, "--out", tmp_path / "out.nc", *options)
    assert code == 2, error
    return ccdas.findings


@pytest.mark.parametrize(
    ("name", "value"),
    [("pr", -9999.0), ("pr", -1.0 / 86400), ("rsds", -9999.0), ("rsds", -20.0), ("hurs", -9999.0)],
)
def test_fills_and_other_signs_of_models_are_no_zeros(ccdas, tmp_path, name, value):
    mean = models.made(tmp_path / "tas.nc", "tas", 283.15 * DAY)
    path = models.made(tmp_path / "x.nc", name, value * DAY)
    assert refused(ccdas, tmp_path, "cmip", path, mean) == [("wrong-units", f"x.nc: {name}")]


def test_the_filled_days_are_those_of_all_variables(imported, tmp_path):
    """29 February is filled in the first file alone, and counts where all files have it."""
    short = models.made(tmp_path / "a.nc", "pr", np.ones(365) / 86400.0, "noleap")
    whole = models.made(tmp_path / "b.nc", "rsds", np.ones(366))
    imported("cmip", short, whole, calendar="convert")
    assert "; 1 days that it lacks" in imported.said
    later = models.made(tmp_path / "b.nc", "rsds", np.ones(40), first=100.5)
    imported("cmip", short, later, calendar="convert")
    assert "; 0 days that it lacks" in imported.said


def test_humidity_of_a_fill_is_no_dry_air(ccdas, tmp_path):
    paths = [models.made(tmp_path / f"{n}.nc", n, v * DAY)
             for n, v in {"huss": -9999.0, "ps": 9e4}.items()]  # fmt: skip
    assert refused(ccdas, tmp_path, "cmip", *paths)[0][0] == "wrong-units"


def test_noise_below_0_becomes_0(imported, tmp_path):
    path = models.made(tmp_path / "x.nc", "pr", -1e-8 * DAY)
    assert set(imported("cmip", path).pr.values.ravel()) == {0.0}


@pytest.mark.parametrize("steps", [slice(None), slice(40, 41)])
@pytest.mark.parametrize(
    ("change", "name"), [("PRECTOTCORR", "rain"), ("SWGDN", "light")]
)  # fmt: skip
def test_fills_of_hours_are_no_zeros(ccdas, tmp_path, change, name, steps):
    values = np.full(len(grids.hours()), 300.0 if name == "light" else 1e-5)
    values[steps] = -999.0
    path = grids.made(tmp_path / "x.nc", grids.hours(), PS=1e5, **{change: values})
    assert refused(ccdas, tmp_path, "merra2", path) == [("wrong-units", f"x.nc: {name}")]


@pytest.mark.parametrize(
    ("name", "value", "units"),
    [("pre", -999.0, "mm/month"), ("vap", -999.0, "hPa"), ("cld", -999.0, "%"),
     ("cld", 180.0, "%")],
)  # fmt: skip
def test_fills_of_months_are_no_zeros(ccdas, tmp_path, name, value, units):
    path = of_cru(tmp_path / "x.nc", name, value, units)
    assert refused(ccdas, tmp_path, "cru_ts", path) == [("wrong-units", f"x.nc: {name}")]


def test_a_minimum_above_the_maximum_is_refused(ccdas, tmp_path):
    paths = [models.made(tmp_path / f"{n}.nc", n, v * DAY)
             for n, v in {"tasmin": 290.0, "tasmax": 280.0}.items()]  # fmt: skip
    assert refused(ccdas, tmp_path, "cmip", *paths) == [("out-of-range", "tasmin.nc: tasmin")]
    paths = [of_cru(tmp_path / f"{n}.nc", n, v, "degC") for n, v in {"tmn": 9, "tmx": 3}.items()]
    assert refused(ccdas, tmp_path, "cru_ts", *paths) == [("out-of-range", "tmn.nc: tmn")]


def test_members_of_an_ensemble_are_not_mixed(ccdas, tmp_path):
    one = models.made(tmp_path / "a.nc", "pr", DAY / 86400.0)
    other = models.made(tmp_path / "b.nc", "rsds", DAY, variant_label="r2i1p1f1")
    assert refused(ccdas, tmp_path, "cmip", one, other) == [
        ("mixed-sources", "a.nc: variant_label")
    ]


@pytest.mark.parametrize(
    ("east", "longitudes"), [(0, {-4.0, -2.0, 0.0}), (3, {-4.0, -2.0, 0.0, 2.0})]
)
def test_a_box_across_the_seam_of_a_file_keeps_the_width_of_cells(
    imported, tmp_path, east, longitudes
):
    """The longitudes of the file are 0 to 358, so that those of the box are no neighbours."""
    shape = 3, 4, 180
    path = tmp_path / "x.nc"
    xr.Dataset(
        {"pr": (("time", "lat", "lon"), np.full(shape, 3e-5), {
            "units": "kg m-2 s-1", "standard_name": models.NAMES["pr"]})},
        {"time": ("time", np.arange(3) + 0.5, {"units": "days since 2000-01-01"}),
         "lat": ("lat", [40.0, 41.0, 42.0, 43.0]), "lon": ("lon", np.arange(0.0, 360.0, 2.0))},
        {"source_id": "MODEL-1"},
    ).to_netcdf(path)  # fmt: skip
    data = imported("cmip", path, box=f"[40, 43, -5, {east}]")
    assert set(data.longitude.values) == longitudes
    assert set(data.longitude_half_width.values) == {1.0}
    assert set(data.latitude_half_width.values) == {0.5}
