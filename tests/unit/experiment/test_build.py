"""The assembled problem of a small demonstration: synthetic observations, blocks, stages."""

import json

import numpy as np
import pytest
import xarray as xr
from cuts import few_parameters
from findings import raises_finding

from ccdas_framework.core.errors import InvalidInput
from ccdas_framework.experiment.build import posterior_as_prior, truth_in
from ccdas_framework.terminal.run_summary import summary


def test_the_same_experiment_gives_the_same_observations(problem):
    again = few_parameters().build()
    for name, stream in problem.streams.items():
        assert np.array_equal(stream.values, again.streams[name].values)


def test_blocks_give_the_numbers_of_one_block(problem):
    cut = few_parameters(compute__blocks=3, compute__workers=2).build()
    assert len(cut.blocks) == 3
    x = np.full(len(problem.control), 0.2)
    for name, stream in cut.streams.items():
        order = np.argsort(stream.index)
        whole = np.argsort(problem.streams[name].index)
        np.testing.assert_allclose(
            stream.values[order], problem.streams[name].values[whole], rtol=1e-12
        )
    J, gradient = problem.value_and_gradient(x)
    J_cut, gradient_cut = cut.value_and_gradient(x)
    assert J_cut == pytest.approx(J, rel=1e-11)
    np.testing.assert_allclose(gradient_cut, gradient, rtol=1e-9, atol=1e-11)
    totals = problem.values_of(x, problem.targets)
    for name, values in totals.items():  # NEP is a difference of numbers as large as NPP
        rounding = 1e-12 * np.abs(totals["gpp"]).max()
        found = cut.values_of(x, cut.targets)[name]
        np.testing.assert_allclose(found, values, rtol=1e-11, atol=rounding)


# -- stages ---------------------------------------------------------------------------------------


def test_the_posterior_of_a_run_is_the_prior_of_the_next(finished, problem):
    result, _ = finished
    prior = posterior_as_prior(result.folder, problem.control)
    np.testing.assert_allclose(prior.mean, result.optimisation.x, rtol=1e-14)
    np.testing.assert_allclose(prior.covariance.dense(), result.posterior.covariance, rtol=1e-12)


def test_a_stage_starts_at_the_earlier_optimum(finished):
    result, _ = finished
    problem = few_parameters(prior=str(result.folder)).build()
    np.testing.assert_allclose(problem.prior.mean, result.optimisation.x, rtol=1e-14)
    assert problem.cost_terms(problem.prior.mean)["prior"] == pytest.approx(0.0, abs=1e-20)


def test_all_stages_have_one_truth(finished, cut, problem):
    result, _ = finished
    stage = few_parameters(prior=str(result.folder))
    first, second = truth_in(cut, problem), truth_in(stage, stage.build())
    assert first.values == second.values
    np.testing.assert_array_equal(first.x, second.x)


def test_a_stage_whose_parameter_has_another_transform_is_refused(finished):
    result, _ = finished  # co2.c_0 is not transformed there
    name = 'parameters."co2.c_0".transform'
    changed = few_parameters(**{name: "log"}).build()
    with raises_finding("changed-parameters", "prior.run", InvalidInput) as caught:
        posterior_as_prior(result.folder, changed.control)
    assert "co2.c_0" in str(caught.value)


def test_a_third_stage_continues_from_a_second(finished, tmp_path, monkeypatch):
    # figures take longer than such a run
    monkeypatch.setattr("ccdas_framework.experiment.run.report", lambda folder: None)
    result, _ = finished
    second = few_parameters(prior=str(result.folder), optimiser__iterations=3)
    there = second.run(tmp_path / "second")
    problem = few_parameters(prior=str(there.folder)).build()
    np.testing.assert_allclose(problem.prior.mean, there.optimisation.x, rtol=1e-14)
    with (
        xr.open_dataset(result.folder / "result.nc") as before,
        xr.open_dataset(there.folder / "result.nc") as after,
    ):
        # the prior of the second stage is the posterior of the first; the scale stays the table's
        for name in ("parameter", "control"):
            np.testing.assert_allclose(
                after[f"{name}_prior"], before[f"{name}_posterior"], rtol=1e-13
            )
        np.testing.assert_allclose(
            after["parameter_prior_sd"], before["parameter_posterior_sd"], rtol=1e-10
        )
        np.testing.assert_array_equal(after["control_scale_mean"], problem.control.prior_mean)
        np.testing.assert_array_equal(after["control_scale_sd"], problem.control.prior_sd)
    with (
        xr.open_dataset(result.folder / "targets.nc") as before,
        xr.open_dataset(there.folder / "targets.nc") as after,
    ):
        for name in ("posterior", "posterior_sd"):
            np.testing.assert_array_equal(after[f"earlier_{name}"], before[name])
        np.testing.assert_allclose(after["prior"], before["posterior"], rtol=1e-12)
    assert "earlier run" in summary(second, there)
    read = json.loads((there.folder / "provenance.json").read_text())["inputs"]
    assert str(result.folder / "result.nc") in read


def test_parameters_that_the_earlier_run_lacked_keep_their_own_prior(finished):
    result, _ = finished
    problem = few_parameters(**{'parameters."bethy.a_JV".active': True}).build()
    prior = posterior_as_prior(result.folder, problem.control)
    new = [n for n, name in enumerate(problem.control.names) if "a_JV" in name]
    assert new and np.all(prior.mean[new] == 0.0)
    covariance = prior.covariance.dense()
    np.testing.assert_array_equal(covariance[np.ix_(new, new)], np.eye(len(new)))
    others = np.setdiff1d(np.arange(len(problem.control)), new)
    assert np.all(covariance[np.ix_(new, others)] == 0.0)


def test_another_parameter_table_is_refused_with_the_parameters_that_differ(finished, problem):
    result, _ = finished
    changed = few_parameters(**{'parameters."bethy.V_m[4]".mean': 5e-5}).build()
    with raises_finding("changed-parameters", "prior.run", InvalidInput) as caught:
        posterior_as_prior(result.folder, changed.control)
    assert "bethy.V_m[4]" in str(caught.value)


def test_a_run_without_a_posterior_is_refused(finished, problem, tmp_path):
    result, _ = finished
    with xr.open_dataset(result.folder / "result.nc") as data:
        data.load().drop_vars("posterior_covariance").to_netcdf(tmp_path / "result.nc")
    with raises_finding("missing-variable", "result.nc: posterior_covariance", InvalidInput):
        posterior_as_prior(tmp_path, problem.control)


def test_a_folder_without_a_result_is_refused(problem, tmp_path):
    with raises_finding("no-finished-run", "prior.run", InvalidInput):
        posterior_as_prior(tmp_path, problem.control)
