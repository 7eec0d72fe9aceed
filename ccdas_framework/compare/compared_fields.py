"""Maps and seasonal cycles of several runs, from their monthly fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core.errors import Findings
from ..io.netcdf_writer import LATITUDE, LONGITUDE
from ..outputs.variable_tables import DatasetVariable, dataset_of, named
from .run_folders import ComparedRun

DAYS_PER_YEAR = 365.25  # d
PER_DAY, PER_YEAR = "gC m-2 d-1", "gC m-2 yr-1"  # a daily rate is shown as a yearly one on maps
EVERYWHERE = "all cells"
EXTENT = ("latitude_half_width", "longitude_half_width")


def field_datasets(runs: Sequence[ComparedRun], left_out: Findings) -> dict[str, Any]:
    """'maps' -> posterior mean of each cell, and 'season' -> mean of each calendar month by region.

    Both are of the months that all runs with fields have. Dims of the maps are run and cell, those
    of the season run, simulation, region and month. A difference of maps is for the reader of the
    file to take: of two runs, cell by cell.

    Args:
        left_out: receives a finding for each run without fields, with other months, with another
            grid (it has no map), or with a field in another unit.
    """
    fields: dict[int, Any] = {}
    for number, run in enumerate(runs):
        if run.files.fields is None:
            left_out.add("no-fields", run.place("fields.nc"), "The run has no fields.nc.")
        else:
            fields[number] = run.files.fields
    fields = _of_common_months(fields, runs, left_out)
    if len(fields) < 2:
        return {}
    units = _units(fields, runs, left_out)
    first = next(iter(fields.values()))
    on_grid = {}
    for number, data in fields.items():
        if _same_grid(first, data):
            on_grid[number] = data
        else:
            left_out.add(
                "other-grid",
                runs[number].place("fields.nc"),
                f"The run has {data.sizes['cell']} cells, and another grid than the "
                f"{first.sizes['cell']} of {runs[next(iter(fields))].label}: it has no map here.",
            )
    season = _season_dataset(fields, runs, units)
    return {"season": season} | (
        {"maps": _maps_dataset(on_grid, runs, units)} if len(on_grid) > 1 else {}
    )


def _of_common_months(
    fields: dict[int, Any], runs: Sequence[ComparedRun], left_out: Findings
) -> dict[int, Any]:
    """Fields at the months that all have, without those that share none with the first."""
    months = {n: data["time"].values.astype("datetime64[M]") for n, data in fields.items()}
    if not months:
        return {}
    first = set(next(iter(months.values())).tolist())
    sharing = {n: times for n, times in months.items() if not first.isdisjoint(times.tolist())}
    common = first.intersection(*(times.tolist() for times in sharing.values()))
    out = {}
    for number, times in months.items():
        inside = np.array([month in common for month in times.tolist()], dtype=bool)
        kept = int(inside.sum()) if number in sharing else 0
        if kept < len(times):
            left_out.add(
                "other-months",
                runs[number].place("fields.nc"),
                f"Of {len(times)} months, {times[0]} to {times[-1]}, {kept} are compared, those "
                "that the other runs have too.",
            )
        if kept:
            out[number] = fields[number].isel(time=inside)
    return out


def _units(
    fields: dict[int, Any], runs: Sequence[ComparedRun], left_out: Findings
) -> dict[str, str]:
    """Unit of each field that two runs have, in that of the first."""
    units: dict[str, str] = {}
    holders: dict[str, int] = {}
    for number, data in fields.items():
        for name in _names(data):
            unit = str(data[name].attrs.get("units", ""))
            if units.setdefault(name, unit) == unit:
                holders[name] = holders.get(name, 0) + 1
            else:
                left_out.add(
                    "other-units",
                    runs[number].place(f"fields.nc: {name}"),
                    f"'{name}' is in '{unit}', not in '{units[name]}'.",
                )
    return {name: unit for name, unit in units.items() if holders[name] > 1}


def _names(data: Any) -> list[str]:
    return [str(name) for name in data.data_vars if data[name].dims == ("run", "time", "cell")]


def _has(data: Any, name: str, unit: str) -> bool:
    return name in _names(data) and str(data[name].attrs.get("units", "")) == unit


def _same_grid(a: Any, b: Any) -> bool:
    """Whether two files have the same cells in the same order."""
    names = ("latitude", "longitude", *EXTENT)
    return a.sizes["cell"] == b.sizes["cell"] and all(
        np.allclose(a[name].values, b[name].values, rtol=0.0, atol=1e-6)
        for name in names
        if name in a.variables and name in b.variables
    )


def _maps_dataset(
    fields: dict[int, Any], runs: Sequence[ComparedRun], units: dict[str, str]
) -> Any:
    first = next(iter(fields.values()))
    variables: dict[str, DatasetVariable] = {
        "run": ("run", [runs[n].label for n in fields], named("run")),
        "latitude": ("cell", first["latitude"].values, LATITUDE),
        "longitude": ("cell", first["longitude"].values, LONGITUDE),
    }
    for name in EXTENT:
        if name in first.variables:
            variables[name] = ("cell", first[name].values, dict(first[name].attrs))
    for name, unit in units.items():
        scale, shown = (DAYS_PER_YEAR, PER_YEAR) if unit == PER_DAY else (1.0, unit)
        means = [
            scale * data[name].isel(run=-1).mean("time").values
            if _has(data, name, unit)
            else np.full(first.sizes["cell"], np.nan)
            for data in fields.values()
        ]
        about = {"units": shown, **named(_long_name(first, name)), "cell_methods": "time: mean"}
        variables[name] = ("run cell", np.stack(means), about)
    return dataset_of(variables)


def _season_dataset(
    fields: dict[int, Any], runs: Sequence[ComparedRun], units: dict[str, str]
) -> Any:
    """Mean over the area of each region in each calendar month of the years."""
    regions = list(dict.fromkeys(r for data in fields.values() for r in _regions(data)))
    shape = (len(runs), 2, len(regions), 12)
    values = {name: np.full(shape, np.nan) for name in units}
    for number, data in fields.items():
        calendar = data["time"].values.astype("datetime64[M]").astype(int) % 12
        of_cell, area = data["region"].values.astype(str), data["area"].values
        for name in units:
            if not _has(data, name, units[name]):
                continue
            for r, region in enumerate(regions):
                cells = np.full(len(area), True) if region == EVERYWHERE else of_cell == region
                if cells.any():
                    monthly = _area_mean(data[name].values[..., cells], area[cells])
                    values[name][number, : len(monthly), r] = _by_calendar(monthly, calendar)
    variables: dict[str, DatasetVariable] = {
        "run": ("run", [run.label for run in runs], named("run")),
        "simulation": ("simulation", ["prior", "posterior"], named("parameters")),
        "region": ("region", regions, named("region")),
        "month": ("month", np.arange(1, 13), named("calendar month")),
    }
    first = next(iter(fields.values()))
    for name, unit in units.items():
        about = {"units": unit, **named(_long_name(first, name))}
        variables[name] = ("run simulation region month", values[name], about)
    return dataset_of(variables)


def _long_name(data: Any, name: str) -> str:
    return str(data[name].attrs.get("long_name", name)) if name in data else name


def _regions(data: Any) -> list[str]:
    names = dict.fromkeys(data["region"].values.astype(str).tolist())
    return [name for name in names if name] + [EVERYWHERE]


def _area_mean(values: np.ndarray, area: np.ndarray) -> np.ndarray:
    """Mean over cells by area, without those that are NaN, (run, time) of (run, time, cell)."""
    weight = np.where(np.isfinite(values), area, 0.0)
    total = np.sum(weight * np.nan_to_num(values), axis=-1)
    whole = weight.sum(axis=-1)
    return np.asarray(np.divide(total, whole, out=np.full(total.shape, np.nan), where=whole > 0.0))


def _by_calendar(monthly: np.ndarray, calendar: np.ndarray) -> np.ndarray:
    """Mean of each calendar month over the years, NaN for a month that no year has."""
    out = np.full((len(monthly), 12), np.nan)
    for month in range(12):
        of_month = monthly[:, calendar == month]
        if of_month.shape[1]:
            out[:, month] = of_month.mean(axis=1)
    return out
