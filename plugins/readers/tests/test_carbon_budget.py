"""The workbook of the Global Carbon Budget: values by hand."""

import numpy as np
import pytest

from ccdas_framework.core.errors import Findings
from ccdas_framework.io.reference_fields import read_reference

pytest.importorskip("openpyxl", reason="openpyxl is not installed")
BOOK = "gcp/Global_Carbon_Budget_2019v1.0.xlsx"


def test_the_net_flux_of_land_is_land_use_change_less_the_sink(products, imported):
    data = imported("global_carbon_budget", products / BOOK)
    assert data.attrs["product_version"] == "2019 v1.0"
    findings = Findings()
    reference = read_reference(imported.path, "PgC yr-1", findings)
    assert not findings and reference.names == ("Global Carbon Budget",)
    assert str(reference.months[0]) == "1959-01" and str(reference.months[-1]) == "2018-12"
    # cells of the sheet "Global Carbon Budget" of 2018: 1.508849 and 3.468828
    np.testing.assert_allclose(reference.values[0, -12:, 0], 1.508849132 - 3.468828363, rtol=1e-8)
    assert reference.south.tolist() == [-90.0] and reference.north.tolist() == [90.0]
    assert "atmosphere" in reference.long_name


def test_the_sink_has_the_models_and_no_column_of_their_mean(products, imported):
    data = imported("gcp", products / BOOK, quantity="land_sink")
    names = data.reference.values.tolist()
    assert len(names) == 17 and names[:3] == ["Global Carbon Budget", "CABLE", "CLASS-CTEM"]
    at = {n: float(data.amount[names.index(n), -1, 0]) for n in ("CABLE", "VISIT")}
    # cells of the sheet "Terrestrial Sink" of 2018
    assert at == {"CABLE": pytest.approx(-3.6322), "VISIT": pytest.approx(-4.965)}


def test_check_accepts_the_file_as_a_reference(products, imported, ccdas):
    imported("gcp", products / BOOK)
    code, said, error = ccdas("data", "check", imported.path)
    assert code == 0 and "evaluation.NAME.reference" in said, error


def test_another_workbook_is_no_budget(products, ccdas, tmp_path):
    from openpyxl import Workbook

    path, book = tmp_path / "budget.xlsx", Workbook()
    book.save(path)
    code, _, _ = ccdas("data", "import", "gcp", path, "--out", tmp_path / "x.nc")
    assert code == 2 and not (tmp_path / "x.nc").exists()
