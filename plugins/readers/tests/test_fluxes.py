"""Fossil emissions: sums, units and the order of cells, read by hand."""

import numpy as np
import pytest
from damage import NetcdfFile

from ccdas_framework.grids import grid_area

CDIAC = "cdiac_gridded/gridcar.2013"
EDGAR = "edgar/v6.0_CO2_excl_short-cycle_org_C_2015_TOTALS.5.3x5.1.nc"
YEAR = 365 * 86400.0


def test_the_mass_of_a_map_is_that_of_the_file(products, imported):
    data = imported("cdiac", products / CDIAC)
    areas = grid_area(np.arange(-90.0, 91.0), np.arange(-180.0, 181.0))
    mass = float((data.fossil.values[0] * areas).sum()) * YEAR / 1e9  # TgC
    assert mass == pytest.approx(9233.6, abs=0.05)  # the sum of the numbers of the file
    assert data.sizes["time"] == 12 and data.fossil.units == "kgC m-2 s-1"
    assert (data.fossil.values == data.fossil.values[0]).all()


def test_the_first_number_of_a_map_is_the_cell_at_90_north_and_180_west(products, imported):
    words = np.array((products / CDIAC).read_text().split(), dtype=float).reshape(180, 360)
    row, column = 90 - 52, 180 + 13  # 51 to 52 N, 13 to 14 E, near Berlin
    data = imported("cdiac", products / CDIAC)
    area = grid_area(np.array([51.0, 52.0]), np.array([13.0, 14.0]))[0, 0]
    there = data.fossil.sel(latitude=51.5, longitude=13.5).values[0]
    assert words[row, column] > 0.0
    assert there == pytest.approx(words[row, column] * 1e9 / area / YEAR, rel=1e-6)


def test_years_that_do_not_follow_each_other_are_refused(products, copied, ccdas, tmp_path):
    path = copied(products / CDIAC)
    other = path.with_name("gridcar.2011")
    other.write_bytes(path.read_bytes())
    out = tmp_path / "x.nc"
    code, _, _ = ccdas("data", "import", "cdiac", path, other, "--out", out)
    assert code == 2 and ccdas.findings[0][0] == "missing-years"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda words: words[:-100], "truncated-file"),
        (lambda words: [*words, "0.0"], "wrong-grid"),
        (lambda words: ["abc", *words[1:]], "not-numeric"),
        (lambda words: [str(1e3 * float(w)) for w in words], "wrong-units"),
        (lambda words: ["-9999"] * len(words), "all-missing"),
        (lambda words: ["-9999", *words[1:]], "missing-values"),
    ],
)
def test_a_damaged_list_of_numbers_is_refused(products, copied, ccdas, tmp_path, change, code):
    path, out = copied(products / CDIAC), tmp_path / "x.nc"
    path.write_text("\n".join(change(path.read_text().split())))
    ended, _, _ = ccdas("data", "import", "cdiac", path, "--out", out)
    assert ended == 2 and ccdas.findings[0][0] == code and not out.exists()


def test_a_year_in_the_future_is_refused(products, copied, ccdas, tmp_path):
    path = copied(products / CDIAC)
    path = path.rename(path.with_name("gridcar.2113"))
    code, _, _ = ccdas("data", "import", "cdiac", path, "--out", tmp_path / "x.nc")
    assert code == 2 and ccdas.findings[0][0] == "future-dates"


def test_a_map_of_fewer_cells_than_its_product_is_refused(products, ccdas, tmp_path):
    code, _, _ = ccdas("data", "import", "edgar", products / EDGAR, "--out", tmp_path / "x.nc")
    assert code == 2 and ccdas.findings[0][0] == "wrong-grid"


def test_a_mass_of_co2_becomes_one_of_carbon(products, imported):
    import netCDF4

    data = imported("edgar", products / EDGAR, parts="true")
    with netCDF4.Dataset(products / EDGAR) as file:
        plain = np.ma.getdata(file["emi_co2"][:]).astype(float)
    np.testing.assert_allclose(data.fossil.values[0], plain * 12.011 / 44.009, rtol=1e-6)
    assert str(data.time.values[0])[:7] == "2015-01" and data.attrs["product_version"] == "v6.0"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda file: file.units("emi_co2", "Tonnes"), "wrong-units"),
        (lambda file: file.lose("emi_co2"), "all-missing"),
        (lambda file: file.words("emi_co2"), "not-numeric"),
        (lambda file: file.change("lat", lambda v: v * 0 + v[0]), "wrong-grid"),
    ],
)
def test_a_damaged_map_is_refused(products, copied, ccdas, tmp_path, change, code):
    path, out = copied(products / EDGAR), tmp_path / "x.nc"
    change(NetcdfFile(path)).write()
    ended, _, _ = ccdas("data", "import", "edgar", path, "--out", out, "--set=parts=true")
    assert ended == 2 and ccdas.findings[0][0] == code and not out.exists()


def test_methane_is_refused(products, copied, ccdas, tmp_path):
    path = copied(products / EDGAR)
    file = NetcdfFile(path)
    file.data = file.data.rename({"emi_co2": "emi_ch4"})
    file.write()
    code, _, _ = ccdas("data", "import", "edgar", path, "--out", tmp_path / "x.nc")
    assert code == 2 and ccdas.findings[0][0] == "other-species"
