"""The forward model: from x to the simulated observations of streams, block by block."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from attrs import evolve, field, frozen

from ..core.control import Control
from ..core.interfaces import Engine
from ..core.pickling import fields_of, rebuilt
from .block_tasks import Tapes, over_groups
from .blocks import Block
from .drivers import BlockDrivers, Group, stacked_trees
from .functions import StreamFunctions
from .model_functions import FieldFunctions, ModelFunctions
from .stream_data import StreamData

Streams = Mapping[str, StreamData]
HELD_BYTES = 256 * 2**20  # of drivers, and of tapes, beside those of the blocks that run
BlockFields = Callable[[int], Mapping[str, np.ndarray]]  # block number -> all fields


@frozen(eq=False)
class ForwardModel:
    """Model and observation operators on the blocks of a grid.

    Args:
        field_functions: model, control and engine, and the names of the fields that are
            differentiated.
        blocks: the grid, cut.
        drivers: of each block, from `model.prepare`; see `BlockDrivers`.
        streams: observations by name.
        executor: runs blocks side by side: an `Executor`, or `BlockWorkers`.
        gradient_groups: numbers of the blocks that a gradient computes together; none where it
            computes each alone.
        separate_cells: whether x holds a copy of the parameters for each cell; see
            `separate_cells`.
        held_bytes: most bytes of the tapes of a gradient, beside those of the last groups.
        workers: blocks at the same time.
        inputs: argument `at` of the operators by block, in a process that computes some blocks.
    """

    field_functions: FieldFunctions
    blocks: tuple[Block, ...]
    drivers: Sequence[Any]
    streams: Streams = field(factory=dict)
    executor: Any = None
    gradient_groups: tuple[tuple[int, ...], ...] = ()
    separate_cells: bool = False
    held_bytes: float = HELD_BYTES
    workers: int = 1
    inputs: dict[int, Any] | None = None
    copied_cell: tuple[np.ndarray | None, ...] = field(init=False)
    index: tuple[Any, ...] = field(init=False)
    _stream_functions: dict[Any, StreamFunctions] = field(factory=dict, init=False, repr=False)

    @copied_cell.default
    def _copied_cell(self) -> tuple[np.ndarray | None, ...]:
        return tuple(
            b.all_cells[b.domain.grid.column_cell] if self.separate_cells else None
            for b in self.blocks
        )

    @index.default
    def _index(self) -> tuple[Any, ...]:
        return tuple(
            self.control.index(block.domain.grid.column_class, cell)
            for block, cell in zip(self.blocks, self.copied_cell, strict=True)
        )

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled by its fields, without the executor, whose threads stay in their process."""
        return rebuilt, (type(self), {**fields_of(self), "executor": None})

    # -- parts and changes ----------------------------------------------------------------

    @property
    def model_functions(self) -> ModelFunctions:
        """Functions of the model alone."""
        return self.field_functions.of_model

    @property
    def control(self) -> Control:
        """Names, units and transforms of x."""
        return self.model_functions.control

    @property
    def engine(self) -> Engine:
        """The engine that computes."""
        return self.model_functions.engine

    @property
    def reverse_mode(self) -> bool:
        """Whether a gradient costs a few runs of the model however long x is."""
        return self.model_functions.reverse_mode

    @property
    def has_own_derivatives(self) -> bool:
        """Whether the model brings its own derivatives, and the engine does not evaluate it."""
        return self.model_functions.model_engine is not None

    @property
    def functions(self) -> StreamFunctions:
        """Functions of its own streams."""
        return self.functions_of(self.streams)

    def functions_of(self, streams: Streams) -> StreamFunctions:
        """Functions of any streams or targets; the same record for the same ones."""
        key = tuple((name, id(stream)) for name, stream in streams.items())
        functions = StreamFunctions(self.field_functions, streams, self.index[0])
        return self._stream_functions.setdefault(key, functions)

    def with_streams(self, streams: Streams, targets: Streams) -> ForwardModel:
        """The same model for other streams and targets; the compiled model is reused.

        The derivatives of the model are reused where no further field is needed.
        """
        functions = self.field_functions
        operators = [stream.operator for stream in (*streams.values(), *targets.values())]
        needed = {variable.name for operator in operators for variable in operator.requires}
        if not (needed and needed <= set(functions.needed)):
            functions = FieldFunctions(self.model_functions, tuple(sorted(needed)))
        return evolve(self, streams=streams, field_functions=functions)

    def with_model(self, separate_cells: bool = False, **changes: Any) -> ForwardModel:
        """The same streams with other fields of `ModelFunctions`, compiled anew."""
        model = evolve(self.model_functions, **changes)
        functions = evolve(self.field_functions, of_model=model)
        return evolve(self, field_functions=functions, separate_cells=separate_cells)

    # -- values ---------------------------------------------------------------------------

    def simulate(
        self, x: np.ndarray, functions: StreamFunctions, fields: BlockFields | None = None
    ) -> dict[str, np.ndarray]:
        """Simulated values of each stream, shape (obs,).

        Args:
            fields: block number -> all fields at x, where they are known; otherwise the model runs.
        """
        x = np.asarray(x, float)
        simulated = functions.completion({"x": x, **self.contributions(x, functions, fields)})
        return {name: np.asarray(simulated[name]) for name in functions.streams}

    def contributions(
        self, x: np.ndarray, functions: StreamFunctions, fields: BlockFields | None = None
    ) -> dict[str, np.ndarray]:
        """Contributions of all blocks to each stream, summed, before `complete`."""
        streams = functions.streams
        if fields is None:
            each = [((b,), x) for b in range(len(self.blocks))]
            return self.summed(over_groups(self, block_contributions, functions, each), streams)
        parts = [observed_fields(self, functions, b, x, fields(b)) for b in range(len(self.blocks))]
        return self.summed(parts, streams)

    def contributions_and_pullback(
        self, x: np.ndarray
    ) -> tuple[dict[str, np.ndarray], Callable[[Mapping[str, Any]], list[np.ndarray]]]:
        """Summed contributions to its own streams, and their adjoint.

        The adjoint takes a weight for each contribution and returns a gradient with respect to x,
        shape (control,), for each group of blocks. The last groups keep their tapes, and others as
        far as the limit allows. The rest run again.
        """
        groups, functions, tapes = self.groups, self.functions, Tapes(self.held_bytes)
        at_hand = len(groups) - self.workers
        tasks = [(group, x, number >= at_hand) for number, group in enumerate(groups)]
        passes = over_groups(self, group_values, functions, tasks, tapes)

        def pullback(weights: Mapping[str, Any]) -> list[np.ndarray]:
            parts = self.split(weights)
            tasks = [(group, x, weights_of_group(parts, group)) for group in groups]
            return over_groups(self, group_gradient, functions, tasks, tapes)

        values = {b: of_block for group, of_group in zip(groups, passes, strict=True)
                  for b, of_block in zip(group, of_group, strict=True)}  # fmt: skip
        return self.summed([values[b] for b in range(len(self.blocks))], self.streams), pullback

    def group_pullback(
        self, x: np.ndarray, group: Sequence[int]
    ) -> tuple[list[Any], Callable[[Sequence[Any]], np.ndarray], float]:
        """Contributions of several blocks, their adjoint, and the bytes that it holds.

        Blocks whose drivers have different names, shapes or types run one after the other.
        """
        functions = self.functions
        if len(group) > 1:
            drivers = self.stacked_drivers(tuple(group))
            if drivers is not None:
                inputs = [self.operator_inputs(b, self.streams) for b in group]
                values, pull, size = functions.stacked_pullback(
                    x, [self.index[b] for b in group], drivers, inputs
                )
                return values, pull, size + self.released_bytes(group)
        alone = [functions.sized_pullback(x, *self.arguments(b, self.streams)) for b in group]

        def pull_each(weights: Sequence[Any]) -> np.ndarray:
            parts = [pull(w) for (_, pull, _), w in zip(alone, weights, strict=True)]
            return sum(parts[1:], start=np.asarray(parts[0]))

        size = sum(of_block for _, _, of_block in alone) + self.released_bytes(group)
        return [values for values, _, _ in alone], pull_each, size

    def released_bytes(self, group: Sequence[int]) -> float:
        """Bytes of the drivers of some blocks that only a tape would hold."""
        return self.drivers.released_bytes(group) if isinstance(self.drivers, BlockDrivers) else 0

    def stacked_drivers(self, group: tuple[int, ...]) -> Any:
        """Drivers of several blocks with an axis more; None where they are not alike."""
        if isinstance(self.drivers, BlockDrivers):
            return self.drivers.stacked(group)
        return stacked_trees([self.drivers[b] for b in group], len(group))

    @property
    def groups(self) -> tuple[tuple[int, ...], ...]:
        """Blocks that a gradient computes together: each alone where the engine cannot."""
        if self.gradient_groups and self.model_functions.stackable:
            return self.gradient_groups
        return tuple((b,) for b in range(len(self.blocks)))

    def block_fields(self, x: np.ndarray, block: int) -> dict[str, np.ndarray]:
        """All fields of the model in one block, shape (time, column), padded columns included."""
        fields = self.model_functions.fields
        return dict(fields(np.asarray(x, float), self.index[block], self.drivers[block]))

    def joined(self, parts: Sequence[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
        """Fields of the whole grid from those of its blocks, without padding."""
        order = np.argsort(np.concatenate([block.columns for block in self.blocks]))
        return {
            name: np.concatenate(
                [
                    np.asarray(part[name])[:, : len(block.columns)]
                    for part, block in zip(parts, self.blocks, strict=True)
                ],
                axis=1,
            )[:, order]
            for name in parts[0]
        }

    # -- blocks ---------------------------------------------------------------------------

    def arguments(self, block: int, streams: Streams) -> tuple[Any, Any, Any]:
        """Arguments after x of the functions of a block: `index`, `drivers` and `inputs`."""
        return self.index[block], self.drivers[block], self.operator_inputs(block, streams)

    def operator_inputs(self, block: int, streams: Streams) -> dict[str, Any]:
        """Argument `at` of each stream's operator in one block."""
        if self.inputs is not None:
            return dict(self.inputs[block])
        return {name: dict(stream.parts[block].at) for name, stream in streams.items()}

    def summed(self, parts: Sequence[Mapping[str, Any]], streams: Streams) -> dict[str, Any]:
        """Contributions of all blocks: domain-scope ones added, cell-scope ones in a row."""
        if len(parts) == 1:
            return dict(parts[0])
        return {
            name: stream.summed([part[name] for part in parts], self.engine.xp)
            for name, stream in streams.items()
        }

    def split(self, weights: Mapping[str, Any]) -> list[dict[str, np.ndarray]]:
        """The transpose of `summed` for its own streams."""
        pieces = {name: stream.split(weights[name]) for name, stream in self.streams.items()}
        return [{n: piece[b] for n, piece in pieces.items()} for b in range(len(self.blocks))]

    def over_blocks(self, function: Callable[[int], Any]) -> list[Any]:
        """`function` of each block's number, side by side where there is an executor."""
        return self.side_by_side(function, range(len(self.blocks)))

    def side_by_side(self, function: Callable[[Any], Any], tasks: Sequence[Any]) -> list[Any]:
        """`function` of each task in order, by the executor where there is one."""
        if self.executor is None or len(tasks) == 1 or hasattr(self.executor, "run_tasks"):
            return [function(task) for task in tasks]
        return list(self.executor.map(function, tasks))


def observed_fields(
    forward: ForwardModel, functions: StreamFunctions, block: int, x: np.ndarray, fields: Any
) -> dict[str, Any]:
    """Contributions of a block to each stream, from its fields."""
    point = {"fields": forward.field_functions.select(fields), "x": x}
    inputs = forward.operator_inputs(block, functions.streams)
    return dict(functions.contributions(point, forward.index[block], inputs))


def block_contributions(
    forward: ForwardModel, functions: StreamFunctions, tapes: Tapes, group: Group, x: np.ndarray
) -> dict[str, Any]:
    """Contributions of a block to each stream, by the functions compiled for the outputs."""
    (block,) = group
    return observed_fields(forward, functions, block, x, forward.block_fields(x, block))


def group_values(
    forward: ForwardModel,
    functions: StreamFunctions,
    tapes: Tapes,
    group: Group,
    x: np.ndarray,
    at_hand: bool,
) -> list[Any]:
    """Contributions of each block of a group; their adjoint is kept if it fits, or is `at_hand`."""
    values, pull, size = forward.group_pullback(x, group)
    tapes.keep(group, x, pull, size, at_hand)
    return values


def group_gradient(
    forward: ForwardModel,
    functions: StreamFunctions,
    tapes: Tapes,
    group: Group,
    x: np.ndarray,
    weights: Sequence[Any],
) -> np.ndarray:
    """Adjoint of the contributions of a group, shape (control,); it runs again if not kept."""
    pull = tapes.take(group, x) or forward.group_pullback(x, group)[1]
    return np.asarray(pull(weights))


def weights_of_group(parts: Sequence[Mapping[str, Any]], group: Sequence[int]) -> list[Any]:
    """Weights of the blocks of a group; those of a repeated block are zero."""
    return [
        {name: np.zeros_like(w) for name, w in parts[b].items()} if b in group[:n] else parts[b]
        for n, b in enumerate(group)
    ]
