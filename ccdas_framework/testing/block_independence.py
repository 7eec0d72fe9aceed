"""Models and operators on the blocks of a grid: independence of columns, sums over blocks."""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import evolve

from ..core.interfaces import ObservationOperator
from ..engines.namespace import numpy_namespace, numpy_scan, tree_leaves
from ..problem.blocks import blocks_of
from .check import require, require_close, require_finite
from .prepared_model import PreparedModel
from .prepared_operator import PreparedOperator, prepare_operator
from .test_case import Case

XP = numpy_namespace()
BLOCKS = 3


def operator_blocks_agree(whole: PreparedOperator, cut: PreparedOperator) -> None:
    """Each observation has the value it has on the whole grid."""
    if whole.operator.scope == "domain":
        for b, part in enumerate(cut.parts):
            require(
                np.array_equal(part.index, whole.index), "block-index", f"block {b}",
                f"block {b} keeps observations {part.index.tolist()}, the whole grid "
                f"{whole.index.tolist()}; an operator of scope 'domain' keeps the same everywhere.",
            )  # fmt: skip
    _same_by_index(whole, cut, whole.index)


def completes_alike(cut: PreparedOperator) -> None:
    """`complete` gives the same with the `at` of each block."""
    parameters = cut.parameters(cut.point(), 0, XP)
    summed = np.linspace(1.0, 2.0, len(cut.parts[0].values))
    first = cut.operator.complete(summed, parameters, cut.inputs[0], XP)
    for b, at in enumerate(cut.inputs):
        require(
            np.array_equal(first, cut.operator.complete(summed, parameters, at, XP)),
            "block-dependent-completion", f"block {b}",
            f"complete adds something else with the `at` of block {b} than with that of block 0; "
            "it is called once, after the blocks are summed.",
        )  # fmt: skip


def a_block_may_be_empty(
    operator: ObservationOperator, case: Case, whole: PreparedOperator
) -> None:
    """Where a block has no observations the others are as ever, and what fills it up is finite."""
    full = prepare_operator(operator, case, BLOCKS)
    for b, part in enumerate(full.parts):
        if not len(part.values) or len(part.values) == len(whole.index):
            continue  # nothing to leave out, or nothing would be left
        cut = prepare_operator(operator, case, BLOCKS, without=b)
        require(
            len(cut.parts[b].values) == 0, "block-index", f"block {b}",
            f"block {b} got no observations but made a stream of some.",
        )  # fmt: skip
        filling = cut.in_block(cut.point(), b, cut.fields[b], cut.inputs[b], XP)
        require_finite(filling, f"padding of block {b}, which has no observations,")
        expected = np.concatenate([part for n, part in enumerate(_split(full)) if n != b])
        _same_by_index(whole, cut, expected)


def _split(cut: PreparedOperator) -> list[np.ndarray]:
    edges = np.cumsum([len(part.values) for part in cut.parts])
    return np.split(cut.index, edges[:-1])


def _same_by_index(whole: PreparedOperator, cut: PreparedOperator, expected: np.ndarray) -> None:
    require(
        sorted(cut.index.tolist()) == sorted(expected.tolist()), "block-index", "blocks",
        f"blocks keep observations {sorted(cut.index.tolist())}, the whole grid keeps "
        f"{sorted(expected.tolist())} of these.",
    )  # fmt: skip
    p = whole.point()
    values = np.asarray(cut.simulated(p, cut.fields, cut.inputs, XP))
    reference = np.asarray(whole.simulated(p, whole.fields, whole.inputs, XP))
    at_index = dict(zip(whole.index.tolist(), reference, strict=True))
    require_close(
        values, [at_index[n] for n in cut.index.tolist()], rtol=1e-12, atol=1e-15,
        code="blocks-differ", where="simulated values",
        what=f"values of {len(cut.blocks)} blocks and of the whole grid",
    )  # fmt: skip


def model_blocks_agree(trial: PreparedModel) -> None:
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
                atol=1e-12 * float(np.max(np.abs(whole[name]), initial=0.1)), code="blocks-differ",
                where=f"field '{name}', block {number}",
                what=f"'{name}' of block {number} and of the whole grid",
            )  # fmt: skip


def couples_is_true(trial: PreparedModel) -> None:
    """Changing one column's parameters moves that column, or others of its cell, and no wider."""
    grid, couples = trial.forcing.domain.grid, trial.model.couples
    sees_others = False
    before, changed = trial.wide(trial.x), trial.wide(0.9 * trial.x)
    first = trial.model.run(before, trial.drivers, XP)
    columns_wide = [n for n, v in before.items() if np.shape(v) == (grid.columns,)]
    for column in range(grid.columns):
        parameters = trial.wide(trial.x)
        for name in columns_wide:
            parameters[name][column] = changed[name][column]
        after = trial.model.run(parameters, trial.drivers, XP)
        different = [np.any(after[n] != values, axis=0) for n, values in first.items()]
        affected = np.flatnonzero(np.any(different, axis=0))
        may = [column]
        if couples == "cell":
            may = np.flatnonzero(grid.column_cell == grid.column_cell[column]).tolist()
        require(
            column in affected, "wrong-coupling", f"column {column}",
            f"column {column} does not see its own parameters.",
        )  # fmt: skip
        require(
            set(affected.tolist()) <= set(may), "wrong-coupling", f"column {column}",
            f"couples is '{couples}', but parameters of column {column} change the fields of "
            f"columns {affected.tolist()}; expected no others than {may}.",
        )  # fmt: skip
        sees_others |= len(affected) > 1
    require(
        sees_others or couples == "column", "wrong-coupling", "couples",
        "couples is 'cell', but no column sees another of its cell; declare 'column', or pass a "
        "case with two columns in a cell.",
    )  # fmt: skip


def in_loop_is_true(trial: PreparedModel) -> None:
    """The first scan of a run gives back the same when parameters outside the loop change."""
    late = [e.position for e in trial.control.active if not e.parameter.in_loop]
    perturbed = np.copy(trial.x)
    perturbed[late] += 0.5
    before, after = (tree_leaves(_first_scan(trial, x)) for x in (trial.x, perturbed))
    require(
        before, "no-time-loop", "in_loop",
        "run calls no xp.scan; then no parameter has in_loop=False.",
    )  # fmt: skip
    same = all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
    names = ", ".join(trial.control.names[n] for n in late)
    require(
        same, "wrong-in-loop", names,
        f"declared with in_loop=False, but the time loop changes with one of: {names}.",
    )  # fmt: skip
    fields, again = trial.fields(trial.x), trial.fields(perturbed)
    require(
        any(np.any(values != again[name]) for name, values in fields.items()), "no-effect", names,
        f"no field changes with any of: {names}; they are no parameters.",
    )  # fmt: skip


def _first_scan(trial: PreparedModel, x: np.ndarray) -> Any:
    """Result of the first outermost scan of a run; scans within it belong to it."""
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
