"""A limit of memory chooses the blocks, and is refused where blocks of one cell do not fit."""

import numpy as np
import pytest
from attrs import evolve
from findings import raises_finding
from toy import CellWater, Reservoir, TotalLoss, toy_forcing

from ccdas_framework.core.errors import InvalidInput
from ccdas_framework.problem.blocks import blocks_of
from ccdas_framework.problem.memory_limit import PROCESS_BYTES, MemoryNeed, memory_need

OPERATORS = {"water": CellWater(), "loss": TotalLoss()}
NEED = MemoryNeed(
    processes=1, workers=2, columns_of=np.full(10_000, 4), alike=False, forcing=1e9,
    drivers=1e5, fields=1e5, tangents=1e6, gradient_columns=250,
)  # fmt: skip


@pytest.mark.parametrize("limit", [5e9, 8e9, 20e9])
def test_the_fewest_blocks_that_fit_are_chosen(limit):
    blocks = NEED.blocks(limit)
    assert NEED.total(blocks) <= limit < NEED.total(blocks - 1)


def test_a_large_limit_gives_a_block_for_each_worker():
    assert NEED.blocks(1e15) == 2
    assert evolve(NEED, workers=1).blocks(1e15) == 1


def test_more_workers_take_smaller_blocks():
    assert evolve(NEED, workers=4).blocks(8e9) > NEED.blocks(8e9)


def test_each_process_has_libraries_of_its_own():
    apart = evolve(NEED, processes=3)
    assert apart.shared - NEED.shared > 2.0 * PROCESS_BYTES
    with raises_finding("too-little-memory", "compute.memory", InvalidInput):
        apart.blocks(4e9)


def test_processes_of_starts_hold_the_forcing_each(autograd):
    def forcing(apart, starts):
        return memory_need(
            "toy", Reservoir(), OPERATORS, toy_forcing(), autograd, 3, apart, starts
        ).forcing

    once = forcing(apart=False, starts=1)
    assert forcing(apart=True, starts=1) == forcing(apart=False, starts=2) == once
    assert forcing(apart=True, starts=2) == 3 * once
    assert forcing(apart=True, starts=8) == 4 * once


def uneven_forcing():
    """The toy forcing with cells of 1, 1, 1, 1 and 5 columns."""
    forcing = toy_forcing()
    grid = evolve(
        forcing.domain.grid, column_cell=np.array([0, 1, 2, 3, 4, 4, 4, 4, 4]),
        column_fraction=np.full(9, 0.1),
    )  # fmt: skip
    return evolve(forcing, domain=evolve(forcing.domain, grid=grid))


def test_the_cell_with_most_columns_is_cut_on_any_grid(autograd):
    need = memory_need("toy", Reservoir(), OPERATORS, uneven_forcing(), autograd, 1, False)
    assert (need.columns, need.cells) == (9, 5)
    assert need.drivers > 0.0


def even_forcing():
    """The toy forcing with one column in each cell."""
    forcing = toy_forcing()
    grid = evolve(
        forcing.domain.grid, column_cell=np.arange(5), column_fraction=np.full(5, 0.5),
        column_class=np.ones(5, dtype=int),
    )  # fmt: skip
    return evolve(forcing, domain=evolve(forcing.domain, grid=grid))


@pytest.mark.parametrize("made", [toy_forcing, uneven_forcing, even_forcing])
@pytest.mark.parametrize("asked", [1, 2, 3, 4, 5])
def test_blocks_and_columns_are_those_of_the_grid(autograd, made, asked):
    forcing = made()
    need = memory_need("toy", Reservoir(), OPERATORS, forcing, autograd, 1, False)
    blocks, columns = need.cut(asked)
    cut = blocks_of(forcing, asked)
    assert blocks == len(cut)
    assert columns == cut[0].domain.grid.columns


def test_the_chosen_number_is_one_that_the_grid_gives(autograd):
    need = memory_need("toy", Reservoir(), OPERATORS, uneven_forcing(), autograd, 1, False)
    need = evolve(need, drivers=1e9)
    chosen = need.blocks(need.total(5))
    assert len(blocks_of(uneven_forcing(), chosen)) == chosen


def test_the_need_follows_from_drivers_and_fields_of_a_column(autograd):
    forcing = toy_forcing()
    need = memory_need("toy", Reservoir(), OPERATORS, forcing, autograd, 2, False)
    days, grid = forcing.domain.days, forcing.domain.grid
    assert (need.columns, need.cells, need.processes) == (grid.columns, grid.cells, 1)
    assert need.fields == days * 3 * 8
    assert need.drivers >= days * 8  # one series of inflow
    assert need.forcing >= forcing.fields["inflow"].nbytes
    assert need.tangents == days * 8 * 2  # of water and loss, one at a time
    assert np.isfinite(need.total(1))
