"""Blocks hold whole cells, every one once, padded to one shape with what weighs nothing."""

import numpy as np
import pytest
from attrs import evolve
from toy import toy_forcing

from ccdas_framework.problem.blocks import blocks_of, gradient_groups


@pytest.fixture(scope="module")
def forcing():
    new = toy_forcing()
    grid = new.domain.grid
    static = {"height": np.arange(5.0), "depth": np.arange(9.0), "constant": np.array(3.0)}
    assert (grid.cells, grid.columns) == (5, 9)
    return evolve(new, static=static)


@pytest.mark.parametrize("count", [1, 2, 3, 5, 9])
def test_every_cell_and_column_is_in_one_block(forcing, count):
    blocks = blocks_of(forcing, count)
    assert len(blocks) == min(count, 5)
    assert np.concatenate([b.cells for b in blocks]).tolist() == list(range(5))
    assert np.concatenate([b.columns for b in blocks]).tolist() == list(range(9))
    grids = [b.domain.grid for b in blocks]
    undivided = forcing.domain.grid
    assert sum(g.area.sum() for g in grids) == pytest.approx(undivided.area.sum(), rel=1e-14)
    assert len({(g.cells, g.columns) for g in grids}) == 1


@pytest.mark.parametrize("count", [2, 3, 5])
def test_padding_weighs_nothing_and_looks_real(forcing, count):
    for block in blocks_of(forcing, count):
        grid = block.domain.grid
        cells, columns = len(block.cells), len(block.columns)
        assert np.all(grid.area[cells:] == 0.0) and np.all(grid.area[:cells] > 0.0)
        assert np.all(grid.column_fraction[columns:] == 0.0)
        assert np.all(np.diff(grid.column_cell) >= 0)
        # a real column never belongs to a padded cell, nor a padded one to a real cell
        assert np.all(grid.column_cell[:columns] < cells)
        assert np.all(grid.column_cell[columns:] >= cells)
        assert set(grid.column_class) <= {1, 2, 3, 4}
        assert np.isfinite(block.forcing.fields["inflow"]).all()


def test_forcing_and_statics_follow_their_cells_and_columns(forcing):
    for block in blocks_of(forcing, 3):
        cells, columns = block.cells, block.columns
        inflow = block.forcing.fields["inflow"][:, : len(cells)]
        np.testing.assert_array_equal(inflow, forcing.fields["inflow"][:, cells])
        assert block.forcing.static["height"][: len(cells)].tolist() == cells.tolist()
        assert block.forcing.static["depth"][: len(columns)].tolist() == columns.tolist()
        assert block.forcing.static["constant"] == 3.0


def test_padded_cells_hold_no_observation(forcing):
    grid = blocks_of(forcing, 3)[0].forcing.domain.grid
    actual = grid.locate(grid.latitude, grid.longitude)
    assert np.all(grid.area[actual] > 0.0)


def test_statics_are_told_by_name_where_cells_are_as_many_as_columns(forcing):
    # five cells and five columns, and the last cell has none
    grid = evolve(
        forcing.domain.grid,
        column_cell=np.array([0, 0, 1, 2, 3]),
        column_fraction=np.full(5, 0.4),
        column_class=np.ones(5, dtype=int),
    )
    given = evolve(
        forcing,
        domain=evolve(forcing.domain, grid=grid),
        static={"height": np.arange(5.0), "depth": 10.0 + np.arange(5.0)},
        column_static=frozenset({"depth"}),
    )
    for block in blocks_of(given, 2):
        static = block.forcing.static
        assert static["height"][: len(block.cells)].tolist() == block.cells.tolist()
        assert static["depth"][: len(block.columns)].tolist() == (10.0 + block.columns).tolist()
        assert len(static["height"]) == block.domain.grid.cells
        assert len(static["depth"]) == block.domain.grid.columns


@pytest.mark.parametrize(("workers", "groups"), [(1, 1), (2, 2), (9, 4)])
def test_a_gradient_takes_blocks_together_but_one_group_for_each_worker(forcing, workers, groups):
    blocks = blocks_of(forcing, 4)
    found = gradient_groups(blocks, workers, 250)
    assert len(found) == groups and len({len(group) for group in found}) == 1
    assert [b for group in found for b in group] == list(range(4))


def test_large_blocks_are_groups_by_themselves(forcing):
    assert gradient_groups(blocks_of(forcing, 2), 1, 4) == ((0,), (1,))
    assert gradient_groups(blocks_of(forcing, 4), 1, 4) == ((0, 1), (2, 3))
    assert gradient_groups(blocks_of(forcing, 3), 2, 4) == ((0,), (1,), (2,))


def test_an_engine_that_asks_for_no_columns_computes_each_block_alone(forcing):
    assert gradient_groups(blocks_of(forcing, 4), 1, 1) == ((0,), (1,), (2,), (3,))


def test_a_number_of_blocks_that_nothing_divides_makes_groups_of_one_size(forcing):
    """Each size is compiled: the last groups repeat a block, which then has no weight."""
    assert gradient_groups(blocks_of(forcing, 5), 2, 250) == ((0, 1, 2), (3, 4, 4))
    assert gradient_groups(blocks_of(forcing, 5), 4, 250) == ((0,), (1,), (2,), (3,), (4,))


def test_the_forcing_of_a_block_is_cut_when_it_is_needed(forcing):
    for block in blocks_of(forcing, 2):
        assert block.whole is forcing and block.forcing.domain is block.domain
        alone = block.alone()
        assert alone.whole is alone.forcing
        np.testing.assert_array_equal(
            alone.forcing.fields["inflow"], block.forcing.fields["inflow"]
        )
        assert np.array_equal(alone.all_cells, block.all_cells)
