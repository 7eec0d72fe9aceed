"""Fossil emissions of CDIAC and EDGAR."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
from attrs import frozen

from ccdas_framework import ImportedData, ProductReader, convert_units

from ..checks import require_on_earth
from ..netcdf_files import load, netcdf_head, require_numbers, require_variables
from ..refusal import refusal
from ..text_files import head, raw_bytes
from .flux_maps import AnnualMap, cell_areas, flux_data, seconds_of

CDIAC_ROWS, CDIAC_COLUMNS = 180, 360
KG_PER_TG = 1e9
YEAR_OF_CDIAC = re.compile(r"\.(\d{4})$")
EDGAR_NAME = re.compile(r"^(v?[\d.]+(?:_FT\d{4})?)_.*?_(\d{4})_")
NUMBER = re.compile(r"[-+\d.]+(?:[eE][-+]?\d+)?")
CLOSE = 0.03  # relative difference of the sum of a map from its total


@frozen
class Cdiac(ProductReader):
    """CDIAC NDP-058, annual maps of one degree, one file a year (gridcar.YYYY)."""

    title = "CDIAC fossil CO2 (NDP-058), 1 degree, annual"
    gives: ClassVar = {"fluxes": "fossil emissions, kgC m-2 s-1, monthly"}
    aliases = ("cdiac_gridded",)
    tried_on = ("gridcar.2013",)
    guide = "Andres, Boden and Marland (2016), doi:10.3334/CDIAC/ffe.ndp058.2016"

    @classmethod
    def recognise(cls, path: Path) -> str:
        """Product of a list of numbers with the name of CDIAC, else ""."""
        if not path.name.startswith("gridcar") or YEAR_OF_CDIAC.search(path.name) is None:
            return ""
        return "CDIAC annual fossil CO2" if head(path).strip() else ""

    def read(self, paths: Sequence[Path], stream: str) -> ImportedData:
        """Fossil emissions of the years of the files.

        Raises:
            InvalidInput: a damaged file, or years that do not follow each other.
        """
        maps = [self._map(path) for path in paths]
        return flux_data(
            maps, product="CDIAC NDP-058 annual fossil CO2", version="2016",
            notes=["masses of a cell (TgC yr-1) are divided by its area"],
            credits="CDIAC, free to use with citation of Andres, Boden and Marland (2016)",
        )  # fmt: skip

    def _map(self, path: Path) -> AnnualMap:
        """Emissions of one file: rows from 90 N, columns from 180 W, one number a line."""
        match = YEAR_OF_CDIAC.search(path.name)
        assert match is not None
        words = raw_bytes(path).decode("latin-1").split()
        count = CDIAC_ROWS * CDIAC_COLUMNS
        if len(words) != count:
            raise refusal(
                path, "truncated-file" if len(words) < count else "wrong-grid", "",
                f"the file has {len(words)} numbers; expected {count} of a map of one degree.",
            )  # fmt: skip
        try:
            masses = np.array(words, dtype=float)
        except ValueError as cause:
            raise refusal(path, "not-numeric", "", f"the file has text: {cause}.") from cause
        masses = masses.reshape(CDIAC_ROWS, CDIAC_COLUMNS)[::-1]  # south to north
        masses = np.where(masses < -1.0, np.nan, masses)
        latitude = np.arange(-89.5, 90.0)
        longitude = np.arange(-179.5, 180.0)
        year = int(match[1])
        areas = cell_areas(path, latitude, longitude)
        return AnnualMap(path, year, latitude, longitude,
                         masses * KG_PER_TG / areas / seconds_of(year))  # fmt: skip


@frozen
class Edgar(ProductReader):
    """EDGAR annual flux maps of CO2, one file a year.

    Args:
        parts: whether a map is read whose sum is not the total that it states, such as one of
            fewer cells.
    """

    parts: bool = False

    title = "EDGAR CO2 emissions, annual flux maps (v5 to v8)"
    gives: ClassVar = {"fluxes": "fossil emissions, kgC m-2 s-1, monthly"}
    tried_on = ("v6.0_CO2_excl_short-cycle_org_C_2015_TOTALS.5.3x5.1.nc",)
    guide = "Crippa et al. (2021), EDGAR v6.0; JRC data catalogue"

    @classmethod
    def recognise(cls, path: Path) -> str:
        """Product and species of a map of EDGAR, else ""."""
        opened = netcdf_head(path)
        if opened is None or not {"lat", "lon"} <= set(opened.variables):
            return ""
        keys = ("source", "title", "description")
        text = " ".join(str(opened.attributes.get(key, "")) for key in keys)
        others = ("fluxes", "emissions")
        names = [n for n in opened.variables if n.startswith("emi_") or n in others]
        if "edgar" not in text.lower() or not names:
            return ""
        return f"EDGAR {names[0].removeprefix('emi_').upper()} emissions"

    def read(self, paths: Sequence[Path], stream: str) -> ImportedData:
        """Fossil emissions of the years of the files.

        Raises:
            InvalidInput: another species, a damaged file, or a map that is a part of its product.
        """
        notes: list[str] = []
        maps = [self._map(path, notes) for path in paths]
        found = [m[1] for path in paths if (m := EDGAR_NAME.match(path.name)) is not None]
        return flux_data(
            maps, product="EDGAR CO2 emissions", version=", ".join(dict.fromkeys(found)),
            notes=notes, credits="EDGAR, European Commission JRC, CC BY 4.0",
        )  # fmt: skip

    def _map(self, path: Path, notes: list[str]) -> AnnualMap:
        """Emissions of one file, with longitudes in ascending order."""
        dataset = load(path)
        names = [str(n) for n in dataset.data_vars if str(n).startswith("emi_")]
        name = names[0] if names else next((n for n in ("fluxes", "emissions") if n in dataset), "")
        require_variables(path, dataset, (name, "lat", "lon"))
        attributes = dataset[name].attrs
        species = name.removeprefix("emi_")
        if not name.startswith("emi_"):
            species = str(attributes.get("substance", "co2" if "CO2" in path.name else "unknown"))
        if species.lower() != "co2":
            message = f"the map has emissions of {species}, not of CO2."
            raise refusal(path, "other-species", species, message)
        match = EDGAR_NAME.match(path.name)
        if match is None:
            raise refusal(
                path, "missing-variable", "year",
                "the name of the file has no version and year, such as v6.0_CO2_..._2015_TOTALS.",
            )  # fmt: skip
        if dataset[name].dims != ("lat", "lon"):
            dataset[name] = dataset[name].transpose("lat", "lon")
        plain = require_numbers(path, dataset, name)
        units = str(attributes.get("units", "not stated"))
        if units.replace(" ", "") not in ("kgm-2s-1", "kg/m2/s"):
            raise refusal(path, "wrong-units", name,
                          f"'{name}' is in '{units}'; expected kg m-2 s-1 of CO2.")  # fmt: skip
        flux = convert_units(plain, "kgCO2 m-2 s-1", "kgC m-2 s-1")
        latitude, longitude = (dataset[n].values.astype(float) for n in ("lat", "lon"))
        require_on_earth(path, latitude, longitude, name)
        if latitude[0] > latitude[-1]:
            latitude, plain, flux = latitude[::-1], plain[::-1], flux[::-1]
        year = int(match[2])
        stated = NUMBER.search(str(attributes.get(f"total_{name}", "")))
        notes.append(f"{path.name}: mass of CO2 is converted to that of carbon")
        if stated is not None:
            areas = cell_areas(path, latitude, longitude)
            total = float((plain * areas).sum()) * seconds_of(year)
            if abs(total / float(stated[0]) - 1.0) > CLOSE:
                if not self.parts:
                    raise refusal(
                        path, "wrong-grid", name,
                        f"the map sums to {total:.3g} kg of CO2 a year and states a total of "
                        f"{float(stated[0]):.3g}: cells are missing or thinned out. Give the whole "
                        "map, or --set parts=true.",
                    )  # fmt: skip
                share = total / float(stated[0])
                notes.append(f"{path.name} is a part of its product: its sum is {share:.3g} times "
                             "the total that it states")  # fmt: skip
        return AnnualMap(path, year, latitude, longitude, flux)
