"""Edges of cells: how grids meet the poles, and which centres have none."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccdas_framework.grids import (
    bounds_around,
    eastward,
    even_edges,
    is_nearly_even,
    joined_edges,
    latitude_edges,
    midpoint_edges,
)

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


@pytest.mark.parametrize(
    ("longitude", "ascending"),
    [
        ([], []),
        ([200.0], [200.0]),
        ([-20.0, -10.0, 0.0, 10.0], [-20.0, -10.0, 0.0, 10.0]),
        ([340.0, 350.0, 0.0, 10.0], [340.0, 350.0, 360.0, 370.0]),
        ([0.0, 10.0, 340.0, 350.0], [340.0, 350.0, 360.0, 370.0]),
        ([165.0, 175.0, -175.0, -165.0], [165.0, 175.0, 185.0, 195.0]),
        ([-170.0, 170.0], [170.0, 190.0]),
        ([270.0, 180.0, 90.0, 0.0], [0.0, 90.0, 180.0, 270.0]),
        ([90.0, -90.0], [-90.0, 90.0]),
        ([500.0, 510.0], [140.0, 150.0]),
    ],
)
def test_longitudes_go_eastward_from_the_widest_gap(longitude, ascending):
    order, found = eastward(longitude)
    assert found.tolist() == ascending
    np.testing.assert_array_equal((found - np.array(longitude)[order]) % 360.0, 0.0)


@settings(deadline=None)
@given(st.lists(st.floats(-360.0, 360.0), min_size=1, max_size=20))
def test_eastward_longitudes_ascend_within_a_turn(longitude):
    order, found = eastward(longitude)
    assert sorted(order.tolist()) == list(range(len(longitude)))
    assert (np.diff(found) >= -1e-9).all() and found[-1] - found[0] < 360.0 + 1e-9
    assert np.abs(found).max() <= 720.0


@pytest.mark.parametrize(
    ("centre", "bounds", "expected"),
    [
        (0.0, (355.0, 5.0), (-5.0, 5.0)),
        (360.0, (-5.0, 5.0), (355.0, 365.0)),
        (350.0, (0.0, 340.0), (340.0, 360.0)),
        (-175.0, (170.0, -160.0), (-190.0, -160.0)),
        (100.0, (20.0, 180.0), (20.0, 180.0)),
        (180.0, (360.0, 0.0), (0.0, 360.0)),
        (0.0, (-180.0, 180.0), (-180.0, 180.0)),
    ],
)
def test_bounds_lie_around_their_centre(centre, bounds, expected):
    assert bounds_around([centre], [bounds]).tolist() == [list(expected)]


@pytest.mark.parametrize(
    ("centres", "expected"),
    [
        ([0.0, 10.0, 20.0], True),
        ([80.3, 85.8, 91.3], True),
        (np.arange(0.0, 360.0, 0.1, "float32"), True),
        ([0.0, 10.0, 30.0], False),
        ([0.0, 0.01, 0.03], False),
        ([0.0, 0.0, 0.0], False),
    ],
)
def test_nearly_even_steps_lack_no_cell(centres, expected):
    assert is_nearly_even(centres) == expected
