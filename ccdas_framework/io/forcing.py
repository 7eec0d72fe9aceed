"""Reading of forcing: names, units, calendar, missing values and layout of a file."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import Any

import numpy as np

from ..core.domain import Domain, Forcing, Grid
from ..core.errors import Findings
from ..core.variables import Variable
from .calendar import Days, check_daily, dates, model_days
from .coordinates import coordinate_name
from .finding_places import place
from .grid_layouts import read_layout
from .layout import Layout
from .netcdf import in_units, missing, open_netcdf

NEVER_NEGATIVE = ("pr", "rsds")  # whatever range a model declares
LOWER_AND_UPPER = ("tasmin", "tasmax")  # the first must not exceed the second


def read_forcing(
    path: str | PathLike[str],
    variables: Sequence[Variable],
    *,
    start: Any = None,
    days: int | None = None,
    lead_days: int = 0,
    spin_up_years: int = 2,
    cells: int | None = None,
    findings: Findings,
    columns_per_cell: int = 3,
) -> Forcing | None:
    """Forcing over lead and window, or None and a finding for each thing wrong.

    Reads the project's own layout (time, cell, column) and plain CF grids (time, latitude,
    longitude) with `class_fraction`.

    Args:
        path: netCDF file.
        variables: forcing of the model, over ("time", "cell"), ("cell",) or ("column",).
        start: first day of the window; by default the file's first.
        days: length of the window; by default to the file's end.
        lead_days: days needed before the window beside the spin-up.
        spin_up_years: repeats of the window's first year before that.
        cells: take this many, spread evenly over the list; by default all.
        findings: receives a finding for each thing wrong.
        columns_per_cell: largest number of columns of a cell of a plain grid.
    """
    before = len(findings)
    where = str(path)
    dataset = open_netcdf(path, findings)
    if dataset is None:
        return None
    with dataset:
        layout = read_layout(dataset, where, findings, columns_per_cell)
        time_name = coordinate_name(dataset, "time")
        span = time = None
        if time_name is None:
            missing("time", "one a day", where, dataset, findings)
        else:
            time = dates(dataset[time_name], time_name, where, findings)
            if time is not None and check_daily(time, time_name, where, findings):
                begin = None if start is None else np.datetime64(start, "D")
                span = model_days(time, begin, days, lead_days, spin_up_years, where, findings)
        present = _present(dataset, variables, where, findings)
        if layout is None or span is None or time is None or time_name is None:
            return None
        layout = layout.take(cells)
        reader = _Reader(dataset, layout, time_name, np.unique(span.source), time, where, findings)
        values = {v.name: reader.read(v) for v in present}
        reader.check_pair(values)
    if len(findings) > before:
        return None
    return _forcing(layout.grid, span, present, values)


def _present(
    dataset: Any, variables: Sequence[Variable], where: str, findings: Findings
) -> list[Variable]:
    """The variables the file has; a finding for each that it lacks and the model needs."""
    present = []
    for variable in variables:
        if variable.name in dataset.variables:
            present.append(variable)
        elif not variable.optional:
            what = f"{variable.long_name}, " if variable.long_name else ""
            missing(variable.name, f"{what}{variable.units}", where, dataset, findings)
    return present


def _forcing(
    grid: Grid, span: Days, present: Sequence[Variable], values: dict[str, Any]
) -> Forcing:
    """The record: days of the file repeated into lead and window."""
    row = np.searchsorted(np.unique(span.source), span.source)
    daily = [v.name for v in present if "time" in v.dims]
    static = [v.name for v in present if "time" not in v.dims]
    return Forcing(
        domain=Domain(grid=grid, **span.calendar),
        fields={name: values[name][row] for name in daily},
        static={name: values[name] for name in static},
        column_static=frozenset(v.name for v in present if "column" in v.dims),
    )


class _Reader:
    """Reads variables of one file at the chosen days and cells, and checks them."""

    def __init__(
        self,
        dataset: Any,
        layout: Layout,
        time_name: str,
        days: np.ndarray,
        time: np.ndarray,
        where: str,
        findings: Findings,
    ) -> None:
        self.dataset, self.layout, self.time_name = dataset, layout, time_name
        self.days, self.dates = days, time[days]
        self.where, self.findings = where, findings

    def read(self, variable: Variable) -> np.ndarray | None:
        """Values in the variable's units and dimensions, or None and a finding."""
        what = f"'{variable.name}' in {self.where}"
        array = self.dataset[variable.name]
        allowed = set(self.layout.cell_dims)
        if "time" in variable.dims:
            allowed.add(self.time_name)
        if "column" in variable.dims:
            allowed.add(self.layout.column_dim)
        lacking = "time" in variable.dims and self.time_name not in array.dims
        if not set(array.dims) <= allowed or lacking:
            self.findings.add(
                "wrong-dimensions",
                place(self.where, variable.name),
                f"{what} has the dimensions {tuple(array.dims)}; expected {variable.dims}"
                + (f" with {self.layout.cell_dims} for cell." if self._gridded else "."),
            )
            return None
        if "time" in variable.dims:
            array = array.isel({self.time_name: self.days})
        if "column" in variable.dims:
            array = self.layout.by_column(array)
            shape: tuple[int, ...] = (self.layout.grid.columns,)
        else:
            if set(self.layout.cell_dims) <= set(array.dims):
                array = self.layout.by_cell(array)
            elif array.ndim and self.time_name in array.dims and array.ndim == 1:
                array = array.expand_dims({"cell": 1}, axis=-1)  # one value for all cells
            shape = (self.layout.grid.cells,)
        if "time" in variable.dims:
            shape = (len(self.days), *shape)
        values = in_units(array, variable.units, variable.name, self.where, self.findings)
        if values is None:
            return None
        values = np.ascontiguousarray(np.broadcast_to(values, shape))
        return values if self._complete(variable, values, what) else None

    @property
    def _gridded(self) -> bool:
        return len(self.layout.cell_dims) > 1

    def _complete(self, variable: Variable, values: np.ndarray, what: str) -> bool:
        """No NaN on land, and nothing out of range; otherwise a finding that says where first."""
        bad = ~np.isfinite(values)
        if bad.any():
            self.findings.add(
                "missing-values",
                place(self.where, variable.name),
                f"{what} is missing (NaN) at {bad.sum()} of {values.size} values on land, the "
                f"first {self._place(variable, bad)}. Fill the gaps, or leave the cells out.",
            )
            return False
        lowest, highest = variable.valid_range or (-np.inf, np.inf)
        if variable.name in NEVER_NEGATIVE:
            lowest = max(lowest, 0.0)
        for outside, extreme in ((values < lowest, values.min), (values > highest, values.max)):
            if outside.any():
                self.findings.add(
                    "out-of-range",
                    place(self.where, variable.name),
                    f"{what} is outside {lowest:g} to {highest:g} {variable.units} at "
                    f"{outside.sum()} of {values.size} values, the first "
                    f"{self._place(variable, outside)}. The extreme is {extreme():g}. "
                    "Check the units and the missing values of the file.",
                )
                return False
        return True

    def _place(self, variable: Variable, where: np.ndarray) -> str:
        """Date and place of the first true value, in words."""
        first = np.argwhere(where)[0]
        grid = self.layout.grid
        cell = int(grid.column_cell[first[-1]]) if "column" in variable.dims else int(first[-1])
        place = f"in cell {cell} ({grid.latitude[cell]:.2f} N, {grid.longitude[cell]:.2f} E)"
        return f"on {self.dates[first[0]]} {place}" if "time" in variable.dims else place

    def check_pair(self, values: dict[str, Any]) -> None:
        """The day's minimum is not above its maximum."""
        lower, upper = (values.get(name) for name in LOWER_AND_UPPER)
        if lower is None or upper is None:
            return
        above = lower > upper
        if above.any():
            where = self._place(Variable("", "", ("time", "cell")), above)
            day, cell = np.argwhere(above)[0]
            self.findings.add(
                "wrong-order",
                place(self.where, "tasmin"),
                f"'tasmin' is above 'tasmax' in {self.where} at {above.sum()} of {above.size} "
                f"values, the first {where}: {lower[day, cell]:.2f} and {upper[day, cell]:.2f}. "
                "Were the two exchanged?",
            )
