"""Further columns of an observation file, in the units that an operator declares."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from ..core.variables import Variable
from .calendar import dates
from .missing_values import within_rounding
from .netcdf import InputFile
from .observation_selection import DECLARED, Selection, is_missing
from .quality_flags import QUALITY, has_flags, is_ambiguous, measured_share

SHARE = (0.0, 1.0)


def read_declared(
    file: InputFile, columns: Sequence[Variable], selection: Selection
) -> dict[str, np.ndarray]:
    """Columns that an operator declares and the file has, in their units, shape (obs,) each.

    Observations with a missing number are left out with their count, because it says nothing about
    their quality. Numbers outside `valid_range` are refused. A column without units has those of
    the declaration. `quality` may hold flags with the attributes of the CF conventions.

    Args:
        file: with all observations.
        columns: that the operator declares.
        selection: receives the observations to leave out.
    """
    present = [column for column in columns if column.name in file.dataset.variables]
    values = {column.name: _numbers(file, column, selection) for column in present}
    return {name: numbers for name, numbers in values.items() if numbers is not None}


def _numbers(file: InputFile, column: Variable, selection: Selection) -> np.ndarray | None:
    """Numbers of a column, or None and a finding."""
    name, variable = column.name, file.dataset[column.name]
    if not file.has_dimensions(name, file.dataset["observed"].dims):
        return None
    is_share = name == QUALITY and column.valid_range == SHARE
    if is_share and has_flags(file, name):
        values = measured_share(file, name)
    elif is_share and is_ambiguous(file, name):
        file.add_fault(
            "ambiguous-quality",
            name,
            "holds whole numbers, which are flags or shares: 0 may mean measured or filled. Give "
            "flags the attributes 'flag_values' and 'flag_meanings', or a share the units '1', or "
            "set the convention of the flags where the operator has such a setting.",
        )
        return None
    else:
        if "units" not in variable.attrs:
            variable = variable.assign_attrs(units=column.units)
        values = file.in_units(name, column.units, variable)
    if values is None:
        return None
    lowest, highest = column.valid_range or (-np.inf, np.inf)
    missing = is_missing(variable, values, (lowest, highest))
    values = within_rounding(values, lowest, highest)
    outside = selection.used & ~missing & ((values < lowest) | (values > highest))
    if outside.any():
        units = "" if column.units == "1" else f" {column.units}"
        first = int(np.flatnonzero(outside)[0])
        file.add_fault(
            "out-of-range",
            name,
            f"is outside {lowest:g} to {highest:g}{units} in {int(outside.sum())} of "
            f"{len(outside)} observations, the first number {first} with {values[first]:g}. Check "
            "its units, such as per cent, and its missing values.",
        )
        return None
    fault = f"without a number: {DECLARED}. Give the numbers, or leave '{name}' out of the file."
    if not selection.drop(f"no {name}", missing, "missing-values", name, fault):
        return None
    return values


def read_others(
    file: InputFile, known: Collection[str], bounds: Collection[str | None]
) -> tuple[dict[str, np.ndarray], list[str]]:
    """Further variables whose first dimension is that of `observed`, and names of all others.

    Numbers are as in the file, times are dates.

    Args:
        file: with the observations that are used.
        known: names of variables that are read elsewhere.
        bounds: names of bounds, which are no columns.
    """
    columns, left_out = {}, []
    (dim,) = file.dataset["observed"].dims
    for name, array in file.dataset.variables.items():
        name = str(name)
        if name in known or name in bounds or name == dim or not array.ndim:
            continue
        if array.dims[0] != dim:
            left_out.append(name)
        elif " since " in str(array.attrs.get("units", "")):
            if (day := dates(file, name)) is not None:
                columns[name] = day
        elif array.dtype.kind not in "OUS":
            columns[name] = array.values
        elif (text := file.texts(name)) is not None:
            columns[name] = text
    return columns, left_out
