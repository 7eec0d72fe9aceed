"""Folders of studies: changed, of another study, damaged, full."""

import os
import subprocess
import sys

import pytest
import xarray as xr
from findings import codes, raises_finding
from unit.compare.small_studies import (
    NAMES,
    TABLES,
    Stop,
    row_files,
)

from ccdas_framework.compare.study import ROWS, finished_study
from ccdas_framework.core.errors import InvalidExperiment


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
