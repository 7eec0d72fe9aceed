"""Targets of a linear problem have a closed form, in memory and in the files."""

import numpy as np
import pytest
import xarray as xr
from attrs import evolve
from line import LEVEL, closed_form, line_problem

from ccdas_framework.experiment.sensitivities import (
    sensitivities_of,
    strongest,
    write_sensitivities,
)
from ccdas_framework.experiment.target_uncertainty import correlation, target_tables, write_tables
from ccdas_framework.outputs.run_folder import RunFolder
from ccdas_framework.posterior import gauss_newton_posterior, whitened_by_stream
from ccdas_framework.targets import AreaTarget, Target

EXACT = {"rtol": 1e-10, "atol": 1e-12}


def solved(engine, blocks=1):
    """A problem with two tables of regions and one declared target, its optimum and posterior."""
    problem = line_problem(engine, blocks=blocks)
    whole = line_problem(engine).blocks[0].domain
    grid = whole.grid
    south = (grid.region == "south") * 1.0
    regions = np.stack([south, 1.0 - south, np.ones(5)])
    window = np.arange(whole.days) >= whole.lead
    february = window & (whole.month == 1)

    def stream(name, shares, days, labels, **what):
        operator = AreaTarget(LEVEL, "mean", shares, days / days.sum(), grid, **what)
        return Target(name, operator, labels).of_problem(problem)

    names = ["south", "north", "Global"]
    targets = {
        "level": stream("level", regions, window, names, kind="regions"),
        "level 2010-02": stream(
            "level 2010-02", regions, february, names, kind="regions", period="2010-02"
        ),
        "one": stream("one", np.eye(5)[3:4], window, ["cell 3"]),
    }
    problem = problem.with_streams(problem.streams, targets)
    x, covariance = closed_form(problem)
    _, jacobians = problem.derivatives(x)
    posterior = gauss_newton_posterior(x, problem.prior, whitened_by_stream(problem, jacobians))
    return problem, x, covariance, posterior


def tables_of(problem, x, posterior):
    before = problem.values_of(problem.prior.mean, problem.targets)
    return target_tables(problem, before, *problem.target_derivatives(x), posterior)


def whole_t(problem, x):
    return np.concatenate(list(problem.target_derivatives(x)[1].values()))


@pytest.mark.parametrize("blocks", [1, 3])
def test_propagated_sd_and_correlations_are_the_closed_form(autograd, tmp_path, blocks):
    problem, x, covariance, posterior = solved(autograd, blocks)
    tables = tables_of(problem, x, posterior)
    t = whole_t(problem, x)
    prior, after = t @ problem.prior.covariance.dense() @ t.T, t @ covariance @ t.T
    stacked = {n: np.concatenate([tb[n] for tb in tables.values()]) for n in
               ("prior_sd", "posterior_sd", "prior", "posterior")}  # fmt: skip
    np.testing.assert_allclose(stacked["prior_sd"], np.sqrt(np.diag(prior)), **EXACT)
    np.testing.assert_allclose(stacked["posterior_sd"], np.sqrt(np.diag(after)), **EXACT)
    moved = stacked["posterior"] - stacked["prior"]
    np.testing.assert_allclose(moved, t @ (x - problem.prior.mean), **EXACT)

    with RunFolder(tmp_path / "run") as folder:
        write_tables(folder, problem, tables, posterior, {"title": "a line"})
    path = tmp_path / "run" / "targets.nc"
    with xr.open_dataset(path) as root:
        assert root["target"].values.tolist() == [
            "level south", "level north", "level Global", "level 2010-02 south",
            "level 2010-02 north", "level 2010-02 Global", "one",
        ]  # fmt: skip
        for name, matrix in (("prior", prior), ("posterior", after)):
            sd = np.sqrt(np.diag(matrix))
            found = root[f"{name}_correlation"].values
            np.testing.assert_allclose(found, matrix / np.outer(sd, sd), **EXACT)
        assert root["prior"].dims == ("region", "quantity")
        assert root["prior"].attrs["units"] == "mm" == root["unit"].values[0]
        np.testing.assert_allclose(
            root["posterior_sd"].sel(quantity="level"), stacked["posterior_sd"][:3], **EXACT
        )
    with xr.open_dataset(path, group="2010-02") as group:
        np.testing.assert_allclose(
            group["uncertainty_reduction"].values[:, 0],
            1.0 - stacked["posterior_sd"][3:6] / stacked["prior_sd"][3:6],
            **EXACT,
        )
    with xr.open_datatree(path) as tree:
        assert {"declared", "2010-02"} <= set(tree.children)
    with xr.open_dataset(path, group="declared") as group:
        assert group["declared"].values.tolist() == ["one"]
        assert [str(group[n].values[0]) for n in ("quantity", "region", "period", "unit")] == [
            "level", "cell 3", "annual", "mm",
        ]  # fmt: skip
        assert float(group["posterior_sd"][0]) == pytest.approx(stacked["posterior_sd"][6])


def test_without_a_posterior_there_is_no_posterior_sd(autograd, tmp_path):
    problem, x, _, posterior = solved(autograd)
    tables, known = tables_of(problem, x, None), tables_of(problem, x, posterior)
    for name, table in tables.items():
        assert "posterior_sd" not in table
        np.testing.assert_allclose(table["prior_sd"], known[name]["prior_sd"], **EXACT)
    with RunFolder(tmp_path / "run") as folder:
        write_tables(folder, problem, tables, None, {})
    with xr.open_dataset(tmp_path / "run" / "targets.nc") as root:
        assert {"prior_sd", "posterior", "prior_correlation"} <= set(root)
        assert not {"posterior_sd", "uncertainty_reduction", "posterior_correlation"} & set(root)


def test_a_target_that_nothing_moves_has_no_correlation():
    found = correlation(np.array([[4.0, 0.0, 1.0], [0.0, 0.0, 0.0], [1.0, 0.0, 1.0]]))
    np.testing.assert_allclose(found[[0, 0, 2], [0, 2, 2]], [1.0, 0.5, 1.0])
    assert np.isnan(found[1]).all() and np.isnan(found[:, 1]).all()


@pytest.mark.parametrize("blocks", [1, 3])
def test_places_and_prior_share_out_the_shift_and_the_variance(autograd, tmp_path, blocks):
    problem, x, covariance, posterior = solved(autograd, blocks)
    tables, t = tables_of(problem, x, posterior), whole_t(problem, x)
    found = sensitivities_of(problem, tables, posterior, ["total.area"] if blocks == 1 else [])
    shift = sum(s.place_shift.sum(axis=1) for s in found.streams.values())
    np.testing.assert_allclose(shift, t @ (x - problem.prior.mean), **EXACT)
    variance = np.einsum("ti,ij,tj->t", found.prior, posterior.prior_covariance, found.prior)
    variance = variance + sum((s.place_sd**2).sum(axis=1) for s in found.streams.values())
    np.testing.assert_allclose(variance, np.diag(t @ covariance @ t.T), **EXACT)
    assert found.streams["level"].place == ("cell 0", "cell 2", "cell 4")

    most = strongest(found, "one", 2)
    assert len(most) == 2 and abs(most[0][2]) >= abs(most[1][2]) > 0.0
    every = strongest(found, "one", 10)
    assert {(stream, place) for stream, place, _, _ in every} == {
        ("level", "cell 0"), ("level", "cell 2"), ("level", "cell 4"), ("total", "all"),
    }  # fmt: skip

    with RunFolder(tmp_path / "run") as folder:
        write_sensitivities(folder, problem, found, {})
    path = tmp_path / "run" / "sensitivity.nc"
    with xr.open_dataset(path, group="level") as group:
        of_stream = found.streams["level"].sensitivity
        np.testing.assert_allclose(group["sensitivity"], of_stream, rtol=1e-14)
        by_place = group["sensitivity"].groupby(group["label"]).sum("obs")
        np.testing.assert_allclose(by_place, group["place_offset"], **EXACT)
        assert group.attrs["observed_unit"] == "mm"
    with xr.open_dataset(path) as root:
        assert root["prior_sensitivity"].dims == ("target", "control")
        assert root["target_unit"].values.tolist() == ["mm"] * 7
    if blocks == 1:
        with xr.open_dataset(path, group="total.area") as group:
            area = problem.blocks[0].domain.grid.area
            np.testing.assert_array_equal(group["value"], area)
            assert group["sensitivity"].shape == (7, 5)


def test_a_target_of_a_flat_prior_has_an_infinite_prior_sd(autograd):
    from ccdas_framework.priors.flat import Flat

    problem, x, _, _ = solved(autograd)
    flat = evolve(problem, prior=Flat.for_control(problem.control))
    tables = tables_of(flat, x, None)
    assert np.isinf(tables["level"]["prior_sd"]).all()
