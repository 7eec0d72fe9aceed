"""`ccdas init` with an example: options, and the folder."""

import pytest

pytest.importorskip("ccdas_recipes")


def test_options_of_files_do_not_go_with_an_example(ccdas, tmp_path):
    options = ("--sites", tmp_path / "sites.csv", "--model", "bethy", "--obs", "flux")
    code, *_ = ccdas("init", "--example", "demo", "--out", tmp_path / "new", *options)
    assert code == 2
    assert ccdas.findings == [("wrong-option", name) for name in options[::2]]
    assert not (tmp_path / "new").exists()


def test_an_example_is_not_copied_into_a_file(ccdas, tmp_path):
    file = tmp_path / "afile"
    file.write_text("mine")
    assert ccdas("init", "--example", "demo", "--out", file)[0] == 2
    assert ccdas.findings == [("wrong-option", "--out")]
    assert file.read_text() == "mine"
