"""Edges of cells: how grids meet the poles, and which centres have none."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccdas_framework.grids import even_edges, joined_edges, latitude_edges, midpoint_edges

GEOS_CHEM_4X5 = np.array([-89.0, *np.arange(-86.0, 87.0, 4.0), 89.0])  # 46 latitudes


def test_half_rows_at_the_poles_are_recognised_by_their_centres():
    """GEOS-Chem 4 by 5: edges at -90, -88, -84, ... 88, 90."""
    edges = latitude_edges(GEOS_CHEM_4X5)
    np.testing.assert_allclose(edges, [-90.0, *np.arange(-88.0, 89.0, 4.0), 90.0], atol=1e-9)


def test_centres_on_the_poles_are_those_of_half_rows():
    """LMDZ and MERRA: -90, -88, ...: edges at -90, -89, -87, ..."""
    edges = latitude_edges(np.arange(-90.0, 91.0, 2.0))
    np.testing.assert_allclose(edges, [-90.0, *np.arange(-89.0, 90.0, 2.0), 90.0], atol=1e-9)


def test_whole_rows_end_at_the_poles():
    edges = latitude_edges(np.arange(-87.5, 90.0, 5.0))
    np.testing.assert_allclose(edges, np.arange(-90.0, 91.0, 5.0), atol=1e-9)


def test_a_part_of_the_globe_ends_where_its_cells_end():
    np.testing.assert_allclose(latitude_edges(np.array([40.5, 41.5])), [40.0, 41.0, 42.0])


@pytest.mark.parametrize(
    "centres",
    [[-89.0, -85.0, -80.0, -70.0], [-89.0, -84.0, -80.0, -76.0], [0.0, 1.0, 3.0], [5.0]],
)
def test_uneven_latitudes_have_no_edges(centres):
    assert latitude_edges(np.array(centres)) is None


@given(st.floats(-180.0, 180.0), st.floats(0.1, 20.0), st.integers(2, 40))
def test_even_and_midpoint_edges_agree_where_centres_are_even(first, step, count):
    centres = first + step * np.arange(count)
    edges, (lower, upper) = even_edges(centres), midpoint_edges(centres)
    np.testing.assert_allclose(edges[:-1], lower, atol=1e-9)
    np.testing.assert_allclose(edges[1:], upper, atol=1e-9)


def test_midpoints_lie_between_uneven_centres():
    lower, upper = midpoint_edges([10.0, 20.0, 50.0])
    np.testing.assert_array_equal(lower, [5.0, 15.0, 35.0])
    np.testing.assert_array_equal(upper, [15.0, 35.0, 65.0])


def test_descending_centres_have_lower_edges_below_upper_ones():
    lower, upper = midpoint_edges([50.0, 20.0, 10.0])
    np.testing.assert_array_equal(lower, [35.0, 15.0, 5.0])
    np.testing.assert_array_equal(upper, [65.0, 35.0, 15.0])


def test_adjoining_bounds_are_joined():
    np.testing.assert_array_equal(joined_edges([[0.0, 1.0], [1.0, 4.0]]), [0.0, 1.0, 4.0])


@pytest.mark.parametrize("second", [[2.0, 4.0], [0.5, 4.0], [1.0, 1.0]])
def test_bounds_with_gaps_overlap_or_no_extent_have_no_edges(second):
    assert joined_edges([[0.0, 1.0], second]) is None
