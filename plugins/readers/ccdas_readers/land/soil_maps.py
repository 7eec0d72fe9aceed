"""Soil texture of HWSD and of the surface data of CLM."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from attrs import field, frozen

from ccdas_framework import ImportedData, in_range

from ..forcing.gridded import Axes, grid_axes
from ..netcdf_files import (
    load,
    netcdf_head,
    require_numbers,
    require_variables,
    with_dimensions,
)
from ..refusal import refusal
from ..tiff_files import is_tiff, raster
from .cells import (
    SoilReader,
    Weather,
    column_variables,
    land_data,
    read_weather,
    soil_variables,
    within,
)
from .plant_types import types_of_clm
from .soil import NOTES, mean_to_depth

SAND, CLAY = "sand", "clay"
GIVES = "theta_sat, theta_fc, theta_wp, campbell_b, saturated_conductivity added to a forcing file"
HWSD_NAME = re.compile(r"^[ts]_([a-z_]+?)(?:_usda_tex)?\.(?:tif|tiff|nc4?)$", re.IGNORECASE)
HWSD_LAYERS = {"t": "topsoil (0 to 0.3 m)", "s": "subsoil (0.3 to 1 m)"}
HWSD_SPACING = 0.0501  # degrees
# depths of the lower ends of the ten soil layers of CLM (m); CLM5 technical note, table 2.2.3
CLM_BOTTOMS = np.array(
    [0.0175, 0.0451, 0.0906, 0.1655, 0.2891, 0.4929, 0.8289, 1.3828, 2.2961, 3.8019]
)
CLM_NEEDED = ("PCT_SAND", "PCT_CLAY", "LATIXY", "LONGXY")
TYPES_NEEDED = ("PCT_NAT_PFT", "PCT_NATVEG", "PCT_CROP")


@frozen
class Hwsd(SoilReader):
    """HWSD version 1.2 of the ORNL DAAC, 0.05 degrees: t_sand and t_clay, TIFF or netCDF."""

    title = "HWSD v1.2 soil texture, 0.05 degrees (ORNL DAAC), topsoil or subsoil"
    gives: ClassVar = {"forcing": GIVES}
    tried_on = ("t_sand.tif",)
    guide = "Wieder et al. (2014), Regridded HWSD v1.2, doi:10.3334/ORNLDAAC/1247"

    @classmethod
    def recognise(cls, path: Path) -> str:
        """Quantity of a file with the name of HWSD, else ""."""
        match = HWSD_NAME.match(path.name)
        if match is None or not (is_tiff(path) or netcdf_head(path) is not None):
            return ""
        return f"HWSD {match[1].lower()}"

    def read(self, paths: Sequence[Path], stream: str) -> ImportedData:
        """The forcing file with the properties of the soil.

        Raises:
            InvalidInput: no file of sand or clay, files of two layers, a damaged file, or cells
                outside the map.
        """
        weather = read_weather(self.weather, paths[0])
        means: dict[str, np.ndarray] = {}
        layers: dict[str, None] = {}
        for path in paths:
            match = HWSD_NAME.match(path.name)
            assert match is not None
            name = match[1].lower()
            if name not in (SAND, CLAY):
                raise refusal(path, "other-species", name,
                              f"the file has {name}; expected sand or clay.")  # fmt: skip
            if name in means:
                raise refusal(path, "duplicate-times", name,
                              f"'{name}' occurs twice; give one file of it.")  # fmt: skip
            layers[HWSD_LAYERS[path.name[0].lower()]] = None
            axes, values = self._map(path)
            if np.isfinite(values).any() and not (values > 1.0).any():
                raise refusal(path, "wrong-units", name,
                              f"no value of '{name}' is above 1; expected per cent.")  # fmt: skip
            means[name] = weather.means(path, axes, name, within(values))
        for name in (SAND, CLAY):
            if name not in means:
                raise missing_map(paths[0], name)
        if len(layers) > 1:
            raise refusal(paths[0], "mixed-sources", "",
                          f"the files are of {' and '.join(layers)}; give those of one layer."
                          )  # fmt: skip
        notes = [NOTES[self.pedotransfer], f"texture is that of the {next(iter(layers))}"]
        variables = soil_variables(paths[0], means[SAND], means[CLAY], self.pedotransfer)
        return land_data(
            weather, variables, product="HWSD soil texture", version="1.2", notes=notes,
            credits="FAO/IIASA, HWSD: not for commercial use; cite Wieder et al. (2014)",
        )  # fmt: skip

    def _map(self, path: Path) -> tuple[Axes, np.ndarray]:
        """Axes and values of a file, NaN where missing."""
        if is_tiff(path):
            values, north, west, step = raster(path, HWSD_SPACING)
            latitude = north - (np.arange(values.shape[0]) + 0.5) * step[1]
            longitude = west + (np.arange(values.shape[1]) + 0.5) * step[0]
            axes = Axes(latitude, longitude)
        else:
            dataset = load(path)
            name = next((str(n) for n in dataset.data_vars if HWSD_NAME.match(f"{n}.nc")), "")
            require_variables(path, dataset, (name or "T_SAND", "lat", "lon"))
            axes = grid_axes(path, dataset, ("lat", "lon"))
            dataset[name] = with_dimensions(path, dataset, name, ("lat", "lon"))
            values = require_numbers(path, dataset, name)
        return axes, np.where((values < 0.0) | (values > 1e6), np.nan, values)


@frozen
class ClmSurfaceData(SoilReader):
    """Surface data of CLM (surfdata files): soil texture and natural plant types.

    Args:
        weather, pedotransfer: as of `SoilReader`.
        depth: of the soil whose texture counts (m).
        soil, plants: whether these are taken.
    """

    depth: float = field(default=1.0, validator=in_range(0.01, 4.0))
    soil: bool = True
    plants: bool = True

    title = "surface data of CLM: soil texture and plant types, regular grids and single cells"
    gives: ClassVar = {"forcing": f"{GIVES}; columns of plant functional types"}
    aliases = ("clm_surfdata",)
    tried_on = ("surfdata_1x1_brazil_16pfts_Irrig_CMIP6_simyr2000_c171214.nc",)
    guide = "Lawrence et al. (2018), CLM5 technical note, section 2.2"

    @classmethod
    def recognise(cls, path: Path) -> str:
        """Product of a surface data file, else ""."""
        head = netcdf_head(path)
        known = head is not None and {"LATIXY", "PCT_SAND"} <= set(head.variables)
        return "CLM surface data" if known else ""

    def read(self, paths: Sequence[Path], stream: str) -> ImportedData:
        """The forcing file with soil and columns.

        Raises:
            InvalidInput: several files, an older layout, a damaged file, or cells outside.
        """
        path = paths[0]
        if len(paths) > 1:
            raise refusal(paths[1], "duplicate-times", "", "give one file of surface data.")
        weather = read_weather(self.weather, path)
        dataset = load(path)
        require_variables(path, dataset, CLM_NEEDED)
        axes = _clm_axes(path, dataset)
        variables: dict[str, Any] = {}
        notes: list[str] = []
        if self.soil:
            texture = [weather.means(path, axes, name.lower(), within(mean_to_depth(
                require_numbers(path, dataset, name), CLM_BOTTOMS[: len(dataset[name])], self.depth
            ))) for name in ("PCT_SAND", "PCT_CLAY")]  # fmt: skip
            variables |= soil_variables(path, *texture, self.pedotransfer)
            notes += [NOTES[self.pedotransfer], "texture is the mean of the upper "
                      f"{self.depth:g} m; organic matter is left out"]  # fmt: skip
        if self.plants:
            if missing := [n for n in TYPES_NEEDED if n not in dataset]:
                raise refusal(path, "missing-variable", missing[0],
                              "the file is of CLM4.0 or older, whose plant types have another "
                              "layout. --set plants=false takes the soil alone.")  # fmt: skip
            variables |= column_variables(_clm_types(path, dataset, weather, axes))
            notes.append("plant types are assigned by their names in CLM; each cell keeps its "
                         "three largest types, which take the shares of the others")  # fmt: skip
        return land_data(
            weather, variables, product="CLM surface data",
            version=str(dataset.attrs.get("History_Log", "")), notes=notes,
            credits="NCAR, Community Land Model; cite Lawrence et al. (2018)",
        )  # fmt: skip


def _clm_axes(path: Path, dataset: Any) -> Axes:
    """Axes of a regular grid from the coordinates of its cells."""
    north, east = (require_numbers(path, dataset, n) for n in ("LATIXY", "LONGXY"))
    if north.ndim != 2 or np.ptp(north, axis=1).max() > 1e-3 or np.ptp(east, axis=0).max() > 1e-3:
        raise refusal(path, "wrong-grid", "LATIXY",
                      "the cells are no regular grid of latitudes and longitudes.")  # fmt: skip
    flat = dataset[[]].assign(lat=("lat", north[:, 0]), lon=("lon", east[0]))
    return grid_axes(path, flat, ("lat", "lon"))


def _clm_types(path: Path, dataset: Any, weather: Weather, axes: Axes) -> list[np.ndarray]:
    """Share of each plant functional type of each cell, (13,) each.

    Raises:
        InvalidInput: types that do not sum to 1, or a cell without them.
    """
    natural, vegetated, crop = (
        0.01 * require_numbers(path, dataset, name) for name in TYPES_NEEDED
    )
    total = natural.sum(axis=0)
    if not np.isfinite(total).any():
        raise refusal(path, "all-missing", "PCT_NAT_PFT", "'PCT_NAT_PFT' has no value.")
    if np.abs(total[np.isfinite(total)] - 1.0).max() > 0.01:
        raise refusal(path, "wrong-units", "PCT_NAT_PFT",
                      f"the natural types sum to {100.0 * np.nanmax(total):.4g} %; expected 100."
                      )  # fmt: skip
    shares = []
    for rows, columns in weather.blocks(path, axes):
        at = np.ix_(rows, columns)
        part = (natural[:, rows][:, :, columns] * vegetated[at]).mean(axis=(1, 2))
        share = types_of_clm(part, float(crop[at].mean()))
        if not np.isfinite(share).all():
            north, east = weather.latitude[len(shares)], weather.longitude[len(shares)]
            raise refusal(path, "missing-values", "PCT_NAT_PFT",
                          f"plant types are missing in the cell at {north:.2f} N {east:.2f} E of "
                          f"{weather.path.name}.")  # fmt: skip
        shares.append(share)
    return shares


def missing_map(path: Path, name: str) -> Exception:
    """The error about a map that is not given."""
    return refusal(path, "missing-variable", name,
                   f"no file of {name}; soil properties need sand and clay. Name both files."
                   )  # fmt: skip
