"""Damaged copies of real files: one message and exit code 2, and no file is written."""

import pytest
from cases import CASES, EXPECTED

from ccdas_framework.installed import registry

EACH = [
    pytest.param(case, damage, id=f"{case!r}: {damage}")
    for case in CASES
    for damage in case.damages
]


def call(ccdas, case, path, out):
    options = [f"--set={key}={value}" for key, value in case.settings.items()]
    options += [] if case.stream is None else ["--stream", case.stream]
    return ccdas("data", "import", case.kind, path, "--out", out, *options)


@pytest.mark.parametrize("case", CASES, ids=repr)
def test_the_file_itself_is_imported(products, ccdas, tmp_path, case):
    code, _, error = call(ccdas, case, products / case.file, tmp_path / "out.nc")
    assert code == 0, error


@pytest.mark.parametrize(("case", "damage"), EACH)
def test_a_damaged_copy_is_refused(products, copied, ccdas, tmp_path, case, damage):
    path, out = copied(products / case.file), tmp_path / "out.nc"
    case.damages[damage](path)
    code, _, error = call(ccdas, case, path, out)
    assert code == 2, error
    assert len(ccdas.findings) == 1 and ccdas.findings[0][0] in EXPECTED[damage], error
    assert path.name.rpartition(".")[0] in ccdas.findings[0][1]
    assert not out.exists() and len(error.strip().splitlines()) == 1


def test_every_reader_that_was_tried_on_a_real_file_has_a_case():
    readers = registry().readers
    tried = {kind for kind, reader in readers.items() if reader.tried_on}
    # the sample of smos_l2 lacks positions; copies of the others are in tests of their own
    elsewhere = {"smos_l2", "gosif", "cdiac", "edgar", "clm_surface", "gsde", "hwsd"}
    assert tried == {case.kind for case in CASES} | elsewhere


@pytest.mark.parametrize("case", CASES, ids=repr)
def test_only_its_own_reader_recognises_a_file(products, case):
    found = [
        k for k, reader in registry().readers.items() if reader.recognise(products / case.file)
    ]
    assert found == [case.kind]


def test_a_file_of_another_kind_is_refused_with_its_own(products, ccdas, tmp_path):
    code, _, error = call(ccdas, CASES[0], products / CASES[-1].file, tmp_path / "out.nc")
    assert code == 2 and ccdas.findings[0][0] == "other-kind" and CASES[-1].kind in error
