"""Numbers of a row: its cost, its budget, its starts and its targets."""

from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr
from attrs import frozen
from unit.compare.small_studies import (
    TABLES,
)

from ccdas_framework import Ensemble, Sampler, builtin_plugins, installed
from ccdas_framework.compare.study import ROWS
from ccdas_framework.io.toml_text import toml_text
from ccdas_framework.problem.assembled_problem import Problem
from ccdas_framework.registry.loading import load_registry
from ccdas_framework.testing import KNOWN_PROBLEMS


def test_the_cost_of_a_row_is_that_of_the_problem_at_its_point(study, here):
    done = study()
    engine = installed.registry().component("engines", "autograd")()
    problem = KNOWN_PROBLEMS["rank_deficient"].problem(engine)
    for path in (done.folder / ROWS).glob("*.nc"):
        with xr.open_dataset(path) as row:
            assert row.attrs["cost"] == problem.cost(row["x"].values), path.stem
            assert row.attrs["prior_term"] + row.attrs["misfit"] == pytest.approx(row.attrs["cost"])


def test_prior_term_and_misfit_are_those_of_the_closed_form(study, here):
    """J = (x - m)' B^-1 (x - m) / 2 + (y - H x)' R^-1 (y - H x) / 2 of B1, term by term."""
    pytest.importorskip("ccdas_methods")
    smoother = {"sampler": "es_mda", "settings": {"members": 20, "alpha": [2.0, 2.0]}}
    done = study(
        methods={
            **TABLES["methods"],
            "smoother": smoother,
            "random": {"optimiser": "random_search"},
        }
    )
    matrix, y = np.array([[1, 1, 0, 0], [2, 2, 0, 0]]), np.array([3, 5.5])
    mean, prior, errors = np.array([0, 0, 1, -1]), [1, 4, 1, 0.25], [0.25, 1]
    lines = {(line["method"], line["seed"]): line for line in done.table}
    for row in done.rows:
        line, x = lines[row.about["method"], row.about["seed"]], row.array("x")
        of_prior = 0.5 * np.sum((x - mean) ** 2 / prior)
        misfit = 0.5 * np.sum((y - matrix @ x) ** 2 / errors)
        np.testing.assert_allclose(line["prior_term"], of_prior, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(line["misfit"], misfit, rtol=1e-9)
        np.testing.assert_allclose(line["cost"], of_prior + misfit, rtol=1e-9)
    assert lines["prior", 1]["prior_term"] == 0.0
    np.testing.assert_allclose(lines["prior", 1]["misfit"], 18.0 + 15.125, rtol=1e-12)
    for method in ("exact", "gn", "quasi"):  # of the exact mean, 2.8048780 = x1 + x2
        line = lines[method, 1]
        np.testing.assert_allclose(line["prior_term"], 0.7867341, rtol=1e-4)
        np.testing.assert_allclose(line["misfit"], 0.0821684, rtol=1e-3)


def test_a_limit_in_seconds_alone_is_named_as_that(study, here):
    walkers = {"walkers": {"sampler": "emcee"}} if find_spec("ccdas_methods") else {}
    done = study(methods={**TABLES["methods"], **walkers}, budget={"seconds": 1e-9})
    searched = [line for line in done.table if line["method"] not in ("prior", "exact")]
    for line, row in zip(done.table, done.rows, strict=True):
        if line in searched:
            assert row.about["error_code"] == "budget-too-small"
            assert "inf" not in line["message"] and "1e-09 s" in line["message"]


@pytest.mark.parametrize("runs", [1, 5, 7, 23])
def test_no_row_goes_beyond_its_budget(study, here, runs):
    done = study(budget={"model_runs": runs})
    for line in done.table:
        if line["status"] != "failed":
            assert line["model_runs"] <= runs
            weights = {"costs": 1, "gradients": 4, "jacobians": 5, "hessian_vectors": 8}
            assert line["model_runs"] == sum(w * line[name] for name, w in weights.items())


def test_the_trials_of_settings_have_a_budget_of_their_own_that_is_counted(study, here):
    tuned = {"optimiser": "lbfgsb", "tune": {"iterations": [1, 2, 40]}}
    methods = {"tuned": tuned, "quasi": {"optimiser": "lbfgsb"}}
    done = study(methods=methods, budget={"model_runs": 180})
    for line in done.table:
        if line["method"] == "tuned":
            assert line["model_runs"] < line["tuning_model_runs"] <= 180
            assert line["settings"] == "iterations = 40"
        else:
            assert line["tuning_model_runs"] == 0 and line["settings"] == ""


def test_the_exact_answer_is_the_reference_of_a_known_problem(study, here):
    for line in study().table:
        if line["method"] in ("gn", "quasi"):
            assert line["sd_over_reference"] == pytest.approx(1.0, rel=1e-6)
            assert line["mean_from_reference"] < 1e-3


@frozen(eq=False)
class Region(Sampler):
    """Draws that fill a box, and no posterior."""

    needs = frozenset({"simulate"})
    exact = False
    gives_posterior = False

    def sample(self, problem, start, callback, generator, budget, earlier=None):
        x = generator.uniform(-1.0, 1.0, size=(1, 20, len(problem.control)))
        return Ensemble(problem.control, x, np.full((1, 20), np.nan), False, numbers={"left": 0.25})


def test_draws_that_are_no_posterior_have_no_spread_and_no_reference(study, here, monkeypatch):
    plugin = SimpleNamespace(__name__="region", samplers=lambda: {"region": Region})
    registered = load_registry([builtin_plugins, plugin], entries=[])
    monkeypatch.setattr(installed, "_REGISTRY", [registered])
    done = study(methods={"region": {"sampler": "region", "start": "prior"}})
    line = next(line for line in done.table if line["method"] == "region")
    assert line["status"] == "completed" and line["number_left"] == 0.25
    assert line["point"] == "mean of the draws" and np.isfinite(line["cost"])
    assert all(line[name] == "" for name in ("sd_over_hessian", "sd_over_reference", "coverage"))


@frozen(eq=False)
class Tracing(Region):
    """A sampler that compiles the log density."""

    needs = frozenset({"trace"})


def test_a_sampler_whose_needs_are_missing_is_refused_before_its_search(study, here, monkeypatch):
    def searched(*given, **further):
        raise AssertionError("a search began")

    plugin = SimpleNamespace(__name__="tracing", samplers=lambda: {"tracing": Tracing})
    registered = load_registry([builtin_plugins, plugin], entries=[])
    monkeypatch.setattr(installed, "_REGISTRY", [registered])
    monkeypatch.setattr("ccdas_framework.compare.study_solution.minimise", searched)
    done = study(methods={"tracing": {"sampler": "tracing"}})  # on autograd
    row = next(row for row in done.rows if row.about["method"] == "tracing")
    assert (row.about["status"], row.about["error_code"]) == ("failed", "not-traceable")
    assert "Tracing" in row.about["message"]


def test_a_sampler_starts_at_an_optimum_that_a_bound_holds(study, here):
    """B7: x1 >= 0 holds the optimum, and the moments are those of the density inside."""
    pytest.importorskip("emcee")
    settings = {"warm_up": 200, "draws": 2000}
    done = study(
        study={"seeds": [1], "engines": ["autograd"]},
        budget={"model_runs": 200_000},
        cases={"bound": {"known": "bound_at_optimum"}},
        methods={"walkers": {"sampler": "emcee", "start": "optimum", "settings": settings}},
    )
    row = next(row for row in done.rows if row.about["method"] == "walkers")
    assert row.about["status"] == "completed" and not row.marked
    size = float(np.min(row.array("effective_sample_size")))
    mean, sd = np.array([0.1791990, 0.2736003]), np.array([0.1623274, 0.4118185])
    assert np.all(np.abs(row.array("mean") - mean) <= 4.0 * sd / np.sqrt(size))
    assert np.all(np.abs(row.array("sd") / sd - 1.0) <= 4.0 / np.sqrt(size))
    with xr.open_dataset(done.folder / ROWS / "bound-walkers-1.nc") as written:
        draws = written["draws"].values
    assert draws[:, 0].min() >= 0.0
    below = np.mean(draws[:, 0] < 0.1332843)  # the median; 1000 draws are kept
    assert abs(below - 0.5) <= 4.0 * 0.5 / np.sqrt(min(size, 1000.0))


TINY = Path(__file__).parents[1] / "experiment" / "tiny"
SMALL = {
    "inputs": {"folder": str(TINY)}, "model": {"name": "dalec"}, "grid": {"cells": 1},
    "time": {"spin_up_years": 0}, "streams": {"flux": {}},
}  # fmt: skip


@pytest.mark.parametrize("failing", [False, True])
def test_a_row_names_the_engine_that_its_model_needs(study, here, tmp_path, monkeypatch, failing):
    """Of a model that cannot be traced, "auto" takes differences; also where a row fails."""
    model = installed.registry().component("process_models", "dalec")
    monkeypatch.setattr(model, "differentiable", False)
    (tmp_path / "small.toml").write_text(toml_text(SMALL), "utf-8")
    if failing:
        monkeypatch.setattr("ccdas_framework.compare.study_row.solved", lambda *given: 1 / 0)
    done = study(
        study={"seeds": [1]},
        budget={"model_runs": 3},
        cases={"small": {"experiment": str(tmp_path / "small.toml")}},
        methods={"random": {"optimiser": "random_search"}},
    )
    assert {line["status"] == "failed" for line in done.table} == {failing}
    assert {line["engine"] for line in done.table} == {"differences"}


def test_targets_of_a_row_are_of_the_finite_values_beside_their_number(
    study, here, tmp_path, monkeypatch
):
    pytest.importorskip("ccdas_methods")
    evaluate = Problem.values_of_many

    def failed_once(self, members, streams):
        values = evaluate(self, members, streams)
        of_draws = streams is self.targets and len(members) == 8
        failed = (np.arange(len(members)) == 3)[:, None] & of_draws
        return {name: np.where(failed, np.nan, rows) for name, rows in values.items()}

    monkeypatch.setattr(Problem, "values_of_many", failed_once)
    (tmp_path / "small.toml").write_text(toml_text(SMALL), "utf-8")
    settings = {"members": 8, "alpha": [1.0]}
    done = study(
        study={"seeds": [1], "engines": ["autograd"]},
        cases={"small": {"experiment": str(tmp_path / "small.toml")}},
        methods={"smoother": {"sampler": "es_mda", "settings": settings}},
    )
    row = next(row for row in done.rows if row.about["method"] == "smoother")
    assert "7 of 8 draws" in row.about["remarks"]
    assert len(row.array("target_sd")) and np.isfinite(row.array("target_sd")).all()
