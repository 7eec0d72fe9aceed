"""Observations of a file that are used, and the number of the others by reason."""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import define, field

from ..core.variables import NOISE, Variable
from .missing_values import is_mark, undeclared, undeclared_in
from .netcdf import InputFile

MISSING = "missing value"
DECLARED = (
    "NaN, a fill value, or outside the attributes 'valid_min', 'valid_max' or 'valid_range' of the "
    "file"
)


@define(eq=False)
class Selection:
    """Observations of a file that are used, and the number of the others by reason.

    Args:
        file: for findings.
        used: true for the observations that are used, shape (obs,).
        dropped: reason -> number of the others.
    """

    file: InputFile
    used: np.ndarray
    dropped: dict[str, int] = field(factory=dict)

    def drop(self, reason: str, mask: np.ndarray, code: str, name: str, fault: str) -> bool:
        """Leave out observations, or refuse the file where they are more than half of those used.

        Args:
            reason: of leaving them out.
            mask: true for these observations, shape (obs,).
            code, name, fault: of the finding about the file, as of `InputFile.add_fault`, after
                the number.

        Returns:
            Whether they are left out.
        """
        mask = mask & self.used
        count, total = int(mask.sum()), int(self.used.sum())
        if 2 * count > total:
            first = int(np.flatnonzero(mask)[0])
            self.file.add_fault(
                code,
                name,
                f"has {count} of {total} observations, the first number {first}, {fault}",
            )
            return False
        if count:
            self.dropped[reason] = self.dropped.get(reason, 0) + count
            self.used = self.used & ~mask
        return True


def select_by_value(
    file: InputFile, variable: Variable, values: np.ndarray, sd: np.ndarray, *, keep_missing: bool
) -> Selection | None:
    """Observations with a possible value, or None and a finding.

    Values that are missing, and those that cannot be observed, are left out with their number, and
    refused where they are more than half. A file without any value is one of hypothetical
    observations, which are all used.

    Args:
        file: with `observed`.
        variable: observed quantity.
        values, sd: in the units of `variable`, shape (obs,).
        keep_missing: missing values are hypothetical observations beside the others.
    """
    selection = Selection(file, np.ones(len(values), dtype=bool))
    missing = np.isnan(values)
    if missing.all():
        return selection
    raw = np.asarray(file.dataset["observed"].values, dtype=float)
    lower, upper = variable.observed_limits(sd)
    outside = (values < lower) | (values > upper)
    marked = undeclared_in(file.dataset["observed"]) & ~outside
    fault = f"without a value: {DECLARED}. Give the values, or leave these observations out."
    if not keep_missing and not selection.drop(
        MISSING, missing, "missing-values", "observed", fault
    ):
        return None
    fault = (
        f"with a number that marks a missing value, such as {_first(raw, marked)}. Declare it by "
        "the attribute '_FillValue', and leave these observations out."
    )
    if not selection.drop(MISSING, marked, "missing-values", "observed", fault):
        return None
    limits = _limits(variable)
    fault = (
        f"outside {limits}, such as {_first(values, outside & selection.used)}. Check the units, "
        "and leave out missing values."
    )
    reason = f"outside {limits}"
    return selection if selection.drop(reason, outside, "out-of-range", "observed", fault) else None


def _first(values: np.ndarray, mask: np.ndarray) -> str:
    return f"{values[mask][0]:g}" if mask.any() else ""


def _limits(variable: Variable) -> str:
    """Possible values of an observation, in words."""
    lower, upper = variable.observed_range or variable.valid_range or (-np.inf, np.inf)
    margin = "" if variable.observed_range else f" by more than {NOISE:g} sd"
    units = "" if variable.units == "1" else f" {variable.units}"
    return f"{lower:g} to {upper:g}{units}{margin}"


def check_errors(file: InputFile, sd: np.ndarray, used: np.ndarray) -> None:
    """Add a finding where the sd of a value that is used marks a missing one, such as 9999."""
    raw = np.asarray(file.dataset["observed_sd"].values, dtype=float)
    marked = np.zeros(len(raw), dtype=bool)
    marked[used] = undeclared(raw[used])
    marked &= sd > 0.0  # others are findings of their own
    if marked.any():
        first = int(np.flatnonzero(marked)[0])
        file.add_fault(
            "missing-values",
            "observed_sd",
            f"has {int(marked.sum())} numbers that mark a missing value, the first {raw[first]:g} "
            f"of observation number {first}. Declare it by the attribute '_FillValue' for the rule "
            "of the operator, or give the error.",
        )


def is_missing(variable: Any, values: np.ndarray, limits: tuple[float, float]) -> np.ndarray:
    """True where a number of a further column is missing, shape of `values`.

    Args:
        variable: xarray variable of the column.
        values: its numbers in the unit of the column.
        limits: smallest and largest possible value in that unit.
    """
    outside = (values < limits[0]) | (values > limits[1])
    marked = (is_mark(variable.values) & outside) | undeclared_in(variable)
    return np.asarray(np.isnan(values) | marked)
