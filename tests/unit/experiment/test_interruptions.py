"""Interrupted and refused runs: what is left in their folders."""

import numpy as np
import pytest
import xarray as xr
from attrs import evolve
from cuts import few_parameters, only
from findings import codes, raises_finding

from ccdas_framework.core.errors import CcdasWarning, InvalidInput
from ccdas_framework.experiment.forward import run_forward
from ccdas_framework.experiment.monitor import Monitor
from ccdas_framework.outputs import read_checkpoint
from ccdas_framework.terminal.run_summary import summary


@pytest.fixture
def without_report(monkeypatch):
    """Figures take longer than such a run."""
    monkeypatch.setattr("ccdas_framework.experiment.run.report", lambda folder: None)


class Stop(Monitor):
    """Interrupts like Ctrl-C at an iteration or a stage."""

    def __init__(self, at):
        self.at = at

    def iteration(self, iteration, seconds, most):
        if iteration.number == self.at:
            raise KeyboardInterrupt

    def stage(self, text):
        if text == self.at:
            raise KeyboardInterrupt


def test_an_interrupted_run_keeps_its_best_point_and_a_checkpoint(tmp_path, without_report):
    experiment = few_parameters(("sm",), optimiser__iterations=8)
    result = experiment.run(tmp_path / "out", monitor=Stop(1))
    assert result.optimisation.status == "interrupted"
    held = read_checkpoint(tmp_path / "out")
    np.testing.assert_array_equal(held["x"], result.optimisation.x)
    assert held["iteration"] == 1
    with xr.open_dataset(tmp_path / "out" / "result.nc") as written:
        assert written.attrs["status"] == "interrupted"
        np.testing.assert_array_equal(written["control_posterior"], held["x"])
        assert float(written["cost"][-1]) == pytest.approx(float(held["cost"]), rel=1e-14)


def test_a_second_interruption_leaves_the_optimum_on_disk(tmp_path):
    experiment = few_parameters(("sm",), optimiser__iterations=1)
    with pytest.raises(KeyboardInterrupt):
        experiment.run(tmp_path / "out", monitor=Stop("posterior uncertainty"))
    with xr.open_dataset(tmp_path / "out" / "result.nc") as written:
        assert written.sizes["iteration"] == 2 and "posterior_covariance" not in written
    assert not [p for p in (tmp_path / "out").iterdir() if "unfinished" in p.name]


def test_ctrl_c_keeps_the_earlier_results(tmp_path, without_report):

    out = tmp_path / "out"
    out.mkdir()
    (out / "result.nc").write_bytes(b"precious")
    experiment = few_parameters(
        ("sm",), optimiser__iterations=8, posterior__largest_distance=1e-6, posterior__draws=2
    )
    with pytest.warns(CcdasWarning) as warned:
        result = experiment.run(out, overwrite=True, monitor=Stop(1))
    assert "no-posterior" in [getattr(w.message, "code", "") for w in warned]
    assert result.posterior is None and result.estimate.distance.decrement > 1e-6
    assert (result.earlier / "result.nc").read_bytes() == b"precious"
    told = summary(experiment, result)
    assert str(result.earlier) in told and result.estimate.message in told
    for name in ("result.nc", "targets.nc"):
        with xr.open_dataset(out / name) as written:
            assert written.attrs["stationary"] == "no"
            assert written.attrs["distance_from_minimum"] == result.estimate.distance.sentence
            assert written.attrs["posterior"] == result.estimate.message
            assert not {"posterior_covariance", "posterior_sd"} & set(written)
    assert not (out / "draws.nc").exists()


def test_an_interrupted_run_near_its_minimum_has_a_posterior(tmp_path, without_report):
    experiment = few_parameters(("sm",), optimiser__iterations=8, posterior__largest_distance=100.0)
    result = experiment.run(tmp_path / "out", monitor=Stop(1))
    with xr.open_dataset(tmp_path / "out" / "result.nc") as written:
        assert written.attrs["status"] == "interrupted"
        assert written.attrs["stationary"] == "yes"
        assert "posterior_covariance" in written
        assert written.attrs["distance_from_minimum"] == result.estimate.distance.sentence
    distance = result.estimate.distance
    assert f"{distance.decrement:.2g} posterior sd" in distance.sentence


def test_ctrl_c_before_the_first_point_leaves_all_as_it_was(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "result.nc").write_bytes(b"precious")
    experiment = few_parameters(("sm",), optimiser__iterations=1)
    with pytest.raises(KeyboardInterrupt):
        experiment.run(out, overwrite=True, monitor=Stop("optimising"))
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert (out / "result.nc").read_bytes() == b"precious"


def test_a_folder_with_results_is_refused_before_anything_is_computed(tmp_path, cut):
    (tmp_path / "result.nc").write_bytes(b"precious")
    with raises_finding("results-exist", tmp_path, InvalidInput):
        cut.run(tmp_path, monitor=Stop("assembling the problem"))
    assert (tmp_path / "result.nc").read_bytes() == b"precious"


def test_overwriting_replaces_the_results(tmp_path, without_report):
    out = tmp_path / "out"
    out.mkdir()
    (out / "result.nc").write_bytes(b"old")
    (out / "notes.txt").write_text("mine")
    few_parameters(("sm",), optimiser__iterations=1).run(out, overwrite=True)
    with xr.open_dataset(out / "result.nc") as written:
        assert "control_posterior" in written
    kept = list(tmp_path.glob("**/notes.txt"))
    assert [path.read_text() for path in kept] == ["mine"]
    assert not list(tmp_path.glob("*.earlier*/result.nc"))


def test_a_failed_run_does_not_lose_the_results_it_would_have_replaced(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "result.nc").write_bytes(b"precious")
    experiment = few_parameters(("sm",), optimiser__iterations=1)
    with pytest.raises(KeyboardInterrupt):
        experiment.run(out, overwrite=True, monitor=Stop("fields"))
    (kept,) = tmp_path.glob("out.earlier*/result.nc")
    assert kept.read_bytes() == b"precious"


def test_a_run_without_active_parameters_is_refused(tmp_path):
    from ccdas_framework.core.errors import InvalidExperiment

    experiment = few_parameters(("sm",), **only((), ("sm",)))
    with raises_finding("empty-control", "parameters", InvalidExperiment):
        experiment.run(tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert "GPP" in run_forward(experiment, tmp_path / "forward").text


def test_data_that_do_not_fit_leave_no_folder_behind(tmp_path, cut):

    from ccdas_framework.core.errors import InvalidExperiment

    config = evolve(cut.config, truth=None)
    with pytest.raises(InvalidExperiment) as caught:
        evolve(cut, config=config).run(tmp_path / "out")
    assert codes(caught) == [("missing-values", f"streams.{name}") for name in cut.operators]
    assert not (tmp_path / "out").exists()
