"""`ccdas compare`: a page of existing runs, and mistakes with exit code 2."""

from unit.compare import small_runs as small


def test_two_runs_make_a_page_and_a_file(ccdas, tmp_path):
    a, b = (small.complete(tmp_path / name) for name in "ab")
    code, said, error = ccdas("compare", a, b, "--out", tmp_path / "out")
    assert code == 0, error
    assert (tmp_path / "out" / "comparison.html").is_file()
    assert (tmp_path / "out" / "comparison.nc").is_file()
    assert str(tmp_path / "out") in said
    code, _, _ = ccdas("compare", a, b, "--out", tmp_path / "out")
    assert code == 2 and ccdas.findings == [("results-exist", str(tmp_path / "out"))]
    code, _, _ = ccdas("compare", a, b, "--out", tmp_path / "out", "--overwrite")
    assert code == 0


def test_faults_are_reported_together(ccdas, tmp_path):
    a, empty = small.complete(tmp_path / "a"), tmp_path / "empty"
    empty.mkdir()
    code, _, _ = ccdas("compare", a, empty, a, tmp_path / "absent", "--out", tmp_path / "out")
    assert code == 2
    assert ccdas.findings == [
        ("not-a-run", str(empty)), ("repeated-run", str(a)),
        ("not-a-run", str(tmp_path / "absent")),
    ]  # fmt: skip
    assert not (tmp_path / "out").exists()


def test_a_study_file_among_runs_is_refused(ccdas, tmp_path):
    study = tmp_path / "study.toml"
    study.touch()
    code, _, _ = ccdas("compare", small.complete(tmp_path / "a"), study)
    assert code == 2 and ccdas.findings == [("mixed-arguments", str(study))]


def test_options_of_a_study_are_refused_for_runs(ccdas, tmp_path):
    a, b = (small.complete(tmp_path / name) for name in "ab")
    code, _, _ = ccdas("compare", a, b, "--workers", "2", "--row", "1", "--list")
    assert code == 2
    assert ccdas.findings == [("wrong-option", o) for o in ("--workers", "--row", "--list")]
