"""Cases of maps, zip files and workbooks: real files, and how each can be damaged."""

import shutil
import zipfile

import netCDF4
import numpy as np
import xarray as xr
from cases import Case, netcdf_case
from damage import NetcdfFile, cut

CLM = "clm_surfdata/surfdata_1x1_brazil_16pfts_Irrig_CMIP6_simyr2000_c171214.nc"
SMOS_2 = "smos_l2_swath/SM_REPR_MIR_SMUDP2_20100601T073146_20100601T082504_700_100_1.nc"
TIME = np.arange("2001-01-01", "2002-01-01", dtype="datetime64[D]")
SCALE_TAG, TIE_TAG, NO_DATA_TAG = 33550, 33922, 42113


def weather(folder, latitude, longitude, half=0.05):
    """A forcing file of one cell with a year of weather."""
    path, shape = folder / "weather.nc", (len(TIME), 1)
    xr.Dataset(
        {"tasmin": (("time", "cell"), np.full(shape, 20.0), {"units": "degC"}),
         "tasmax": (("time", "cell"), np.full(shape, 30.0), {"units": "degC"}),
         "pr": (("time", "cell"), np.full(shape, 3.0), {"units": "mm d-1"}),
         "latitude": ("cell", [latitude]), "longitude": ("cell", [longitude]),
         "latitude_half_width": ("cell", [half]), "longitude_half_width": ("cell", [half])},
        {"time": TIME.astype("datetime64[ns]")}, {"source": "made weather"},
    ).to_netcdf(path)  # fmt: skip
    return path


def twice(path):
    """The file, and a copy of it in another folder."""
    folder = path.parent / "again"
    folder.mkdir()
    return [path, shutil.copy(path, folder / path.name)]


def renamed(old, new):
    """A damage: the file with another name."""
    return lambda path: path.rename(path.with_name(path.name.replace(old, new)))


def numbers(function):
    """A damage of a list of numbers: a function of its words."""
    return lambda path: path.write_text("\n".join(function(path.read_text().split())))


def image(change=lambda values: values, scale=1.0, north=0.0):
    """A damage of a TIFF file: a function of its numbers, a factor of its spacing, and a shift."""

    def damage(path):
        from PIL import Image, TiffImagePlugin

        with Image.open(path) as old:
            values, tags = np.asarray(old), dict(old.tag_v2)
        info = TiffImagePlugin.ImageFileDirectory_v2()
        step, tie = tags[SCALE_TAG], list(tags[TIE_TAG])
        tie[4] += north
        info[SCALE_TAG], info[TIE_TAG] = tuple(scale * s for s in step), tuple(tie)
        info.tagtype[SCALE_TAG] = info.tagtype[TIE_TAG] = 12
        if NO_DATA_TAG in tags:
            info[NO_DATA_TAG], info.tagtype[NO_DATA_TAG] = str(tags[NO_DATA_TAG]), 2
        Image.fromarray(change(values).astype(values.dtype)).save(path, tiffinfo=info)

    return damage


def clay_of_gsde(products, folder):
    """A made file of clay in the layout of the real one of sand."""
    with xr.open_dataset(products / "gsde_soil/SAND1.nc", decode_cf=False) as file:
        data = file.load().rename({"SAND": "CLAY"})
    data["CLAY"] = data["CLAY"] * 0 + np.int8(20)
    data["CLAY"].attrs = {"units": "% of weight", "missing_value": np.int8(-100)}
    data.to_netcdf(folder / "CLAY1.nc")
    return [folder / "CLAY1.nc"]


def clay_of_hwsd(products, folder):
    """A made file of clay in the layout of the real one of sand."""
    path = shutil.copy(products / "hwsd/t_sand.tif", folder / "t_clay.tif")
    image(lambda values: np.where(values > 0, 30.0, values))(path)
    return [path]


def inside_zip(change):
    """A damage of the netCDF file in a zip file: a function of a `NetcdfFile`."""

    def damage(path):
        with zipfile.ZipFile(path) as packed:
            name = next(n for n in packed.namelist() if "LC-L4-LCCS" in n)
            member = path.parent / name
            member.write_bytes(packed.read(name))
        change(NetcdfFile(member)).write()
        with zipfile.ZipFile(path, "w") as packed:
            packed.write(member, name)
        member.unlink()

    return damage


def workbook(change):
    """A damage of a workbook: a function of its sheet of the budget."""

    def damage(path):
        import warnings

        from openpyxl import load_workbook

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = load_workbook(path, data_only=True)
        change(book["Global Carbon Budget"])
        book.save(path)

    return damage


YEARS, SINK = "B", "G"  # columns of the years and of the sink of land; rows 20 to 79
ROWS = range(20, 80)


def each(column, function, rows=ROWS):
    """A change of the cells of a column of a sheet."""

    def change(sheet):
        for row in rows:
            sheet[f"{column}{row}"] = function(sheet[f"{column}{row}"].value)

    return change


def in_co2(sheet):
    for cell in sheet[1]:
        if cell.value:
            cell.value = "All values in million tonnes of CO2 per year"


def of_columns(sheet):
    for row in ROWS:
        a, b = sheet[f"{YEARS}{row}"], sheet[f"{SINK}{row}"]
        a.value, b.value = b.value, a.value


def points(products, folder):
    """A table of the grid with made positions."""
    with netCDF4.Dataset(products / SMOS_2) as file:
        ids = np.ma.getdata(file["Grid_Point_ID"][:])
    rows = [f"{point},{45 + n % 40},{n % 180}" for n, point in enumerate(ids)]
    path = folder / "grid.csv"
    path.write_text("\n".join(["id,latitude,longitude", *rows]) + "\n")
    return path


MAPS = [
    Case("cdiac", "cdiac_gridded/gridcar.2013", {
        "truncated": numbers(lambda words: words[:-100]),
        "wrong unit": numbers(lambda words: [str(1e3 * float(w)) for w in words]),
        "all missing": numbers(lambda words: ["-9999"] * len(words)),
        "text for numbers": numbers(lambda words: ["abc", *words[1:]]),
        "wrong grid": numbers(lambda words: [*words, "0.0"]),
        "duplicate times": twice,
        "future dates": renamed("2013", "2113"),
    }),
    Case("edgar", "edgar/v6.0_CO2_excl_short-cycle_org_C_2015_TOTALS.5.3x5.1.nc", {
        "truncated": cut,
        "wrong unit": lambda path: NetcdfFile(path).units("emi_co2", "Tonnes").write(),
        "all missing": lambda path: NetcdfFile(path).lose("emi_co2").write(),
        "text for numbers": lambda path: NetcdfFile(path).words("emi_co2").write(),
        "swapped axes": lambda path: NetcdfFile(path).change("lat", lambda v: v + 100.0).write(),
        "wrong grid": lambda path: NetcdfFile(path).change("lat", lambda v: v * 0 + v[0]).write(),
        "duplicate times": twice,
        "future dates": renamed("2015", "2115"),
    }, parts="true"),
    Case("gosif", "gosif/gosif_2001001.tif", {
        "truncated": lambda path: cut(path, 0.1),
        "wrong unit": image(lambda counts: np.where(counts < 32000, counts * 1000, counts)),
        "all missing": image(lambda counts: np.full_like(counts, -2147483648)),
        "swapped axes": image(north=100.0),
        "wrong grid": image(scale=4.0),
        "duplicate times": twice,
        "future dates": renamed("2001", "2101"),
    }),
    Case("clm_surface", CLM, {
        "truncated": cut,
        "wrong unit": lambda path: NetcdfFile(path).change("PCT_SAND", lambda v: v / 100)
        .change("PCT_CLAY", lambda v: v / 100).write(),
        "missing flag": lambda path: NetcdfFile(path).drop("PCT_NATVEG").write(),
        "all missing": lambda path: NetcdfFile(path).change("PCT_SAND", lambda v: v * np.nan)
        .write(),
        "text for numbers": lambda path: NetcdfFile(path).words("PCT_CLAY").write(),
        "swapped axes": lambda path: NetcdfFile(path).change("LATIXY", lambda v: v + 200.0)
        .write(),
        "wrong grid": lambda path: NetcdfFile(path).change("LATIXY", lambda v: v + 30.0).write(),
        "duplicate times": twice,
    }, weather=lambda products, folder: weather(folder, -7.0, -55.0)),
    Case("gsde", "gsde_soil/SAND1.nc", {
        "truncated": cut,
        "wrong unit": lambda path: NetcdfFile(path).units("SAND", "g kg-1").write(),
        "missing flag": lambda path: NetcdfFile(path).drop("lat").write(),
        "all missing": lambda path: NetcdfFile(path).lose("SAND").write(),
        "text for numbers": lambda path: NetcdfFile(path).words("SAND").write(),
        "swapped axes": lambda path: NetcdfFile(path).change("lat", lambda v: v + 100.0).write(),
        "wrong grid": lambda path: NetcdfFile(path).change("lat", lambda v: v - 20.0).write(),
        "duplicate times": twice,
    }, others=clay_of_gsde, weather=lambda products, folder: weather(folder, 37.95, -107.8)),
    Case("hwsd", "hwsd/t_sand.tif", {
        "truncated": cut,
        "wrong unit": image(lambda values: np.where(values > 0, values / 100, values)),
        "all missing": image(lambda values: np.full_like(values, values.min())),
        "swapped axes": image(north=100.0),
        "wrong grid": image(scale=4.0),
        "duplicate times": twice,
    }, others=clay_of_hwsd, weather=lambda products, folder: weather(folder, 33.5, -80.5)),
    Case("esa_cci_lc", "c3s_land_cover/land-cover_LCCS_MAP_300m_2020.zip", {
        "truncated": cut,
        "all missing": inside_zip(lambda file: file.change("lccs_class", lambda v: v * 0)),
        "text for numbers": inside_zip(lambda file: file.words("lccs_class")),
        "missing flag": inside_zip(lambda file: file.drop("lccs_class")),
        "swapped axes": inside_zip(lambda file: file.change("lat", lambda v: v + 100.0)),
        "wrong grid": inside_zip(lambda file: file.change("lat", lambda v: v - 20.0)),
        "duplicate times": twice,
    }, weather=lambda products, folder: weather(folder, 59.9, 0.1)),
    Case("global_carbon_budget", "gcp/Global_Carbon_Budget_2019v1.0.xlsx", {
        "truncated": cut,
        "wrong unit": workbook(in_co2),
        "missing flag": workbook(lambda sheet: sheet.__setitem__(f"{SINK}19", "another")),
        "all missing": workbook(each(SINK, lambda value: None)),
        "text for numbers": workbook(each(SINK, lambda value: "abc", [25])),
        "swapped axes": workbook(of_columns),
        "duplicate times": workbook(each(YEARS, lambda value: 1959, [21])),
        "future dates": workbook(each(YEARS, lambda value: value + 200)),
        "without rows": workbook(lambda sheet: sheet.delete_rows(20, 100)),
    }),
    netcdf_case(
        "smos_l2", SMOS_2, value="Soil_Moisture", time="", flag="Days",
        extra={"future dates": lambda path: NetcdfFile(path).change(
            "Days", lambda v: v + 73000).write()},
        flags="FL_SEA_ICE", grid=points,
    ),
]  # fmt: skip
