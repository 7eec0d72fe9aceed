"""Files of products: CF, names and missing values."""

import csv

import numpy as np
import pytest
import xarray as xr
from made_products import FLUX, MONTHS, product_file, three_cells

from ccdas_framework import Grid, Variable
from ccdas_framework.core.errors import InvalidInput
from ccdas_framework.outputs import RunFolder
from ccdas_framework.outputs.result_datasets import declared_dataset, targets_dataset
from ccdas_framework.products.cf_names import NAMES, cf_name, cf_units
from ccdas_framework.products.product_dataset import product_dataset
from ccdas_framework.products.product_grid import product_grid
from ccdas_framework.products.region_table import write_regions


def test_a_product_is_valid_cf(tmp_path):
    pytest.importorskip("compliance_checker")
    from compliance_checker.runner import CheckSuite, ComplianceChecker

    path = product_file(tmp_path / "product.nc", members=2)
    CheckSuite.load_all_available_checkers()
    report = tmp_path / "report.txt"
    passed, failed = ComplianceChecker.run_checker(
        str(path), ["cf:1.10"], verbose=0, criteria="lenient", output_filename=str(report),
        output_format="text",
    )  # fmt: skip
    assert not failed
    assert passed, report.read_text()


def test_fields_open_on_time_lat_and_lon_with_dates(tmp_path):
    with xr.open_dataset(product_file(tmp_path / "product.nc")) as data:
        assert data["gpp"].dims == ("time", "lat", "lon")
        assert str(data["time"].values[1])[:10] == "2010-02-15"
        assert data["gpp"].sel(lat=2.0, lon=4.0, method="nearest").isnull().all()  # no cell there
        np.testing.assert_allclose(data["gpp"].sel(lat=2.0, lon=2.0)[:2], [1.0, 2.0])
        np.testing.assert_allclose(data["gpp_sd"].sel(lat=2.0, lon=2.0)[0], 0.1, rtol=1e-6)
        assert set(data.data_vars) >= {"gpp", "gpp_sd", "gpp_prior", "gpp_prior_sd", "areacella"}
        assert data["gpp"].attrs["units"] == "g m-2 d-1"
        assert data["gpp"].attrs["standard_name"].endswith("expressed_as_carbon")
        assert data["gpp_sd"].attrs["standard_name"].endswith(" standard_error")
        assert data["gpp"].attrs["ancillary_variables"] == "gpp_sd"
        assert "vod" in data and "standard_name" not in data["vod"].attrs


def test_a_zarr_folder_has_the_contents_of_the_file(tmp_path):
    pytest.importorskip("zarr")
    with (
        xr.open_dataset(product_file(tmp_path / "product.nc")) as file,
        xr.open_zarr(product_file(tmp_path / "product.zarr")) as folder,
    ):
        assert set(folder.variables) == set(file.variables)
        for name in file.variables:
            np.testing.assert_array_equal(folder[name].values, file[name].values)
        assert folder["gpp"].attrs["units"] == "g m-2 d-1"


def test_a_zarr_folder_is_replaced_as_a_whole_or_remains(tmp_path, monkeypatch):
    pytest.importorskip("zarr")
    path = product_file(tmp_path / "product.zarr", members=2)
    product_file(path)
    with xr.open_zarr(path) as folder:
        assert "gpp" in folder and "gpp_member" not in folder

    def cut_off(self, store, **kwargs):
        (store / "gpp").mkdir(parents=True)
        raise OSError("no space left")

    monkeypatch.setattr(xr.Dataset, "to_zarr", cut_off)
    for name in ("product.zarr", "other.zarr"):
        with pytest.raises(OSError, match="no space"):
            product_file(tmp_path / name)
    assert [entry.name for entry in tmp_path.iterdir()] == ["product.zarr"]
    with xr.open_zarr(path) as folder:
        assert np.isfinite(folder["gpp"]).any()


def test_bounds_of_time_are_those_of_the_window():
    values = {"gpp": {"": np.ones((3, 3))}}
    window = np.datetime64("2010-01-11"), np.datetime64("2010-03-10")
    data = product_dataset(values, {"gpp": FLUX}, MONTHS, product_grid(three_cells()), {}, window)
    days = data["time_bnds"].values - data["time_bnds"].values[0, 0]
    np.testing.assert_array_equal(days, [[0, 21], [21, 49], [49, 59]])
    np.testing.assert_array_equal(data["time"], data["time_bnds"].mean("bnds"))


def test_names_are_those_of_cf_and_cmip():
    respiration = Variable("heterotrophic_respiration", "gC m-2 d-1")
    assert cf_name(respiration).name == "rh"
    assert cf_units(Variable("evapotranspiration", "mm d-1")) == "kg m-2 d-1"
    assert cf_units(Variable("agb", "Mg ha-1")) == "Mg ha-1"
    assert cf_name(Variable("agb", "Mg ha-1")).standard_name == ""
    assert len({of.name for of in NAMES.values()}) == len(NAMES)


def test_regional_budgets_are_lines_of_a_table(tmp_path):
    numbers = np.array([[1.0, 2.0], [3.0, 4.0]])
    with RunFolder(tmp_path / "run") as folder:
        root = targets_dataset(
            quantity=["gpp", "nep"], region=["Asia", "Global"], prior=numbers, posterior=numbers + 1
        )
        one = declared_dataset(
            units=["PgC yr-1"], declared=["summer"], quantity=["nep"], region=["Asia"],
            period=["JJA"], statistic=["total"], prior=[7.0], posterior=[8.0],
        )  # fmt: skip
        folder.write("targets.nc", root, {"declared": one})
    path = write_regions(tmp_path / "run", tmp_path / "regions.csv")
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 5
    assert rows[1] | {"region": "Asia", "quantity": "nep", "posterior": "3.0"} == rows[1]
    assert rows[1]["period"] == "annual" and rows[1]["unit"] == "PgC yr-1"
    assert rows[4]["region"] == "summer" and rows[4]["period"] == "Asia, JJA"


def test_a_run_without_targets_has_no_table(tmp_path):
    with pytest.raises(InvalidInput) as error:
        write_regions(tmp_path, tmp_path / "regions.csv")
    assert error.value.code == "no-targets"


def test_a_grid_of_one_cell_is_a_grid():
    from ccdas_framework.outputs.cell_raster import raster_of

    grid = Grid(
        latitude=[50.0], longitude=[10.0], area=[1e10], region=["a"], half_width=[[1.0, 2.0]],
        column_cell=[0], column_fraction=[1.0], column_class=[1],
    )  # fmt: skip
    raster = raster_of(grid)
    assert raster.shape == (1, 1)
    np.testing.assert_array_equal(raster.longitude_edges, [8.0, 12.0])
