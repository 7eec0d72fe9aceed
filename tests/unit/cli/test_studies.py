"""`ccdas added-value` and `ccdas design`: tables, folders, and mistakes with exit code 2."""

import io
from contextlib import contextmanager

import numpy as np
import pytest
from cuts import FEW, SHORT, only
from unit.cli import wordings

from ccdas_framework.compare import row_workers
from ccdas_framework.core.result import Iteration
from ccdas_framework.execution import Serial
from ccdas_framework.io.toml_text import toml_text
from ccdas_framework.terminal.progress import Console


def options(streams):
    """`--set` of a small cut, as typed."""
    settings = {**SHORT, **only(FEW, streams), "optimiser.iterations": 1, "grid.cells": 2}
    written = {True: "true", False: "false"}
    pairs = [
        f"{key}={written.get(value, value) if isinstance(value, bool) else value}"
        for key, value in settings.items()
    ]
    return [part for pair in pairs for part in ("--set", pair)]


def test_added_value_prints_reductions_and_signal(ccdas, tmp_path):
    out = tmp_path / "sets"
    code, said, error = ccdas(
        "added-value", "--compare", "vod", "--engine", "autograd", "--out", out, *options(("vod",))
    )
    assert code == 0, error
    assert all(phrase in said for phrase in wordings.ADDED_VALUE)
    assert (out / "added_value.nc").is_file() and (out / "vod" / "result.nc").is_file()
    code, _, _ = ccdas("added-value", "--compare", "vod", "--out", out)
    assert code == 2
    assert ccdas.findings == [("results-exist", str(out)), ("results-exist", str(out / "vod"))]


def test_an_interrupted_comparison_may_be_begun_again(ccdas, tmp_path):
    (tmp_path / "vod").mkdir()
    (tmp_path / "vod" / "experiment.toml").touch()
    wrong = ["added-value", "--obs", "vod", "--compare", "vod,sm", "--out", tmp_path]
    code, _, _ = ccdas(*wrong)
    assert code == 2 and ("results-exist", str(tmp_path)) in ccdas.findings
    code, _, _ = ccdas(*wrong, "--overwrite")
    assert code == 2 and ccdas.findings == [("unknown-stream", "added_value.sets")]


def test_the_time_left_is_that_of_the_set_at_work():
    heard = io.StringIO()
    console = Console(heard)
    for set_number in (1, 2):
        console.stage(f"set {set_number}")
        for number, seconds in enumerate((5.0, 6.0)):
            iteration = Iteration(number, np.zeros(1), 1.0, {"prior": 1.0}, 1.0)
            console.iteration(iteration, seconds, 11)
    lines = [line for line in heard.getvalue().splitlines() if "left" in line]
    assert len(lines) == 2 and all(wordings.TIME_LEFT in line for line in lines)


def test_mistakes_of_added_value_are_told_together(ccdas, tmp_path):
    (tmp_path / "mine.txt").touch()
    code, _, _ = ccdas(
        "added-value", "--obs", "vod", "--compare", "vod,sm", "--compare", "vod,vod",
        "--out", tmp_path, "--set", "time.days=40",
    )  # fmt: skip
    assert code == 2
    assert ccdas.findings == [
        ("not-a-results-folder", str(tmp_path)), ("unknown-stream", "added_value.sets"),
        ("repeated-stream", "added_value.sets"),
    ]  # fmt: skip


def test_sets_of_a_configuration_that_are_no_sets(ccdas):
    code, _, error = ccdas("added-value", "--obs", "vod", "--set", 'added_value.sets=["co2"]')
    assert code == 2 and "'added_value.sets'" in error


@pytest.fixture
def designs(tmp_path):
    path = tmp_path / "sites.toml"
    path.write_text(
        toml_text(
            {
                "designs": {"x": {"stream": "vod", "places": "every cell", "error": [0.1, 0.2]},
                            "y": {"stream": "vod", "places": "every cell"}},
                "greedy": {"cell": {"designs": "y", "targets": ["gpp Global"], "choose": 1}},
            }
        )
    )  # fmt: skip
    return path


def test_design_prints_its_table_and_choices(ccdas, designs, tmp_path):
    out = tmp_path / "out"
    code, said, error = ccdas(
        "design", designs, "--engine", "autograd", "--out", out, *options(("vod",))
    )
    assert code == 0, error
    assert all(phrase in said for phrase in wordings.DESIGN)
    assert (out / "design.nc").is_file()
    code, _, _ = ccdas("design", designs, "--out", out)
    assert code == 2 and ccdas.findings == [("results-exist", str(out))]


def test_mistakes_of_a_design_are_told_together(ccdas, tmp_path):
    path = tmp_path / "bad.toml"
    path.write_text(
        '[designs.x]\nstream = "vodd"\nplaces = "every cell"\nerror = 0\n'
        '[designs.y]\nstream = "vodd"\nplaces = "every cell"\n'
    )
    code, _, error = ccdas("design", path, "--out", tmp_path)
    assert code == 2
    assert ccdas.findings[:2] == [
        ("not-a-results-folder", str(tmp_path)), ("wrong-value", "designs.x.error"),
    ]  # fmt: skip
    assert len(ccdas.findings) == 3 and "'vodd'" in error


def test_a_design_file_that_is_not_there(ccdas):
    code, _, _ = ccdas("design", "nowhere.toml")
    assert code == 2 and ccdas.findings == [("missing-file", "nowhere.toml")]


def test_each_site_is_run_alone_and_the_table_is_printed(ccdas, tmp_path, monkeypatch):
    @contextmanager
    def executor(workers, threads):
        yield Serial()

    monkeypatch.setattr(row_workers, "row_executor", executor)
    out = tmp_path / "each"
    given = ("--obs", "vod", "--engine", "autograd", "--out", out, *options(("vod",)))
    code, said, error = ccdas("run", "--each-site", *given)
    assert code == 0, error
    for name in ("cell_1", "cell_2"):
        assert (out / name / "result.nc").is_file() and name in said
    assert (out / "sites.csv").is_file() and (out / "sites.html").is_file()
    code, _, _ = ccdas("run", "--workers", 2, *given)
    assert code == 2 and ("wrong-option", "--workers") in ccdas.findings
