"""MERRA-2 and GLDAS: hourly and three-hourly fields on grids as daily forcing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from attrs import field, frozen

from ccdas_framework import ImportedData, in_range

from ..netcdf_files import load, moments, netcdf_head, values_in, with_dimensions
from ..refusal import refusal
from .gridded import GridReader, GridSeries
from .local_days import HOUR
from .subdaily import SERIES, Series, local_day_forcing

AXES = ("lat", "lon")
Names = Mapping[str, tuple[str, ...]]
# series -> variables in the order of preference
MERRA2: Names = {
    "temperature": ("T2M",), "dewpoint": ("T2MDEW",), "humidity": ("QV2M",), "pressure": ("PS",),
    "light": ("SWGDN",), "rain": ("PRECTOTCORR", "PRECTOTLAND", "PRECTOT"),
    "u": ("U10M", "U2M"), "v": ("V10M", "V2M"),
}  # fmt: skip
GLDAS: Names = {
    "temperature": ("Tair_f_inst",), "humidity": ("Qair_f_inst",), "pressure": ("Psurf_f_inst",),
    "wind": ("Wind_f_inst",), "light": ("SWdown_f_tavg",), "rain": ("Rainf_f_tavg",),
}  # fmt: skip
MERRA2_STEP, GLDAS_STEP = (0.5, 0.625), (0.25, 0.25)  # degrees
MERRA2_HOURLY = re.compile(r"M2[TI]1NX|(?:tavg1|inst1)_2d", re.IGNORECASE)
GLDAS_VERSION = re.compile(r"GLDAS[_ ]?v?(2\.\d)", re.IGNORECASE)
GLDAS_HOURS = 3
CREDITS = "NASA {}, free to use with citation of {}"


@frozen
class Merra2(GridReader):
    """Hourly collections of MERRA-2 as daily forcing: `slv` or `asm`, `flx` or `lnd`, and `rad`.

    Args:
        minimum_hours: least number of hours of a local day.
        box: as of `GridReader`.
    """

    minimum_hours: int = field(default=24, validator=in_range(1, 24))

    title = "MERRA-2 hourly surface collections (of real files, air pressure alone was tried)"
    gives: ClassVar = {"forcing": "daily weather: tasmin, tasmax, pr, rsds, vp, ps, sfcWind"}
    tried_on = ("M2T1NXSLV_geo_temporal.nc4",)
    guide = "Bosilovich et al. (2016), MERRA-2: file specification, GMAO office note 9"

    @classmethod
    def recognise(cls, path: Path) -> str:
        """Collection of a file of MERRA-2, else ""."""
        head = netcdf_head(path)
        if head is None:
            return ""
        attributes = {str(k).lower(): str(v) for k, v in head.attributes.items()}
        texts = [attributes.get(k, "") for k in ("shortname", "title", "longname", "granuleid")]
        if not texts[0].startswith("M2") and "merra2" not in " ".join(texts).lower():
            return ""
        return f"MERRA-2 {texts[0] or texts[1]}".strip()

    def read(self, paths: Sequence[Path], stream: str) -> ImportedData:
        """Daily weather over local days.

        Raises:
            InvalidInput: another time step or level, grids or times that differ, or gaps.
        """
        versions: dict[str, None] = {}
        grid = GridSeries(self.box)
        found: list[str] = []
        for path in paths:
            dataset = load(path)
            attributes = {str(k).lower(): str(v) for k, v in dataset.attrs.items()}
            versions[attributes.get("versionid", "")] = None
            names = " ".join(attributes.get(k, "") for k in ("shortname", "longname", "filename"))
            if names.strip() and not MERRA2_HOURLY.search(names):
                raise refusal(
                    path, "wrong-version", "ShortName",
                    f"the file is of the collection {names.strip()}; expected hourly collections "
                    "of the surface, such as M2T1NXSLV, M2T1NXFLX and M2T1NXRAD.",
                )  # fmt: skip
            found += _add(path, dataset, grid, MERRA2)
        series, notes = _preferred(paths[0], grid, MERRA2, found)
        assert grid.axes is not None
        return local_day_forcing(
            paths[0], series, grid.axes, grid.spacing(MERRA2_STEP), step_hours=1,
            minimum_hours=self.minimum_hours, product="MERRA-2 hourly",
            version=", ".join(filter(None, versions)), notes=notes,
            credits=CREDITS.format("MERRA-2, GES DISC", "Gelaro et al. (2017)"),
        )  # fmt: skip


@frozen
class Gldas(GridReader):
    """Three-hourly grids of GLDAS 2.0 and 2.1 as daily forcing.

    Args:
        minimum_hours: least number of hours of a local day.
        box: as of `GridReader`.
    """

    minimum_hours: int = field(default=24, validator=in_range(1, 24))

    title = "GLDAS 2.0 and 2.1 Noah, three-hourly grids"
    gives: ClassVar = {"forcing": "daily weather: tasmin, tasmax, pr, rsds, vp, ps, sfcWind"}
    guide = "Rui, Beaudoing and Loeser, README of GLDAS version 2 data products, GES DISC"

    @classmethod
    def recognise(cls, path: Path) -> str:
        """Version of a grid of GLDAS, else ""."""
        head = netcdf_head(path)
        if head is None or not {*AXES, "time"} <= set(head.dimensions):
            return ""
        text = " ".join(str(head.attributes.get(k, "")) for k in ("title", "source"))
        is_gldas = "GLDAS" in f"{text} {path.name}" and any(
            n.endswith(("_inst", "_tavg", "_acc")) for n in head.variables
        )
        return (str(head.attributes.get("title", "")) or "GLDAS") if is_gldas else ""

    def read(self, paths: Sequence[Path], stream: str) -> ImportedData:
        """Daily weather over local days.

        Raises:
            InvalidInput: another time step, grids or times that differ, or gaps.
        """
        grid, versions, found = GridSeries(self.box), dict[str, None](), list[str]()
        for path in paths:
            dataset = load(path)
            match = GLDAS_VERSION.search(f"{dataset.attrs.get('title', '')} {path.name}")
            versions[match[1] if match else ""] = None
            found += _add(path, dataset, grid, GLDAS)
        if len(versions) > 1:
            raise refusal(paths[0], "mixed-versions", "title",
                          f"the files are of the versions {', '.join(versions)} of GLDAS; give "
                          "those of one.")  # fmt: skip
        series, notes = _preferred(paths[0], grid, GLDAS, found)
        for name, (times, values) in series.items():
            steps = np.diff(times).astype(int) / 3600
            if len(steps) and steps.min() != GLDAS_HOURS:
                raise refusal(
                    paths[0], "wrong-version", "time",
                    f"values follow after {steps.min():g} hours; expected the product of "
                    f"{GLDAS_HOURS} hours.",
                )  # fmt: skip
            if name in ("light", "rain"):  # means of the three hours before the time
                series[name] = times - GLDAS_HOURS * HOUR // 2, values
        notes.append("extremes of temperature are those of eight values a day, and too narrow")
        assert grid.axes is not None
        return local_day_forcing(
            paths[0], series, grid.axes, grid.spacing(GLDAS_STEP), step_hours=GLDAS_HOURS,
            minimum_hours=self.minimum_hours, product="GLDAS Noah, three-hourly",
            version=", ".join(versions), notes=notes,
            credits=CREDITS.format("GLDAS, GES DISC", "Rodell et al. (2004)"),
        )  # fmt: skip


def _add(path: Path, dataset: Any, grid: GridSeries, table: Names) -> list[str]:
    """Add all variables of a table that a file has; their names."""
    known = [name for names in table.values() for name in names if name in dataset]
    if not known:
        expected = ", ".join(name for names in table.values() for name in names)
        raise refusal(path, "missing-variable", expected.partition(",")[0],
                      f"the file has none of {expected}: it is another collection.")  # fmt: skip
    part = grid.cut(path, dataset, AXES)
    times = moments(path, part, "time")
    units = {name: SERIES[series] for series, names in table.items() for name in names}
    for name in known:
        part[name] = with_dimensions(path, part, name, ("time", *AXES))
        grid.add(name, times, values_in(path, part, name, units[name]))
    return known


def _preferred(
    path: Path, grid: GridSeries, table: Names, found: Sequence[str]
) -> tuple[dict[str, tuple[np.ndarray, np.ndarray]], list[str]]:
    """Series of the preferred variables, and remarks about them."""
    chosen = {series: next((n for n in names if n in found), "") for series, names in table.items()}
    joined: Series = grid.joined(path)
    used = {series: name for series, name in chosen.items() if name}
    notes = [f"variables: {', '.join(f'{s} of {n}' for s, n in used.items())}"]
    if used.get("u") == "U2M":
        notes.append("wind is that of 2 m, because the files lack U10M; models expect 10 m")
    return {series: joined[name] for series, name in used.items()}, notes
