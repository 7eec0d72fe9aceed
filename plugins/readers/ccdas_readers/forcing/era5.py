"""ERA5 and ERA5-Land hourly netCDF files of the climate data store, old and new layout."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from attrs import field, frozen
from attrs.validators import in_

from ccdas_framework import ImportedData, ProductReader, ScreenedSeries, in_range

from ..checks import require_distinct, require_on_earth, require_past
from ..lazy_modules import xarray as xr
from ..netcdf_files import load, moments, netcdf_head, require_variables, values_in
from ..refusal import refusal
from ..towers.weather import POSSIBLE, UNITS, saturation_pressure
from .era5_sums import AUTO, ERA5, LAND, are_since_midnight, hourly_sums
from .local_days import HOUR, local_offsets, over_local_days, whole_days

# variable -> unit in which it is read
HOURLY = {"t2m": "degC", "d2m": "degC", "sp": "Pa", "u10": "m s-1", "v10": "m s-1"}
ACCUMULATED = {"ssrd": "J m-2", "tp": "mm"}
KNOWN = {**HOURLY, **ACCUMULATED}
STEPS = {False: 0.25, True: 0.1}  # degrees, spacing of ERA5 and of ERA5-Land
CREDITS = "Copernicus Climate Change Service, Copernicus licence; Hersbach et al. (2020)"


@frozen
class Era5(ProductReader):
    """Hourly surface variables of ERA5 or ERA5-Land as daily forcing.

    Args:
        product: "era5" (sums over the hour before), "era5_land" (sums since 00 UTC), or "auto" by
            the values: only sums of hours fall between 01 and 24 UTC.
        minimum_hours: least number of hours of a local day.
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
        series: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {}
        grid: tuple[np.ndarray, np.ndarray] | None = None
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
            require_variables(path, dataset, ("latitude", "longitude", time))
            grid = _same_grid(path, dataset, grid)
            times = moments(path, dataset, time)
            require_distinct(path, times, time)
            require_past(path, times, time)
            for name in names:
                array = dataset[name].transpose(time, "latitude", "longitude", ...)
                dataset[name] = array
                values = values_in(path, dataset, name, KNOWN[name])
                series.setdefault(name, []).append((times, values.reshape(len(times), -1)))
        assert grid is not None
        return self._daily(paths, series, grid)

    def _daily(
        self, paths: Sequence[Path], series: dict[str, list[tuple[np.ndarray, np.ndarray]]],
        grid: tuple[np.ndarray, np.ndarray],
    ) -> ImportedData:  # fmt: skip
        """Daily forcing from the hours of each variable."""
        path, (latitude, longitude) = paths[0], grid
        hours: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        for name, parts in series.items():
            times = np.concatenate([part[0] for part in parts])
            require_distinct(path, times, name)
            order = np.argsort(times)
            hours[name] = times[order], np.concatenate([part[1] for part in parts])[order]
        north, east = (a.ravel() for a in np.meshgrid(latitude, longitude, indexing="ij"))
        present = np.logical_and.reduce([np.isfinite(v).any(axis=0) for _, v in hours.values()])
        if not present.any():
            raise refusal(
                path, "all-missing", ", ".join(hours),
                "no cell has a value of all variables; the cells may be sea in ERA5-Land.",
            )  # fmt: skip
        sums = {n: (t, v[:, present]) for n, (t, v) in hours.items() if n in ACCUMULATED}
        is_land = self.product == LAND
        if sums:
            is_land = are_since_midnight(path, sums, self.product)
        offsets = local_offsets(east[present])
        notes, values = [], {}
        days = None
        for name, (times, all_cells) in hours.items():
            cells = all_cells[:, present]
            if name in ACCUMULATED:
                if is_land:
                    times, cells = hourly_sums(path, name, times, cells)
                times = times - HOUR // 2  # a sum belongs to the hour before
            values[name] = times, cells
            whole = whole_days(times, offsets, self.minimum_hours)
            days = whole if days is None else np.intersect1d(days, whole)
        if days is None or not len(days):
            count = max(len(times) for times, _ in hours.values())
            raise refusal(
                path, "missing-days", ", ".join(hours),
                f"the files have {count} hours and no local day with {self.minimum_hours} of them "
                "in all cells. Give whole days, with the day before and after, or "
                "--set minimum_hours=N.",
            )  # fmt: skip
        if (gaps := np.flatnonzero(np.diff(days).astype(int) != 1)).size:
            message = f"the day after {days[gaps[0]]} lacks hours; forcing needs every day."
            raise refusal(path, "missing-days", str(days[gaps[0]] + 1), message)
        kind = "ERA5-Land (sums since 00 UTC)" if is_land else "ERA5 (sums over the hour before)"
        if set(ACCUMULATED) & set(hours):
            notes.append(
                f"radiation and rain are read as those of {kind}; --set product changes it"
            )
        notes.append("days are those of local time, UTC and the nearest hour of the longitude")
        daily = _forcing(values, offsets, days)
        absent = [n for n in UNITS if n not in daily]
        if absent:
            notes.append(f"the files give no {', '.join(absent)}")
        notes.append("the file has weather and no soil, vegetation and elevation: add them")
        for name, numbers in daily.items():
            _require_possible(path, name, numbers)
        dataset = _dataset(daily, days, north[present], east[present],
                           *(_spacing(axis, STEPS[is_land]) for axis in grid))  # fmt: skip
        lost = int((~present).sum())
        dropped = {"cells without a value": lost} if lost else {}
        counts = tuple(ScreenedSeries(f"{n} (cells)", int(present.sum()), dropped) for n in daily)
        product = "ERA5-Land hourly" if is_land else "ERA5 hourly"
        return ImportedData(dataset, product, "", counts, tuple(notes), CREDITS)


def _forcing(
    values: dict[str, tuple[np.ndarray, np.ndarray]], offsets: np.ndarray, days: np.ndarray
) -> dict[str, np.ndarray]:
    """Daily variables of the framework that the hourly ones give, (day, cell) each."""

    def daily(name: str, function: str = "mean", change: Any = None) -> np.ndarray:
        times, numbers = values[name]
        numbers = numbers if change is None else change(numbers)
        return over_local_days(numbers, times, offsets, days, function)

    out = {}
    if "t2m" in values:
        out |= {"tasmin": daily("t2m", "min"), "tasmax": daily("t2m", "max")}
    if "tp" in values:
        out["pr"] = np.maximum(24.0 * daily("tp"), 0.0)
    if "ssrd" in values:
        out["rsds"] = np.maximum(daily("ssrd") / 3600.0, 0.0)
    if "d2m" in values:
        out["vp"] = daily("d2m", change=saturation_pressure)
    if "sp" in values:
        out["ps"] = daily("sp")
    if {"u10", "v10"} <= set(values) and np.array_equal(values["u10"][0], values["v10"][0]):
        times, u = values["u10"]
        speed = np.hypot(u, values["v10"][1])
        out["sfcWind"] = over_local_days(speed, times, offsets, days, "mean")
    return out


def _merged_versions(dataset: Any) -> Any:
    """Final values (expver 1) and, where they are missing, preliminary ones (expver 5)."""
    if "expver" not in dataset.dims:
        return dataset
    merged = dataset.isel(expver=0)
    for n in range(1, dataset.sizes["expver"]):
        merged = merged.fillna(dataset.isel(expver=n))
    return merged


def _same_grid(
    path: Path, dataset: Any, grid: tuple[np.ndarray, np.ndarray] | None
) -> tuple[np.ndarray, np.ndarray]:
    """Axes of a file, which must be those of the files before."""
    axes = tuple(dataset[n].values.astype(float) for n in ("latitude", "longitude"))
    require_on_earth(path, *axes, path.name)
    for name, axis in zip(("latitude", "longitude"), axes, strict=True):
        steps = np.diff(axis)
        if axis.ndim != 1 or (len(steps) and np.ptp(steps) > 1e-3 * np.abs(steps).max()):
            raise refusal(path, "wrong-grid", name, f"'{name}' has uneven steps.")
    if grid is not None and not all(
        a.shape == b.shape and np.allclose(a, b) for a, b in zip(axes, grid, strict=True)
    ):
        raise refusal(path, "wrong-grid", "", "its grid is not that of the files before.")
    return axes[0], axes[1]


def _spacing(axis: np.ndarray, step: float) -> float:
    """Spacing of an even axis (degrees); that of the product for a single value."""
    return round(float(abs(axis[1] - axis[0])), 4) if len(axis) > 1 else step


def _require_possible(path: Path, name: str, values: np.ndarray) -> None:
    """Refuse gaps and values that no place has."""
    if not np.isfinite(values).all():
        raise refusal(
            path, "missing-values", name,
            f"'{name}' is missing in {int((~np.isfinite(values)).sum())} of {values.size} days and "
            "cells. Forcing has no gaps.",
        )  # fmt: skip
    lowest, highest = POSSIBLE[name]
    if values.min() < lowest or values.max() > highest:
        raise refusal(
            path, "wrong-units", name,
            f"'{name}' is {values.min():.4g} to {values.max():.4g} {UNITS[name]}; expected "
            f"{lowest:g} to {highest:g}. Check the product, whose sums differ, and the unit.",
        )  # fmt: skip


def _dataset(
    daily: dict[str, np.ndarray], days: np.ndarray, north: np.ndarray, east: np.ndarray,
    dy: float, dx: float,
) -> Any:  # fmt: skip
    """Dataset of the layout of forcing files, a cell for each place."""
    size = len(north)
    variables: dict[str, Any] = {n: (("time", "cell"), v, {"units": UNITS[n]})
                                 for n, v in daily.items()}  # fmt: skip
    for name, numbers, units in (
        ("latitude", north, "degrees_north"), ("longitude", east, "degrees_east"),
        ("latitude_half_width", np.full(size, dy / 2.0), "degrees"),
        ("longitude_half_width", np.full(size, dx / 2.0), "degrees"),
    ):  # fmt: skip
        variables[name] = "cell", numbers, {"units": units}
    labels = [f"{lat:.2f}N {lon:.2f}E" for lat, lon in zip(north, east, strict=True)]
    variables["label"] = "cell", np.array(labels, dtype=object)
    return xr.Dataset(variables, {"time": days.astype("datetime64[ns]")})
