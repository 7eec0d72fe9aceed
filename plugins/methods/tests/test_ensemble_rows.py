"""Ensemble methods as rows of a study."""

from __future__ import annotations

from contextlib import contextmanager

import numpy as np
import pytest

from ccdas_framework.compare import row_workers
from ccdas_framework.compare.study import compare_methods
from ccdas_framework.execution import Serial
from ccdas_framework.io.toml_text import toml_text
from ccdas_framework.testing import KNOWN_PROBLEMS, known_problem

METHODS = {
    "smoother": {"sampler": "es_mda", "settings": {"members": 10}},
    "matching": {"sampler": "history_matching", "settings": {"points": 200, "runs": 8}},
}


@pytest.fixture
def study(tmp_path, monkeypatch):
    """Lines of the table of a study, by method."""

    @contextmanager
    def executor(workers, threads):
        yield Serial()

    monkeypatch.setattr(row_workers, "row_executor", executor)

    def computed(known, methods, seed=1):
        tables = {
            "study": {"seeds": [seed], "engines": ["autograd"]},
            "cases": {"case": {"known": known}},
            "methods": methods,
        }
        path = tmp_path / "study.toml"
        path.write_text(toml_text(tables), "utf-8")
        return {line["method"]: line for line in compare_methods(path, tmp_path / "out").table}

    return computed


def test_no_search_precedes_a_method_that_begins_at_the_prior(study):
    rows = study("rank_deficient", METHODS)
    assert rows["smoother"]["model_runs"] == 40
    assert rows["matching"]["model_runs"] == 24


def test_points_that_are_left_have_no_posterior_sd(study):
    rows = study("rank_deficient", METHODS)
    assert 0.2 < rows["smoother"]["sd_over_reference"] < 3.0
    assert rows["matching"]["sd_over_reference"] == ""


def test_a_row_whose_points_are_all_ruled_out_has_that_status(study):
    line = study("constant_output_contradicted", {"matching": METHODS["matching"]})["matching"]
    assert line["status"] == "ruled out" and "'y' at y2" in line["message"]
    assert line["number_space_left"] == 0.0


def jump(p, xp):
    """A line with a jump in its upper twentieth, which few runs see."""
    return xp.stack([p[0] + xp.where(p[0] > 1.645, 10.0, 0.0)])


def spike(p, xp):
    """A line with a narrow spike."""
    return xp.stack([p[0] + 20.0 * xp.exp(-200.0 * (p[0] - 0.5) ** 2)])


@pytest.mark.parametrize(
    ("function", "sampler", "settings", "seed"),
    [
        # runs of these seeds that are left out lie where the others see nothing of the model
        (jump, "emulator_mcmc", {"stages": 1, "warm_up": 20, "draws": 50}, 5),
        (spike, "history_matching", {"waves": 1, "points": 200, "runs": 60}, 3),
    ],
    ids=["emulator_mcmc", "history_matching"],
)
def test_a_row_whose_emulator_is_contradicted_is_marked(
    study, monkeypatch, function, sampler, settings, seed
):
    known = known_problem(function, [1.0], sd=0.5, prior_mean=[0], name="rough")
    monkeypatch.setitem(KNOWN_PROBLEMS, "rough", known)
    line = study("rough", {"method": {"sampler": sampler, "settings": settings}}, seed)["method"]
    assert "contradicted-emulator" in line["marked"]
    mean, sd = line["number_emulator_mean_error"], line["number_emulator_sd_error"]
    assert abs(mean) > 1.0 and sd > 2.0
    assert f"mean {mean:.3g} and sd {sd:.3g}" in line["remarks"]
    assert line["sd_over_reference"] == "" and line["mean_from_reference"] == ""


def test_a_row_whose_emulator_is_good_has_its_errors_and_no_mark(study):
    methods = {
        "mcmc": {"sampler": "emulator_mcmc", "settings": {"stages": 2, "draws": 400}},
        "matching": METHODS["matching"],
    }
    rows = study("constant_output", methods)
    for name in methods:
        assert rows[name]["marked"] == ""
        assert np.isfinite(rows[name]["number_emulator_mean_error"])
        assert rows[name]["number_emulator_sd_error"] < 2.0


def test_failed_members_are_counted_in_the_row(study):
    line = study("failing_model", {"smoother": {"sampler": "es_mda"}})["smoother"]
    assert line["status"] == "completed" and np.isfinite(line["cost"])
    assert line["failed_runs"] == line["number_failed_members"] > 0
    assert line["model_runs"] == line["costs"] > line["failed_runs"]


@pytest.mark.parametrize("sampler", ["es_mda", "ensemble_kalman_inversion", "history_matching"])
def test_a_row_whose_members_all_fail_has_the_count_and_the_first_cause(
    study, monkeypatch, sampler
):
    known = known_problem(lambda p, xp: np.nan * p, [1.0], sd=0.5, prior_mean=[0], name="broken")
    monkeypatch.setitem(KNOWN_PROBLEMS, "broken", known)
    line = study("broken", {"method": {"sampler": sampler}})["method"]
    runs = line["failed_runs"]
    assert line["status"] == "failed" and f"{runs} of {runs}" in line["message"]
    assert "'y' at y1" in line["message"]
