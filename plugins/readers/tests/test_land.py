"""Maps of soil and land cover at the cells of a forcing file: real maps by hand, and made ones."""

import tracemalloc

import netCDF4
import numpy as np
import pytest
import xarray as xr
from ccdas_readers.land.plant_types import (
    CCI,
    CellClimate,
    cell_climate,
    largest_types,
    types_of_cci,
    types_of_clm,
)
from ccdas_readers.land.soil import hydraulic_properties, mean_to_depth
from damage import NetcdfFile

from ccdas_framework import soil_hydraulic_properties

CLM = "clm_surfdata/surfdata_1x1_brazil_16pfts_Irrig_CMIP6_simyr2000_c171214.nc"
SAND, HWSD = "gsde_soil/SAND1.nc", "hwsd/t_sand.tif"
COVER = "c3s_land_cover/land-cover_LCCS_MAP_300m_2020.zip"
WARM, MILD, COLD = (CellClimate(25.0, 28.0, 0.5), CellClimate(2.0, 20.0, 0.0),
                    CellClimate(-30.0, 5.0, 0.0))  # fmt: skip
TIME = np.arange("2001-01-01", "2002-01-01", dtype="datetime64[D]")


@pytest.fixture
def weather(tmp_path):
    """A function: a forcing file of one cell with a year of weather."""

    def make(latitude, longitude, half=0.05, temperature=25.0):
        path = tmp_path / "weather.nc"
        shape = len(TIME), 1
        xr.Dataset(
            {"tasmin": (("time", "cell"), np.full(shape, temperature - 5.0), {"units": "degC"}),
             "tasmax": (("time", "cell"), np.full(shape, temperature + 5.0), {"units": "degC"}),
             "pr": (("time", "cell"), np.full(shape, 3.0), {"units": "mm d-1"}),
             "latitude": ("cell", [latitude]), "longitude": ("cell", [longitude]),
             "latitude_half_width": ("cell", [half]), "longitude_half_width": ("cell", [half])},
            {"time": TIME.astype("datetime64[ns]")}, {"source": "made weather"},
        ).to_netcdf(path)  # fmt: skip
        return path

    return make


def test_soil_and_types_of_a_cell_of_clm(products, imported, weather):
    forcing = weather(-7.0, -55.0)
    data = imported("clm_surface", products / CLM, weather=forcing, pedotransfer="cosby")
    with netCDF4.Dataset(products / CLM) as file:
        sand, clay = (np.array(file[n][:, 0, 0], dtype=float) for n in ("PCT_SAND", "PCT_CLAY"))
        natural = np.array(file["PCT_NAT_PFT"][:, 0, 0]) * float(file["PCT_NATVEG"][0, 0]) / 1e4
        crops = float(file["PCT_CROP"][0, 0]) / 100.0
    thickness = np.array([0.0175, 0.0276, 0.0455, 0.0749, 0.1236, 0.2038, 0.336, 0.1711])
    by_hand = hydraulic_properties(*(
        (part[:8] * thickness).sum() / thickness.sum() for part in (sand, clay)
    ))  # fmt: skip
    for name, value in by_hand.items():
        np.testing.assert_allclose(data[name].values, value, rtol=1e-4, err_msg=name)
    assert natural[4] > 0.5  # tropical evergreen trees
    column = dict(zip(data.column_class.values, data.column_fraction.values, strict=True))
    assert max(column, key=column.get) == 1 and set(data.column_cell.values) == {0}
    vegetated = natural[1:].sum() + crops
    assert sum(column.values()) == pytest.approx(vegetated, rel=1e-6)
    assert {"tasmin", "pr"} <= set(data.data_vars) and "made weather" in data.attrs["source"]


def clay_of(path, folder, percent):
    """A made file of clay in the layout of a real file of sand."""
    with xr.open_dataset(path, decode_cf=False) as file:
        data = file.load().rename({"SAND": "CLAY"})
    data["CLAY"] = data["CLAY"] * 0 + np.int8(percent)
    data["CLAY"].attrs = {"units": "% of weight", "missing_value": np.int8(-100)}
    data.to_netcdf(folder / "CLAY1.nc")
    return folder / "CLAY1.nc"


def test_texture_of_gsde_is_its_mean_over_cell_and_depth(products, imported, weather, tmp_path):
    clay = clay_of(products / SAND, tmp_path, 20)
    forcing = weather(37.95, -107.8)
    data = imported("gsde_soil", products / SAND, clay, weather=forcing, depth=0.166,
                    pedotransfer="cosby")  # fmt: skip
    with netCDF4.Dataset(products / SAND) as file:
        inside = np.abs(np.asarray(file["lat"][:]) - 37.95) <= 0.05
        columns = np.abs(np.asarray(file["lon"][:]) + 107.8) <= 0.05
        part = np.ma.filled(file["SAND"][:3].astype(float), np.nan)[:, inside][:, :, columns]
    mean = np.einsum("kij,k->ij", part, np.array([4.5, 4.6, 7.5]) / 16.6).mean()
    assert data.theta_sat.values[0] == pytest.approx(0.489 - 0.00126 * mean, rel=1e-6)
    assert data.campbell_b.values[0] == pytest.approx(2.91 + 0.159 * 20.0)


def test_a_map_and_a_table_of_sites_give_a_texture_the_same_properties(
    products, imported, weather, tmp_path
):
    """Sand near 46 and clay of 20 per cent: loam, as in the table of the recipes."""
    clay = clay_of(products / SAND, tmp_path, 20)
    data = imported("gsde", products / SAND, clay, weather=weather(37.95, -107.8))
    for name, values in soil_hydraulic_properties(["loam"]).items():
        np.testing.assert_allclose(data[name].values, values, err_msg=name)
    assert data.saturated_conductivity.units == "mm d-1"


@pytest.mark.parametrize("percent", [0, 1])
def test_a_cell_of_little_clay_is_no_fraction(products, imported, weather, tmp_path, percent):
    clay = clay_of(products / SAND, tmp_path, percent)
    data = imported("gsde", products / SAND, clay, weather=weather(37.95, -107.8),
                    pedotransfer="cosby")  # fmt: skip
    assert data.campbell_b.values[0] == pytest.approx(2.91 + 0.159 * percent)


def tiff_of(path, out, percent):
    """A made map in the layout of a real one."""
    from PIL import Image, TiffImagePlugin

    with Image.open(path) as image:
        values = np.asarray(image)
        made = Image.fromarray(np.where(values > 0, np.float32(percent), values))
        tags = {k: image.tag_v2[k] for k in (33550, 33922, 42113)}
        info = TiffImagePlugin.ImageFileDirectory_v2()
        for key, value in tags.items():
            info[key] = value
            info.tagtype[key] = 2 if key == 42113 else 12
        made.save(out, tiffinfo=info)
    return out


def test_texture_of_hwsd_has_the_place_of_the_map(products, imported, weather, tmp_path):
    clay = tiff_of(products / HWSD, tmp_path / "t_clay.tif", 30.0)
    from PIL import Image

    with Image.open(products / HWSD) as image:
        sand = np.asarray(image)
        step, tie = image.tag_v2[33550], image.tag_v2[33922]
    row, column = np.argwhere(sand > 0)[0]
    north, west = tie[4] - (row + 0.5) * step[1], tie[3] + (column + 0.5) * step[0]
    forcing = weather(north, west, half=0.02)
    data = imported("hwsd", products / HWSD, clay, weather=forcing, pedotransfer="cosby")
    expected = 0.489 - 0.00126 * float(sand[row, column])
    assert data.theta_sat.values[0] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("files", "finding"),
    [
        (("t_sand.tif", "s_clay.tif"), ("mixed-sources", "t_sand.tif")),
        (("t_sand.tif", "t_clay.tif", "s_sand.tif"), ("duplicate-times", "s_sand.tif: sand")),
        (("s_sand.tif", "s_clay.tif"), None),
    ],
)
def test_layers_of_hwsd_are_not_mixed(products, ccdas, weather, tmp_path, files, finding):
    from PIL import Image

    paths = [tiff_of(products / HWSD, tmp_path / name, 30.0) for name in files]
    with Image.open(products / HWSD) as image:
        row, column = np.argwhere(np.asarray(image) > 0)[0]
        step, tie = image.tag_v2[33550], image.tag_v2[33922]
    place = weather(tie[4] - (row + 0.5) * step[1], tie[3] + (column + 0.5) * step[0], half=0.02)
    code, said, error = ccdas("data", "import", "hwsd", *paths, "--out", tmp_path / "x.nc",
                              f"--set=weather={place}")  # fmt: skip
    assert ccdas.findings == ([finding] if finding else []) and (code == 0) == (finding is None)
    assert finding or "subsoil" in said, error


@pytest.mark.parametrize(
    ("kind", "file", "code"),
    [("gsde", SAND, "missing-variable"), ("gsde", "gsde_soil/OC1.nc", "other-species"),
     ("hwsd", HWSD, "missing-variable")],
)  # fmt: skip
def test_sand_alone_and_other_quantities_are_refused(
    products, ccdas, weather, tmp_path, kind, file, code
):
    place = (33.0, -80.5) if kind == "hwsd" else (37.95, -107.8)
    command = ("data", "import", kind, products / file, "--out", tmp_path / "x.nc")
    ended, _, error = ccdas(*command, f"--set=weather={weather(*place)}")
    assert ended == 2 and ccdas.findings[0][0] == code, error


def test_a_cell_outside_the_map_and_a_missing_forcing_file_are_refused(
    products, ccdas, weather, tmp_path
):
    out = tmp_path / "x.nc"
    clay = clay_of(products / SAND, tmp_path, 20)
    code, _, _ = ccdas("data", "import", "gsde", products / SAND, clay, "--out", out,
                       f"--set=weather={weather(50.0, 10.0)}")  # fmt: skip
    assert code == 2 and ccdas.findings[0][0] == "wrong-grid"
    code, _, _ = ccdas("data", "import", "clm_surface", products / CLM, "--out", out,
                       f"--set=weather={weather(62.0, 100.0)}")  # fmt: skip
    assert code == 2 and ccdas.findings[0][0] == "wrong-grid"  # a map of one cell in Brazil
    code, _, _ = ccdas("data", "import", "gsde", products / SAND, clay, "--out", out)
    assert code == 2 and ccdas.findings[0] == ("missing-file", "weather")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda f: f.change("PCT_NAT_PFT", lambda v: v / 100.0), "wrong-units"),
        (lambda f: f.change("PCT_SAND", lambda v: v * np.nan), "all-missing"),
        (
            lambda f: f.change("PCT_SAND", lambda v: v / 100.0).change(
                "PCT_CLAY", lambda v: v / 100.0
            ),
            "wrong-units",
        ),
        (lambda f: f.drop("PCT_NATVEG"), "missing-variable"),
        (lambda f: f.change("PCT_NAT_PFT", lambda v: v * np.nan), "all-missing"),
        (lambda f: f.change("PCT_CROP", lambda v: v * np.nan), "missing-values"),
        (lambda f: f.change("LATIXY", lambda v: v + 200.0), "out-of-range"),
        (lambda f: f.words("PCT_CLAY"), "not-numeric"),
    ],
)
def test_damaged_surface_data_are_refused(products, copied, ccdas, weather, tmp_path, change, code):
    path = copied(products / CLM)
    change(NetcdfFile(path)).write()
    ended, _, error = ccdas("data", "import", "clm_surface", path, "--out", tmp_path / "x.nc",
                            f"--set=weather={weather(-7.0, -55.0)}")  # fmt: skip
    assert ended == 2 and ccdas.findings[0][0] == code, error


def cover(path, classes):
    """A made map of 2 x 2 pixels in the layout of C3S."""
    xr.Dataset(
        {"lccs_class": (("time", "lat", "lon"), np.array(classes, dtype="uint8").reshape(1, 2, 2))},
        {"lat": ("lat", [50.01, 49.99]), "lon": ("lon", [9.99, 10.01])},
        {"product_version": "2.1.1"},
    ).to_netcdf(path)  # fmt: skip
    return path


def test_classes_of_a_cell_become_columns(imported, weather, tmp_path):
    path = cover(tmp_path / "cover.nc", [50, 50, 10, 210])
    data = imported("esa_cci_lc", path, weather=weather(50.0, 10.0, temperature=10.0))
    column = dict(zip(data.column_class.values, data.column_fraction.values, strict=True))
    # half of it is broad-leaved evergreen forest: 90 % trees; a quarter is cropland, one water
    assert set(column) == {3, 7, 13}  # evergreen and deciduous shrubs have the same share
    assert sum(column.values()) == pytest.approx(0.75)
    assert column[3] / column[13] == pytest.approx(0.45 / 0.25)


def test_sea_has_no_columns_in_a_real_map(products, imported, weather):
    data = imported("c3s_land_cover", products / COVER, weather=weather(59.9, 0.1, temperature=8.0))
    assert data.sizes.get("column", 0) == 0 and "1 cells have no vegetation" in imported.said


def test_a_class_beyond_the_legend_is_refused(ccdas, weather, tmp_path):
    path = cover(tmp_path / "cover.nc", [50, 55, 10, 210])
    code, _, _ = ccdas("data", "import", "esa_cci_lc", path, "--out", tmp_path / "x.nc",
                       f"--set=weather={weather(50.0, 10.0)}")  # fmt: skip
    assert code == 2 and ccdas.findings[0][0] == "wrong-version"


def test_no_class_of_the_legend_gives_more_than_its_area():
    for number, percents in CCI.items():
        assert sum(percents) <= 100.0, number
        for climate in (WARM, MILD, COLD):
            shares = types_of_cci({number: 1.0}, climate)
            assert shares.sum() == pytest.approx(sum(percents) / 100.0) and (shares >= 0).all()


def test_climate_decides_between_tropical_and_temperate_and_tundra():
    forest = {50: 1.0}
    assert types_of_cci(forest, WARM)[0] == pytest.approx(0.9)
    assert types_of_cci(forest, MILD)[2] == pytest.approx(0.9)
    grass = {130: 1.0}
    np.testing.assert_allclose(types_of_cci(grass, WARM)[[8, 9]], 0.3)
    assert types_of_cci(grass, MILD)[8] == pytest.approx(0.6)
    assert types_of_cci(grass, COLD)[10] == pytest.approx(0.6)


def test_c4_grass_needs_warm_and_wet_months():
    warm = np.where(np.arange(12) < 6, 25.0, 15.0)
    assert cell_climate(warm, np.full(12, 80.0)).c4_share == 0.5
    assert cell_climate(warm, np.where(np.arange(12) < 6, 0.0, 80.0)).c4_share == 0.0
    assert cell_climate(np.full(12, -5.0), np.full(12, 80.0)).c4_share == 0.0


def test_natural_types_of_clm_keep_their_area():
    natural = np.full(15, 0.9 / 15)
    shares = types_of_clm(natural, 0.1)
    assert shares.sum() == pytest.approx(0.9 * 14 / 15 + 0.1) and shares[12] == pytest.approx(0.1)


def test_leading_types_take_the_area_of_the_others():
    shares = np.zeros(13)
    shares[[0, 3, 8, 9]] = 0.4, 0.3, 0.2, 0.05
    leading = dict(largest_types(shares))
    assert set(leading) == {1, 4, 9} and sum(leading.values()) == pytest.approx(0.95)
    assert largest_types(np.zeros(13)) == []


def test_soil_properties_are_those_of_the_regressions():
    """Cosby et al. (1984): more clay holds more water and has a larger exponent."""
    loam = hydraulic_properties(np.array(40.0), np.array(20.0))
    assert loam["theta_sat"] == pytest.approx(0.4386) and loam["campbell_b"] == pytest.approx(6.09)
    assert loam["saturated_conductivity"] == pytest.approx(
        0.0070556 * 10 ** (-0.884 + 0.612) * 86400.0
    )
    clay = np.linspace(5.0, 70.0, 20)
    properties = hydraulic_properties(np.full(20, 25.0), clay)
    for name in ("theta_fc", "theta_wp"):
        assert (np.diff(properties[name]) > 0.0).all()
    assert (properties["theta_wp"] < properties["theta_fc"]).all()
    assert (properties["theta_fc"] <= properties["theta_sat"]).all()


def test_a_mean_to_a_depth_weighs_layers_by_their_thickness():
    values = np.array([[10.0], [20.0], [np.nan]])
    bottoms = np.array([0.1, 0.3, 0.6])
    assert mean_to_depth(values, bottoms, 0.2)[0] == pytest.approx(15.0)
    assert mean_to_depth(values, bottoms, 1.0)[0] == pytest.approx((1.0 + 4.0) / 0.3)
    assert np.isnan(mean_to_depth(values * np.nan, bottoms, 1.0)[0])


def test_of_a_large_map_the_cells_alone_are_read(imported, weather, tmp_path):
    """A map of 36,000 by 72,000 pixels, 2.6 GB in memory, with grassland in one cell of 20 km."""
    path = tmp_path / "C3S-LC-L4-LCCS-large.nc"
    with netCDF4.Dataset(path, "w") as file:
        for name, size in (("lat", 36000), ("lon", 72000)):
            file.createDimension(name, size)
            file.createVariable(name, "f8", (name,))
        file["lat"][:] = 90.0 - (np.arange(36000) + 0.5) / 200.0
        file["lon"][:] = -180.0 + (np.arange(72000) + 0.5) / 200.0
        options = {"fill_value": 0, "zlib": True, "chunksizes": (2000, 2000)}
        classes = file.createVariable("lccs_class", "u1", ("lat", "lon"), **options)
        classes[7980:8020, 37980:38020] = 130  # 49.9 to 50.1 N, 9.9 to 10.1 E
    tracemalloc.start()
    data = imported("esa_cci_lc", path, weather=weather(50.0, 10.0, half=0.1, temperature=10.0))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert list(data.column_class.values) == [9]
    assert data.column_fraction.values[0] == pytest.approx(0.6)  # grassland, Poulter et al. (2015)
    assert peak < 100e6  # bytes
