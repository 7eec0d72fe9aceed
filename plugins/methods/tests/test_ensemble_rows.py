"""Ensemble methods as rows of a study."""

from __future__ import annotations

from contextlib import contextmanager

import pytest

from ccdas_framework.compare import row_workers
from ccdas_framework.compare.study import compare_methods
from ccdas_framework.execution import Serial
from ccdas_framework.io.toml_text import toml_text

METHODS = {
    "smoother": {"sampler": "es_mda", "settings": {"members": 10}},
    "matching": {"sampler": "history_matching", "settings": {"points": 200, "runs": 8}},
}


@pytest.fixture
def rows(tmp_path, monkeypatch):
    """Lines of the table of a study of both methods, by method."""

    @contextmanager
    def executor(workers, threads):
        yield Serial()

    monkeypatch.setattr(row_workers, "row_executor", executor)
    tables = {
        "study": {"seeds": [1], "engines": ["autograd"]},
        "cases": {"rank": {"known": "rank_deficient"}},
        "methods": METHODS,
    }
    path = tmp_path / "study.toml"
    path.write_text(toml_text(tables), "utf-8")
    return {line["method"]: line for line in compare_methods(path, tmp_path / "out").table}


def test_no_search_precedes_a_method_that_begins_at_the_prior(rows):
    assert rows["smoother"]["model_runs"] == 40
    assert rows["matching"]["model_runs"] == 24


def test_points_that_are_left_have_no_posterior_sd(rows):
    assert 0.2 < rows["smoother"]["sd_over_reference"] < 3.0
    assert rows["matching"]["sd_over_reference"] == ""
