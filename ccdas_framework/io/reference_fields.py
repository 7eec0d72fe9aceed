"""Published sums by latitude and month, the references of an evaluation, in one netCDF file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any

import numpy as np
from attrs import field, frozen

from ..core.errors import Findings, InvalidInput
from ..grids import cell_area, is_consecutive, row_shares
from .atomic import atomic_write
from .coordinates import Axis, read_axis
from .missing_values import undeclared_in
from .monthly_times import read_months
from .netcdf import InputFile, open_netcdf
from .netcdf_lock import netcdf_lock
from .netcdf_writer import CONVENTIONS, DAYS, LATITUDE, days_since_epoch, month_bounds

DIMS = ("reference", "time", "latitude")
AMOUNT = "amount"
NEEDED = {AMOUNT: "the sum over each row", "time": "months", "latitude": "degrees north"}


@frozen(eq=False)
class Reference:
    """Estimates from other sources: monthly sums over rows of latitude.

    Args:
        names: of the references, shape (reference,).
        months: consecutive, datetime64[M], shape (month,).
        south, north: edges of the rows (degrees), shape (row,).
        values: sum over each row, shape (reference, month, row).
        units: of the values.
        long_name: description, with the sign of a flux.
        attributes: of the file.
    """

    names: tuple[str, ...]
    months: np.ndarray
    south: np.ndarray
    north: np.ndarray
    values: np.ndarray
    units: str
    long_name: str = ""
    attributes: Mapping[str, Any] = field(factory=dict)


def read_reference(
    path: str | PathLike[str], units: str, findings: Findings, *, largest: float = np.inf
) -> Reference | None:
    """The references of a file in these units, or None and a finding for each thing wrong.

    The file has `amount` over (reference, time, latitude), the sum over each row of latitude; the
    dimension `reference` with its names may be left out where there is one.

    Args:
        path: netCDF file.
        units: of the result.
        findings: receives a finding for each fault.
        largest: largest possible size of an amount for each square metre of its row, in `units`.
    """
    file = open_netcdf(path, findings)
    if file is None:
        return None
    with file.dataset as dataset:
        if not file.has_all(NEEDED):
            return None
        amount = dataset[AMOUNT]
        if "reference" not in amount.dims:
            amount = amount.expand_dims("reference")
        if set(amount.dims) != set(DIMS):
            file.add_fault(
                "wrong-dimensions",
                AMOUNT,
                f"has the dimensions {tuple(dataset[AMOUNT].dims)}; expected {DIMS}, the sum over "
                "each row of latitude in each month.",
            )
            return None
        values = file.in_units(AMOUNT, units, amount.transpose(*DIMS))
        months = read_months(file, "time")
        rows = read_axis(file, "latitude", "cells")
        is_named = "reference" in dataset.variables
        names = file.texts("reference") if is_named else np.array(["reference"])
        if values is None or months is None or rows is None or names is None:
            return None
        values = np.where(undeclared_in(amount.transpose(*DIMS)), np.nan, values)
        about = {str(key): value for key, value in dataset.attrs.items()}
    if not is_consecutive(months):
        file.add(
            "not-monthly",
            "time",
            f"The times of {path} are not months in a row, one value each; the first are "
            f"{', '.join(map(str, months[:3]))}. Give one value for every calendar month.",
        )
    _check(file, values, largest, names, months, rows)
    if file.is_faulty:
        return None
    long_name = str(amount.attrs.get("long_name", AMOUNT))
    return Reference(
        tuple(names.tolist()), months, rows.lower, rows.upper, values, units, long_name, about
    )


def _check(
    file: InputFile, values: np.ndarray, largest: float,
    names: np.ndarray, months: np.ndarray, rows: Axis,
) -> None:  # fmt: skip
    """Findings with the first place of missing and impossible values, (reference, month, row)."""
    area = cell_area(rows.lower, rows.upper, 360.0)
    missing = ~np.isfinite(values)
    for code, fault, wrong, advice in (
        ("missing-values", "missing values", missing,
         "Numbers such as -9999 that stand apart from all others are missing too. Leave out the "
         "reference or the months that lack values."),
        ("out-of-range", "values that no such area can have",
         ~missing & (np.abs(values) > largest * area),
         "Check the units and the missing values of the file."),
    ):  # fmt: skip
        if wrong.any():
            first = name, month, row = tuple(np.argwhere(wrong)[0])
            file.add_fault(
                code,
                AMOUNT,
                f"has {int(wrong.sum())} {fault}, the first {values[first]:g} of '{names[name]}' "
                f"in {months[month]} at {rows.centres[row]:g} N. {advice}",
            )


def write_reference(path: str | PathLike[str], reference: Reference) -> None:
    """Write references in the form that `read_reference` reads, without unfinished files."""
    import xarray as xr  # slow to import

    edges = np.stack([reference.south, reference.north], axis=1)
    about = {"units": reference.units, "long_name": reference.long_name}
    dataset = xr.Dataset(
        {
            AMOUNT: (DIMS, reference.values, about),
            "time_bounds": (("time", "bound"), month_bounds(reference.months)),
            "latitude_bounds": (("latitude", "bound"), edges),
        },
        coords={
            "reference": np.array(reference.names, dtype=object),
            "time": (
                "time", days_since_epoch(reference.months), {**DAYS, "bounds": "time_bounds"},
            ),
            "latitude": (
                "latitude", 0.5 * (reference.south + reference.north),
                {**LATITUDE, "bounds": "latitude_bounds"},
            ),
        },
        attrs={"Conventions": CONVENTIONS, **reference.attributes},
    )  # fmt: skip
    with atomic_write(path) as temporary, netcdf_lock:
        dataset.to_netcdf(temporary)


def merge_references(
    references: Sequence[Reference], names: Sequence[str], row_edges: Any
) -> Reference:
    """Several references on the same rows as one.

    Args:
        references: each of one or more names, with the same months and units.
        names: of all of them, in order.
        row_edges: of the rows, from south to north (degrees), shape (row + 1,).

    Raises:
        InvalidInput: their months differ.
    """
    first, row_edges = references[0], np.asarray(row_edges, dtype=float)
    if any(not np.array_equal(r.months, first.months) for r in references):
        raise InvalidInput("References of one file must have the same months.")

    def shares(reference: Reference) -> np.ndarray:
        return row_shares(reference.south, reference.north, row_edges, weight="degrees")

    values = [np.einsum("ir,nmr->nmi", shares(r), r.values) for r in references]
    return Reference(
        tuple(names), first.months, row_edges[:-1], row_edges[1:], np.concatenate(values),
        first.units, first.long_name, first.attributes,
    )  # fmt: skip
