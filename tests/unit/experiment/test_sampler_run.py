"""Runs with a sampler, and runs without a posterior: what they write, and what they do not run."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from attrs import evolve
from findings import raises_finding

from ccdas_framework import load_experiment
from ccdas_framework.core.errors import InvalidExperiment, InvalidInput
from ccdas_framework.experiment import uncertainty
from ccdas_framework.experiment.resume import interrupted, resume
from ccdas_framework.experiment.run_log import RunLog
from ccdas_framework.problem.assembled_problem import Problem

TINY = Path(__file__).with_name("tiny")
CONFIGURED = """
[inputs]
folder = "tiny"
[model]
name = "dalec"
[grid]
cells = 1
[time]
spin_up_years = 0
[streams.flux]
[optimiser]
name = "lbfgsb"
iterations = 2
[posterior]
method = "none"
"""
ENSEMBLE = {
    "sampler.name": "es_mda", "sampler.members": 6, "sampler.alpha": [2.0, 2.0],
    "sampler.start": "prior", "posterior.method": "ensemble",
}  # fmt: skip


@pytest.fixture
def experiment(tmp_path):
    """Reads the tiny experiment with other values of keys."""
    shutil.copytree(TINY, tmp_path / "tiny")
    path = tmp_path / "tiny.toml"
    path.write_text(CONFIGURED, encoding="utf-8")
    return lambda settings: load_experiment(path, engine="autograd", settings=settings)


def forbid(monkeypatch, *methods):
    """Let evaluations of a problem fail."""

    def fail(*arguments):
        raise AssertionError("a derivative was evaluated")

    for name in methods:
        monkeypatch.setattr(Problem, name, fail)


def test_an_ensemble_from_the_prior_needs_no_derivative(experiment, tmp_path, monkeypatch):
    forbid(monkeypatch, "value_and_gradient", "derivatives", "target_derivatives", "linearisation")
    result = experiment(ENSEMBLE).run(tmp_path / "out")
    assert result.optimisation.status == "completed"
    np.testing.assert_allclose(result.optimisation.x, result.ensemble.mean)
    with xr.open_dataset(tmp_path / "out" / "result.nc") as written:
        assert written.attrs["posterior_method"] == "ensemble"
        spread = result.ensemble.draws.std(axis=0, ddof=1)
        variance = np.diag(written["posterior_covariance"])
        np.testing.assert_allclose(np.sqrt(variance), spread)
    with xr.open_datatree(tmp_path / "out" / "ensemble.nc") as tree:
        assert tree["posterior"]["x"].shape == result.ensemble.x.shape
        assert set(tree.children) == {"posterior", "sample_stats", "observed_data"}
    # targets are those of runs of the model with the draws
    values = result.problem.values_of_many(result.ensemble.draws, result.problem.targets)
    for name, table in result.targets.items():
        np.testing.assert_allclose(table["posterior"], values[name].mean(axis=0))
        np.testing.assert_allclose(table["posterior_sd"], values[name].std(axis=0, ddof=1))


def test_a_run_without_a_posterior_does_not_linearise(experiment, tmp_path, monkeypatch):
    forbid(monkeypatch, "derivatives", "target_derivatives", "linearisation")
    result = experiment({}).run(tmp_path / "out")
    with xr.open_dataset(tmp_path / "out" / "result.nc") as written:
        assert result.posterior is None and "posterior_covariance" not in written
        assert written["cost"].values[-1] == result.optimisation.cost


def test_counts_are_in_each_line_of_the_log_and_in_the_result(experiment, tmp_path):
    result = experiment({}).run(tmp_path / "out")
    lines = [json.loads(t) for t in (tmp_path / "out" / "log.jsonl").read_text().splitlines()]
    counts = [line["counts"] for line in lines if "iteration" in line]
    assert counts[0]["gradient"] == 1 and counts[-1] == dict(result.optimisation.counts)
    with xr.open_dataset(tmp_path / "out" / "result.nc") as written:
        assert written.attrs["optimiser"] == "lbfgsb"
        of_kind = written["evaluations"].sel(evaluation="gradient").values
        assert of_kind.tolist() == [each["gradient"] for each in counts]
        runs = counts[-1].get("cost", 0) + 4 * counts[-1]["gradient"]
        assert written["model_runs"].values[-1] == runs


def test_a_budget_ends_the_search_at_the_best_point(experiment, tmp_path):
    settings = {"budget.model_runs": 13, "optimiser.iterations": 9}
    result = experiment(settings).run(tmp_path / "out")
    assert result.optimisation.status == "budget spent"
    assert result.optimisation.cost == result.problem.cost(result.optimisation.x)
    counts = result.optimisation.counts
    assert counts.get("cost", 0) + 4 * counts["gradient"] <= 13


@pytest.mark.parametrize(
    ("settings", "code", "where"),
    [
        ({"posterior.method": "sampler"}, "missing-section", "posterior.method"),
        ({**ENSEMBLE, "posterior.method": "sampler"}, "unsuitable-method", "posterior.method"),
        ({**ENSEMBLE, "targets.sensitivity": True}, "no-linearisation", "targets.sensitivity"),
        ({"sampler.name": "es_mdb"}, "unknown-component", "sampler"),
        ({"sampler.members": 3}, "missing-key", "sampler.name"),
        ({**ENSEMBLE, "sampler.memberz": 3}, "unknown-key", "sampler.memberz"),
    ],
)
def test_a_sampler_that_does_not_fit_is_refused_before_the_run(experiment, settings, code, where):
    with raises_finding(code, where, InvalidExperiment):
        experiment(settings)


def test_an_interrupted_ensemble_resumes_to_the_same_numbers(experiment, tmp_path, monkeypatch):
    whole = experiment(ENSEMBLE).run(tmp_path / "a")
    drawn, seen = RunLog.drawn, []

    def stopped(self, ensemble):
        drawn(self, ensemble)
        seen.append(ensemble)
        if len(seen) == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(RunLog, "drawn", stopped)
        part = experiment(ENSEMBLE).run(tmp_path / "b")
    assert part.ensemble.status == "interrupted"
    rest = resume(interrupted(tmp_path / "b"))
    np.testing.assert_array_equal(rest.ensemble.x, whole.ensemble.x)
    assert rest.ensemble.counts == whole.ensemble.counts


def test_errors_that_a_sampler_does_not_read_are_refused_before_the_search(
    experiment, tmp_path, monkeypatch
):
    forbid(monkeypatch, "value_and_gradient", "derivatives")
    settings = {**ENSEMBLE, "sampler.start": "optimum", "streams.flux.robust": "student_t"}
    with pytest.raises(InvalidInput) as caught:
        experiment(settings).run(tmp_path / "out")
    assert (caught.value.code, caught.value.where) == ("robust-errors", "streams.flux.robust")


def test_points_that_are_not_ruled_out_are_no_posterior(experiment, tmp_path):
    settings = {
        "sampler.name": "history_matching", "sampler.points": 100, "sampler.runs": 20,
        "sampler.cutoff": 0.1, "sampler.start": "prior", "posterior.method": "ensemble",
    }  # fmt: skip
    result = experiment(settings).run(tmp_path / "out")
    assert result.posterior is None and len(result.ensemble.draws)
    with xr.open_dataset(tmp_path / "out" / "result.nc") as written:
        assert "posterior_covariance" not in written
    for table in result.targets.values():
        assert table.get("posterior_sd") is None or np.isnan(table["posterior_sd"]).all()


def test_a_sampler_that_failed_is_no_completed_run(experiment, tmp_path, monkeypatch):
    drawn = uncertainty.draw
    monkeypatch.setattr(
        uncertainty, "draw", lambda *given: evolve(drawn(*given), status="failed", message="6 of 6")
    )
    result = experiment(ENSEMBLE).run(tmp_path / "out")
    assert result.optimisation.status == "failed" and "6 of 6" in result.optimisation.message
    assert result.posterior is None
