"""Dimensions of variables that are lost or added, and those of one entry."""

import numpy as np
import pytest
import test_era5 as era5
import test_grids as grids
import test_inversions as inversions
import test_model_calendars as models
import xarray as xr
from test_signs import of_cru, refused

CASES = {
    "merra2": ("PS", lambda path: grids.made(path, grids.hours(), **grids.FLAT)),
    "gldas": ("Wind_f_inst", lambda path: grids.gldas(path)),
    "era5": ("t2m", lambda path: era5.made(path, t2m=era5.temperature())),
    "cru_ts": ("pre", lambda path: of_cru(path, "pre", 50.0, "mm/month")),
    "cmip": ("pr", lambda path: models.made(path, "pr", np.full(30, 1e-5))),
    "carbontracker": ("ocn_flux_opt", lambda path: inversions.made(path)),
}


def edited(path, name, change):
    """Write the file again with another variable."""
    with xr.open_dataset(path, decode_cf=False) as file:
        data = file.load()
    changed = change(data[name]).assign_attrs(data[name].attrs)
    changed.attrs.pop("_FillValue", None)
    data.drop_vars(name).assign({name: changed}).to_netcdf(path)
    return path


@pytest.mark.parametrize("kind", CASES)
@pytest.mark.parametrize(
    "change", [lambda a: a.isel({a.dims[-1]: 0}, drop=True), lambda a: a.expand_dims(level=3)]
)
def test_lost_and_added_dimensions_are_refused(ccdas, tmp_path, kind, change):
    name, make = CASES[kind]
    path = edited(make(tmp_path / "GLDAS21.nc"), name, change)
    assert refused(ccdas, tmp_path, kind, path) == [("wrong-grid", f"GLDAS21.nc: {name}")]


@pytest.mark.parametrize("kind", CASES)
def test_a_dimension_of_one_entry_is_left_out(imported, tmp_path, kind):
    name, make = CASES[kind]
    settings = {"product": "era5"} if kind == "era5" else {}
    plain = imported(kind, make(tmp_path / "GLDAS21.nc"), **settings)
    path = edited(tmp_path / "GLDAS21.nc", name, lambda a: a.expand_dims(level=1).transpose(
        *a.dims, "level"))  # fmt: skip
    xr.testing.assert_equal(imported(kind, path, **settings), plain)
