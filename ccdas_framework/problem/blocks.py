"""Cutting a grid into blocks of whole cells, padded to one shape."""

from __future__ import annotations

from math import ceil

import numpy as np
from attrs import evolve, field, frozen

from ..core.domain import Domain, Forcing, Grid
from ..core.interfaces import Engine

MOST_GROUPS = 1.5  # of equal size for each group that would be enough with repeated blocks


@frozen(eq=False)
class Block:
    """Whole cells of a forcing, padded with copies of its last cell that weigh nothing.

    Args:
        whole: forcing that its cells are taken from when they are needed; None in a process
            that computes other blocks.
        domain: of the block.
        cells, columns: which of the whole grid the first (unpadded) ones are.
    """

    whole: Forcing | None = field(repr=False)
    domain: Domain
    cells: np.ndarray
    columns: np.ndarray

    @property
    def all_cells(self) -> np.ndarray:
        """Which of the whole grid each cell is or repeats, padded ones included, shape (cell,)."""
        return np.take(self.cells, np.arange(self.domain.grid.cells), mode="clip")

    @property
    def forcing(self) -> Forcing:
        """Forcing of the block, a copy of its part of the whole."""
        if self.whole is None:
            raise ValueError("this process does not hold the forcing of the block.")
        if self.whole.domain is self.domain:
            return self.whole
        return _cut_forcing(self.whole, self)

    def alone(self) -> Block:
        """The block without the forcing of other cells."""
        return evolve(self, whole=self.forcing)


def blocks_of(forcing: Forcing, count: int) -> tuple[Block, ...]:
    """Split into `count` blocks with nearly the same number of columns and one shape.

    Padded cells have area 0 and padded columns fraction 0; both repeat real ones, so that a model
    can compute them as any other.
    """
    grid = forcing.domain.grid
    number = block_of_cell(np.bincount(grid.column_cell, minlength=grid.cells), count)
    if number[-1] == 0:
        return (Block(forcing, forcing.domain, np.arange(grid.cells), np.arange(grid.columns)),)
    cut = [np.flatnonzero(number == b) for b in range(number[-1] + 1)]
    columns_of_cut = [np.flatnonzero(np.isin(grid.column_cell, cells)) for cells in cut]
    extra = int(max(len(columns) for columns in columns_of_cut))
    most = max(len(cells) for cells in cut) + 1  # one cell for padded columns to belong to
    if padded_alike(forcing):
        extra = most
    return tuple(
        _cut(forcing, cells, columns, most, extra)
        for cells, columns in zip(cut, columns_of_cut, strict=True)
    )


def block_of_cell(columns_of: np.ndarray, count: int) -> np.ndarray:
    """Number of the block of each cell, from 0 without a gap, shape (cell,).

    Args:
        columns_of: number of columns of each cell, shape (cell,).
        count: of blocks; the cells may give fewer.
    """
    count = max(1, min(count, len(columns_of)))
    middle = np.cumsum(columns_of) - 0.5 * columns_of
    number = np.minimum((middle * count / columns_of.sum()).astype(int), count - 1)
    return np.unique(number, return_inverse=True)[1]


def padded_alike(forcing: Forcing) -> bool:
    """Whether the length of a static does not tell cells from columns: both are padded alike."""
    grid = forcing.domain.grid
    return forcing.column_static is None and grid.cells == grid.columns


def one_cell(forcing: Forcing, cell: int) -> Block:
    """A cell as a block of its own, not padded."""
    columns = np.flatnonzero(forcing.domain.grid.column_cell == cell)
    return _cut(forcing, np.array([cell]), columns, 1, len(columns))


def gradient_columns(engine: Engine) -> int:
    """Least columns of a gradient for an engine that computes several blocks together."""
    return int(getattr(engine, "gradient_columns", 1))


def gradient_groups(
    blocks: tuple[Block, ...], workers: int, together: int
) -> tuple[tuple[int, ...], ...]:
    """Numbers of the blocks that a gradient computes together.

    A compiler computes sums over the steps of a day again and again in small blocks, and many
    tangents at once fill the cache with large ones. So a Jacobian takes the blocks, and a gradient
    groups of them with about as many columns as its engine asks for, or more. All groups have one
    size, because each size is compiled. Where no fitting number divides the blocks, the last groups
    repeat their last block, with no weight.

    Args:
        blocks: the grid, cut.
        workers: least number of groups, where there are so many blocks.
        together: least columns of a group.
    """
    count, columns = len(blocks), blocks[0].domain.grid.columns
    least = max(min(workers, count), ceil(count / ceil(together / max(columns, 1))))
    equal = next(n for n in range(least, count + 1) if count % n == 0)
    groups = equal if equal <= MOST_GROUPS * least else least
    parts = np.array_split(np.arange(count), groups)
    size = len(parts[0])
    return tuple(
        tuple(int(b) for b in np.pad(part, (0, size - len(part)), "edge")) for part in parts
    )


def _cut(
    forcing: Forcing, cells: np.ndarray, columns: np.ndarray, cell_count: int, column_count: int
) -> Block:
    grid = forcing.domain.grid
    all_cells = np.take(cells, np.arange(cell_count), mode="clip")  # the last one repeated
    all_columns = np.take(columns, np.arange(column_count), mode="clip")
    padded_cell = np.arange(cell_count) >= len(cells)
    padded_column = np.arange(column_count) >= len(columns)
    column_cell = np.searchsorted(cells, grid.column_cell[all_columns])
    part = Grid(
        latitude=grid.latitude[all_cells],
        longitude=grid.longitude[all_cells],
        area=np.where(padded_cell, 0.0, grid.area[all_cells]),
        region=grid.region[all_cells],
        half_width=grid.half_width[all_cells],
        column_cell=np.where(padded_column, cell_count - 1, column_cell),
        column_fraction=np.where(padded_column, 0.0, grid.column_fraction[all_columns]),
        column_class=grid.column_class[all_columns],
    )
    return Block(forcing, evolve(forcing.domain, grid=part), cells, columns)


def _cut_forcing(whole: Forcing, block: Block) -> Forcing:
    """The forcing of a block, a copy; its domain is the very one of the block."""
    grid, all_cells = whole.domain.grid, block.all_cells
    all_columns = np.take(block.columns, np.arange(block.domain.grid.columns), mode="clip")
    by_length = {(grid.cells,): all_cells, (grid.columns,): all_columns}

    def static(name: str, values: np.ndarray) -> np.ndarray:
        values = np.asarray(values)
        if values.ndim and whole.column_static is not None:
            return np.asarray(values[all_columns if name in whole.column_static else all_cells])
        chosen = by_length.get(values.shape[:1])
        return values if chosen is None else np.asarray(values[chosen])

    return evolve(
        whole,
        domain=block.domain,
        fields={name: f[:, all_cells] for name, f in whole.fields.items()},
        static={name: static(name, s) for name, s in whole.static.items()},
    )
