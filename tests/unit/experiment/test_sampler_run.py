"""Runs with a sampler, and runs without a posterior: what they write, and what they do not run."""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from attrs import evolve, frozen
from findings import raises_finding

from ccdas_framework import (
    Budget,
    Ensemble,
    Sampler,
    load_experiment,
    require_suitable,
)
from ccdas_framework.cli import main
from ccdas_framework.core.errors import FailedRun, InvalidExperiment, InvalidInput
from ccdas_framework.experiment import missed_minima, uncertainty
from ccdas_framework.experiment.resume import interrupted, resume
from ccdas_framework.experiment.run import run
from ccdas_framework.experiment.run_log import RunLog
from ccdas_framework.problem.assembled_problem import Problem
from ccdas_framework.report.html import write_report
from ccdas_framework.terminal.run_summary import summary
from ccdas_framework.testing import KNOWN_PROBLEMS, CountedProblem

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


@frozen(eq=False)
class Drawing(Sampler):
    """A sampler of the prior whose chains agree as far as `r_hat` says."""

    r_hat: float = 1.0
    needs = frozenset({"simulate"})
    exact = True

    def sample(self, problem, start, callback, generator, budget, earlier=None):
        x = start.mean + 0.01 * generator.standard_normal((2, 3, len(start.mean)))
        diagnostics = {
            "r_hat": np.linspace(self.r_hat, 1.0, len(start.mean)),
            "effective_sample_size": np.linspace(700.0, 600.0, len(start.mean)),
        }
        return Ensemble(problem.control, x, np.zeros((2, 3)), exact=True, diagnostics=diagnostics)


@pytest.mark.parametrize(("r_hat", "doubtful"), [(1.0, "no"), (1.4242, "yes")])
def test_files_terminal_and_report_say_whether_chains_can_be_relied_on(
    experiment, tmp_path, monkeypatch, r_hat, doubtful
):
    monkeypatch.setattr(missed_minima, "SEARCHES", 0)  # slow here, and tested with it elsewhere
    monkeypatch.setattr(missed_minima, "POINTS", 1)
    configured = evolve(experiment(ENSEMBLE), sampler=Drawing(r_hat=r_hat))
    result = run(configured, tmp_path / "out")
    first, *_, last = result.problem.control.names
    with xr.open_dataset(tmp_path / "out" / "result.nc") as written:
        assert written.attrs["posterior_doubtful"] == doubtful
    with xr.open_datatree(tmp_path / "out" / "ensemble.nc") as tree:
        assert tree.attrs["mixed"] == {"yes": "no", "no": "yes"}[doubtful]
        assert tree["diagnostics"]["r_hat"].sel(control=first) == r_hat
        assert tree["diagnostics"]["effective_sample_size"].sel(control=last) == 600.0
    pytest.importorskip("jinja2", reason="the extra `report` is not installed")
    page = write_report(tmp_path / "out").read_text("utf-8")
    for text in (summary(configured, result), page):
        assert f"{r_hat:.4g} ({first})" in text and f"600 ({last})" in text


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


@frozen(eq=False)
class Tracing(Sampler):
    """A sampler that compiles the log density, such as one of another package."""

    needs = frozenset({"trace"})
    exact = True

    def sample(self, problem, start, callback, generator, budget, earlier=None):
        raise AssertionError("the sampler began")


@frozen(eq=False)
class Climbing(Tracing):
    """A sampler that reads gradients."""

    needs = frozenset({"gradient"})


def test_a_sampler_whose_needs_are_missing_is_refused_by_name_before_the_run(
    experiment, tmp_path, monkeypatch
):
    forbid(monkeypatch, "value_and_gradient", "derivatives", "simulate")
    refused = evolve(experiment({}), sampler=Tracing())
    with pytest.raises(InvalidInput) as caught:
        run(refused, tmp_path / "out")
    assert (caught.value.code, caught.value.where) == ("not-traceable", "engine")
    assert "Tracing" in str(caught.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("sampler", "missing"),
    [(Tracing(), "traced_log_density"), (Climbing(), "value_and_gradient")],
    ids=["trace", "gradient"],
)
def test_a_problem_without_what_a_sampler_needs_is_refused_by_name(sampler, missing):
    class Without:
        """A problem of another package, which has less."""

        def __init__(self, problem):
            self._problem = problem

        def __getattr__(self, name):
            if name == missing:
                raise AttributeError(name)
            return getattr(self._problem, name)

    problem = KNOWN_PROBLEMS["rank_deficient"].problem()
    for given in (Without(problem), CountedProblem(Without(problem), Budget())):
        with pytest.raises(InvalidInput) as caught:
            require_suitable(sampler, given)
        assert (caught.value.code, caught.value.where) == ("missing-evaluation", "sampler")
        assert type(sampler).__name__ in str(caught.value)


def test_an_ensemble_begins_at_the_prior_also_where_the_start_is_the_optimum(
    experiment, tmp_path, monkeypatch
):
    forbid(monkeypatch, "value_and_gradient", "derivatives")
    optimum = {k: v for k, v in ENSEMBLE.items() if k != "sampler.start"}
    result = experiment(optimum).run(tmp_path / "a")
    assert np.array_equal(result.ensemble.x, experiment(ENSEMBLE).run(tmp_path / "b").ensemble.x)
    assert "starts at the prior" in (tmp_path / "a" / "log.jsonl").read_text()


MATCHING = {
    "sampler.name": "history_matching", "sampler.points": 100, "sampler.runs": 20,
    "posterior.method": "ensemble",
}  # fmt: skip


def test_a_run_whose_points_are_all_ruled_out_says_so_and_names_the_observation(
    experiment, tmp_path, monkeypatch, capsys
):
    """One observation is a thousand sd away from every simulated value."""
    folder = tmp_path / "tiny"
    with xr.open_dataset(folder / "flux.nc") as opened:
        changed = opened.load()
    changed["observed"][3] += 1000.0 * changed["observed_sd"][3]
    changed.to_netcdf(folder / "flux.nc")
    out = tmp_path / "out"
    settings = [f"--set={key}={value}" for key, value in MATCHING.items()]
    given = ["run", str(tmp_path / "tiny.toml"), "--out", str(out), "--engine", "autograd"]
    monkeypatch.setattr(sys, "argv", ["ccdas", *given, *settings])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    observation = str(changed["label"].values[3])
    shown = capsys.readouterr().out
    assert shown.startswith("ruled out: ") and observation in shown.splitlines()[0]
    with xr.open_dataset(out / "result.nc") as written:
        assert written.attrs["status"] == "ruled out"
        assert observation in written.attrs["message"]
        assert "posterior_covariance" not in written
    with xr.open_datatree(out / "ensemble.nc") as tree:
        assert tree.attrs["status"] == "ruled out"
    lines = [json.loads(text) for text in (out / "log.jsonl").read_text().splitlines()]
    assert lines[-1]["event"] == "finished" and lines[-1]["status"] == "ruled out"
    with raises_finding("complete-run", out):  # nothing is left to resume
        interrupted(out)


def test_draws_that_a_budget_ended_are_no_completed_run(experiment, tmp_path):
    result = experiment({**ENSEMBLE, "budget.model_runs": 9}).run(tmp_path / "out")
    assert result.optimisation.status == "budget spent"
    assert "no minimum was searched for" in result.estimate.distance.sentence


def test_an_experiment_with_the_earlier_key_hessian_runs_to_the_end(tmp_path):
    """`posterior.hessian` of earlier files is `posterior.method` of today."""
    shutil.copytree(TINY, tmp_path / "tiny")
    path = tmp_path / "old.toml"
    old = 'hessian = "exact"\nlargest_distance = 1e3\n'
    text = CONFIGURED.replace('method = "none"\n', old).replace("lbfgsb", "gauss_newton")
    path.write_text(text, encoding="utf-8")
    active = load_experiment(path, engine="autograd").control.active
    names = dict.fromkeys(f"{e.owner}.{e.parameter.name}" for e in active)
    fixed = set(names) - {"dalec.f_auto"}
    settings = {f'parameters."{name}".active': False for name in fixed}
    result = load_experiment(path, engine="autograd", settings=settings).run(tmp_path / "out")
    with xr.open_dataset(tmp_path / "out" / "result.nc") as written:
        assert written.attrs["status"] in ("converged", "iteration limit")
        assert written.attrs["posterior_method"] == "exact"
        assert np.isfinite(written["posterior_covariance"]).all()
    assert 'method = "exact"' in (tmp_path / "out" / "experiment.toml").read_text()
    assert result.posterior.method == "exact"


def test_targets_of_draws_are_of_the_finite_values_beside_their_number(
    experiment, tmp_path, monkeypatch
):
    """The run of one of six members fails for the targets, by NaN or by the declared exception."""
    evaluate, evaluate_one = Problem.values_of_many, Problem.values_of
    failing = []

    def failed_as_nan(self, members, streams):
        values = evaluate(self, members, streams)
        if streams is self.targets and len(members) == 6:
            failing[:] = [members[2]]
            return {
                name: np.where(np.arange(6)[:, None] == 2, np.nan, v) for name, v in values.items()
            }
        return values

    def failed(self, members, streams):
        if streams is self.targets and len(members) == 6:
            failing[:] = [members[2]]
            raise FailedRun("no convergence")
        return evaluate(self, members, streams)

    def failed_alone(self, x, streams):
        if failing and np.array_equal(x, failing[0]):
            raise FailedRun("no convergence")
        return evaluate_one(self, x, streams)

    results = []
    for many in (failed_as_nan, failed):
        failing.clear()
        monkeypatch.setattr(Problem, "values_of_many", many)
        monkeypatch.setattr(Problem, "values_of", failed_alone if many is failed else evaluate_one)
        results.append(experiment(ENSEMBLE).run(tmp_path / many.__name__))
    monkeypatch.undo()
    for result in results:
        assert "5 of 6 draws" in result.estimate.message
        others = np.delete(result.ensemble.draws, 2, axis=0)
        values = result.problem.values_of_many(others, result.problem.targets)
        for name, table in result.targets.items():
            np.testing.assert_allclose(table["posterior"], values[name].mean(axis=0), rtol=1e-9)
            np.testing.assert_allclose(
                table["posterior_sd"], values[name].std(axis=0, ddof=1), rtol=1e-6
            )
