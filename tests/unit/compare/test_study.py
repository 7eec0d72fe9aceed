"""Studies computed: rows kept, computed again, failed, and the table that is made from them."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr
from attrs import field, frozen
from findings import codes, raises_finding

from ccdas_framework import Ensemble, Sampler, builtin_plugins, installed
from ccdas_framework.compare import row_workers
from ccdas_framework.compare.study import ROWS, compare_methods, finished_study, is_study
from ccdas_framework.compare.study_file import read_study
from ccdas_framework.compare.study_table import TIMES
from ccdas_framework.core.errors import Findings, InvalidExperiment
from ccdas_framework.execution import Serial
from ccdas_framework.experiment.monitor import Monitor
from ccdas_framework.io.toml_text import toml_text
from ccdas_framework.optimisers.lbfgsb import Lbfgsb
from ccdas_framework.problem.assembled_problem import Problem
from ccdas_framework.registry.loading import load_registry
from ccdas_framework.testing import KNOWN_PROBLEMS

TABLES = {
    "study": {"seeds": [1, 2], "engines": ["autograd"]},
    "budget": {"model_runs": 60},
    "cases": {"rank": {"known": "rank_deficient"}},
    "methods": {"gn": {"optimiser": "gauss_newton"}, "quasi": {"optimiser": "lbfgsb"}},
}
NAMES = ["rank-prior-1", "rank-exact-1", "rank-gn-1", "rank-quasi-1", "rank-gn-2", "rank-quasi-2"]


@pytest.fixture
def here(monkeypatch):
    """Rows in this process, without the seconds that another one takes to start."""

    @contextmanager
    def executor(workers, threads):
        yield Serial()

    monkeypatch.setattr(row_workers, "row_executor", executor)


@pytest.fixture
def study(tmp_path):
    """Write a study file, some of its tables replaced, and compute it."""

    def computed(**options):
        tables = {k: options.pop(k) for k in list(options) if k in TABLES}
        path = tmp_path / "study.toml"
        path.write_text(toml_text({**TABLES, **tables}), "utf-8")
        return compare_methods(path, tmp_path / "out", **options)

    return computed


def without_times(table):
    return [{k: v for k, v in line.items() if k not in TIMES} for line in table]


def same_tables(first, second):
    for one, other in zip(without_times(first), without_times(second), strict=True):
        np.testing.assert_equal(one, other)


def row_files(folder):
    return {path.stem: path.stat().st_mtime_ns for path in (folder / ROWS).glob("[!.]*.nc")}


class Stop(Monitor):
    """Presses Ctrl-C after so many rows."""

    def __init__(self, rows):
        self.left = rows

    def done(self, text):
        self.left -= 1
        if not self.left:
            raise KeyboardInterrupt


# -- rows -------------------------------------------------------------------------------------


def test_every_row_has_a_file_and_a_line(study, here, tmp_path):
    done = study()
    assert (done.computed, done.missing) == (6, 0)
    assert sorted(row_files(done.folder)) == sorted(NAMES)
    assert [line["row"] for line in done.table] == [1, 2, 3, 4, 5, 6]
    assert [path.name for path in done.folder.glob("*.csv")] == ["table.csv"]


def test_an_interrupted_study_goes_on_where_it_stopped(study, here, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        study(monitor=Stop(3))
    kept = row_files(tmp_path / "out")
    assert len(kept) == 3
    done = study()
    assert (done.computed, done.missing) == (3, 0)
    now = row_files(done.folder)
    assert {name: now[name] for name in kept} == kept
    again = study()
    assert again.computed == 0
    np.testing.assert_equal(list(again.table), list(done.table))


def test_a_killed_study_goes_on_and_ends_with_the_same_table(study, here, tmp_path):
    path, killed = tmp_path / "killed.toml", tmp_path / "killed"
    path.write_text(toml_text(TABLES), "utf-8")
    script = "import sys; from ccdas_framework.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", script, "compare", str(path), "--out", str(killed)],
        start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    end = time.monotonic() + 120.0
    while not row_files(killed) and time.monotonic() < end:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    kept = row_files(killed)
    assert kept
    done = compare_methods(path, killed)
    assert done.computed == len(NAMES) - len(kept)
    now = row_files(killed)
    assert {name: now[name] for name in kept} == kept
    same_tables(done.table, study().table)


def test_two_workers_give_the_same_table(study, here, tmp_path, monkeypatch):
    one = study()
    monkeypatch.undo()
    two = compare_methods(tmp_path / "study.toml", tmp_path / "two", workers=2)
    same_tables(one.table, two.table)


def test_single_rows_are_computed_by_number_and_together_give_the_study(study, here):
    first = study(only=[4])
    assert (first.computed, first.missing) == (1, 5)
    assert [line["method"] for line in first.table] == ["quasi"]
    second = study(only=[4, 1])
    assert (second.computed, second.missing) == (1, 4)
    with pytest.raises(InvalidExperiment) as caught:
        study(only=[0, 7])
    assert codes(caught) == [("unknown-row", "--row")] * 2


def test_rows_keep_their_results_when_the_study_grows(study, here):
    before = study(methods={"quasi": TABLES["methods"]["quasi"]})
    done = study()
    assert done.computed == 2  # Gauss-Newton with two seeds
    assert [line["row"] for line in done.table] == [1, 2, 3, 4, 5, 6]
    assert [line["method"] for line in before.table].count("quasi") == 2


def test_a_study_is_read_from_its_folder_alone(study, here, tmp_path):
    done = study()
    (tmp_path / "study.toml").unlink()
    assert is_study(done.folder) and not is_study(tmp_path)
    np.testing.assert_equal(list(finished_study(done.folder).table), list(done.table))
    with raises_finding("missing-file", "study.toml"):
        finished_study(tmp_path)


# -- folders and changes ----------------------------------------------------------------------


def test_a_study_that_has_changed_needs_another_folder_or_overwrite(study, here, tmp_path):
    study()
    with raises_finding("changed-study", tmp_path / "out"):
        study(budget={"model_runs": 30})
    done = study(budget={"model_runs": 30}, overwrite=True)
    assert done.computed == 6
    assert max(line["model_runs"] for line in done.table) <= 30


def test_overwriting_keeps_each_row_until_its_successor_is_complete(study, here, tmp_path):
    study()
    before = row_files(tmp_path / "out")
    with pytest.raises(KeyboardInterrupt):
        study(budget={"model_runs": 30}, overwrite=True, monitor=Stop(2))
    after = row_files(tmp_path / "out")
    assert set(after) == set(before)
    assert sum(after[name] != before[name] for name in before) == 2
    assert study(budget={"model_runs": 30}, overwrite=True).computed == 4


def test_a_study_into_the_folder_of_another_one_needs_overwrite(study, here, tmp_path):
    first = study(methods={"gn": {"optimiser": "gauss_newton"}}, study={"seeds": [1, 2]})
    other = {"cases": {"strong": {"known": "strong_correlation"}}, "study": {"seeds": [1, 2]}}
    kept = (first.folder / "table.csv").read_text(), row_files(first.folder)
    with raises_finding("another-study", first.folder):
        study(**other)
    assert ((first.folder / "table.csv").read_text(), row_files(first.folder)) == kept
    with pytest.raises(KeyboardInterrupt):
        study(**other, overwrite=True, monitor=Stop(2))
    assert set(kept[1]) < set(row_files(first.folder))  # until all rows are there
    done = study(**other, overwrite=True)
    assert set(row_files(first.folder)) == {row.name for row in done.file.rows}
    assert {line["case"] for line in done.table} == {"strong"}
    assert study(**other).computed == 0


def test_a_method_that_the_study_file_lost_is_not_dropped_without_a_word(study, here, tmp_path):
    study()
    with raises_finding("another-study", tmp_path / "out"):
        study(methods={"gn": TABLES["methods"]["gn"]})


def test_a_study_that_grows_by_an_engine_goes_on(study, here, tmp_path):
    """Its rows then have the engine in their names."""
    study()
    done = study(study={"seeds": [1, 2], "engines": ["autograd", "differences"]})
    assert done.missing == 0 and len(done.table) == 2 * len(NAMES)


def test_unfinished_files_of_ended_processes_are_removed_and_others_stay(study, here, tmp_path):
    script = (
        "import sys, time; from ccdas_framework.io.atomic import atomic_write\n"
        "with atomic_write(sys.argv[1]) as path:\n"
        "    path.touch(); print('written', flush=True); time.sleep(600)"
    )
    rows = tmp_path / "out" / ROWS
    study(only=[1])

    def writer(name):
        command = [sys.executable, "-c", script, str(rows / name)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout.readline().strip() == "written"
        return process

    dead, living = writer("rank-gn-1.nc"), writer("rank-gn-2.nc")
    try:
        dead.kill()
        dead.wait()
        elsewhere = [rows / f".rank-quasi-{n}.another.1.1.unfinished.nc" for n in (1, 2)]
        for path in elsewhere:  # of a task on another machine; the second one ended long ago
            path.touch()
        os.utime(elsewhere[1], (0.0, 0.0))
        assert len(list(rows.glob("*.unfinished.nc"))) == 4
        study(only=[2])
        left = {path.name.split(".")[1] for path in rows.glob(".*.unfinished.nc")}
        assert left == {"rank-gn-2", "rank-quasi-1"}
    finally:
        living.kill()
        living.wait()


def test_a_folder_of_something_else_is_refused(study, here, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "result.nc").touch()
    for overwrite in (False, True):
        with raises_finding("not-a-results-folder", out):
            study(overwrite=overwrite)
    assert [path.name for path in out.iterdir()] == ["result.nc"]


def test_a_file_in_place_of_the_folder_is_refused(study, here, tmp_path):
    (tmp_path / "out").touch()
    with raises_finding("output-is-a-file", tmp_path / "out"):
        study()


def test_mistakes_of_experiments_are_found_before_the_first_row(study, here, tmp_path):
    cases = {"a": {"experiment": "demo", "settings": {"time": {"dayz": 3}}},
             "b": {"experiment": "demo", "streams": ["cow"]}}  # fmt: skip
    with pytest.raises(InvalidExperiment) as caught:
        study(cases=cases)
    assert ("unknown-key", "time.dayz") in codes(caught)
    assert "unknown-component" in [code for code, _ in codes(caught)]
    assert not (tmp_path / "out").exists()


# -- numbers ----------------------------------------------------------------------------------


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


# -- methods that fail ------------------------------------------------------------------------


@frozen(eq=False)
class Failing(Lbfgsb):
    """An optimiser that ends in another way than with a result."""

    end: str = field(default="error")

    def minimise(self, problem, x0, callback, earlier=()):
        if self.end == "exit":
            sys.exit("no licence")
        if self.end == "interrupt":
            raise KeyboardInterrupt
        if self.end == "name of a file":
            raise FileNotFoundError("caf\udce9.nc")  # in Latin-1, as Python reads it
        if self.end == "writes":
            x0 += 5.0
            return super().minimise(problem, x0, callback, earlier)
        raise RuntimeError("the library says no")


@pytest.fixture
def failing(monkeypatch):
    """Register it, as a package would."""
    plugin = SimpleNamespace(__name__="failing", optimisers=lambda: {"failing": Failing})
    monkeypatch.setattr(
        installed, "_REGISTRY", [load_registry([builtin_plugins, plugin], entries=[])]
    )


@pytest.mark.parametrize("end", ["error", "exit"])
def test_a_method_that_fails_is_a_row_and_the_others_go_on(study, here, failing, end):
    methods = {"bad": {"optimiser": "failing", "settings": {"end": end}}, **TABLES["methods"]}
    done = study(methods=methods, study={"engines": ["autograd"]})
    line = next(line for line in done.table if line["method"] == "bad")
    said = "the library says no" if end == "error" else "no licence"
    assert line["status"] == "failed" and said in line["message"] and line["cost"] == ""
    assert [line["status"] for line in done.table].count("failed") == 1
    assert study(methods=methods, study={"engines": ["autograd"]}).computed == 0


def test_an_error_that_utf_8_cannot_encode_is_a_row(study, here, failing):
    methods = {"bad": {"optimiser": "failing", "settings": {"end": "name of a file"}}}
    line = study(methods=methods).table[2]
    assert line["status"] == "failed" and "caf" in line["message"]


def test_a_method_that_writes_into_its_start_changes_no_later_row(study, here, failing):
    bad = {"optimiser": "failing", "settings": {"end": "writes"}}
    done = study(methods={"bad": bad, **TABLES["methods"]}, study={"seeds": [1]})
    exact = done.table[1]
    assert all(line["cost"] == pytest.approx(exact["cost"]) for line in done.table[2:])
    np.testing.assert_array_equal(KNOWN_PROBLEMS["rank_deficient"].prior.mean, [0, 0, 1, -1])


def test_ctrl_c_in_a_method_ends_the_study_without_a_row(study, here, failing, tmp_path):
    methods = {"bad": {"optimiser": "failing", "settings": {"end": "interrupt"}}}
    with pytest.raises(KeyboardInterrupt):
        study(methods=methods)
    assert not [name for name in row_files(tmp_path / "out") if "bad" in name]


def end_of_process(row):
    """Compute a row, or end the process as the system does when memory is short."""
    if row.method == "gn":
        os._exit(9)
    return row_workers.computed_row(row)


def test_a_process_that_dies_costs_its_row_alone(study, tmp_path):
    path = tmp_path / "s.toml"
    path.write_text(toml_text({**TABLES, "study": {"engines": ["autograd"]}}), "utf-8")
    rows = read_study(path, Findings()).rows
    found = {
        row.name: dataset for row, dataset in row_workers.computed_rows(rows, 1, end_of_process)
    }
    assert len(found) == len(rows)
    assert found["rank-gn-1"].attrs["error_code"] == row_workers.WORKER_DIED
    assert found["rank-quasi-1"].attrs["status"] == "converged"


def test_a_row_whose_process_died_is_computed_again(study, here, monkeypatch):
    died = row_workers.failed_row
    with monkeypatch.context() as patch:
        patch.setattr(
            row_workers, "_result",
            lambda future, worker, row: died(row, row_workers.died(row)),
        )  # fmt: skip
        assert {line["status"] for line in study().table} == {"failed"}
    assert study().computed == 6


# -- sharing of work --------------------------------------------------------------------------


def test_a_worker_stays_with_its_problem_while_it_has_rows():
    rows = [SimpleNamespace(problem_id=name) for name in "aabbc"]
    chosen = row_workers._next_row
    assert chosen(rows, "b", []) is rows[2]
    assert chosen(rows, "d", ["a"]) is rows[2]  # no other worker holds it
    assert chosen(rows, "d", ["a", "b", "c"]) is rows[0]


def test_evaluations_for_the_table_are_outside_the_budget(study, here):
    assert all(line["after_model_runs"] > 0 for line in study().table if line["method"] != "exact")


def test_an_ensemble_cut_off_within_a_generation_is_at_the_best_point_evaluated(study, here):
    pytest.importorskip("ccdas_methods")
    settings = {"members": 40}
    done = study(methods={"smoother": {"sampler": "es_mda", "settings": settings}})
    line = next(line for line in done.table if line["method"] == "smoother")
    assert line["status"] == "budget spent" and line["model_runs"] == 60
    assert line["point"] == "best point evaluated"
    row = next(row for row in done.rows if row.about["method"] == "smoother")
    assert line["cost"] == row.array("improvement_cost")[-1]


def test_a_damaged_file_of_a_row_is_a_finding_with_its_place(study, here):
    folder = study().folder
    path = folder / ROWS / "rank-gn-1.nc"
    path.write_bytes(b"no netCDF")
    with raises_finding("unreadable-file", str(path)):
        study()
    with raises_finding("unreadable-file", str(path)):
        finished_study(folder)
    path.unlink()
    assert study().computed == 1


def test_a_full_disk_is_an_error_with_the_name_of_the_file(study, here, tmp_path, monkeypatch):
    def full(self, path, **options):
        raise RuntimeError("NetCDF: HDF error")

    monkeypatch.setattr(xr.Dataset, "to_netcdf", full)
    with pytest.raises(OSError, match="HDF error") as error:
        study()
    assert error.value.filename == str(tmp_path / "out" / ROWS / "rank-prior-1.nc")
