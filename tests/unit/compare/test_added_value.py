"""Sets of streams on one small problem: tables, files, and what can never happen."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from cuts import few_parameters
from findings import codes, raises_finding

from ccdas_framework import load_experiment
from ccdas_framework.compare.added_value import added_value, sets_of
from ccdas_framework.compare.added_value_dataset import (
    ADDED_VALUE_FILES,
    added_value_dataset,
    write_added_value,
)
from ccdas_framework.core.errors import InvalidExperiment
from ccdas_framework.experiment.monitor import Monitor

SETS = [("vod",), ("co2", "vod")]
SMALL = {"grid__cells": 2, "time__days": 30, "truth__seed": 1}  # which one iteration reaches


class Stages(Monitor):
    def __init__(self):
        self.told = []

    def stage(self, text):
        self.told.append(text)


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    """Two sets, one iteration each, in a folder; and the stages told."""
    heard = Stages()
    named = {"truth__bounds": {"co2.c_0": [0.0, 999.0]}, 'parameters."co2.c_0".sd': 1.0}
    # the wide published prior of D_0, which a few observations constrain, and targets of the year
    named |= {"streams__vod__priors": "ccdas", "targets__periods": []}
    experiment = few_parameters(("co2", "vod"), optimiser__iterations=1, **SMALL, **named)
    out = tmp_path_factory.mktemp("compare") / "sets"
    found = added_value(experiment, out, SETS, monitor=heard)
    write_added_value(found)
    return found, heard.told


def test_the_problem_is_assembled_once(compared):
    _, told = compared
    assert told.count("assembling the problem") == 1
    assert [text for text in told if text.startswith("set ")] == [
        "set 1 of 2: vod",
        "set 2 of 2: co2+vod",
    ]


def test_all_sets_see_the_same_observations_and_the_same_control(compared):
    found, _ = compared
    for s in found.sets:
        assert list(s.run.problem.streams) == list(s.streams)
        assert s.run.problem.control.names == found.problem.control.names
        for name in s.streams:
            np.testing.assert_array_equal(
                s.run.problem.streams[name].values, found.problem.streams[name].values
            )


def test_the_experiment_of_a_set_repeats_its_observations(compared):
    found, _ = compared
    without_co2 = found.sets[0]
    again = load_experiment(without_co2.run.folder / "experiment.toml").build()
    np.testing.assert_array_equal(
        again.streams["vod"].values, without_co2.run.problem.streams["vod"].values
    )
    with xr.open_dataset(without_co2.run.folder / "result.nc") as result:
        true = dict(zip(result["control"].values, result["parameter_truth"].values, strict=True))
    assert "co2.c_0" in true and without_co2.run.truth.chi_squared > 0.0


def test_a_further_stream_never_increases_a_variance_at_the_common_point(compared):
    found, _ = compared
    variances = [np.diag(found.sets[0].common.prior_covariance)]
    variances += [np.diag(s.common.covariance) for s in found.sets]
    sds = [found.prior_sd, *(s.common_sd for s in found.sets)]
    for before, after in pairwise(variances):
        assert np.all(after <= before * (1 + 1e-12))
    for before, after in pairwise(sds):
        assert np.all(after <= before * (1 + 1e-12))
    assert np.min(variances[-1]) < 0.2


def test_the_fullest_set_has_its_own_optimum_for_common_point(compared):
    found, _ = compared
    assert found.at == "co2+vod"
    whole = found.sets[-1]
    np.testing.assert_allclose(whole.common_sd, whole.optimum_sd[1], rtol=1e-9)
    np.testing.assert_allclose(found.prior_sd, whole.optimum_sd[0], rtol=1e-9)


def test_parameters_of_a_stream_that_is_not_there_keep_their_prior(compared):
    found, _ = compared
    of_vod_alone = found.sets[0]
    c_0 = found.problem.control.names.index("co2.c_0")
    assert of_vod_alone.run.optimisation.x[c_0] == pytest.approx(0.0, abs=1e-12)
    assert of_vod_alone.common.sd[c_0] == pytest.approx(1.0, abs=1e-12)


def test_signal_adds_up_to_the_trace_of_the_averaging_kernel(compared):
    for s in compared[0].sets:
        kernel = np.eye(len(s.common.x)) - s.common.covariance  # B is the identity
        assert sum(s.dfs.values()) == pytest.approx(np.trace(kernel), rel=1e-8)


def test_the_folder_holds_a_run_for_each_set_and_the_comparison(compared):
    found, _ = compared
    names = {path.name for path in found.folder.iterdir()}
    assert names == {"vod", "co2+vod", *ADDED_VALUE_FILES}
    with xr.open_dataset(found.folder / "co2+vod" / "result.nc") as result:
        assert list(result["term"].values) == ["prior", "co2", "vod"]
    text = (found.folder / "co2+vod" / "experiment.toml").read_text()
    assert "parameters of the streams that are not in the set keep their prior" in text


def test_the_file_has_the_dimensions_and_numbers_of_the_comparison(compared):
    found, _ = compared
    with xr.open_dataset(found.folder / "added_value.nc") as data:
        assert data["uncertainty_reduction"].dims == ("stream_set", "region", "quantity")
        assert list(data["stream_set"].values) == ["vod", "co2+vod"]
        assert list(data["stream"].values) == ["co2", "vod"]
        assert data.attrs["common_point"] == "optimum of co2+vod"
        assert data.attrs["synthetic_observations"] == "yes"
        own = data.sel(stream_set="co2+vod", region="Global", quantity="gpp")
        n = found.targets.pairs.index(("gpp", "Global"))
        assert float(own["own_posterior_sd"]) == pytest.approx(found.sets[1].optimum_sd[1, n])
        run = found.sets[1].run
        value = run.problem.target_derivatives(run.optimisation.x)[0]["gpp"][-1]
        assert float(own["own_posterior"]) == pytest.approx(value)
        signal = data["degrees_of_freedom"].sel(stream_set="vod")
        assert np.isnan(signal.sel(stream="co2")) and signal.sel(stream="vod") > 0.5


def test_every_variable_of_the_file_is_documented(compared):
    page = (Path(__file__).parents[3] / "docs" / "output-files.md").read_text(encoding="utf-8")
    told = page.split("## `added_value.nc`")[1].split("\n## ")[0]
    data = added_value_dataset(compared[0])
    assert [name for name in data.variables if f"`{name}`" not in told] == []


def test_a_set_without_a_posterior_has_none_of_its_own(compared):
    from attrs import evolve

    found, _ = compared
    none = [evolve(s, run=evolve(s.run, posterior=None)) for s in found.sets]
    data = added_value_dataset(evolve(found, sets=tuple(none)))
    assert data.attrs["common_point"] == "best point found with co2+vod, which is no minimum"
    assert np.isnan(data["own_uncertainty_reduction"].sel(stream_set="vod")).all()
    fluxes = data["posterior_sd"].sel(stream_set="vod", quantity=["gpp", "npp", "nep"])
    assert np.isfinite(fluxes).all()  # fossil and ocean are targets of co2 alone


def test_the_sets_of_the_configuration_are_taken_where_none_are_given():
    experiment = few_parameters(added_value__sets=[["co2"], ["vod", "co2"]])
    assert sets_of(experiment) == [("co2",), ("vod", "co2")]
    assert sets_of(experiment, [["sm"]]) == [("sm",)]
    assert sets_of(few_parameters()) == [("co2",), ("co2", "sm"), ("co2", "sm", "vod")]


def test_mistakes_are_told_together_before_anything_runs(tmp_path):
    (tmp_path / "vod").mkdir()
    (tmp_path / "vod" / "result.nc").touch()
    with pytest.raises(InvalidExperiment) as error:
        added_value(few_parameters(), tmp_path, [["vod"], ["co2", "sn"]])
    assert codes(error) == [
        ("unknown-stream", "added_value.sets"),
        ("results-exist", str(tmp_path / "vod")),
    ]


def test_a_flat_prior_has_no_uncertainty_to_be_reduced(tmp_path):
    experiment = few_parameters(("vod",), prior__name="flat", **SMALL)
    with raises_finding("no-prior-uncertainty", "prior.name", InvalidExperiment):
        added_value(experiment, tmp_path / "sets")
    assert not (tmp_path / "sets").exists()


def test_without_targets_there_is_nothing_to_compare(tmp_path):
    experiment = few_parameters(("vod",), targets__fields=[], **SMALL)
    with raises_finding("no-target", "targets.fields", InvalidExperiment):
        added_value(experiment, tmp_path / "sets")
    assert not (tmp_path / "sets").exists()


def test_ctrl_c_ends_the_comparison_after_the_set_at_work(tmp_path, monkeypatch):
    from ccdas_framework.optimisers.gauss_newton import GaussNewton

    experiment = few_parameters(("vod",), **SMALL)
    minimise = GaussNewton.minimise

    def interrupted(self, problem, x0, callback, *rest, **further):
        def stop(iteration):
            callback(iteration)
            raise KeyboardInterrupt

        return minimise(self, problem, x0, stop, *rest, **further)

    monkeypatch.setattr(GaussNewton, "minimise", interrupted)
    with pytest.raises(KeyboardInterrupt):
        added_value(experiment, tmp_path / "sets", [["vod"]])
    assert (tmp_path / "sets" / "vod" / "result.nc").is_file()


def test_the_page_links_to_the_runs_side_by_side(compared):
    found, _ = compared
    page = (found.folder / "added_value.html").read_text(encoding="utf-8")
    assert 'href="comparison.html"' in page and (found.folder / "comparison.html").is_file()
    with xr.open_dataset(found.folder / "comparison.nc") as root:
        assert root["run"].values.tolist() == ["vod", "co2+vod"]
        costs = [s.run.optimisation.cost for s in found.sets]
        np.testing.assert_array_equal(root["cost"].values[:, 1], costs)
