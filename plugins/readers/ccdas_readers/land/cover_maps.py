"""Land cover of the ESA CCI and of C3S as plant functional types."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import numpy as np
from attrs import frozen

from ccdas_framework import ImportedData

from ..forcing.gridded import grid_axes
from ..netcdf_files import lazily, netcdf_head, part_of, require_variables, with_dimensions
from ..refusal import refusal
from ..zip_files import member_names
from .cells import LandReader, column_variables, land_data, read_weather
from .plant_types import CCI, types_of_cci

CLASS = "lccs_class"
AXES = ("lat", "lon")
NO_DATA = 0


@frozen
class EsaCciLandCover(LandReader):
    """Annual land cover maps of the ESA CCI and of C3S, netCDF or the zip file of C3S."""

    title = "ESA CCI and C3S land cover, annual maps of LCCS classes (of real files, sea alone)"
    gives: ClassVar = {"forcing": "columns of plant functional types, added to a forcing file"}
    aliases = ("c3s_land_cover",)
    guide = "Poulter et al. (2015), Geosci. Model Dev. 8, 2315-2328; C3S land cover user guide"

    @classmethod
    def recognise(cls, path: Path) -> str:
        """Product of a map or its zip file, else ""."""
        if (names := member_names(path)) is not None:
            return "land cover, zip" if any("LC-L4-LCCS" in name for name in names) else ""
        head = netcdf_head(path)
        return "ESA CCI or C3S land cover" if head is not None and CLASS in head.variables else ""

    def read(self, paths: Sequence[Path], stream: str) -> ImportedData:
        """The forcing file with columns.

        Raises:
            InvalidInput: several files, a damaged file, unknown classes, or cells outside.
        """
        path = paths[0]
        if len(paths) > 1:
            raise refusal(paths[1], "duplicate-times", "", "give one map of one year.")
        weather = read_weather(self.weather, path)
        climates = weather.climates()
        counts = []
        with _unpacked(path) as member, lazily(member) as dataset:
            version = str(dataset.attrs.get("product_version", ""))
            require_variables(path, dataset, (CLASS, *AXES))
            axes = grid_axes(path, dataset, AXES)
            array = with_dimensions(path, dataset, CLASS, AXES)
            for rows, columns in weather.blocks(path, axes):
                part = part_of(path, array, dict(zip(AXES, (rows, columns), strict=True)))
                numbers = np.where(np.isfinite(part), part, NO_DATA).astype(int)
                number, count = np.unique(numbers, return_counts=True)
                counts.append(dict(zip(number.tolist(), count.tolist(), strict=True)))
        classes = {number for each in counts for number in each}
        if unknown := sorted(classes - set(CCI)):
            raise refusal(path, "wrong-version", CLASS,
                          f"'{CLASS}' has the classes {', '.join(map(str, unknown[:10]))}, which "
                          "the legend of 22 classes and their parts lacks.")  # fmt: skip
        if classes == {NO_DATA}:
            raise refusal(path, "all-missing", CLASS,
                          f"the map has no data in the cells of {weather.path.name}."
                          )  # fmt: skip
        shares = []
        for each, climate in zip(counts, climates, strict=True):
            total = max(sum(n for number, n in each.items() if number != NO_DATA), 1)
            shares.append(types_of_cci(
                {number: n / total for number, n in each.items() if number != NO_DATA}, climate
            ))  # fmt: skip
        bare = sum(not each.any() for each in shares)
        return land_data(
            weather, column_variables(shares), product="ESA CCI and C3S land cover",
            version=version, notes=[
                "plants of a class are those of Poulter et al. (2015); trees are tropical where "
                "the coldest month of the weather has 15.5 degC",
                "each cell keeps its three largest types, which take the shares of the others",
                *([f"{bare} cells have no vegetation, such as water"] if bare else []),
            ], credits="ESA CCI and C3S land cover, UCLouvain; see the licence of the file",
        )  # fmt: skip


@contextmanager
def _unpacked(path: Path) -> Iterator[Path]:
    """The netCDF file itself, or that of its zip file in a temporary folder."""
    if not zipfile.is_zipfile(path):
        yield path
        return
    with TemporaryDirectory() as folder, zipfile.ZipFile(path) as packed:
        name = next(n for n in packed.namelist() if "LC-L4-LCCS" in n)
        try:
            yield Path(packed.extract(name, folder))
        except zipfile.BadZipFile as cause:
            raise _damaged(path, cause) from cause


def _damaged(path: Path, cause: Any) -> Exception:
    return refusal(path, "unreadable-file", "",
                   f"the zip file cannot be read ({cause}). Download it again.")  # fmt: skip
