"""Soil texture of GSDE, HWSD and the surface data of CLM."""

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
from .cells import SoilReader, Weather, column_variables, land_data, read_weather, soil_variables
from .plant_types import types_of_clm
from .soil import NOTES, mean_to_depth

SAND, CLAY = "sand", "clay"
GIVES = "theta_sat, theta_fc, theta_wp, campbell_b, saturated_conductivity added to a forcing file"
HWSD_NAME = re.compile(r"^[ts]_([a-z_]+?)(?:_usda_tex)?\.(?:tif|tiff|nc4?)$", re.IGNORECASE)
GSDE_OTHERS = ("SILT", "OC", "BD", "GRAV", "TN", "PHH2O", "CEC", "TK", "TP")
HWSD_LAYERS = {"t": "topsoil (0 to 0.3 m)", "s": "subsoil (0.3 to 1 m)"}
HWSD_SPACING = 0.0501  # degrees
# depths of the lower ends of the ten soil layers of CLM (m); CLM5 technical note, table 2.2.3
CLM_BOTTOMS = np.array(
    [0.0175, 0.0451, 0.0906, 0.1655, 0.2891, 0.4929, 0.8289, 1.3828, 2.2961, 3.8019]
)
CLM_NEEDED = ("PCT_SAND", "PCT_CLAY", "LATIXY", "LONGXY")
TYPES_NEEDED = ("PCT_NAT_PFT", "PCT_NATVEG", "PCT_CROP")


@frozen
class Gsde(SoilReader):
    """GSDE, files of sand and of clay; those of the lower layers (SAND2, CLAY2) are optional.

    Args:
        weather, pedotransfer: as of `SoilReader`.
        depth: of the soil whose texture counts (m).
    """

    depth: float = field(default=1.0, validator=in_range(0.01, 3.0))

    title = "GSDE soil texture for Earth system models, 30 arc seconds and coarser"
    gives: ClassVar = {"forcing": GIVES}
    aliases = ("gsde_soil",)
    tried_on = ("SAND1.nc",)
    guide = "Shangguan et al. (2014), J. Adv. Model. Earth Syst. 6, 249-263"

    @classmethod
    def recognise(cls, path: Path) -> str:
        """Quantity of a file of GSDE, else ""."""
        head = netcdf_head(path)
        if head is None or "depth" not in head.variables:
            return ""
        known = [n for n in ("SAND", "CLAY", *GSDE_OTHERS) if n in head.variables]
        return f"GSDE {known[0]}" if known else ""

    def read(self, paths: Sequence[Path], stream: str) -> ImportedData:
        """The forcing file with the properties of the soil.

        Raises:
            InvalidInput: no file of sand or clay, a damaged file, or cells outside the map.
        """
        weather = read_weather(self.weather, paths[0])
        parts: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {SAND: [], CLAY: []}
        axes: dict[str, Axes] = {}
        for path in paths:
            dataset = load(path)
            name = next((n for n in ("SAND", "CLAY") if n in dataset), "")
            if not name:
                raise refusal(path, "other-species", "SAND",
                              f"the file has {', '.join(map(str, dataset.data_vars))}; expected "
                              "SAND or CLAY.")  # fmt: skip
            require_variables(path, dataset, ("lat", "lon", "depth"))
            _require_weight(path, dataset, name)
            bottoms = require_numbers(path, dataset, "depth") * _metres(path, dataset)
            axes[name.lower()] = grid_axes(path, dataset, ("lat", "lon"))
            dataset[name] = with_dimensions(path, dataset, name, ("depth", "lat", "lon"))
            values = require_numbers(path, dataset, name)
            parts[name.lower()].append((bottoms, np.where(values < 0.0, np.nan, values)))
        means = {}
        for name, layers in parts.items():
            if not layers:
                raise _missing(paths[0], name)
            layers.sort(key=lambda part: part[0][0])
            bottoms = np.concatenate([part[0] for part in layers])
            values = np.concatenate([part[1] for part in layers])
            if (np.diff(bottoms) <= 0.0).any():
                raise refusal(paths[0], "duplicate-times", name,
                              f"files of '{name}' have the same layers twice.")  # fmt: skip
            mean = mean_to_depth(values, bottoms, self.depth)
            means[name] = weather.means(paths[0], axes[name], name, mean)
        notes = [
            NOTES[self.pedotransfer],
            f"texture is the mean of the upper {self.depth:g} m, as far as the files reach",
        ]
        variables = soil_variables(means[SAND], means[CLAY], self.pedotransfer)
        return land_data(
            weather, variables, product="GSDE soil texture", version="", notes=notes,
            credits="cite Shangguan et al. (2014)",
        )  # fmt: skip


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
            means[name] = weather.means(path, axes, name, values)
        for name in (SAND, CLAY):
            if name not in means:
                raise _missing(paths[0], name)
        if len(layers) > 1:
            raise refusal(paths[0], "mixed-sources", "",
                          f"the files are of {' and '.join(layers)}; give those of one layer."
                          )  # fmt: skip
        notes = [NOTES[self.pedotransfer], f"texture is that of the {next(iter(layers))}"]
        variables = soil_variables(means[SAND], means[CLAY], self.pedotransfer)
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
            texture = [weather.means(path, axes, name.lower(), mean_to_depth(
                require_numbers(path, dataset, name), CLM_BOTTOMS[: len(dataset[name])], self.depth
            )) for name in ("PCT_SAND", "PCT_CLAY")]  # fmt: skip
            variables |= soil_variables(*texture, self.pedotransfer)
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


def _require_weight(path: Path, dataset: Any, name: str) -> None:
    """Refuse values that are not in per cent of weight."""
    units = str(dataset[name].attrs.get("units", ""))
    if "%" not in units and "percent" not in units.lower():
        raise refusal(path, "wrong-units", name,
                      f"'{name}' is in '{units}'; expected per cent of weight.")  # fmt: skip


def _metres(path: Path, dataset: Any) -> float:
    """Metres of the unit of the depths."""
    units = str(dataset["depth"].attrs.get("units", "")).lower()
    if units in ("cm", "centimeter", "centimeters", "centimetre"):
        return 0.01
    if units in ("m", "meter", "metre", "meters"):
        return 1.0
    raise refusal(path, "wrong-units", "depth", f"'depth' is in '{units}'; expected cm or m.")


def _missing(path: Path, name: str) -> Exception:
    """The error about a map that is not given."""
    return refusal(path, "missing-variable", name,
                   f"no file of {name}; soil properties need sand and clay. Name both files."
                   )  # fmt: skip
