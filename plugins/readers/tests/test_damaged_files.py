"""Damaged copies of real files: one message and exit code 2, and no file is written."""

import pytest
from cases import CASES as SERIES
from cases import DAMAGES, EXPECTED
from map_cases import MAPS

from ccdas_framework.installed import registry

CASES = [*SERIES, *MAPS]
EACH = [
    pytest.param(case, damage, id=f"{case!r}: {damage}")
    for case in CASES
    for damage in case.damages
]


def need_packages(case):
    """Skip the test of a workbook where openpyxl is not installed."""
    if case.file.endswith(".xlsx"):
        pytest.importorskip("openpyxl", reason="openpyxl is not installed")


def call(ccdas, case, paths, out, products):
    values = {
        key: value(products, out.parent) if callable(value) else value
        for key, value in case.settings.items()
    }
    options = [f"--set={key}={value}" for key, value in values.items()]
    options += [] if case.stream is None else ["--stream", case.stream]
    paths = [*paths, *case.others(products, out.parent)]
    return ccdas("data", "import", case.kind, *paths, "--out", out, *options)


@pytest.mark.parametrize("case", CASES, ids=repr)
def test_the_file_itself_is_imported(products, ccdas, tmp_path, case):
    need_packages(case)
    code, _, error = call(ccdas, case, [products / case.file], tmp_path / "out.nc", products)
    assert code == 0, error


@pytest.mark.parametrize(("case", "damage"), EACH)
def test_a_damaged_copy_is_refused(products, copied, ccdas, tmp_path, case, damage):
    need_packages(case)
    path, out = copied(products / case.file), tmp_path / "out.nc"
    changed = case.damages[damage](path)
    paths = changed if isinstance(changed, list) else [path if path.exists() else changed]
    code, _, error = call(ccdas, case, paths, out, products)
    assert code == 2, error
    assert len(ccdas.findings) == 1 and ccdas.findings[0][0] in EXPECTED[damage], error
    assert paths[0].name.rpartition(".")[0] in ccdas.findings[0][1]
    assert not out.exists() and len(error.strip().splitlines()) == 1


def test_every_reader_that_was_tried_on_a_real_file_has_a_case():
    readers = registry().readers
    tried = {kind for kind, reader in readers.items() if reader.tried_on}
    assert tried <= {case.kind for case in CASES}


@pytest.mark.parametrize("case", CASES, ids=repr)
def test_a_case_has_every_damage_that_its_file_can_have(case):
    """Those without a flag, a time or an axis in the file are left out."""
    assert {"truncated", "empty", "all missing"} <= set(case.damages) <= set(DAMAGES)
    assert len(case.damages) >= 7


@pytest.mark.parametrize("case", CASES, ids=repr)
def test_only_its_own_reader_recognises_a_file(products, case):
    need_packages(case)
    found = [
        k for k, reader in registry().readers.items() if reader.recognise(products / case.file)
    ]
    assert found == [case.kind]


def test_a_file_of_another_kind_is_refused_with_its_own(products, ccdas, tmp_path):
    one, other = SERIES[0], SERIES[-1]
    code, _, error = call(ccdas, one, [products / other.file], tmp_path / "out.nc", products)
    assert code == 2 and ccdas.findings[0][0] == "other-kind" and other.kind in error
