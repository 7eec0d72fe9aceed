"""The Jacobian by kind of parameter instead of by parameter.

Where the columns of a model are independent, perturbing a parameter of one class changes only the
columns of that class. So all classes of one kind of parameter are perturbed in one tangent run,
and the observation operators separate them afterwards. Kinds that live on different classes share
a run as well. Where columns of a cell depend on each other, one slot of every cell is perturbed at
a time. Parameters that act after the time loop need no run of the loop, and those of the operators
no run of the model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from math import ceil
from typing import Any

import numpy as np
from attrs import frozen

from ..core.control import Element
from ..core.cost_problem import Derivatives
from ..core.domain import Grid
from .block_tasks import Tapes, over_groups
from .drivers import Group
from .forward_model import ForwardModel
from .functions import StreamFunctions
from .work_progress import work_in_parts

Array = Any


@frozen(eq=False)
class TangentRun:
    """One tangent run of the model.

    Args:
        perturbations: parameter name -> its change on the columns where it is perturbed, in its
            unit, and 0 elsewhere, shape (column,).
        elements: control element -> mask of the columns that depend on it, shape (column,).
    """

    perturbations: Mapping[str, np.ndarray]
    elements: tuple[tuple[Element, np.ndarray], ...]


def tangent_runs(
    elements: tuple[Element, ...],
    grid: Grid,
    couples: str,
    copied_cell: np.ndarray | None = None,
    size: np.ndarray | None = None,
) -> tuple[tuple[TangentRun, ...], tuple[TangentRun, ...]]:
    """The runs that separate all elements, first those of the time loop, then those after it.

    The labels alone decide which kinds share a run, so that every block has the same runs.

    Args:
        elements: active elements of the model.
        grid: of the block.
        couples: "column" or "cell", of the model.
        copied_cell: cell of each column, where cells have copies of x, shape (column,).
        size: perturbation of each element of x in units of its parameter, shape (control,); by
            default 1.
    """
    by_kind: dict[str, list[Element]] = {}
    for element in elements:
        by_kind.setdefault(element.parameter.name, []).append(element)
    scalar = (None,)  # acts on every column: shares a run with no other kind
    groups: dict[bool, list[tuple[set[Any], dict[str, list[Element]]]]] = {True: [], False: []}
    for name, of_kind in by_kind.items():
        covered = {label for e in of_kind for label in (e.labels or scalar)}
        group = groups[of_kind[0].parameter.in_loop]
        for occupied, kinds in group:
            if not (occupied & covered) and None not in occupied | covered:
                kinds[name] = of_kind
                occupied |= covered
                break
        else:
            group.append((set(covered), {name: of_kind}))
    slots = grid.column_slot if couples == "cell" else np.zeros(grid.columns, dtype=int)
    runs = {
        in_loop: tuple(
            _run(kinds, slots == slot, grid, couples, copied_cell, size)
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
    copied_cell: np.ndarray | None,
    size: np.ndarray | None,
) -> TangentRun:
    perturbations, dependent = {}, []
    for name, of_kind in kinds.items():
        perturbations[name] = np.zeros(grid.columns)
        for element in of_kind:
            mask = element.columns(grid.column_class, copied_cell) & slot
            by = 1.0 if size is None else size[element.position]
            perturbations[name] = perturbations[name] + by * mask
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
    values, jacobians = summed_jacobians(forward, x, functions)
    domain = {name: stream for name, stream in streams.items() if stream.domain_scope}
    if domain:  # the others are complete, and a copy of their Jacobian may be large
        of_domain = forward.functions_of(domain)
        simulated, pushed = of_domain.completion_pushforward(
            *with_control(x, {n: values[n] for n in domain}, {n: jacobians[n] for n in domain})
        )
        values |= {n: np.asarray(simulated[n]) for n in domain}
        jacobians |= {n: np.asarray(pushed[n]).T for n in domain}
    return values, jacobians


def contribution_tangents(
    forward: ForwardModel, x: np.ndarray, functions: StreamFunctions
) -> tuple[dict[str, Any], dict[str, Any]]:
    """`x` and the summed contributions, and their change with each element of x.

    Shapes (control,) and (obs,), and (control, control) and (control, obs).
    """
    return with_control(x, *summed_jacobians(forward, x, functions))


def with_control(
    x: np.ndarray, values: Mapping[str, np.ndarray], jacobians: Mapping[str, np.ndarray]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """A point of `completion_pushforward` and its directions, from values and their Jacobian."""
    directions = {name: np.moveaxis(jacobian, 1, 0) for name, jacobian in jacobians.items()}
    return {"x": x, **values}, {"x": np.eye(len(x)), **directions}


def summed_jacobians(
    forward: ForwardModel, x: np.ndarray, functions: StreamFunctions
) -> Derivatives:
    """Contributions of all blocks to each stream and their derivatives, before `complete`."""
    streams = functions.streams
    each = [((b,), x) for b in range(len(forward.blocks))]
    with work_in_parts("Jacobian", _parts(forward)) as work:
        here = {"part_done": work.part_done}
        parts = over_groups(forward, jacobians_task, functions, each, here=here)
    values = forward.summed([of_block for of_block, _ in parts], streams)
    jacobians = {}
    for name, stream in streams.items():  # no block keeps what is summed
        pieces = [jacobian.pop(name) for _, jacobian in parts]
        summed = forward.summed([{name: piece} for piece in pieces], {name: stream})
        jacobians[name] = np.asarray(summed[name])
    return {n: np.asarray(v) for n, v in values.items()}, jacobians


def jacobians_task(
    forward: ForwardModel,
    functions: StreamFunctions,
    tapes: Tapes,
    group: Group,
    x: np.ndarray,
    part_done: Callable[[], None] = lambda: None,
) -> Derivatives:
    """`block_jacobians` of the one block of a group."""
    (block,) = group
    return block_jacobians(forward, x, block, functions, part_done)


def block_jacobians(
    forward: ForwardModel,
    x: np.ndarray,
    block: int,
    functions: StreamFunctions,
    part_done: Callable[[], None] = lambda: None,
) -> Derivatives:
    """Contributions of one block and their derivatives with respect to x.

    Args:
        part_done: called after each tangent run and at the end.
    """
    control, streams = forward.control, functions.streams
    index, drivers = forward.index[block], forward.drivers[block]
    inputs = forward.operator_inputs(block, streams)
    # change of each stream with each element of some runs, shapes (element, obs)
    responses: list[tuple[list[Element], Mapping[str, np.ndarray]]] = []
    fields: dict[str, Array] = {}
    for runs, fields, tangents in field_tangents(forward, x, block):
        of_runs = [(n, *of_one) for n, run in enumerate(runs) for of_one in run.elements]
        if of_runs:
            numbers, elements, masks = zip(*of_runs, strict=True)
            pushed = functions.masks_pushforward(
                fields, tangents, np.array(numbers), np.stack(masks), x, index, inputs
            )
            responses.append((list(elements), pushed))
        for _ in runs:
            part_done()
    if not fields:  # nothing of the model is optimised
        fields = forward.field_functions.values(x, index, drivers)
    owners = {stream.name for stream in streams.values()}
    used = [np.ravel(p) for owner in owners for p in index.get(owner, {}).values()]
    positions = [p for p in np.unique(np.concatenate([[0], *used])) if p < len(x)]
    directions = np.eye(len(x))[positions]
    values, pushed = functions.own_pushforward(x, directions, fields, index, inputs)
    slope = control.slope(x)
    per_size = slope / perturbation_size(slope)
    jacobians = {n: np.zeros((*np.shape(values[n]), len(x))) for n in streams}
    for name, jacobian in jacobians.items():
        jacobian[:, positions] = np.asarray(pushed[name]).T
        for elements, response in responses:
            for number, element in enumerate(elements):
                column = np.asarray(response[name][number]) * per_size[element.position]
                jacobian[:, element.position] += column
    part_done()
    return {n: np.asarray(v) for n, v in values.items()}, jacobians


def perturbation_size(slope: np.ndarray) -> np.ndarray:
    """Perturbation of each parameter in its unit, shape (control,): about a prior sd.

    It is the power of two nearest to |dp/dx|. Such a factor rounds nothing, so that exact
    derivatives keep their bits, and a difference of two runs has a step in prior sd.

    Args:
        slope: dp/dx, shape (control,).
    """
    size = np.abs(slope)
    usable = np.isfinite(size) & (size > 0.0)
    exponent = np.rint(np.log2(np.where(usable, size, 1.0))).astype(int)
    return np.asarray(np.ldexp(1.0, exponent))


def field_tangents(
    forward: ForwardModel, x: np.ndarray, block: int
) -> Iterator[tuple[tuple[TangentRun, ...], dict[str, Array], dict[str, Array]]]:
    """Some tangent runs of a block at x with the fields and their tangents, (run, time, column)."""
    model, control = forward.model_functions, forward.control
    grid, index = forward.blocks[block].domain.grid, forward.index[block]
    elements = tuple(e for e in control.active if e.owner == model.model_name)
    theta = model.columns_at(x, index).values
    size = perturbation_size(control.slope(x))
    cell = forward.copied_cell[block]
    groups = tangent_runs(elements, grid, model.model.couples, cell, size)
    if model.evaluator.black_boxes:  # a run costs the same whether it perturbs the loop or not
        groups = ((*groups[0], *groups[1]), ())
    for runs in groups:
        yield from _field_tangents(forward, theta, forward.drivers[block], runs)


def jacobian_runs(forward: ForwardModel) -> int:
    """Number of tangent runs of the time loop that a Jacobian takes."""
    in_loop, after = _run_counts(forward, 0)
    return in_loop + (after if forward.model_functions.evaluator.black_boxes else 0)


def _parts(forward: ForwardModel) -> int:
    """Parts of a Jacobian: the tangent runs of each block and their end."""
    return sum(sum(_run_counts(forward, b)) + 1 for b in range(len(forward.blocks)))


def _run_counts(forward: ForwardModel, block: int) -> tuple[int, int]:
    """Numbers of tangent runs of the time loop and after it in one block."""
    model, grid = forward.model_functions, forward.blocks[block].domain.grid
    elements = tuple(e for e in forward.control.active if e.owner == model.model_name)
    copies = forward.copied_cell[block]
    in_loop, after = tangent_runs(elements, grid, model.model.couples, copies)
    return len(in_loop), len(after)


def _field_tangents(
    forward: ForwardModel,
    theta: Mapping[str, np.ndarray],
    drivers: Any,
    runs: tuple[TangentRun, ...],
) -> Iterator[tuple[tuple[TangentRun, ...], dict[str, Array], dict[str, Array]]]:
    """Runs with the fields and their tangents; a few runs at a time bound the memory."""
    names = sorted({name for run in runs for name in run.perturbations})
    if not names:
        return
    perturbed = {name: theta[name] for name in names}
    fixed = {name: value for name, value in theta.items() if name not in perturbed}
    functions = forward.field_functions
    evaluator = functions.evaluator
    size = batch_size(len(runs), max(1, getattr(evaluator, "tangents_at_once", 1)))
    for first in range(0, len(runs), size):
        batch = runs[first : first + size]
        # one length of all batches where they are compiled
        missing = 0 if evaluator.black_boxes else size - len(batch)
        zero = np.zeros_like(next(iter(perturbed.values())))
        directions = {
            name: np.stack([run.perturbations.get(name, zero) for run in batch] + [zero] * missing)
            for name in names
        }
        base, tangents = functions.parameters_pushforward(perturbed, directions, fixed, drivers)
        yield batch, base, {name: values[: len(batch)] for name, values in tangents.items()}


def batch_size(count: int, most: int) -> int:
    """Runs of a batch, at most `most`, so that the last batch needs few that stand for nothing."""
    return ceil(count / ceil(count / most))
