"""Drivers of the blocks: prepared when they are needed, and held within a limit."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from threading import Lock
from typing import Any, overload
from uuid import uuid4

import numpy as np
from attrs import define, field

from ..core.errors import CcdasError, Findings, InvalidExperiment
from ..core.interfaces import Engine, ProcessModel
from ..core.pickling import ByFields
from ..core.trees import map_tree, tree_leaves, tree_unflatten
from .blocks import Block
from .component_package import package_of, place_in_package, shortened
from .component_results import driver_findings, require_results
from .work_progress import in_parts

Group = tuple[int, ...]


@define(eq=False, slots=False)
class BlockDrivers(ByFields, Sequence[Any]):
    """Drivers of each block, from `model.prepare`, in the memory of the engine.

    The first ones that fit into the limit are held, the others prepared at each use. A cyclic
    order of use makes no other choice better.

    Args:
        model_name: owner of the model's parameters.
        model: M.
        blocks: the grid, cut.
        engine: evaluates the model.
        limit: most bytes of drivers that are held between uses.
    """

    model_name: str
    model: ProcessModel
    blocks: tuple[Block, ...]
    engine: Engine
    limit: float = inf
    token: str = field(factory=lambda: uuid4().hex, init=False, repr=False)
    _sizes: dict[int, int] = field(factory=dict, init=False, repr=False)  # bytes by block
    _held: dict[Group, Any] = field(factory=dict, init=False, repr=False)
    _bytes: int = field(default=0, init=False, repr=False)
    _lock: Lock = field(factory=Lock, init=False, repr=False)

    def __len__(self) -> int:
        return len(self.blocks)

    @overload
    def __getitem__(self, block: int) -> Any: ...

    @overload
    def __getitem__(self, block: slice) -> list[Any]: ...

    def __getitem__(self, block: int | slice) -> Any:
        """Drivers of a block.

        Raises:
            InvalidExperiment: `prepare` of the model fails.
        """
        if isinstance(block, slice):
            return [self[b] for b in range(len(self))[block]]
        if not 0 <= block < len(self):
            raise IndexError(block)  # ends an iteration
        for group, drivers in list(self._held.items()):
            if block in group:
                return drivers if len(group) == 1 else entry_of(drivers, group.index(block))
        return self._hold((block,), self.engine.hold(self._prepared(block)))

    def stacked(self, group: Group) -> Any:
        """Drivers of several blocks as `stacked_trees`; None where they are not alike.

        Raises:
            InvalidExperiment: `prepare` of the model fails.
        """
        if group in self._held:
            return self._held[group]
        held_apart = any(b in other for other in list(self._held) for b in group)
        parts = (self[b] if held_apart else self._prepared(b) for b in group)
        stacked = stacked_trees(parts, len(group))
        if stacked is None or held_apart:
            return stacked
        return self._hold(group, self.engine.hold(stacked))

    def prepare_all(self, groups: Sequence[Group]) -> None:
        """Prepare each block once, so that its errors come first, and hold what fits.

        Args:
            groups: of blocks that are used together.

        Raises:
            InvalidExperiment: `prepare` of the model fails.
        """
        for group in in_parts("drivers of the model", groups):
            if len(group) == 1 or self.stacked(group) is None:
                for block in group:
                    self[block]

    def place(self, block: int, content: Block) -> None:
        """Give a block its forcing, in a process that computes only some blocks."""
        if self.blocks[block].whole is None:
            blocks = list(self.blocks)
            blocks[block] = content
            self.blocks = tuple(blocks)

    def released_bytes(self, group: Sequence[int]) -> int:
        """Bytes of the drivers of some blocks that are prepared at each use."""
        held = {b for blocks in list(self._held) for b in blocks}
        return sum(self._sizes.get(b, 0) for b in group if b not in held)

    def _prepared(self, block: int) -> Any:
        place = f"model '{self.model_name}'"
        try:
            drivers = self.model.prepare(self.blocks[block].forcing)
            require_results(driver_findings(drivers), self.model, place)
        except Exception as error:  # whatever a model raises is reported as a finding
            findings = Findings()
            add_component_error(findings, place, self.model, error)
            raise InvalidExperiment(findings) from error
        return drivers

    def _hold(self, group: Group, drivers: Any) -> Any:
        """The drivers, held for the next use where they fit."""
        size = tree_bytes(drivers)
        with self._lock:
            self._sizes |= dict.fromkeys(group, size // len(group))
            if self._bytes + size <= self.limit and group not in self._held:
                self._bytes += size
                self._held[group] = drivers
        return drivers


def tree_bytes(tree: Any) -> int:
    """Bytes of the arrays of a tree."""
    return sum(int(getattr(leaf, "nbytes", 8)) for leaf in tree_leaves(tree))


def stacked_trees(trees: Any, count: int) -> Any:
    """`count` trees as one with an axis more: the first, and behind the days of hourly arrays.

    A time loop wants the days of an array of days, hours and columns first. None where names,
    shapes or types of the arrays differ.

    Args:
        trees: an iterable, so that no more than one of them is needed at a time.
    """
    first: Any = None
    leaves: list[np.ndarray] = []
    for number, tree in enumerate(trees):
        arrays = [np.asarray(leaf) for leaf in tree_leaves(tree)]
        if first is None:
            first = map_tree(lambda leaf: (np.shape(leaf), np.asarray(leaf).dtype), tree)
            shapes = [(*a.shape[: _axis(a.ndim)], count, *a.shape[_axis(a.ndim) :]) for a in arrays]
            leaves = [np.empty(s, a.dtype) for s, a in zip(shapes, arrays, strict=True)]
        elif first != map_tree(lambda leaf: (np.shape(leaf), np.asarray(leaf).dtype), tree):
            return None
        for leaf, values in zip(leaves, arrays, strict=True):
            np.moveaxis(leaf, _axis(values.ndim), 0)[number] = values
    return tree_unflatten(map_tree(lambda _: 0, tree), leaves)


def entry_of(stacked: Any, number: int) -> Any:
    """One of the trees of `stacked_trees`, as views."""
    return map_tree(
        lambda leaf: np.moveaxis(np.asarray(leaf), _axis(np.ndim(leaf) - 1), 0)[number], stacked
    )


def _axis(dimensions: int) -> int:
    """Position of the axis of the blocks among the others."""
    return min(dimensions, 3) // 3


def add_component_error(findings: Findings, place: str, component: Any, error: Exception) -> None:
    """Add an exception out of `prepare`, with the place before it and its line in the package."""
    if isinstance(error, CcdasError):
        prefix = "" if error.where == place else f"{place}: "  # else its message names the place
        findings.add_error(error, prefix, where=place)
        return
    line = place_in_package(component, error.__traceback__)
    text = shortened(str(error))
    if isinstance(error, ValueError):
        findings.add("invalid-input", place, f"{place}: {text}{line}")
    else:
        message = (
            f"{place}: `prepare` of {type(component).__name__} of {package_of(component)} failed"
            f"{line} with {type(error).__name__}: {text}"
        )
        findings.add("component-error", place, message)
