"""Leaf area and fluorescence: values, flags, fills and periods, read by hand."""

import zipfile

import numpy as np
import pytest
from damage import NetcdfFile

LAI = "modis_appeears/NPS-Vegetation-MCD15A3H-006-results.csv"
C3S = "c3s_lai_fapar/satellite-lai-fapar_2020-1.zip"
GOSIF = "gosif/gosif_2001001.tif"


def test_composites_of_modis_have_the_days_of_their_product(products, imported, row, counted):
    data = imported("modis_appeears", products / LAI)
    first = row(data, label="Grand Canyon 0", time_start="2018-01-01")
    assert first.observed == 1.2 and first.time_end == np.datetime64("2018-01-04")
    assert first.latitude == 36.2062 and first.longitude == -112.1271
    last_of_year = row(data, label="Grand Canyon 0", time_start="2017-12-31")
    assert last_of_year.time_end == np.datetime64("2017-12-31")
    found = counted(data)["lai"]
    assert sum(found.values()) == 186 and found["SCF_QC above 1"] == 7
    assert data.attrs["product_version"] == "v006"


def test_back_up_retrievals_are_read_on_request(products, imported, counted):
    data = imported("appeears", products / LAI, largest_method=3, clouds="any")
    assert counted(data) == {"lai": {"kept": 186}}


def test_fills_of_modis_are_missing_after_their_scaling(products, imported, copied, counted):
    path = copied(products / LAI)
    text = path.read_text()
    path.write_text(text.replace("h08v05,910.0,2286.0,1.2,0.0", "h08v05,910.0,2286.0,25.5,0.0", 1))
    data = imported("appeears", path)
    assert counted(data)["lai"]["missing value"] == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [(("_006_", "_007_"), "unknown-version"), (("MCD15A3H", "MOD13Q1"), "other-species")],
)
def test_another_version_or_product_is_refused(products, copied, ccdas, tmp_path, change, code):
    path = copied(products / LAI)
    path.write_text(path.read_text().replace(*change))
    out = tmp_path / "x.nc"
    ended, _, _ = ccdas("data", "import", "appeears", path, "--out", out)
    assert ended == 2 and ccdas.findings[0][0] == code


def test_fapar_needs_its_column(products, ccdas, tmp_path):
    code, _, _ = ccdas("data", "import", "appeears", products / LAI, "--out", tmp_path / "x.nc",
                       "--stream", "fapar")  # fmt: skip
    assert code == 2 and ccdas.findings[0][0] == "missing-variable"


def test_a_file_of_sea_has_no_leaf_area(products, ccdas, tmp_path):
    code, _, _ = ccdas("data", "import", "c3s_lai", products / C3S, "--out", tmp_path / "x.nc")
    assert code == 2 and ccdas.findings[0][0] == "all-missing"


@pytest.fixture
def made(products, tmp_path):
    """The windows of the real file with made values: counts, errors and flags."""
    folder = tmp_path / "made"
    folder.mkdir()
    with zipfile.ZipFile(products / C3S) as packed:
        packed.extractall(folder)
    paths = sorted(folder.glob("*.nc"))
    for path in paths[:2]:
        file = NetcdfFile(path)
        for name, numbers in (("LAI", [13106, 6553, 6553]), ("LAI_ERR", [655, 655, 655]),
                              ("retrieval_flag", [16384, 64, 16384])):  # fmt: skip
            values = file.data[name].values.copy()
            values[0, 0, :3] = numbers
            file.data[name] = file.data[name].copy(data=values)
        file.write()
    out = folder / "c3s.zip"
    with zipfile.ZipFile(out, "w") as packed:
        for path in paths:
            packed.write(path, path.name)
    return out


def test_packed_leaf_area_has_its_error_and_its_window(made, imported, counted):
    data = imported("c3s_lai", made)
    scale = 0.00015260186
    np.testing.assert_allclose(data.observed.values, np.repeat([13106, 6553], 2) * scale)
    np.testing.assert_allclose(data.observed_sd.values, 655 * scale)
    assert set(data.time_end.values) <= {np.datetime64("2020-01-10"), np.datetime64("2020-01-20"),
                                         np.datetime64("2020-01-31")}  # fmt: skip
    assert (data.time_start < data.time_end).all() and data.observed.units == "m2 m-2"
    refused = [c.get("retrieval untrusted", 0) for c in counted(data).values()]
    assert sum(refused) == 2


def test_fluorescence_of_a_part_of_a_map(products, imported, counted):
    data = imported("gosif", products / GOSIF, box="[18.0, 19.0, 109.0, 110.0]")
    # row 706 and column 721 of the image: 53.55 - 0.05 * 706.5 and 73.5 + 0.05 * 721.5
    near = np.isclose(data.latitude, 18.225) & np.isclose(data.longitude, 109.575)
    assert float(data.observed.values[near][0]) == pytest.approx(0.2036)
    assert set(data.time_end.values) == {np.datetime64("2001-01-08")}
    assert data.observed.units == "mW m-2 sr-1 nm-1"


def test_counts_that_mark_water_and_snow_are_no_fluorescence(products, imported, counted):
    data = imported("gosif", products / GOSIF)
    (found,) = counted(data).values()
    assert found == {"kept": 382908, "missing value": 835374, "water": 6394, "snow or ice": 1164}


@pytest.mark.parametrize("damage", ["cut", "empty"])
def test_a_damaged_map_is_refused(products, copied, ccdas, tmp_path, damage):
    path = copied(products / GOSIF)
    content = path.read_bytes()
    path.write_bytes(content[:400000] if damage == "cut" else b"")
    code, _, _ = ccdas("data", "import", "gosif", path, "--out", tmp_path / "x.nc")
    expected = {"cut": "unreadable-file", "empty": "empty-file"}
    assert code == 2 and ccdas.findings[0][0] == expected[damage]
