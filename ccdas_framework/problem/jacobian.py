"""The Jacobian by kind of parameter instead of by parameter.

Where the columns of a model are independent, perturbing a parameter of one class changes only the
columns of that class. So all classes of one kind of parameter are perturbed in one tangent run,
and the observation operators separate them afterwards. Kinds that live on different classes share
a run as well. Where columns of a cell depend on each other, one slot of every cell is perturbed at
a time. Parameters that act after the time loop need no run of the loop, and those of the operators
no run of the model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from attrs import frozen

from ..core.control import Element
from ..core.cost_problem import Derivatives
from ..core.domain import Grid
from .forward_model import ForwardModel
from .functions import StreamFunctions

Array = Any


@frozen(eq=False)
class TangentRun:
    """One tangent run of the model.

    Args:
        perturbations: parameter name -> 1 on the columns where it is perturbed, shape (column,).
        elements: control element -> mask of the columns that depend on it, shape (column,).
    """

    perturbations: Mapping[str, np.ndarray]
    elements: tuple[tuple[Element, np.ndarray], ...]


def tangent_runs(
    elements: tuple[Element, ...],
    grid: Grid,
    couples: str,
    column_member: np.ndarray | None = None,
) -> tuple[tuple[TangentRun, ...], tuple[TangentRun, ...]]:
    """The runs that separate all elements, first those of the time loop, then those after it.

    The labels alone decide which kinds share a run, so that every block has the same runs.

    Args:
        elements: active elements of the model.
        grid: of the block.
        couples: "column" or "cell", of the model.
        column_member: member of each column, where members have copies of x, shape (column,).
    """
    by_kind: dict[str, list[Element]] = {}
    for element in elements:
        by_kind.setdefault(element.parameter.name, []).append(element)
    scalar = (None,)  # acts on every column: shares a run with no other kind
    groups: dict[bool, list[tuple[set[Any], dict[str, list[Element]]]]] = {True: [], False: []}
    for name, members in by_kind.items():
        covered = {label for e in members for label in (e.labels or scalar)}
        group = groups[members[0].parameter.in_loop]
        for occupied, kinds in group:
            if not (occupied & covered) and None not in occupied | covered:
                kinds[name] = members
                occupied |= covered
                break
        else:
            group.append((set(covered), {name: members}))
    slots = grid.column_slot if couples == "cell" else np.zeros(grid.columns, dtype=int)
    runs = {
        in_loop: tuple(
            _run(kinds, slots == slot, grid, couples, column_member)
            for _, kinds in group
            for slot in range(int(slots.max()) + 1)
        )
        for in_loop, group in groups.items()
    }
    return runs[True], runs[False]


def _run(
    kinds: Mapping[str, list[Element]],
    slot: np.ndarray,
    grid: Grid,
    couples: str,
    column_member: np.ndarray | None,
) -> TangentRun:
    perturbations, dependent = {}, []
    for name, members in kinds.items():
        perturbations[name] = np.zeros(grid.columns)
        for element in members:
            mask = element.columns(grid.column_class, column_member) & slot
            perturbations[name] = perturbations[name] + mask
            if couples == "cell":
                mask = np.isin(grid.column_cell, grid.column_cell[mask])
            if mask.any():
                dependent.append((element, mask.astype(float)))
    return TangentRun(perturbations, tuple(dependent))


def stream_jacobians(
    forward: ForwardModel, x: np.ndarray, functions: StreamFunctions
) -> Derivatives:
    """Simulated values and d simulated / dx of each stream, shapes (obs,) and (obs, control)."""
    streams = functions.streams
    if not len(x):
        values = forward.simulate(x, functions)
        return values, {n: np.zeros((len(v), 0)) for n, v in values.items()}
    parts = forward.over_blocks(lambda b: _block_jacobians(forward, x, b, functions))
    contributions = forward.summed([values for values, _ in parts], streams)
    jacobians = forward.summed([jacobians for _, jacobians in parts], streams)
    tangents = {"x": np.eye(len(x)), **{n: np.moveaxis(jacobians[n], 1, 0) for n in streams}}
    simulated, pushed = functions.completion_pushforward({"x": x, **contributions}, tangents)
    return (
        {n: np.asarray(simulated[n]) for n in streams},
        {n: np.asarray(pushed[n]).T for n in streams},
    )


def _block_jacobians(
    forward: ForwardModel, x: np.ndarray, block: int, functions: StreamFunctions
) -> Derivatives:
    """Contributions of one block and their derivatives with respect to x."""
    model, control, streams = forward.model_functions, forward.control, functions.streams
    grid = forward.blocks[block].forcing.domain.grid
    index, drivers = forward.index[block], forward.drivers[block]
    inputs = forward.operator_inputs(block, streams)
    elements = tuple(e for e in control.active if e.owner == model.model_name)
    theta = {
        name: np.broadcast_to(value, (grid.columns,)).astype(float)
        for name, value in control.unpack(x, index)[model.model_name].items()
    }
    # change of each stream with each element of a run, per unit of p, shapes (element, obs)
    responses: list[tuple[TangentRun, Mapping[str, np.ndarray]]] = []
    fields: dict[str, Array] = {}
    no_mask = np.zeros(grid.columns)
    for runs in tangent_runs(elements, grid, model.model.couples, forward.column_member[block]):
        for run, fields, tangent in _field_tangents(forward, theta, drivers, runs):
            if run.elements:
                masks = np.stack([mask for _, mask in run.elements])
                _, pushed = functions.mask_pushforward(
                    no_mask, masks, tangent, fields, x, index, inputs
                )
                responses.append((run, pushed))
    if not fields:  # nothing of the model is optimised
        fields = forward.field_functions.values(x, index, drivers)
    owners = {stream.name for stream in streams.values()}
    positions = [e.position for e in control.active if e.owner in owners]
    directions = np.eye(len(x))[positions or [0]]
    values, pushed = functions.x_pushforward(x, directions, fields, index, inputs)
    slope = control.slope(x)
    jacobians = {n: np.zeros((*np.shape(values[n]), len(x))) for n in streams}
    for name, jacobian in jacobians.items():
        if positions:
            jacobian[:, positions] = np.asarray(pushed[name]).T
        for run, response in responses:
            for number, (element, _) in enumerate(run.elements):
                column = np.asarray(response[name][number]) * slope[element.position]
                jacobian[:, element.position] += column
    return {n: np.asarray(v) for n, v in values.items()}, jacobians


def _field_tangents(
    forward: ForwardModel,
    theta: Mapping[str, np.ndarray],
    drivers: Any,
    runs: tuple[TangentRun, ...],
) -> Iterator[tuple[TangentRun, dict[str, Array], dict[str, Array]]]:
    """Each run with the fields and their tangent; a few runs at a time bound the memory."""
    names = sorted({name for run in runs for name in run.perturbations})
    if not names:
        return
    perturbed = {name: theta[name] for name in names}
    fixed = {name: value for name, value in theta.items() if name not in perturbed}
    push = forward.field_functions.parameters_pushforward
    size = min(len(runs), max(1, getattr(forward.engine, "tangents_at_once", 1)))
    for first in range(0, len(runs), size):
        batch = runs[first : first + size]
        zero = np.zeros_like(next(iter(perturbed.values())))
        directions = {
            name: np.stack(
                [run.perturbations.get(name, zero) for run in batch] + [zero] * (size - len(batch))
            )
            for name in names
        }
        base, tangents = push(perturbed, directions, fixed, drivers)
        for number, run in enumerate(batch):
            yield run, base, {name: values[number] for name, values in tangents.items()}
