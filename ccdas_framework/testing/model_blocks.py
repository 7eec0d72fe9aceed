"""A model on the columns and blocks of a grid: what sees what."""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import evolve

from ..core.blocks import blocks_of
from ..engines.namespace import leaves, numpy_namespace, numpy_scan
from .check import require, require_close, require_finite
from .driven import Driven

XP = numpy_namespace()
BLOCKS = 3


def blocks_agree(trial: Driven) -> None:
    """The fields of a block are those of its cells in the whole; padding is finite as well."""
    whole = trial.fields(trial.x)
    for number, block in enumerate(blocks_of(trial.forcing, BLOCKS)):
        cut = evolve(
            trial, forcing=block.forcing, drivers=trial.model.prepare(block.forcing)
        ).fields(trial.x)
        for name, values in cut.items():
            require_finite(values, f"'{name}' of block {number}, padded columns included,")
            require_close(
                values[:, : len(block.columns)], whole[name][:, block.columns], rtol=1e-12,
                atol=1e-12 * float(np.max(np.abs(whole[name]), initial=0.1)),
                what=f"'{name}' of block {number} and of the whole grid",
            )  # fmt: skip


def couples_is_true(trial: Driven) -> None:
    """Changing one column's parameters moves that column, or others of its cell, and no wider."""
    grid, couples = trial.forcing.domain.grid, trial.model.couples
    seen_beyond = False
    before, changed = trial.wide(trial.x), trial.wide(0.9 * trial.x)
    first = trial.model.run(before, trial.drivers, XP)
    columns_wide = [n for n, v in before.items() if np.shape(v) == (grid.columns,)]
    for column in range(grid.columns):
        parameters = trial.wide(trial.x)
        for name in columns_wide:
            parameters[name][column] = changed[name][column]
        after = trial.model.run(parameters, trial.drivers, XP)
        different = [np.any(after[n] != values, axis=0) for n, values in first.items()]
        moved = np.flatnonzero(np.any(different, axis=0))
        may = [column]
        if couples == "cell":
            may = np.flatnonzero(grid.column_cell == grid.column_cell[column]).tolist()
        require(column in moved, f"column {column} does not see its own parameters.")
        require(
            set(moved.tolist()) <= set(may),
            f"couples is '{couples}', but parameters of column {column} change the fields of "
            f"columns {moved.tolist()}; expected no others than {may}.",
        )
        seen_beyond |= len(moved) > 1
    require(
        seen_beyond or couples == "column",
        "couples is 'cell', but no column sees another of its cell; declare 'column', or pass a "
        "case with two columns in a cell.",
    )


def in_loop_is_true(trial: Driven) -> None:
    """The first scan of a run gives back the same when parameters outside the loop change."""
    late = [e.position for e in trial.control.active if not e.parameter.in_loop]
    moved = np.copy(trial.x)
    moved[late] += 0.5
    before, after = (leaves(_first_scan(trial, x)) for x in (trial.x, moved))
    require(before, "run calls no xp.scan; then no parameter has in_loop=False.")
    same = all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
    names = ", ".join(trial.control.names[n] for n in late)
    require(same, f"declared with in_loop=False, but the time loop changes with one of: {names}.")
    fields, again = trial.fields(trial.x), trial.fields(moved)
    require(
        any(np.any(values != again[name]) for name, values in fields.items()),
        f"no field changes with any of: {names}; they are no parameters.",
    )


def _first_scan(trial: Driven, x: np.ndarray) -> Any:
    """What the first outermost scan of a run gives back; scans within it belong to it."""
    outermost: list[Any] = []
    depth = [0]

    def recording(step: Any, carry: Any, xs: Any, parameters: Any, xp: Any) -> Any:
        depth[0] += 1
        out = numpy_scan(step, carry, xs, parameters, xp)
        depth[0] -= 1
        if not depth[0]:
            outermost.append(out)
        return out

    trial.fields(x, evolve(XP, scan=recording))
    return outermost[0] if outermost else []
