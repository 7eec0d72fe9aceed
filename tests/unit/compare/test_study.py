"""Rows of a study: kept, resumed, alone and side by side."""

import os
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import numpy as np
import pytest
from findings import codes, raises_finding
from unit.compare.small_studies import (
    NAMES,
    TABLES,
    Stop,
    row_files,
    same_tables,
)

from ccdas_framework.compare import row_workers
from ccdas_framework.compare.study import compare_methods, finished_study, is_study
from ccdas_framework.core.errors import InvalidExperiment
from ccdas_framework.io.toml_text import toml_text


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
