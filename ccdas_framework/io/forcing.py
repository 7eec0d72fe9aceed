"""Reading of forcing: names, units, calendar, missing values and layout of a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from os import PathLike
from typing import Any

import numpy as np
from attrs import frozen

from ..core.domain import Domain, Forcing, Grid
from ..core.errors import Findings
from ..core.variables import Variable
from .calendar import daily_dates, model_days
from .grid_layouts import read_layout
from .layout import Layout
from .marine_co2 import FIRST_YEAR, LAST_YEAR, UNITS, marine_co2, outside_record
from .missing_values import packed_marks, undeclared, within_rounding
from .netcdf import InputFile, open_netcdf
from .unit_conversion import convert

NEVER_NEGATIVE = ("pr", "rsds")  # whatever range a model declares
CO2 = "co2"  # filled from a record where the file lacks it
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
    select: Callable[[Grid], np.ndarray | None] | None = None,
    findings: Findings,
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
        cells: take this many, spread evenly over the selected ones; by default all.
        select: positions of the cells to take, in ascending order, from all of the file; None
            after a finding of its own.
        findings: receives a finding for each thing wrong.
    """
    file = open_netcdf(path, findings)
    if file is None:
        return None
    with file.dataset:
        layout = _selected(read_layout(file), select)
        axis, span = daily_dates(file), None
        if axis is not None:
            begin = None if start is None else np.datetime64(start, "D")
            span = model_days(file, axis[1], begin, days, lead_days, spin_up_years)
        present = _present(file, variables)
        if layout is None or axis is None or span is None:
            return None
        days_of_file, row = np.unique(span.source, return_inverse=True)
        reader = _Reader(file, layout.spread(cells), *axis, days_of_file)
        values: dict[str, Any] = {v.name: reader.read(v) for v in present}
        reader.check_pair(values)
        filled = [v for v in variables if v not in present and _has_record(v)]
        values |= {v.name: reader.from_record(v) for v in filled}
    if file.is_faulty:
        return None
    daily = [v.name for v in (*present, *filled) if "time" in v.dims]
    return Forcing(
        domain=Domain(grid=reader.layout.grid, **span.calendar),
        fields={name: values[name][row] for name in daily},
        static={v.name: values[v.name] for v in present if v.name not in daily},
        column_static=frozenset(v.name for v in present if "column" in v.dims),
        filled=frozenset(v.name for v in filled),
    )


def _selected(
    layout: Layout | None, select: Callable[[Grid], np.ndarray | None] | None
) -> Layout | None:
    """The layout of the selected cells; None without any."""
    if layout is None or select is None:
        return layout
    chosen = select(layout.grid)
    return None if chosen is None else layout.take(chosen)


def _has_record(variable: Variable) -> bool:
    """Whether a record of the framework has a variable of the forcing, CO2 of the air."""
    return variable.name == CO2 and "time" in variable.dims


def _present(file: InputFile, variables: Sequence[Variable]) -> list[Variable]:
    """The variables the file has; a finding for each that it lacks and the model needs."""
    present = [v for v in variables if v.name in file.dataset.variables]
    for variable in variables:
        if not (variable in present or variable.optional or _has_record(variable)):
            what = f"{variable.long_name}, " if variable.long_name else ""
            file.add_missing(variable.name, f"{what}{variable.units}")
    return present


def _limits(variable: Variable) -> tuple[float, float]:
    """Smallest and largest possible value of a variable, in its units."""
    lowest, highest = variable.valid_range or (-np.inf, np.inf)
    return (max(lowest, 0.0) if variable.name in NEVER_NEGATIVE else lowest), highest


@frozen(eq=False)
class _Reader:
    """Reads variables of one file at the chosen days and cells, and checks them.

    Args:
        file, layout: the file and its cells and columns.
        time_name, time: name and dates of its time axis, shape (time,).
        days: positions along it, shape (day,).
    """

    file: InputFile
    layout: Layout
    time_name: str
    time: np.ndarray
    days: np.ndarray

    def read(self, variable: Variable) -> np.ndarray | None:
        """Values in the variable's units and dimensions, or None and a finding."""
        array = self.file.dataset[variable.name]
        cell_dims, grid = self.layout.cell_dims, self.layout.grid
        by_time, by_column = "time" in variable.dims, "column" in variable.dims
        allowed = set(cell_dims)
        if by_time:
            allowed.add(self.time_name)
        if by_column:
            allowed.add(self.layout.column_dim)
        lacking = by_time and self.time_name not in array.dims
        if not set(array.dims) <= allowed or lacking:
            self.file.add_fault(
                "wrong-dimensions",
                variable.name,
                f"has the dimensions {tuple(array.dims)}; expected {variable.dims}"
                + (f" with {cell_dims} for cell." if len(cell_dims) > 1 else "."),
            )
            return None
        if by_time:
            array = array.isel({self.time_name: self.days})
        if (marked := packed_marks(array)).any():
            array = array.where(~marked)
        if by_column:
            array = self.layout.by_column(array)
        elif set(cell_dims) <= set(array.dims):
            array = self.layout.by_cell(array)
        elif array.dims == (self.time_name,):
            array = array.expand_dims({"cell": 1}, axis=-1)  # one value for all cells
        places = grid.columns if by_column else grid.cells
        shape = (len(self.days), places) if by_time else (places,)
        if variable.valid_range is None and (marked := undeclared(array.values)).any():
            array = array.where(~marked)
        values = self.file.in_units(variable.name, variable.units, array)
        if values is not None:
            values = self.file.in_direction(variable.name, values, variable.direction)
        if values is None:
            return None
        values = within_rounding(np.broadcast_to(values, shape), *_limits(variable))
        return values if self._complete(variable, values) else None

    def from_record(self, variable: Variable) -> np.ndarray:
        """CO2 of the air of each day and cell, from the annual record.

        A warning names years outside the record, and their values.
        """
        years = self.time[self.days].astype("datetime64[Y]").astype(int) + 1970
        if sentence := outside_record(years):
            self.file.warn(
                "outside-record",
                variable.name,
                f"{self.file.path} has no '{variable.name}', which comes from annual means of the "
                f"marine surface of {FIRST_YEAR} to {LAST_YEAR}: {sentence}. Add "
                f"'{variable.name}' in {UNITS} to the file.",
            )
        values = convert(marine_co2(years), UNITS, variable.units)
        return np.repeat(values[:, None], self.layout.grid.cells, axis=1)

    def _complete(self, variable: Variable, values: np.ndarray) -> bool:
        """No NaN on land, and nothing out of range; otherwise a finding that says where first."""
        bad = ~np.isfinite(values)
        if bad.any():
            self.file.add_fault(
                "missing-values",
                variable.name,
                f"is missing at {bad.sum()} of {values.size} values on land, the first "
                f"{self._place(variable.dims, bad)}. Values outside the attributes 'valid_min', "
                "'valid_max' and 'valid_range' are missing too. Fill the gaps, or leave the cells "
                "out.",
            )
            return False
        lowest, highest = _limits(variable)
        for outside, extreme in ((values < lowest, values.min), (values > highest, values.max)):
            if outside.any():
                self.file.add_fault(
                    "out-of-range",
                    variable.name,
                    f"is outside {lowest:g} to {highest:g} {variable.units} at {outside.sum()} of "
                    f"{values.size} values, the first {self._place(variable.dims, outside)}. The "
                    f"extreme is {extreme():g}. Check the units and the missing values of the "
                    "file.",
                )
                return False
        return True

    def _place(self, dims: tuple[str, ...], where: np.ndarray) -> str:
        """Date and place of the first true value, in words."""
        first = np.argwhere(where)[0]
        grid = self.layout.grid
        cell = int(grid.column_cell[first[-1]]) if "column" in dims else int(first[-1])
        place = f"in cell {cell} ({grid.latitude[cell]:.2f} N, {grid.longitude[cell]:.2f} E)"
        return f"on {self.time[self.days[first[0]]]} {place}" if "time" in dims else place

    def check_pair(self, values: dict[str, Any]) -> None:
        """The day's minimum is not above its maximum."""
        lower, upper = (values.get(name) for name in LOWER_AND_UPPER)
        if lower is None or upper is None:
            return
        above = lower > upper
        if above.any():
            day, cell = np.argwhere(above)[0]
            self.file.add(
                "wrong-order",
                "tasmin",
                f"'tasmin' is above 'tasmax' in {self.file.path} at {above.sum()} of {above.size} "
                f"values, the first {self._place(('time', 'cell'), above)}: "
                f"{lower[day, cell]:.2f} and {upper[day, cell]:.2f}. Were the two exchanged?",
            )
