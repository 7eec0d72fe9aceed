"""Number of blocks that fits a limit of memory."""

from __future__ import annotations

from math import ceil
from typing import Any

import numpy as np
from attrs import frozen

from ..core.domain import Forcing
from ..core.errors import InvalidInput
from ..core.interfaces import Engine, ObservationOperator, ProcessModel
from .blocks import block_of_cell, gradient_columns, one_cell, padded_alike
from .drivers import BlockDrivers, tree_bytes
from .forward_model import HELD_BYTES

PROCESS_BYTES = 1.3e9  # libraries, and the compilation of BETHY with JAX; docs/results.md, Memory
NUMBER_BYTES = 8


@frozen(eq=False)
class MemoryNeed:
    """Estimated memory of a run (bytes).

    Args:
        processes: number of processes that compute blocks or start others.
        workers: blocks at the same time.
        columns_of: number of columns of each cell, shape (cell,).
        alike: whether columns are padded as cells are, by one at least.
        forcing: of the whole grid, in all processes that hold it.
        drivers: of a column.
        fields: all fields of a column.
        tangents: of the needed fields of a column, as many as run in one batch.
        gradient_columns: least columns of a gradient.
    """

    processes: int
    workers: int
    columns_of: np.ndarray
    alike: bool
    forcing: float
    drivers: float
    fields: float
    tangents: float
    gradient_columns: int

    @property
    def columns(self) -> int:
        """Columns of the grid."""
        return int(self.columns_of.sum())

    @property
    def cells(self) -> int:
        """Cells of the grid."""
        return len(self.columns_of)

    def cut(self, blocks: int) -> tuple[int, int]:
        """Number of blocks that the grid gives, and columns of each with the padded ones."""
        number = block_of_cell(self.columns_of, blocks)
        padded = self.alike if number[-1] else 0
        return int(number[-1]) + 1, int(np.bincount(number, self.columns_of).max()) + padded

    @property
    def shared(self) -> float:
        """Memory that no number of blocks changes."""
        held = min(HELD_BYTES, self.columns * self.drivers)
        held += min(HELD_BYTES, self.columns * self.fields)
        return self.processes * PROCESS_BYTES + self.workers_apart * held + 2.0 * self.forcing

    @property
    def workers_apart(self) -> int:
        """Processes that hold drivers and tapes."""
        return max(1, self.processes - 1)

    def total(self, blocks: int) -> float:
        """Memory with so many blocks: those that run hold drivers and fields twice."""
        blocks, columns = self.cut(blocks)
        together = max(columns, min(self.gradient_columns, ceil(self.columns / self.workers)))
        gradient = together * 2.0 * (self.drivers + self.fields)
        jacobian = columns * (2.0 * self.drivers + 2.0 * self.tangents)
        return self.shared + min(blocks, self.workers) * max(gradient, jacobian)

    def blocks(self, limit: float) -> int:
        """Number of blocks that fits the limit, as few as that, and at least one for each worker.

        Raises:
            InvalidInput: blocks of one cell do not fit.
        """
        least = min(self.workers, self.cells)
        if self.total(self.cells) > limit:
            raise InvalidInput(
                f"compute.memory is {gigabytes(limit)}, and blocks of one cell need about "
                f"{gigabytes(self.total(self.cells))}: {gigabytes(self.shared)} for "
                f"{self.processes} processes, forcing and held drivers, and "
                f"{gigabytes(self.total(self.cells) - self.shared)} for {self.workers} blocks at "
                "the same time. Set a larger limit, fewer compute.workers or fewer days.",
                code="too-little-memory",
                where="compute.memory",
            )
        low, high = least, self.cells  # of which high fits
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if self.total(middle) <= limit else (middle + 1, high)
        given = self.cut(high)[0]
        return given if self.total(given) <= limit else high


def memory_need(
    model_name: str,
    model: ProcessModel,
    operators: dict[str, ObservationOperator],
    forcing: Forcing,
    engine: Engine,
    workers: int,
    apart: bool,
    starts: int = 1,
) -> MemoryNeed:
    """Estimate of the memory of a run, from the drivers of the cell with most columns.

    Args:
        model_name: owner of the model's parameters.
        model: M.
        operators: H by stream name.
        forcing: of the whole grid.
        engine: evaluates the model.
        workers: blocks at the same time.
        apart: whether each worker is a process of its own.
        starts: starting points; processes compute them in place of blocks where there are several,
            and each of these holds the whole forcing.

    Raises:
        InvalidInput: `prepare` of the model fails.
    """
    grid, days = forcing.domain.grid, forcing.domain.days
    columns_of = np.bincount(grid.column_cell, minlength=grid.cells)
    most = int(np.argmax(columns_of))
    alone = (one_cell(forcing, most),)
    drivers = BlockDrivers(model_name, model, alone, engine)[0]
    needed = {variable.name for operator in operators.values() for variable in operator.requires}
    at_once = max(1, int(getattr(engine, "tangents_at_once", 1)))
    copies = 1 + min(workers, starts) if apart and starts > 1 else 1
    arrays: list[Any] = [*forcing.fields.values(), *forcing.static.values()]
    return MemoryNeed(
        processes=workers + 1 if apart else 1,
        workers=workers,
        columns_of=columns_of,
        alike=padded_alike(forcing),
        forcing=copies * sum(np.asarray(values).nbytes for values in arrays),
        drivers=tree_bytes(drivers) / alone[0].domain.grid.columns,
        fields=days * len(model.provides) * NUMBER_BYTES,
        tangents=days * len(needed) * NUMBER_BYTES * at_once,
        gradient_columns=gradient_columns(engine),
    )


def gigabytes(size: float) -> str:
    """A number of bytes in words."""
    return f"{size / 1e9:.2g} GB"
