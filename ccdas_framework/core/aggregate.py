"""Sums and means of fields over time, columns and cells, for observation operators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

Array = Any


def period_mean(field: Array, first_day: Array, last_day: Array, columns: Array, xp: Any) -> Array:
    """Mean of a field over each observation's days, at its columns.

    Running sums make the cost independent of the length of the periods.

    Args:
        field: values, shape (time, column).
        first_day, last_day: both included, shape (obs,).
        columns: shape (obs, slot).

    Returns:
        Means in the units of the field, shape (obs, slot).
    """
    origin = xp.zeros((1, field.shape[1]))
    running = xp.concatenate([origin, xp.cumsum(field, axis=0)], axis=0)
    days = (last_day - first_day + 1)[:, None]
    total = running[(last_day + 1)[:, None], columns] - running[first_day[:, None], columns]
    return total / days


def area_mean(field: Array, at: Mapping[str, Array], xp: Any) -> Array:
    """Area-weighted mean over the columns of each observation's cell and over its days.

    Args:
        field: values, shape (time, column).
        at: `first_day`, `last_day`, `columns`, `weights` of `cell_stream`.

    Returns:
        Means in the units of the field, shape (obs,).
    """
    by_slot = period_mean(field, at["first_day"], at["last_day"], at["columns"], xp)
    return xp.sum(by_slot * at["weights"], axis=1)


def by_cell(field: Array, column_fraction: Array, column_cell: Array, cells: int, xp: Any) -> Array:
    """Amount per area of the cell: the sum over its columns of fraction times value.

    Args:
        field: per column area, shape (..., column).
        column_fraction: shape (column,).
        column_cell: cell of each column, shape (column,).
        cells: number of cells.

    Returns:
        shape (..., cell); ground without columns counts as zero.
    """
    weighted = xp.moveaxis(field * column_fraction, -1, 0)
    return xp.moveaxis(xp.segment_sum(weighted, column_cell, cells), 0, -1)


def by_month(field: Array, month: np.ndarray, months: int, xp: Any) -> Array:
    """Sum over the days of each month of the window.

    Args:
        field: daily values, shape (time, ...).
        month: index of the month of each day, negative in the lead, shape (time,).
        months: number of months of the window.

    Returns:
        shape (months, ...).
    """
    month = np.asarray(month)
    days = np.flatnonzero((month >= 0) & (month < months))
    return xp.segment_sum(field[int(days[0]) : int(days[-1]) + 1], month[days], months)
