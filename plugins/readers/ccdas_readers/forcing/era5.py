"""ERA5 and ERA5-Land hourly netCDF files of the climate data store, old and new layout."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from attrs import field, frozen
from attrs.validators import in_

from ccdas_framework import ImportedData, in_range

from ..checks import require_distinct
from ..netcdf_files import load, moments, netcdf_head, require_variables, values_in, with_dimensions
from ..refusal import refusal
from .era5_sums import AUTO, ERA5, LAND, are_since_midnight, hourly_sums
from .gridded import GridReader, GridSeries, cells_with_values
from .local_days import HOUR
from .subdaily import local_day_forcing

# variable -> unit in which it is read
HOURLY = {"t2m": "degC", "d2m": "degC", "sp": "Pa", "u10": "m s-1", "v10": "m s-1"}
ACCUMULATED = {"ssrd": "J m-2", "tp": "mm"}
KNOWN = {**HOURLY, **ACCUMULATED}
SERIES_OF = {"t2m": "temperature", "d2m": "dewpoint", "sp": "pressure", "u10": "u", "v10": "v",
             "ssrd": "light", "tp": "rain"}  # fmt: skip
PER_HOUR = {"ssrd": 1.0 / 3600.0, "tp": 24.0}  # W m-2 and mm d-1 of the sum over an hour
AXES = ("latitude", "longitude")
STEPS = {False: 0.25, True: 0.1}  # degrees, spacing of ERA5 and of ERA5-Land
CREDITS = "Copernicus Climate Change Service, Copernicus licence; Hersbach et al. (2020)"


@frozen
class Era5(GridReader):
    """Hourly surface variables of ERA5 or ERA5-Land as daily forcing.

    Args:
        product: "era5" (sums over the hour before), "era5_land" (sums since 00 UTC), or "auto" by
            the values: only sums of hours fall between 01 and 24 UTC.
        minimum_hours: least number of hours of a local day.
        box: as of `GridReader`.
    """

    product: str = field(default=AUTO, validator=in_((AUTO, ERA5, LAND)))
    minimum_hours: int = field(default=24, validator=in_range(1, 24))

    title = "ERA5 and ERA5-Land, hourly surface variables in netCDF, old and new layout"
    gives: ClassVar = {"forcing": "daily weather: tasmin, tasmax, pr, rsds, vp, ps, sfcWind"}
    guide = "documentation of ERA5 and ERA5-Land, confluence.ecmwf.int/display/CKB"

    @classmethod
    def recognise(cls, path: Path) -> str:
        """Product of a file of the ECMWF on a grid, else ""."""
        head = netcdf_head(path)
        if head is None or not {"latitude", "longitude"} <= set(head.variables):
            return ""
        origin = f"{head.attributes.get('history', '')} {head.attributes.get('institution', '')}"
        is_ecmwf = "grib_to_netcdf" in origin or "Medium-Range" in origin or "cfgrib" in origin
        if not is_ecmwf or not {"time", "valid_time"} & set(head.variables):
            return ""
        names = [name for name in head.variables if name in KNOWN]
        return f"ECMWF reanalysis, hourly {', '.join(names) or 'but no surface weather'}"

    def read(self, paths: Sequence[Path], stream: str) -> ImportedData:
        """Daily weather over local days of all cells that have values.

        Raises:
            InvalidInput: no surface variable, grids or times that differ, no whole day, or gaps.
        """
        grid = GridSeries(self.box)
        for path in paths:
            dataset = _merged_versions(load(path))
            names = [n for n in KNOWN if n in dataset]
            if not names:
                raise refusal(
                    path, "missing-variable", "t2m",
                    f"the file has none of {', '.join(KNOWN)}: it is on another level, or another "
                    "product.",
                )  # fmt: skip
            time = "valid_time" if "valid_time" in dataset else "time"
            require_variables(path, dataset, (time,))
            part = grid.cut(path, dataset, AXES)
            times = moments(path, part, time)
            require_distinct(path, times, time)
            for name in names:
                part[name] = with_dimensions(path, part, name, (time, *AXES))
                grid.add(name, times, values_in(path, part, name, KNOWN[name]))
        return self._daily(paths[0], grid)

    def _daily(self, path: Path, grid: GridSeries) -> ImportedData:
        """Daily forcing from the hours of each variable."""
        assert grid.axes is not None
        hours = grid.joined(path)
        present = cells_with_values(path, hours)
        hours = {name: (times, values[:, present]) for name, (times, values) in hours.items()}
        sums = {n: hours.pop(n) for n in ACCUMULATED if n in hours}
        is_land = self.product == LAND
        if sums:
            is_land = are_since_midnight(path, sums, self.product)
        series = {SERIES_OF[name]: values for name, values in hours.items()}
        for name, (times, cells) in sums.items():
            if is_land:
                times, cells = hourly_sums(path, name, times, cells)
            # a sum belongs to the hour before
            series[SERIES_OF[name]] = times - HOUR // 2, cells * PER_HOUR[name]
        kind = "ERA5-Land (sums since 00 UTC)" if is_land else "ERA5 (sums over the hour before)"
        notes = [f"radiation and rain are read as those of {kind}; --set product changes it"]
        step = STEPS[is_land]
        return local_day_forcing(
            path, series, grid.axes, grid.spacing((step, step)), step_hours=1,
            minimum_hours=self.minimum_hours, present=present,
            product="ERA5-Land hourly" if is_land else "ERA5 hourly", version="",
            notes=notes if sums else [], credits=CREDITS,
        )  # fmt: skip


def _merged_versions(dataset: Any) -> Any:
    """Final values (expver 1) and, where they are missing, preliminary ones (expver 5)."""
    if "expver" not in dataset.dims:
        return dataset
    merged = dataset.isel(expver=0)
    for n in range(1, dataset.sizes["expver"]):
        merged = merged.fillna(dataset.isel(expver=n))
    return merged
