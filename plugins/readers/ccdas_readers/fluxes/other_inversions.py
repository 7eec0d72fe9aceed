"""Fluxes of the inversions of CAMS and CarboScope."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from attrs import evolve, frozen

from ccdas_framework import ImportedData, ProductReader

from ..checks import require_distinct
from ..netcdf_files import (
    load,
    moments,
    netcdf_head,
    require_numbers,
    require_variables,
    with_dimensions,
)
from ..refusal import refusal
from .flux_maps import KG_PER_PGC, cell_areas
from .inversions import (
    FOSSIL,
    LAND,
    OCEAN,
    SECONDS_PER_YEAR,
    MonthlyFluxes,
    ascending,
    in_carbon,
    inversion_data,
    wanted_fluxes,
)

GIVES: Mapping[str, str] = {
    "fluxes": "prescribed fossil and ocean fluxes, kgC m-2 s-1, monthly",
    "reference": "land flux with fires by rows of latitude, PgC yr-1, monthly",
}
CAMS = {LAND: "flux_apos_bio", OCEAN: "flux_apos_ocean", FOSSIL: "flux_foss"}
CAMS_MONTH = re.compile(r"(?<!\d)((?:19|20)\d{2})(0[1-9]|1[0-2])(?!\d)")
CAMS_VERSION = re.compile(r"(?<![A-Za-z])(?:FT)?v?\d{2}r\d(?!\d)", re.IGNORECASE)
A_MONTH = re.compile(r"\s*(?:months?\s*-1|/\s*month|per\s+month)\b", re.IGNORECASE)
SCOPE = {LAND: "co2flux_land", OCEAN: "co2flux_ocean", FOSSIL: "co2flux_subt"}
SCOPE_VERSION = re.compile(r"\w*?_?v20\d{2}\w?(?=[._])|v20\d{2}\w?")
SCOPE_UNITS = ("PgC/yr", "PgC yr-1", "PgC/year")
AREA, MOMENT = "dxyp", "mtime"
LARGEST_DIFFERENCE = 0.02  # of the area of the globe; a choice


@frozen
class CamsInversion(ProductReader):
    """Monthly posterior fluxes of the inversion of CAMS, one file a month."""

    title = "CAMS inversion of CO2, monthly surface fluxes (co2_flux_surface_mm)"
    gives: ClassVar = GIVES
    guide = (
        "Chevallier (2023), CAMS documentation of the CO2 inversion, ads.atmosphere.copernicus.eu"
    )

    @classmethod
    def recognise(cls, path: Path) -> str:
        """Version of a file of posterior fluxes, else ""."""
        head = netcdf_head(path)
        if head is None or "flux_apos_bio" not in head.variables:
            return ""
        return f"CAMS inversion of CO2 {_first(CAMS_VERSION, path.name)}".strip()

    def read(self, paths: Sequence[Path], stream: str) -> ImportedData:
        """Monthly fluxes of the files.

        Raises:
            InvalidInput: a name without a month, another unit or grid, months with gaps, or fluxes
                that cannot be.
        """
        parts = [self._fluxes(path, wanted_fluxes(stream)) for path in paths]
        versions = {v: None for path in paths if (v := _first(CAMS_VERSION, path.name))}
        return inversion_data(
            parts, stream, product="CAMS inversion of CO2", version=", ".join(versions),
            credits="contains modified Copernicus Atmosphere Monitoring Service information",
            notes=["months are those of the file names", "the flux of land contains fires"],
            fires=True,
        )  # fmt: skip

    def _fluxes(self, path: Path, wanted: Sequence[str]) -> MonthlyFluxes:
        """Fluxes of a file.

        Raises:
            InvalidInput: no month in the name, a missing flux or axis, or another unit.
        """
        named = CAMS_MONTH.findall(path.name)
        if not named:
            raise refusal(path, "missing-time", "", "the name of the file has no month such as "
                          "201905, and the file has no time. Keep the name of the product."
                          )  # fmt: skip
        month = np.array(["-".join(named[-1])], dtype="datetime64[M]")
        dataset = load(path)
        axes = ("latitude", "longitude")
        require_variables(path, dataset, (*axes, *(CAMS[flux] for flux in wanted)))
        seconds = _seconds(month[0])
        fluxes = {}
        for flux in wanted:
            name = CAMS[flux]
            array = dataset[name] = with_dimensions(path, dataset, name, axes)
            units = str(array.attrs.get("units", "")).replace("^", "").replace("**", "")
            values = require_numbers(path, dataset, name)[None]
            if A_MONTH.search(units):
                values, units = values / seconds, A_MONTH.sub(" s-1", units)
            fluxes[flux] = in_carbon(path, name, values, units)
        return ascending(path, month, *(dataset[n].values for n in axes), fluxes)


@frozen
class CarboScope(ProductReader):
    """Daily or monthly fluxes of the inversion CarboScope of Jena."""

    title = "CarboScope of Jena, daily and monthly fluxes in netCDF"
    gives: ClassVar = GIVES
    guide = (
        "Rödenbeck (2005), Technical report 6 of the MPI for Biogeochemistry, and CarboScope pages"
    )

    @classmethod
    def recognise(cls, path: Path) -> str:
        """Version of a file of fluxes, else ""."""
        head = netcdf_head(path)
        if head is None or SCOPE[LAND] not in head.variables or AREA not in head.variables:
            return ""
        return f"CarboScope {_first(SCOPE_VERSION, path.name)}".strip()

    def read(self, paths: Sequence[Path], stream: str) -> ImportedData:
        """Monthly fluxes of the files.

        Raises:
            InvalidInput: another unit or grid, months with gaps, or fluxes that cannot be.
        """
        parts = [self._fluxes(path, wanted_fluxes(stream)) for path in paths]
        versions = {v: None for path in paths if (v := _first(SCOPE_VERSION, path.name))}
        return inversion_data(
            parts, stream, product="CarboScope", version=", ".join(versions),
            credits="CarboScope, Max Planck Institute for Biogeochemistry; cite as its page asks",
            notes=["months are means of their days; months that the file begins or ends within "
                   "are left out", "the flux of land contains fires",
                   f"fossil emissions are {SCOPE[FOSSIL]}, the prescribed flux"],
            fires=True,
        )  # fmt: skip

    def _fluxes(self, path: Path, wanted: Sequence[str]) -> MonthlyFluxes:
        """Fluxes of a file, sums of cells divided by their area.

        Raises:
            InvalidInput: a missing flux or axis, another unit, days with the time of their end, or
                areas of another grid.
        """
        dataset = load(path)
        axes = ("lat", "lon")
        require_variables(path, dataset, (MOMENT, *axes, AREA, *(SCOPE[f] for f in wanted)))
        times = moments(path, dataset, MOMENT)
        require_distinct(path, times, MOMENT)
        months, of = np.unique(times.astype("datetime64[M]"), return_inverse=True)
        number = np.bincount(of)
        complete = np.ones(len(months), dtype=bool)
        if len(times) > len(months):
            days = np.diff(np.append(months, months[-1:] + 1).astype("datetime64[D]")).astype(int)
            complete = number >= days
            _require_no_ends(path, times)
        if not complete.any():
            raise refusal(path, "missing-days", MOMENT, "no month has all of its days.")
        dataset[AREA] = with_dimensions(path, dataset, AREA, axes)
        area = require_numbers(path, dataset, AREA)
        fluxes = {}
        for flux in wanted:
            name = SCOPE[flux]
            array = dataset[name] = with_dimensions(path, dataset, name, (MOMENT, *axes))
            units = str(array.attrs.get("units", "")).strip()
            if units not in SCOPE_UNITS:
                raise refusal(path, "wrong-units", name,
                              f"'{name}' is in '{units}'; expected PgC/yr of each cell."
                              )  # fmt: skip
            values = require_numbers(path, dataset, name)
            sums = np.zeros((len(months), *values.shape[1:]))
            np.add.at(sums, of, values)
            mean = (sums / number[:, None, None])[complete]
            per_area = mean * KG_PER_PGC / SECONDS_PER_YEAR / area
            fluxes[flux] = in_carbon(path, name, per_area, "kgC m-2 s-1")
        out = ascending(path, months[complete], *(dataset[n].values for n in axes), fluxes)
        even = cell_areas(path, out.latitude, out.longitude).sum()
        if abs(area.sum() / even - 1.0) > LARGEST_DIFFERENCE:
            raise refusal(path, "wrong-grid", AREA,
                          f"the areas sum to {area.sum():.4g} m2; expected {even:.4g} m2 of the "
                          "rows and columns.")  # fmt: skip
        left = int(number[~complete].sum()) * area.size
        return evolve(out, dropped={"day of a month without all days": left} if left else {})


def _require_no_ends(path: Path, times: np.ndarray) -> None:
    """Refuse days whose time is midnight after them, 24:00, which would shift the months.

    Raises:
        InvalidInput: all times are midnights, and the first is that of the second of a month.
    """
    days = times.astype("datetime64[D]")
    first = days.min()
    if (times == days).all() and (first - first.astype("datetime64[M]")).astype(int) == 1:
        raise refusal(path, "wrong-time", MOMENT,
                      f"the days begin at {first}, 00:00, which may be the end of the day before; "
                      "expected a time within each day.")  # fmt: skip


def _seconds(month: Any) -> float:
    """Seconds of a month, datetime64[M]."""
    return float(((month + 1).astype("datetime64[s]") - month.astype("datetime64[s]")).astype(int))


def _first(pattern: re.Pattern[str], text: str) -> str:
    """First match of a pattern, else ""."""
    match = pattern.search(text)
    return match[0] if match else ""
