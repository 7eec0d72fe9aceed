"""Methods and processes that fail cost their row alone."""

import os

import numpy as np
import pytest
from unit.compare.small_studies import (
    TABLES,
    row_files,
)

from ccdas_framework.compare import row_workers
from ccdas_framework.compare.study_file import read_study
from ccdas_framework.core.errors import Findings
from ccdas_framework.io.toml_text import toml_text
from ccdas_framework.testing import KNOWN_PROBLEMS


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
            lambda future, worker, row, failed: died(row, row_workers.died(row)),
        )  # fmt: skip
        assert {line["status"] for line in study().table} == {"failed"}
    assert study().computed == 6
