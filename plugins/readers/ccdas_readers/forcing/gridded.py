"""Daily forcing of the cells of a grid: axes, parts, checks and the layout of the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from attrs import define, field, frozen

from ccdas_framework import ImportedData, InvalidInput, ProductReader, ScreenedSeries

from ..checks import require_distinct, require_on_earth, require_past
from ..lazy_modules import xarray as xr
from ..netcdf_files import require_variables
from ..refusal import refusal
from ..settings import only_numbers, several
from ..towers.weather import POSSIBLE, UNITS
from .signs import require_order

LAND_NOTE = (
    "the file has weather and no soil, vegetation and elevation: the kinds clm_surface, gsde, hwsd "
    "and esa_cci_lc add soil and vegetation"
)
MOST = 200_000_000  # numbers of a variable


def four_or_none(instance: Any, attribute: Any, value: tuple[Any, ...]) -> None:
    """Validator of a box: no number, or four of them.

    Raises:
        ValueError: another number of numbers, or south above north.
    """
    only_numbers(instance, attribute, value)
    if value and (len(value) != 4 or float(value[0]) > float(value[1])):
        raise ValueError(f"'{attribute.name}' is {value}; expected south, north, west and east")


@frozen
class GridReader(ProductReader):
    """Reader of weather on a grid.

    Args:
        box: south, north, west and east of the cells that are kept (degrees); all by default.
    """

    box: tuple[float, ...] = field(default=(), converter=several, validator=four_or_none)


@frozen(eq=False)
class Axes:
    """Centres of the cells of an even grid.

    Args:
        latitude, longitude: in the order of the file (degrees).
    """

    latitude: np.ndarray
    longitude: np.ndarray

    def inside(self, box: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
        """Whether rows and columns lie in a box, which may cross the date line."""
        if not box:
            return np.ones(len(self.latitude), bool), np.ones(len(self.longitude), bool)
        south, north, west, east = map(float, box)
        width = (east - west) % 360.0 or 360.0
        rows = (self.latitude >= south) & (self.latitude <= north)
        return rows, (self.longitude - west) % 360.0 <= width

    def cells(self) -> tuple[np.ndarray, np.ndarray]:
        """Latitude and longitude (-180 to 180) of each cell, row by row."""
        east = (self.longitude + 180.0) % 360.0 - 180.0
        north, east = np.meshgrid(self.latitude, east, indexing="ij")
        return north.ravel(), east.ravel()


def grid_axes(path: Path, dataset: Any, names: Sequence[str]) -> Axes:
    """Axes of a file.

    Raises:
        InvalidInput: no such axis, uneven steps, or values that are not on the Earth.
    """
    require_variables(path, dataset, names)
    axes = [np.asarray(dataset[n].values, dtype=float) for n in names]
    for name, axis in zip(names, axes, strict=True):
        steps = np.diff(axis)
        uneven = axis.ndim != 1 or (len(steps) and np.ptp(steps) > 0.02 * np.abs(steps).max())
        if uneven or (len(steps) and not np.abs(steps).min()):
            raise refusal(
                path, "wrong-grid", name,
                f"'{name}' has uneven steps, or two dimensions; expected the axes of an even grid "
                "in degrees.",
            )  # fmt: skip
    require_on_earth(path, axes[0], axes[1], path.name)
    return Axes(axes[0], axes[1])


@define(eq=False)
class GridSeries:
    """Values of variables of several files on one grid.

    Args:
        box: of the cells that are kept.
        axes: those of the first file, of the kept cells.
        whole: those of the first file, of all cells.
        parts: variable -> (times, values of shape (time, cell)) of each file.
    """

    box: tuple[float, ...] = ()
    axes: Axes | None = None
    whole: Axes | None = None
    parts: dict[str, list[tuple[np.ndarray, np.ndarray]]] = field(factory=dict)

    def cut(self, path: Path, dataset: Any, names: Sequence[str]) -> Any:
        """The part of a dataset in the box.

        Args:
            path, dataset: of the file.
            names: of the axes of latitude and longitude, which are dimensions too.

        Raises:
            InvalidInput: axes that are not those of the files before, or no cell in the box.
        """
        axes = grid_axes(path, dataset, names)
        rows, columns = axes.inside(self.box)
        if not rows.any() or not columns.any():
            raise refusal(path, "wrong-grid", "box", f"no cell of the file lies in {self.box}.")
        kept = Axes(axes.latitude[rows], axes.longitude[columns])
        if self.axes is None:
            self.axes, self.whole = kept, axes
        elif not all(
            a.shape == b.shape and np.allclose(a, b, atol=1e-3)
            for a, b in ((kept.latitude, self.axes.latitude), (kept.longitude, self.axes.longitude))
        ):
            raise refusal(path, "wrong-grid", "", "its grid is not that of the files before.")
        dims = [dataset[name].dims[0] for name in names]
        return dataset.isel({dims[0]: rows, dims[1]: columns})

    def spacing(self, step: tuple[float, float]) -> tuple[float, float]:
        """Height and width of the cells of the files (degrees), also those of a part of them.

        Args:
            step: of the product, for an axis with a single value.
        """
        assert self.whole is not None
        found = [
            round(float(abs(axis[1] - axis[0])), 4) if len(axis) > 1 else default
            for axis, default in zip((self.whole.latitude, self.whole.longitude), step, strict=True)
        ]
        return found[0], found[1]

    def add(self, name: str, times: np.ndarray, values: np.ndarray) -> None:
        """Add values of a variable, shape (time, latitude, longitude)."""
        self.parts.setdefault(name, []).append((times, values.reshape(len(times), -1)))

    def joined(self, path: Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Times in order, and values of each variable.

        Raises:
            InvalidInput: a time that occurs twice or lies in the future.
        """
        series = {}
        for name, parts in self.parts.items():
            times = np.concatenate([part[0] for part in parts])
            require_distinct(path, times, name)
            require_past(path, times, name)
            order = np.argsort(times)
            series[name] = times[order], np.concatenate([part[1] for part in parts])[order]
        return series


def cells_with_values(path: Path, series: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> Any:
    """Whether a cell has a value of all variables, shape (cell,).

    Raises:
        InvalidInput: none has.
    """
    present = np.logical_and.reduce([np.isfinite(v).any(axis=0) for _, v in series.values()])
    if not present.any():
        raise refusal(
            path, "all-missing", ", ".join(series),
            "no cell has a value of all variables; the cells may be sea.",
        )  # fmt: skip
    return present


def require_every_day(path: Path, days: np.ndarray, what: str) -> None:
    """Refuse days that do not follow each other.

    Raises:
        InvalidInput: with the first gap.
    """
    gaps = np.flatnonzero(np.diff(days).astype(int) != 1)
    if gaps.size:
        raise refusal(
            path, "missing-days", str(days[gaps[0]] + 1),
            f"the day after {days[gaps[0]]} lacks {what}; forcing needs every day.",
        )  # fmt: skip


def grid_forcing(
    path: Path, daily: Mapping[str, np.ndarray], days: np.ndarray, axes: Axes, present: np.ndarray,
    spacing: tuple[float, float], *, product: str, version: str, notes: Sequence[str], credits: str,
) -> ImportedData:  # fmt: skip
    """A forcing file of the cells of a grid that have values.

    Args:
        path: of the first file, for messages.
        daily: variable -> values in `UNITS`, shape (day, cell) over the cells that are present.
        days: datetime64[D].
        axes: of the grid.
        present: whether a cell of the grid is in the file, row by row.
        spacing: height and width of cells (degrees).
        product, version, notes, credits: as of `ImportedData`.

    Raises:
        InvalidInput: missing or impossible values, a minimum above the maximum, or days with gaps.
    """
    require_every_day(path, days, "values")
    for name, values in daily.items():
        require_possible(path, name, values)
    if {"tasmin", "tasmax"} <= set(daily):
        require_order(path, ("tasmin", "tasmax"), daily["tasmin"], daily["tasmax"])
    north, east = (a[present] for a in axes.cells())
    lost = int((~present).sum())
    dropped = {"cells without a value": lost} if lost else {}
    counts = tuple(ScreenedSeries(f"{n} (cells)", int(present.sum()), dropped) for n in daily)
    absent = [n for n in UNITS if n not in daily]
    notes = [*notes, *([f"the files give no {', '.join(absent)}"] if absent else []), LAND_NOTE]
    return ImportedData(
        _dataset(daily, days, north, east, spacing), product, version, counts, tuple(notes), credits
    )


def require_possible(path: Path, name: str, values: np.ndarray) -> None:
    """Refuse gaps and values that no place has.

    Raises:
        InvalidInput: such values, or too many numbers for a file.
    """
    if values.size > MOST:
        raise InvalidInput(
            f"{path}: {values.shape[0]} days of {values.shape[1]} cells are too many for one file. "
            "Choose a part by --set box=[SOUTH, NORTH, WEST, EAST].",
            code="too-many-values", where="box",
        )  # fmt: skip
    missing = ~np.isfinite(values)
    if missing.any():
        raise refusal(
            path, "all-missing" if missing.all() else "missing-values", name,
            f"'{name}' is missing in {int(missing.sum())} of {values.size} days and cells. Forcing "
            "has no gaps.",
        )  # fmt: skip
    lowest, highest = POSSIBLE[name]
    if values.min() < lowest or values.max() > highest:
        raise refusal(
            path, "wrong-units", name,
            f"'{name}' is {values.min():.4g} to {values.max():.4g} {UNITS[name]}; expected "
            f"{lowest:g} to {highest:g}. Check the product, whose sums differ, and the unit.",
        )  # fmt: skip


def _dataset(
    daily: Mapping[str, np.ndarray], days: np.ndarray, north: np.ndarray, east: np.ndarray,
    spacing: tuple[float, float],
) -> Any:  # fmt: skip
    """Dataset of the layout of forcing files, a cell for each place."""
    size = len(north)
    variables: dict[str, Any] = {n: (("time", "cell"), v, {"units": UNITS[n]})
                                 for n, v in daily.items()}  # fmt: skip
    for name, numbers, units in (
        ("latitude", north, "degrees_north"), ("longitude", east, "degrees_east"),
        ("latitude_half_width", np.full(size, spacing[0] / 2.0), "degrees"),
        ("longitude_half_width", np.full(size, spacing[1] / 2.0), "degrees"),
    ):  # fmt: skip
        variables[name] = "cell", numbers, {"units": units}
    labels = [f"{lat:.2f}N {lon:.2f}E" for lat, lon in zip(north, east, strict=True)]
    variables["label"] = "cell", np.array(labels, dtype=object)
    return xr.Dataset(variables, {"time": days.astype("datetime64[ns]")})
