"""Models and operators on the blocks of a grid: independence of columns, sums over blocks."""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import evolve

from ..engines.namespace import numpy_scan, tree_leaves
from ..problem.blocks import blocks_of
from .check import require, require_close, require_finite
from .prepared_components import XP, PreparedModel, PreparedOperator, prepare_operator

BLOCKS = 3


def operator_blocks_agree(undivided: PreparedOperator) -> None:
    """Each observation has the value it has on the undivided grid."""
    divided = prepare_operator(undivided.operator, undivided.case, BLOCKS)
    if undivided.operator.scope == "domain":
        for b, part in enumerate(divided.parts):
            require(
                np.array_equal(part.index, undivided.index), "block-index", f"block {b}",
                f"block {b} keeps observations {part.index.tolist()}, the undivided grid "
                f"{undivided.index.tolist()}; with scope 'domain' each block keeps the same ones.",
            )  # fmt: skip
    _same_by_index(undivided, divided, undivided.index)


def completion_ignores_blocks(undivided: PreparedOperator) -> None:
    """`complete` gives the same with the `at` of each block."""
    divided = prepare_operator(undivided.operator, undivided.case, BLOCKS)
    parameters = divided.parameters(divided.x)
    summed = np.linspace(1.0, 2.0, len(divided.parts[0].values))
    first, *others = (
        divided.operator.complete(summed, parameters, inputs, XP) for inputs in divided.inputs
    )
    for b, values in enumerate(others, 1):
        require(
            np.array_equal(first, values), "block-dependent-completion", f"block {b}",
            f"complete adds something else with the `at` of block {b} than with that of block 0; "
            "it is called once, after the blocks are summed.",
        )  # fmt: skip


def a_block_may_be_empty(undivided: PreparedOperator) -> None:
    """The other blocks are unaffected by one without observations, whose padding is finite."""
    operator, case = undivided.operator, undivided.case
    full = prepare_operator(operator, case, BLOCKS)
    edges = np.cumsum([len(part.values) for part in full.parts])
    index = np.split(full.index, edges[:-1])
    for b, part in enumerate(full.parts):
        if not len(part.values) or len(part.values) == len(undivided.index):
            continue  # nothing to leave out, or nothing would be left
        divided = prepare_operator(operator, case, BLOCKS, without=b)
        message = f"block {b} got no observations but made a stream of some."
        require(not len(divided.parts[b].values), "block-index", f"block {b}", message)
        padding = divided.in_block(divided.x, b, divided.fields[b], divided.inputs[b])
        require_finite(padding, f"padding of block {b}, which has no observations,")
        expected = np.concatenate([positions for n, positions in enumerate(index) if n != b])
        _same_by_index(undivided, divided, expected)


def _same_by_index(
    undivided: PreparedOperator, divided: PreparedOperator, expected: np.ndarray
) -> None:
    positions = divided.index.tolist()
    require(
        sorted(positions) == sorted(expected.tolist()), "block-index", "blocks",
        f"blocks keep observations {sorted(positions)}, the undivided grid keeps "
        f"{sorted(expected.tolist())} of these.",
    )  # fmt: skip
    by_index = dict(zip(undivided.index.tolist(), undivided.values(undivided.x), strict=True))
    values, reference = divided.values(divided.x), [by_index[n] for n in positions]
    text = f"values of {len(divided.blocks)} blocks and of the undivided grid"
    require_close(values, reference, "blocks-differ", "simulated values", text, 1e-12, 1e-15)


def model_blocks_agree(trial: PreparedModel) -> None:
    """The fields of a block are those of its cells in the grid; padding is finite as well."""
    undivided = trial.fields(trial.x)
    for number, block in enumerate(blocks_of(trial.forcing, BLOCKS)):
        drivers = trial.model.prepare(block.forcing)
        fields = evolve(trial, forcing=block.forcing, drivers=drivers).fields(trial.x)
        for name, values in fields.items():
            text, expected = f"'{name}' of block {number}", undivided[name]
            require_finite(values, f"{text}, padded columns included,")
            require_close(
                values[:, : len(block.columns)], expected[:, block.columns], "blocks-differ",
                f"field '{name}', block {number}", f"{text} and of the undivided grid", 1e-12,
                1e-12 * float(np.max(np.abs(expected), initial=0.1)),
            )  # fmt: skip


def couples_is_true(trial: PreparedModel) -> None:
    """The parameters of a column affect that column, or columns of its cell, and no others."""
    grid, couples = trial.forcing.domain.grid, trial.model.couples
    any_neighbour = False
    before, changed = trial.wide(trial.x), trial.wide(0.9 * trial.x)
    first = trial.model.run(before, trial.drivers, XP)
    columns_wide = [n for n, v in before.items() if np.shape(v) == (grid.columns,)]
    for column in range(grid.columns):
        label, parameters = f"column {column}", trial.wide(trial.x)
        for name in columns_wide:
            parameters[name][column] = changed[name][column]
        after = trial.model.run(parameters, trial.drivers, XP)
        different = [np.any(after[n] != values, axis=0) for n, values in first.items()]
        affected = np.flatnonzero(np.any(different, axis=0)).tolist()
        allowed = [column]
        if couples == "cell":
            allowed = np.flatnonzero(grid.column_cell == grid.column_cell[column]).tolist()
        message = f"parameters of {label} do not change its fields."
        require(column in affected, "wrong-coupling", label, message)
        require(
            set(affected) <= set(allowed), "wrong-coupling", label,
            f"couples is '{couples}', but parameters of {label} change the fields of "
            f"columns {affected}; expected no others than {allowed}.",
        )  # fmt: skip
        any_neighbour |= len(affected) > 1
    require(
        any_neighbour or couples == "column", "wrong-coupling", "couples",
        "couples is 'cell', but no column affects another of its cell; declare 'column', or pass "
        "a case with two columns in a cell.",
    )  # fmt: skip


def in_loop_is_true(trial: PreparedModel) -> None:
    """The first scan of a run gives the same when parameters outside the loop change."""
    late = [e.position for e in trial.control.active if not e.parameter.in_loop]
    names = ", ".join(trial.control.names[n] for n in late)
    perturbed = np.copy(trial.x)
    perturbed[late] += 0.5
    before, after = (tree_leaves(_first_scan(trial, x)) for x in (trial.x, perturbed))
    message = "run calls no xp.scan; then no parameter has in_loop=False."
    require(before, "no-time-loop", "in_loop", message)
    same = all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
    message = f"declared with in_loop=False, but the time loop changes with one of: {names}."
    require(same, "wrong-in-loop", names, message)
    fields, again = trial.fields(trial.x), trial.fields(perturbed)
    changes = any(np.any(values != again[name]) for name, values in fields.items())
    message = f"no field changes with any of: {names}; they are no parameters."
    require(changes, "no-effect", names, message)


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
