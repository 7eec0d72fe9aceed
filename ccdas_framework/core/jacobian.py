"""The Jacobian by kind of parameter instead of by parameter.

Where a model's columns do not see each other, perturbing a parameter of one class moves only the
columns of that class. So all classes of one kind of parameter are perturbed in one tangent run,
and the observation operators tell them apart afterwards; kinds that live on different classes
share a run as well. Where columns of a cell see each other, one slot of every cell is perturbed at
a time. Parameters that act after the time loop need no run of the loop, and those of the operators
no run of the model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from attrs import frozen

from .control import Element
from .domain import Grid

if TYPE_CHECKING:
    from .problem import Problem
    from .streams import StreamData

Array = Any
Jacobians = dict[str, np.ndarray]


@frozen(eq=False)
class TangentRun:
    """One tangent run of the model.

    Args:
        moves: parameter name -> 1 on the columns where it is perturbed, shape (column,).
        elements: control element -> mask of the columns that answer to it, shape (column,).
    """

    moves: Mapping[str, np.ndarray]
    elements: tuple[tuple[Element, np.ndarray], ...]


def tangent_runs(
    elements: tuple[Element, ...],
    grid: Grid,
    couples: str,
    column_member: np.ndarray | None = None,
) -> tuple[tuple[TangentRun, ...], tuple[TangentRun, ...]]:
    """The runs that separate all elements, first those of the time loop, then those after it.

    Which kinds share a run depends on their labels alone, so that every block has the same runs.

    Args:
        elements: active elements of the model.
        grid: of the block.
        couples: "column" or "cell", of the model.
        column_member: member of each column, where members have copies of x, shape (column,).
    """
    by_kind: dict[str, list[Element]] = {}
    for element in elements:
        by_kind.setdefault(element.parameter.name, []).append(element)
    scalar = (None,)  # moves every column: shares a run with no other kind
    groups: dict[bool, list[tuple[set[Any], dict[str, list[Element]]]]] = {True: [], False: []}
    for name, members in by_kind.items():
        covered = {label for e in members for label in (e.labels or scalar)}
        found = groups[members[0].parameter.in_loop]
        for taken, kinds in found:
            if not (taken & covered) and None not in taken | covered:
                kinds[name] = members
                taken |= covered
                break
        else:
            found.append((set(covered), {name: members}))
    slots = _slots(grid) if couples == "cell" else np.zeros(grid.columns, dtype=int)
    runs = {
        in_loop: tuple(
            _run(kinds, slots == slot, grid, couples, column_member)
            for _, kinds in found
            for slot in range(int(slots.max()) + 1)
        )
        for in_loop, found in groups.items()
    }
    return runs[True], runs[False]


def _run(
    kinds: Mapping[str, list[Element]],
    slot: np.ndarray,
    grid: Grid,
    couples: str,
    column_member: np.ndarray | None,
) -> TangentRun:
    moves, answers = {}, []
    for name, members in kinds.items():
        moves[name] = np.zeros(grid.columns)
        for element in members:
            moved = element.columns(grid.column_class, column_member) & slot
            moves[name] = moves[name] + moved
            if couples == "cell":
                moved = np.isin(grid.column_cell, grid.column_cell[moved])
            if moved.any():
                answers.append((element, moved.astype(float)))
    return TangentRun(moves, tuple(answers))


def _acts(element: Element, problem: Problem) -> bool:
    """Whether an operator's parameter meets a column anywhere; its derivative is zero if not."""
    if element.parameter.index not in (None, "class"):
        return True
    return any(
        bool(element.columns(block.forcing.domain.grid.column_class, member).any())
        for block, member in zip(problem.blocks, problem.column_member, strict=True)
    )


def _slots(grid: Grid) -> np.ndarray:
    """Position of each column inside its cell."""
    first = np.searchsorted(grid.column_cell, grid.column_cell, side="left")
    return np.arange(grid.columns) - first


def derivatives(
    problem: Problem, x: np.ndarray, streams: Mapping[str, StreamData]
) -> tuple[dict[str, np.ndarray], Jacobians]:
    """Simulated values and d simulated / dx of each stream, shapes (obs,) and (obs, control).

    Args:
        problem: assembled.
        x: control vector.
        streams: of the problem, and its targets in the same way.
    """
    if not len(x):
        values = problem.values_of(x, streams)
        return values, {n: np.zeros((len(v), 0)) for n, v in values.items()}
    parts = problem.over_blocks(lambda b: _block_derivatives(problem, x, b, streams))
    contributions = problem.summed([values for values, _ in parts], streams)
    moved = problem.summed([jacobians for _, jacobians in parts], streams)
    complete = problem.compiled.push("complete", problem.complete_domain, streams)
    tangents = {"x": np.eye(len(x)), **{n: np.moveaxis(moved[n], 1, 0) for n in streams}}
    simulated, pushed = complete({"x": x, **contributions}, tangents)
    return (
        {n: np.asarray(simulated[n]) for n in streams},
        {n: np.asarray(pushed[n]).T for n in streams},
    )


def _block_derivatives(
    problem: Problem, x: np.ndarray, block: int, streams: Mapping[str, StreamData]
) -> tuple[dict[str, np.ndarray], Jacobians]:
    grid = problem.blocks[block].forcing.domain.grid
    index, drivers = problem.index[block], problem.drivers[block]
    ats = problem.ats(block, streams)
    own = tuple(e for e in problem.control.active if e.owner == problem.model_name)
    theta = {
        name: np.broadcast_to(value, (grid.columns,)).astype(float)
        for name, value in problem.control.unpack(x, index)[problem.model_name].items()
    }
    slope = problem.control.slope(x)
    in_loop, after = tangent_runs(own, grid, problem.model.couples, problem.column_member[block])
    responses: list[tuple[TangentRun, dict[str, np.ndarray]]] = []
    fields: dict[str, Array] = {}
    for runs in (in_loop, after):
        for run, base, moved in _pushed_fields(problem, theta, drivers, runs):
            fields = base
            responses.append((run, _responses(problem, run, moved, base, x, index, ats, streams)))
    if not fields:  # nothing of the model is optimised
        fields = problem.compiled.value("fields", problem.selected_fields)(x, index, drivers)
    push = problem.compiled.push("own parameters", problem.observed_from_x, streams)
    owners = {stream.name for stream in streams.values()}
    operators_own = [e.position for e in problem.control.active if e.owner in owners]
    directions = np.eye(len(x))[operators_own or [0]]
    values, pushed = push(x, directions, fields, index, ats)
    jacobians = {n: np.zeros((*np.shape(values[n]), len(x))) for n in streams}
    for name, jacobian in jacobians.items():
        if operators_own:
            jacobian[:, operators_own] = np.asarray(pushed[name]).T
        for run, response in responses:
            for number, (element, _) in enumerate(run.elements):
                column = np.asarray(response[name][number]) * slope[element.position]
                jacobian[:, element.position] += column
    return {n: np.asarray(v) for n, v in values.items()}, jacobians


def _responses(
    problem: Problem,
    run: TangentRun,
    moved: Mapping[str, Array],
    fields: Mapping[str, Array],
    x: np.ndarray,
    index: Any,
    ats: Any,
    streams: Mapping[str, StreamData],
) -> dict[str, np.ndarray]:
    """Change of each stream with each element of a run, per unit of p, shapes (element, obs)."""
    if not run.elements:
        return {}
    push = problem.compiled.push("masked fields", problem.observed_along, streams)
    masks = np.stack([mask for _, mask in run.elements])
    _, pushed = push(np.zeros(masks.shape[1]), masks, moved, fields, x, index, ats)
    return dict(pushed)


def _pushed_fields(
    problem: Problem, theta: Mapping[str, np.ndarray], drivers: Any, runs: tuple[TangentRun, ...]
) -> Iterator[tuple[TangentRun, dict[str, Array], dict[str, Array]]]:
    """Each run with the fields and their tangent; a few runs at a time bound the memory."""
    names = sorted({name for run in runs for name in run.moves})
    if not names:
        return
    moving = {name: theta[name] for name in names}
    rest = {name: value for name, value in theta.items() if name not in moving}
    push = problem.compiled.push(f"fields by {names}", problem.fields_of)
    size = min(len(runs), max(1, getattr(problem.engine, "tangents_at_once", 1)))
    for first in range(0, len(runs), size):
        batch = runs[first : first + size]
        zero = np.zeros_like(next(iter(moving.values())))
        tangents = {
            name: np.stack(
                [run.moves.get(name, zero) for run in batch] + [zero] * (size - len(batch))
            )
            for name in names
        }
        base, moved = push(moving, tangents, rest, drivers)
        for number, run in enumerate(batch):
            yield run, base, {name: values[number] for name, values in moved.items()}
