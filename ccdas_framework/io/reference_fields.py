"""Published sums by latitude and month, the references of an evaluation, in one netCDF file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any

import numpy as np
from attrs import field, frozen

from ..core.errors import Findings, InvalidInput
from ..grids import is_consecutive, row_shares
from .atomic import atomic_write
from .calendar import dates
from .coordinates import read_axis
from .finding_places import place
from .netcdf import in_units, missing, open_netcdf, texts
from .observation_files import CONVENTIONS, EPOCH, days_since_epoch

DIMS = ("reference", "time", "latitude")
AMOUNT = "amount"
NORTH = {"units": "degrees_north", "standard_name": "latitude"}


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


def read_reference(path: str | PathLike[str], units: str, findings: Findings) -> Reference | None:
    """The references of a file in these units, or None and a finding for each thing wrong.

    The file has `amount` over (reference, time, latitude), the sum over each row of latitude; the
    dimension `reference` with its names may be left out where there is one.

    Args:
        path: netCDF file.
        units: of the result.
        findings: receives a finding for each fault.
    """
    before, where = len(findings), str(path)
    dataset = open_netcdf(path, findings)
    if dataset is None:
        return None
    with dataset:
        for name, what in ((AMOUNT, "the sum over each row"), ("time", "months"),
                           ("latitude", "degrees north")):  # fmt: skip
            if name not in dataset.variables:
                missing(name, what, where, dataset, findings)
        if len(findings) > before:
            return None
        amount = dataset[AMOUNT]
        if "reference" not in amount.dims:
            amount = amount.expand_dims("reference")
        if set(amount.dims) != set(DIMS):
            findings.add(
                "wrong-dimensions",
                place(where, AMOUNT),
                f"'{AMOUNT}' in {where} has the dimensions {tuple(dataset[AMOUNT].dims)}; expected "
                f"{DIMS}, the sum over each row of latitude in each month.",
            )
            return None
        amount = amount.transpose(*DIMS)
        values = in_units(amount, units, AMOUNT, where, findings)
        days = dates(dataset["time"], "time", where, findings)
        rows = read_axis(dataset, "latitude", where, findings, "cells")
        if values is None or days is None or rows is None:
            return None
        is_named = "reference" in dataset.variables
        names = texts(dataset["reference"].values) if is_named else np.array(["reference"])
        named = tuple(str(name) for name in names)
        about = {str(key): value for key, value in dataset.attrs.items()}
        long_name = str(amount.attrs.get("long_name", AMOUNT))
    months = np.asarray(days, "datetime64[M]")
    if not is_consecutive(months):
        findings.add(
            "not-monthly",
            place(where, "time"),
            f"The times of {where} are not months in a row, one value each; the first are "
            f"{', '.join(str(day) for day in days[:3])}. Give one value for every calendar month.",
        )
    if not np.isfinite(values).all():
        findings.add(
            "missing-values",
            place(where, AMOUNT),
            f"'{AMOUNT}' in {where} has {int(np.sum(~np.isfinite(values)))} missing values; leave "
            "out the reference or the months that lack them.",
        )
    if len(findings) > before:
        return None
    return Reference(named, months, rows.lower, rows.upper, values, units, long_name, about)


def write_reference(path: str | PathLike[str], reference: Reference) -> None:
    """Write references in the form that `read_reference` reads, without unfinished files."""
    import xarray as xr  # slow to import

    months = np.asarray(reference.months, "datetime64[M]")
    middle = 0.5 * (reference.south + reference.north)
    days = {"units": EPOCH, "calendar": "standard"}
    about = {"units": reference.units, "long_name": reference.long_name}
    dataset = xr.Dataset(
        {
            AMOUNT: (DIMS, reference.values, about),
            "time_bounds": (("time", "bound"), _month_bounds(months)),
            "latitude_bounds": (
                ("latitude", "bound"), np.stack([reference.south, reference.north], axis=1),
            ),
        },
        coords={
            "reference": np.array(reference.names, dtype=object),
            "time": ("time", days_since_epoch(months), {**days, "bounds": "time_bounds"}),
            "latitude": ("latitude", middle, {**NORTH, "bounds": "latitude_bounds"}),
        },
        attrs={"Conventions": CONVENTIONS, **reference.attributes},
    )  # fmt: skip
    with atomic_write(path) as temporary:
        dataset.to_netcdf(temporary)


def _month_bounds(months: np.ndarray) -> np.ndarray:
    """First day of each month and of the next, in days since the epoch, shape (month, 2)."""
    return days_since_epoch(np.stack([months, months + 1], axis=1))


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
