"""Places are found in the cells that hold them."""

import numpy as np
import pytest
from toy import toy_forcing


@pytest.fixture(scope="module")
def grid():
    return toy_forcing().domain.grid


def test_a_place_that_comes_often_has_its_cell_each_time(grid):
    number = np.random.default_rng(1).integers(0, grid.cells, 200)
    np.testing.assert_array_equal(
        grid.locate(grid.latitude[number], grid.longitude[number]), number
    )


def test_a_place_beside_the_centre_is_in_the_cell_also_in_another_count_of_longitude(grid):
    latitude = grid.latitude + 0.9 * grid.half_width[:, 0]
    longitude = grid.longitude - 0.9 * grid.half_width[:, 1] + 360.0
    np.testing.assert_array_equal(grid.locate(latitude, longitude), np.arange(grid.cells))


def test_places_outside_and_unknown_ones_are_in_no_cell(grid):
    found = grid.locate(np.array([np.nan, 89.9, grid.latitude[0]]), np.array([0.0, 0.0, np.nan]))
    assert found.tolist() == [-1, -1, -1]
    assert grid.locate(np.zeros(0), np.zeros(0)).tolist() == []
