"""Monthly fields of the classes of every cell, for `fields.nc`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..core.domain import Domain, Grid
from ..engines.namespace import numpy_namespace
from ..problem.assembled_problem import Problem


def classes_of(grid: Grid) -> np.ndarray:
    """Classes of the columns of a grid in ascending order, shape (class,)."""
    return np.unique(grid.column_class[grid.column_fraction > 0.0])


def class_fraction(grid: Grid, classes: np.ndarray) -> np.ndarray:
    """Share of the area of each cell under each class (1), shape (cell, class)."""
    shares = np.zeros((grid.cells, len(classes)))
    kind, known = _positions(grid, classes)
    np.add.at(shares, (grid.column_cell[known], kind[known]), grid.column_fraction[known])
    return shares


def monthly_class_fields(
    problem: Problem, x: np.ndarray, names: Sequence[str], classes: np.ndarray
) -> dict[str, np.ndarray]:
    """Monthly means of fields of the model over the ground of each class.

    Args:
        names: fields of the model over columns.
        classes: of the grid, shape (class,).

    Returns:
        name -> (month, cell, class), in the units of the field; NaN where the cell lacks the class.
    """
    pieces: dict[str, list[np.ndarray]] = {name: [] for name in names}
    for b, block in enumerate(problem.blocks):
        fields, domain = problem.block_fields(x, b), block.domain
        for name in names:
            means = monthly_class_mean(np.asarray(fields[name]), domain, classes)
            pieces[name].append(means[:, : len(block.cells)])
    order = np.argsort(np.concatenate([block.cells for block in problem.blocks]))
    return {name: np.concatenate(found, axis=1)[:, order] for name, found in pieces.items()}


def monthly_class_mean(values: np.ndarray, domain: Domain, classes: np.ndarray) -> np.ndarray:
    """Mean of each month of the window over each class of each cell, (month, cell, class).

    Args:
        values: of each day and column, shape (time, column).
        classes: shape (class,).
    """
    grid, xp = domain.grid, numpy_namespace()
    month = domain.month[domain.window]
    total = np.asarray(xp.segment_sum(values[domain.window], month, domain.months))
    means = total / np.bincount(month, minlength=domain.months)[:, None]
    kind, known = _positions(grid, classes)
    place = grid.column_cell[known] * len(classes) + kind[known]
    sums = np.zeros((domain.months, grid.cells * len(classes)))
    np.add.at(sums.T, place, (means[:, known] * grid.column_fraction[known]).T)
    share = class_fraction(grid, classes)
    by_class = sums.reshape(domain.months, grid.cells, len(classes))
    return np.asarray(by_class / np.where(share > 0.0, share, np.nan))


def _positions(grid: Grid, classes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Position of the class of each column in `classes`, and whether the column has an area."""
    known = np.isin(grid.column_class, classes) & (grid.column_fraction > 0.0)
    return np.searchsorted(classes, grid.column_class), known
