"""CRU TS: monthly climate of land as daily forcing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from attrs import field, frozen
from attrs.validators import optional

from ccdas_framework import ImportedData, in_range

from ..netcdf_files import load, moments, netcdf_head, values_in, with_dimensions
from ..refusal import refusal
from ..settings import only_numbers, several
from .gridded import MOST, GridReader, GridSeries, cells_with_values, grid_forcing
from .monthly import days_of_months, light_under_clouds, on_wet_days, smooth_days
from .signs import NOISE, not_negative, require_order

# variable -> unit in which it is read; rain is the sum of a month
VARIABLES = {
    "tmp": "degC", "tmn": "degC", "tmx": "degC", "dtr": "degC", "pre": "mm", "wet": "days",
    "vap": "Pa", "cld": "1",
}  # fmt: skip
OTHERS = {"pet": "potential evapotranspiration", "frs": "frost days"}
PER_MONTH = ("pre", "wet")
DIFFERENCES = ("dtr",)
AXES = ("lat", "lon")
SPACING = (0.5, 0.5)  # degrees, of the product; a thinned file has cells of this size too
VERSION = re.compile(r"CRU[ _]TS[ _v]*(\d[\d.]*\d)", re.IGNORECASE)


@frozen
class CruTs(GridReader):
    """CRU TS monthly fields, one variable a file, netCDF or gzip of it.

    Args:
        years: first and last calendar year that are read; all by default.
        diurnal_range: range of temperature of a day (K) where the files give neither `dtr` nor
            `tmn` and `tmx`.
        box: as of `GridReader`.
    """

    years: tuple[int, ...] = field(default=(), converter=several, validator=only_numbers)
    diurnal_range: float | None = field(default=None, validator=optional(in_range(0.0, 40.0)))

    title = "CRU TS monthly climate, versions 3 and 4 (of real files, tmp, pre and wet were tried)"
    gives: ClassVar = {"forcing": "daily weather from months: tasmin, tasmax, pr, rsds, vp"}
    tried_on = (
        "cru_ts4.04.1901.2019.tmp.dat.nc", "cru_ts4.04.1901.2019.pre.dat.nc",
        "cru_ts4.06.1901.2021.wet.dat.nc.gz",
    )  # fmt: skip
    guide = "Harris et al. (2020), Sci. Data 7, 109; crudata.uea.ac.uk"

    @classmethod
    def recognise(cls, path: Path) -> str:
        """Version and variables of a file of CRU TS, else ""."""
        head = netcdf_head(path)
        if head is None:
            return ""
        match = VERSION.search(str(head.attributes.get("title", "")))
        names = [n for n in (*VARIABLES, *OTHERS) if n in head.variables]
        return f"CRU TS {match[1]} {', '.join(names)}" if match and names else ""

    def read(self, paths: Sequence[Path], stream: str) -> ImportedData:
        """Daily weather over the months that all variables have.

        Raises:
            InvalidInput: a damaged file, grids that differ, no common month, or no variable.
        """
        grid, versions = GridSeries(self.box), dict[str, None]()
        for path in paths:
            dataset = load(path)
            match = VERSION.search(str(dataset.attrs.get("title", "")))
            versions[match[1] if match else ""] = None
            names = [n for n in VARIABLES if n in dataset]
            if not names:
                held = ", ".join(f"{n} ({OTHERS[n]})" for n in OTHERS if n in dataset)
                raise refusal(path, "missing-variable", "tmp",
                              f"the file has {held or 'no variable of the product'}; expected one "
                              f"of {', '.join(VARIABLES)}.")  # fmt: skip
            part = grid.cut(path, dataset, AXES)
            months = moments(path, part, "time").astype("datetime64[M]")
            chosen = self._chosen(path, months)
            part = part.isel(time=chosen)
            for name in names:
                part[name] = with_dimensions(path, part, name, ("time", *AXES))
                values = _monthly(path, part, name)
                grid.add(name, months[chosen].astype("datetime64[s]"), values)
        path = paths[0]
        series = grid.joined(path)
        present = cells_with_values(path, series)
        common, values = _common(path, series, present)
        assert grid.axes is not None
        notes = ["values of days are made from months: temperature, vapour pressure and clouds "
                 "change smoothly and keep the means of months"]  # fmt: skip
        daily = self._daily(path, values, common, grid.axes.cells()[0][present], notes)
        return grid_forcing(
            path, daily, days_of_months(common), grid.axes, present, SPACING,
            product="CRU TS, monthly", version=", ".join(versions), notes=notes,
            credits="CRU TS, Open Government Licence; Harris et al. (2020)",
        )  # fmt: skip

    def _chosen(self, path: Path, months: np.ndarray) -> np.ndarray:
        """Whether a month is read."""
        if not self.years:
            return np.ones(len(months), dtype=bool)
        year = months.astype("datetime64[Y]").astype(int) + 1970
        chosen = (year >= int(self.years[0])) & (year <= int(self.years[-1]))
        if not chosen.any():
            raise refusal(path, "missing-days", "years",
                          f"the file has {months[0]} to {months[-1]}, and none of the years "
                          f"{self.years[0]} to {self.years[-1]}.")  # fmt: skip
        return np.asarray(chosen)

    def _daily(
        self, path: Path, values: Mapping[str, np.ndarray], months: np.ndarray, north: np.ndarray,
        notes: list[str],
    ) -> dict[str, np.ndarray]:  # fmt: skip
        """Daily variables of the framework, (day, cell) each."""
        days = days_of_months(months)
        if len(days) * len(north) > MOST:
            raise refusal(
                path, "too-many-values", "box",
                f"{len(days)} days of {len(north)} cells are too many for one file. Choose a part "
                "by --set box=[SOUTH, NORTH, WEST, EAST] and --set years=FIRST,LAST.",
            )  # fmt: skip
        out: dict[str, np.ndarray] = {}
        if (extremes := self._extremes(path, values, notes)) is not None:
            lowest, highest = (smooth_days(part, months) for part in extremes)
            out |= {"tasmin": lowest, "tasmax": np.maximum(highest, lowest)}
        if "pre" in values:
            out["pr"] = on_wet_days(values["pre"], values.get("wet"), months)
            notes.append(
                "rain falls evenly on the wet days of a month, which have equal distances"
                if "wet" in values
                else "rain is the same on each day of a month, because the files lack wet days"
            )
        if "vap" in values:
            out["vp"] = np.maximum(smooth_days(values["vap"], months), 0.0)
        if "cld" in values:
            cover = np.clip(smooth_days(values["cld"], months), 0.0, 1.0)
            out["rsds"] = light_under_clouds(cover, north, days)
            notes.append("rsds is that of FAO-56 with sunshine as the share without cloud")
        if not out:
            raise refusal(path, "missing-variable", "pre",
                          f"{', '.join(values)} alone gives no forcing; wet days need `pre`."
                          )  # fmt: skip
        return out

    def _extremes(
        self, path: Path, values: Mapping[str, np.ndarray], notes: list[str]
    ) -> tuple[np.ndarray, np.ndarray] | None:
        """Monthly means of the daily extremes of temperature (degC)."""
        if {"tmn", "tmx"} <= set(values):
            return values["tmn"], values["tmx"]
        if "tmp" not in values:
            return None
        if "dtr" in values:
            return values["tmp"] - 0.5 * values["dtr"], values["tmp"] + 0.5 * values["dtr"]
        if self.diurnal_range is None:
            raise refusal(
                path, "missing-variable", "dtr",
                "'tmp' gives no daily extremes. Add the file of 'dtr', or those of 'tmn' and "
                "'tmx', or --set diurnal_range=K.",
            )  # fmt: skip
        notes.append(f"the range of temperature of a day is {self.diurnal_range:g} K everywhere")
        half = 0.5 * self.diurnal_range
        return values["tmp"] - half, values["tmp"] + half


def _monthly(path: Path, part: Any, name: str) -> np.ndarray:
    """Values of a variable; sums and counts of a month have no "per month" in some versions."""
    units = VARIABLES[name]
    stated = str(part[name].attrs.get("units", "")).strip()
    if name in PER_MONTH:
        part[name].attrs["units"] = stated.replace("/month", "").replace("month-1", "").strip()
    if name == "cld":
        part[name].attrs["units"] = "%" if stated.startswith("percent") else stated
    return values_in(path, part, name, units, difference=name in DIFFERENCES)


def _common(
    path: Path, series: Mapping[str, tuple[np.ndarray, np.ndarray]], present: np.ndarray
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Months that all variables have, and their values.

    Raises:
        InvalidInput: no common months, a gap, or values that cannot be.
    """
    of_each = {name: times.astype("datetime64[M]") for name, (times, _) in series.items()}
    months = next(iter(of_each.values()))
    for each in of_each.values():
        months = np.intersect1d(months, each)
    gaps = np.diff(months).astype(int) != 1
    if not len(months) or gaps.any():
        raise refusal(path, "missing-days", "time",
                      "the variables share no months, or a month between them is missing."
                      )  # fmt: skip
    values = {n: v[:, present][np.isin(of_each[n], months)] for n, (_, v) in series.items()}
    for name, numbers in list(values.items()):
        if not np.isfinite(numbers).all():
            raise refusal(path, "missing-values", name,
                          f"'{name}' is missing in some months of a cell that has others."
                          )  # fmt: skip
        if name in NOISE:
            values[name] = not_negative(path, name, numbers)
    if {"tmn", "tmx"} <= set(values):
        require_order(path, ("tmn", "tmx"), values["tmn"], values["tmx"])
    if "cld" in values and values["cld"].max() > 1.0 + NOISE["cld"]:
        raise refusal(path, "wrong-units", "cld",
                      f"'cld' is up to {100.0 * values['cld'].max():.4g} %; expected at most 100."
                      )  # fmt: skip
    return months, values
