"""Work on blocks: here, in threads, or in processes that keep the blocks they compute.

A function of blocks has the arguments (forward, functions, tapes, group, *arguments), where group
is a tuple of block numbers. It is found by name, so that another process can compute it.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from threading import Lock
from typing import Any

import numpy as np
from attrs import evolve, frozen

from .blocks import Block
from .component_package import loaded_packages, top
from .drivers import BlockDrivers, Group
from .freed_memory import return_large_arrays
from .functions import StreamFunctions
from .model_functions import FieldFunctions, ModelFunctions

ForwardModel = Any  # that of `forward_model`, which imports this module
BlockFunction = Callable[..., Any]


class Tapes:
    """Adjoints of groups of blocks between a forward run and the reverse sweep.

    Args:
        limit: most bytes that they hold beside those that are kept in any case.
    """

    def __init__(self, limit: float) -> None:
        self.limit, self.lock = limit, Lock()
        self.pulls: dict[Group, tuple[np.ndarray, Callable[..., Any], float]] = {}

    def keep(
        self, group: Group, x: np.ndarray, pull: Callable[..., Any], size: float, always: bool
    ) -> None:
        """Keep the adjoint of a group at x if it fits, or always, until it is taken.

        Args:
            size: bytes that it holds.
        """
        with self.lock:
            self.pulls.pop(group, None)
            used = sum(bytes_ for _, _, bytes_ in self.pulls.values())
            if always or used + size <= self.limit:
                self.pulls[group] = (x, pull, 0.0 if always else size)

    def take(self, group: Group, x: np.ndarray) -> Callable[..., Any] | None:
        """The adjoint of a group at x, or None where it is not kept."""
        with self.lock:
            at, pull, _ = self.pulls.pop(group, (None, None, 0.0))
        return pull if at is not None and np.array_equal(at, x) else None


def over_groups(
    forward: ForwardModel,
    function: BlockFunction,
    functions: StreamFunctions,
    tasks: Sequence[tuple[Any, ...]],
    tapes: Tapes | None = None,
    here: Mapping[str, Any] | None = None,
) -> list[Any]:
    """Results of a function of blocks, in the order of the tasks.

    Args:
        forward: gives blocks and executor.
        function: of blocks, at the top of its module.
        functions: of the streams.
        tasks: of each call, group and arguments.
        tapes: of this process; others have their own.
        here: further arguments by name, where the function is computed in this process.
    """
    executor: Any = forward.executor
    if getattr(executor, "available", False):
        kind = (function.__qualname__, functions.token)
        executor.expect(_packages(forward, functions), pickle.dumps(forward.engine))
        return list(executor.run_tasks(kind, _sent(executor, forward, function, functions, tasks)))
    named = here or {}
    results: list[Any] = forward.side_by_side(
        lambda task: function(forward, functions, tapes, *task, **named), tasks
    )
    return results


def _sent(
    executor: Any,
    forward: ForwardModel,
    function: BlockFunction,
    functions: StreamFunctions,
    tasks: Sequence[tuple[Any, ...]],
) -> list[Any]:
    """The tasks for processes, with their parts by token."""
    drivers: Any = forward.drivers
    shared = f"shared {functions.token} {drivers.token}"
    places = {b: n for n, group in enumerate(forward.groups) for b in group}
    out = []
    for group, *arguments in tasks:
        parts = {shared: lambda: pickle.dumps(SharedPart.of(forward, functions))}
        for b in group:
            parts[f"block {drivers.token} {b}"] = _later(forward.blocks[b].alone)
            inputs = _later(forward.operator_inputs, b, functions.streams)
            parts[f"inputs {functions.token} {b}"] = inputs
        call = (function.__module__, function.__qualname__, shared, functions.token, group)
        name = _name(forward.blocks, group)
        out.append(executor.task(name, places[group[0]], compute, (*call, *arguments), parts))
    return out


def _packages(forward: ForwardModel, functions: StreamFunctions) -> list[str]:
    """Packages whose code computes blocks, or may be called by one that does."""
    operators = [stream.operator for stream in functions.streams.values()]
    components = [forward, forward.engine, forward.model_functions.model, *operators]
    return sorted({*(top(type(each).__module__) for each in components), *loaded_packages()})


def _later(function: Callable[..., Any], *arguments: Any) -> Callable[[], bytes]:
    return lambda: pickle.dumps(function(*arguments))


def _name(blocks: Sequence[Block], group: Group) -> str:
    """Numbers of the blocks with their cells, in words."""
    cells = sum(len(blocks[b].cells) for b in set(group))
    grid, last = blocks[group[0]].domain.grid, "" if len(set(group)) == 1 else f" to {group[-1]}"
    return (
        f"block {group[0]}{last} ({cells} cells, the first at latitude {grid.latitude[0]:g}, "
        f"longitude {grid.longitude[0]:g})"
    )


@frozen(eq=False)
class SharedPart:
    """What all blocks of a process have in common, without their forcing and observations.

    Args:
        kind: class of the forward model.
        model: pickled functions of the model, which several sets of streams share.
        needed: names of the fields that are differentiated.
        streams: without inputs of their operators.
        blocks: without forcing.
        drivers: token of the drivers.
        separate_cells, held_bytes: of the forward model.
    """

    kind: Callable[..., ForwardModel]
    model: bytes
    needed: tuple[str, ...]
    streams: Mapping[str, Any]
    blocks: tuple[Block, ...]
    drivers: str
    separate_cells: bool
    held_bytes: float

    @classmethod
    def of(cls, forward: ForwardModel, functions: StreamFunctions) -> SharedPart:
        """Of a forward model and a set of streams."""
        of_fields, drivers = functions.of_fields, forward.drivers
        assert isinstance(drivers, BlockDrivers)
        return cls(
            type(forward),
            pickle.dumps(of_fields.of_model),
            of_fields.needed,
            {name: stream.without_inputs() for name, stream in functions.streams.items()},
            tuple(evolve(block, whole=None) for block in forward.blocks),
            drivers.token,
            forward.separate_cells,
            forward.held_bytes,
        )

    def forward(self, parts: dict[str, Any]) -> ForwardModel:
        """The forward model; parts with the same model share what is compiled."""
        model_key = f"model {sha256(self.model).hexdigest()}"
        if model_key not in parts:
            parts[model_key] = pickle.loads(self.model)
        model: ModelFunctions = parts[model_key]
        fields_key = f"{model_key} {self.needed}"
        if fields_key not in parts:
            parts[fields_key] = FieldFunctions(model, self.needed)
        drivers_key = f"drivers {self.drivers}"
        if drivers_key not in parts:
            parts[drivers_key] = BlockDrivers(
                model.model_name, model.model, self.blocks, model.evaluator, self.held_bytes
            )
        return self.kind(
            parts[fields_key],
            blocks=self.blocks,
            drivers=parts[drivers_key],
            streams=self.streams,
            separate_cells=self.separate_cells,
            held_bytes=self.held_bytes,
            inputs={},
        )


def compute(
    parts: dict[str, Any],
    module: str,
    name: str,
    shared: str,
    streams: str,
    group: Group,
    *arguments: Any,
) -> Any:
    """A function of blocks in the process that keeps them.

    Args:
        parts: of this process, by token.
        module, name: of the function.
        shared: token of a `SharedPart`.
        streams: token of the set of streams.
        group: numbers of blocks.
        arguments: further ones of the function.
    """
    from importlib import import_module

    part: SharedPart = parts[shared]
    forward_key = f"forward {shared}"
    if forward_key not in parts:
        return_large_arrays()
        parts[forward_key] = (part.forward(parts), Tapes(part.held_bytes))
    forward, tapes = parts[forward_key]
    for b in group:
        forward.drivers.place(b, parts[f"block {part.drivers} {b}"])
        forward.inputs[b] = parts[f"inputs {streams} {b}"]
    function = getattr(import_module(module), name)
    return as_numpy(function(forward, forward.functions, tapes, group, *arguments))


def as_numpy(tree: Any) -> Any:
    """A result with its arrays in the memory of numpy, which every process can receive."""
    if isinstance(tree, dict):
        return {key: as_numpy(value) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return type(tree)(as_numpy(value) for value in tree)
    return tree if tree is None else np.asarray(tree)
