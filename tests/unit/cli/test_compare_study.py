"""`ccdas compare STUDY.toml`: rows by number, tables, pages, and mistakes with exit code 2."""

from contextlib import contextmanager

import pytest

from ccdas_framework.compare import row_workers
from ccdas_framework.execution import Serial
from ccdas_framework.io.toml_text import toml_text


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A study of four rows, computed in this process."""

    @contextmanager
    def executor(workers, threads):
        yield Serial()

    monkeypatch.setattr(row_workers, "row_executor", executor)
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "mine.toml"
    tables = {
        "study": {"engines": ["autograd"]},
        "cases": {"rank": {"known": "rank_deficient"}},
        "methods": {"gn": {"optimiser": "gauss_newton"}, "quasi": {"optimiser": "lbfgsb"}},
    }
    path.write_text(toml_text(tables), "utf-8")
    return path


def test_list_names_the_rows_and_computes_none(ccdas, study, tmp_path):
    code, said, _ = ccdas("compare", study, "--list")
    assert code == 0
    assert [line.split() for line in said.splitlines()] == [
        ["1", "rank-prior-1"], ["2", "rank-exact-1"], ["3", "rank-gn-1"], ["4", "rank-quasi-1"],
    ]  # fmt: skip
    assert not (tmp_path / "runs").exists()


def test_rows_by_number_make_the_table_and_the_last_of_them_the_page(ccdas, study, tmp_path):
    folder = tmp_path / "runs" / "mine"
    code, _, error = ccdas("compare", study, "--row", 1, "--row", 4)
    assert code == 0, error
    assert len((folder / "table.csv").read_text("utf-8").splitlines()) == 1 + 2
    assert not (folder / "study.html").exists()
    code, said, _ = ccdas("compare", study)
    assert code == 0 and str(folder) in said
    assert len((folder / "table.csv").read_text("utf-8").splitlines()) == 1 + 4
    assert (folder / "study.html").is_file() and (folder / "table.nc").is_file()


def test_mistakes_end_with_exit_code_2(ccdas, study, tmp_path):
    study.write_text(study.read_text("utf-8").replace("gauss_newton", "gauss_newtn"), "utf-8")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "result.nc").touch()
    code, _, _ = ccdas("compare", study, "--row", 9, "--out", tmp_path / "out")
    assert code == 2
    assert set(ccdas.findings) == {
        ("unknown-component", "methods.gn.optimiser"), ("unknown-row", "--row"),
        ("not-a-results-folder", str(tmp_path / "out")),
    }  # fmt: skip
