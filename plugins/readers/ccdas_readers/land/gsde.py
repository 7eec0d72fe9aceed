"""Soil texture of GSDE, read in parts because its maps have 30 arc seconds."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from attrs import field, frozen

from ccdas_framework import ImportedData, in_range

from ..forcing.gridded import Axes, grid_axes
from ..netcdf_files import (
    lazily,
    netcdf_head,
    part_of,
    require_numbers,
    require_variables,
    with_dimensions,
)
from ..refusal import refusal
from .cells import SoilReader, land_data, read_weather, soil_variables
from .soil import NOTES, mean_to_depth
from .soil_maps import CLAY, GIVES, SAND, missing_map

GSDE_OTHERS = ("SILT", "OC", "BD", "GRAV", "TN", "PHH2O", "CEC", "TK", "TP")


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
        means = {}
        with ExitStack() as until_end:
            layers: dict[str, list[_Layers]] = {SAND: [], CLAY: []}
            for path in paths:
                opened = _gsde_layers(path, until_end.enter_context(lazily(path)))
                layers[str(opened.array.name).lower()].append(opened)
            for name, of_quantity in layers.items():
                if not of_quantity:
                    raise missing_map(paths[0], name)
                of_quantity.sort(key=lambda part: float(part.bottoms[0]))
                bottoms = np.concatenate([each.bottoms for each in of_quantity])
                if (np.diff(bottoms) <= 0.0).any():
                    raise refusal(paths[0], "duplicate-times", name,
                                  f"files of '{name}' have the same layers twice."
                                  )  # fmt: skip
                mean = partial(_mean_of_layers, of_quantity, bottoms, self.depth)
                means[name] = weather.means(paths[0], of_quantity[0].axes, name, mean)
        notes = [
            NOTES[self.pedotransfer],
            f"texture is the mean of the upper {self.depth:g} m, as far as the files reach",
        ]
        variables = soil_variables(paths[0], means[SAND], means[CLAY], self.pedotransfer)
        return land_data(
            weather, variables, product="GSDE soil texture", version="", notes=notes,
            credits="cite Shangguan et al. (2014)",
        )  # fmt: skip


@frozen(eq=False)
class _Layers:
    """A file of GSDE, whose values are not read yet.

    Args:
        path: of the file.
        array: per cent of weight, over (depth, lat, lon).
        bottoms: lower ends of its layers (m), shape (depth,).
        axes: of the map.
    """

    path: Path
    array: Any
    bottoms: np.ndarray
    axes: Axes


def _gsde_layers(path: Path, dataset: Any) -> _Layers:
    """Layers of a file of GSDE.

    Raises:
        InvalidInput: no sand or clay, or another unit or grid.
    """
    name = next((n for n in ("SAND", "CLAY") if n in dataset), "")
    if not name:
        raise refusal(path, "other-species", "SAND",
                      f"the file has {', '.join(map(str, dataset.data_vars))}; expected SAND or "
                      "CLAY.")  # fmt: skip
    require_variables(path, dataset, ("lat", "lon", "depth"))
    _require_weight(path, dataset, name)
    bottoms = require_numbers(path, dataset, "depth") * _metres(path, dataset)
    axes = grid_axes(path, dataset, ("lat", "lon"))
    return _Layers(
        path, with_dimensions(path, dataset, name, ("depth", "lat", "lon")), bottoms, axes
    )


def _mean_of_layers(
    layers: Sequence[_Layers], bottoms: np.ndarray, depth: float, rows: np.ndarray,
    columns: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """Mean to a depth (per cent) of a part of the map, shape (row, column)."""
    parts = [part_of(each.path, each.array, {"lat": rows, "lon": columns}) for each in layers]
    values = np.concatenate(parts)
    return mean_to_depth(np.where(values < 0.0, np.nan, values), bottoms, depth)


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
