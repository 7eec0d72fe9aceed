"""Fields of the blocks at one point: computed when they are needed, and held within a limit."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from attrs import define, field

from .assembled_problem import Problem
from .drivers import tree_bytes

Fields = Mapping[str, np.ndarray]


@define(eq=False)
class HeldFields:
    """Block number -> all fields of the model at `x`.

    The first blocks that fit into the limit are held, and beside them the last one that was asked
    for. Others run again. A cyclic order of use makes no other choice better.

    Args:
        problem: with the blocks; its limit is that of its drivers.
        x: control vector, shape (control,).
    """

    problem: Problem
    x: np.ndarray
    _held: dict[int, Fields] = field(factory=dict, init=False, repr=False)
    _last: tuple[int, Fields] = field(default=(-1, {}), init=False, repr=False)
    _bytes: int = field(default=0, init=False, repr=False)

    def __call__(self, block: int) -> Fields:
        """All fields of a block, shape (time, column), padded columns included."""
        number, last = self._last
        if block in self._held:
            return self._held[block]
        fields = last if number == block else self.problem.block_fields(self.x, block)
        size = tree_bytes(fields)
        if self._bytes + size <= self.problem.forward.held_bytes:
            self._held[block] = fields
            self._bytes += size
        else:
            self._last = block, fields
        return fields
