"""The product of a finished run."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from cuts import few_parameters

from ccdas_framework import open_run, write_product
from ccdas_framework.core.errors import InvalidExperiment, InvalidInput
from ccdas_framework.experiment import Experiment
from ccdas_framework.products.product import _covariance
from ccdas_framework.products.product_grid import product_grid
from ccdas_framework.products.propagation import (
    Places,
    chosen_fields,
    moments_of_fields,
    product_streams,
)


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    """A short run of three cells with optical depth."""
    experiment = few_parameters(("vod",), time__days=59, output__fields=["gpp", "nep", "agb"])
    return experiment.run(tmp_path_factory.mktemp("runs") / "short")


@pytest.fixture(scope="module")
def product(result, tmp_path_factory):
    path = tmp_path_factory.mktemp("products") / "product.nc"
    write_product(result.folder, path, ("gpp", "nep", "agb", "vod"), members=2)
    with xr.open_dataset(path) as data:
        return data.load()


def test_means_are_those_of_fields_nc(result, product):
    fields = open_run(result.folder).fields
    for name in ("gpp", "nep", "agb", "vod"):  # of the model, derived, observed
        for run, ending in (("posterior", ""), ("prior", "_prior")):
            expected = fields[name].sel(run=run).values
            np.testing.assert_allclose(product[f"{name}{ending}"], expected, rtol=2e-5, atol=1e-6)


def test_bounds_of_time_end_with_the_window(product):
    starts = product["time_bnds"].values[:, 0]
    ends = product["time_bnds"].values[:, 1]
    assert float((ends - starts).astype("timedelta64[D]").astype(int).sum()) == 59.0


def test_sd_is_that_of_the_posterior_of_the_run(result, product):
    problem, posterior = result.problem, result.posterior
    streams = product_streams(problem, ["vod"])
    grid = product_grid(problem.blocks[0].whole.domain.grid)
    places = Places.cells(3)
    moments = moments_of_fields(problem, streams, posterior.x, posterior.covariance, places)
    written, expected = product["vod_sd"].values, moments["vod"][1]
    assert np.isfinite(expected).any()
    at_cells = written.reshape(len(written), -1)[:, grid.position]
    np.testing.assert_allclose(at_cells, expected, rtol=1e-5)
    assert np.isfinite(written).sum() == np.isfinite(expected).sum()


def test_infinite_variances_stay_infinite(result, tmp_path):
    folder = Path(shutil.copytree(result.folder, tmp_path / "run"))
    with xr.open_dataset(result.folder / "result.nc") as data:
        data = data.load()
    data["posterior_covariance"][0, 0], data["posterior_covariance"][1, 1] = np.inf, np.nan
    data.to_netcdf(folder / "result.nc")
    covariance = _covariance(folder)
    first, second = data["control"].values[:2].astype(str)
    assert covariance[first, first] == np.inf and covariance[second, second] == 0.0


def test_members_differ_and_have_the_shape_of_fields(product):
    assert product["gpp_member"].dims == ("member", "time", "lat", "lon")
    assert float(np.nanmax(np.abs(product["gpp_member"].diff("member")))) > 0.0


def test_the_errors_that_the_sd_holds_are_stated(product):
    assert "vod" in product.attrs["errors_of"]
    assert "do not add" in product.attrs["comment"]


def test_another_grid_is_said_to_add_nothing(result, tmp_path):
    made = write_product(result.folder, tmp_path / "coarse.nc", ["gpp"], grid=15.0)
    assert any("adds nothing" in note for note in made.notes)
    edges = made.dataset["lat_bnds"].values
    np.testing.assert_allclose(np.diff(edges, axis=1), 15.0)


@pytest.mark.parametrize(
    ("settings", "code"),
    [({"fields": ["gppp"]}, "unknown-field"), ({"grid": 0.7}, "wrong-value"),
     ({"members": -1}, "wrong-option"), ({"fields": []}, "wrong-option")],
)  # fmt: skip
def test_wrong_options_are_refused_before_the_problem_is_assembled(
    result, tmp_path, settings, code, monkeypatch
):
    monkeypatch.setattr(Experiment, "build", None)
    out = tmp_path / "product.nc"
    with pytest.raises((InvalidInput, InvalidExperiment)) as error:
        write_product(result.folder, out, **settings)
    assert [finding.code for finding in error.value.findings] == [code]
    assert not out.exists()


def test_regions_are_not_written_where_the_product_is_refused(result, tmp_path, ccdas):
    regions = tmp_path / "regions.csv"
    out = tmp_path / "product.nc"
    code, *_ = ccdas(
        "product", str(result.folder), "--out", str(out), "--members", "-1",
        "--regions", str(regions),
    )  # fmt: skip
    assert code == 2 and not regions.exists() and not out.exists()


def test_names_of_the_product_choose_fields(result):
    problem = result.problem
    operators = {name: stream.operator for name, stream in problem.streams.items()}
    fields = chosen_fields(["gpp", "rh", "vod"], problem.model, operators)
    assert fields == ("gpp", "heterotrophic_respiration", "vod")


def test_settings_that_change_the_run_are_refused(result, tmp_path):
    with pytest.raises((InvalidInput, InvalidExperiment)) as error:
        write_product(result.folder, tmp_path / "product.nc", settings={"time.days": 3})
    assert all("time" in finding.where for finding in error.value.findings)


def test_a_run_without_a_posterior_is_refused(result, tmp_path):
    folder = Path(shutil.copytree(result.folder, tmp_path / "run"))
    with xr.open_dataset(result.folder / "result.nc") as data:
        data.load().drop_vars("posterior_covariance").to_netcdf(folder / "result.nc")
    with pytest.raises(InvalidInput) as error:
        write_product(folder, tmp_path / "product.nc")
    assert error.value.code == "no-posterior"
