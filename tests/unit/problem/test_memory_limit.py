"""A limit of memory chooses the blocks, and is refused where blocks of one cell do not fit."""

import numpy as np
import pytest
from attrs import evolve
from findings import raises_finding
from toy import CellWater, Reservoir, TotalLoss, toy_forcing

from ccdas_framework.core.errors import InvalidInput
from ccdas_framework.problem.memory_limit import PROCESS_BYTES, MemoryNeed, memory_need

OPERATORS = {"water": CellWater(), "loss": TotalLoss()}
NEED = MemoryNeed(
    processes=1, workers=2, columns=40_000, cells=10_000, forcing=1e9, drivers=1e5, fields=1e5,
    tangents=1e6,
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
