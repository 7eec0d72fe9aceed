"""Overlap of grids conserves areas, and is the same whichever way round the globe."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccdas_framework.grids import (
    EARTH_RADIUS,
    first_overlap,
    grid_area,
    overlap_by_area,
    overlap_by_degrees,
    overlap_by_longitude,
    regridded,
    share_of_overlap,
)

COUNTS = st.integers(1, 30)


def rows(count):
    edges = np.linspace(-90.0, 90.0, count + 1)
    return edges[:-1], edges[1:]


def sectors(count, west=-180.0):
    edges = west + np.linspace(0.0, 360.0, count + 1)
    return edges[:-1], edges[1:]


def test_degrees_shared_by_hand():
    shared = overlap_by_degrees([0.0, 10.0], [10.0, 30.0], [5.0], [15.0])
    np.testing.assert_array_equal(shared, [[5.0], [5.0]])


def test_areas_shared_by_hand():
    """sin 30 = 1/2, sin 90 = 1."""
    shared = overlap_by_area([0.0], [90.0], [-90.0, 30.0], [30.0, 90.0])
    np.testing.assert_allclose(shared, [[0.5, 0.5]], rtol=1e-15)


@given(COUNTS, COUNTS)
def test_rows_of_the_globe_share_all_of_their_area(count, other):
    shared = overlap_by_area(*rows(count), *rows(other))
    assert shared.sum() == pytest.approx(2.0, rel=1e-12)
    heights = np.diff(np.sin(np.radians(np.linspace(-90.0, 90.0, count + 1))))
    np.testing.assert_allclose(shared.sum(axis=1), heights, rtol=1e-11)


@given(COUNTS, COUNTS, st.floats(-180.0, 180.0))
def test_sectors_share_all_of_their_width_wherever_the_others_begin(count, other, west):
    shared = overlap_by_longitude(*sectors(count), *sectors(other, west))
    np.testing.assert_allclose(shared.sum(axis=1), 360.0 / count, rtol=1e-9)
    np.testing.assert_allclose(shared.sum(axis=0), 360.0 / other, rtol=1e-9)


@given(COUNTS, st.integers(-1, 1), st.floats(-179.0, 179.0), st.floats(0.1, 90.0))
def test_a_turn_around_the_globe_changes_no_overlap(count, turn, west, width):
    one = overlap_by_longitude([west], [west + width], *sectors(count))
    turned = overlap_by_longitude(
        [west + 360.0 * turn], [west + width + 360.0 * turn], *sectors(count)
    )
    np.testing.assert_allclose(one, turned, atol=1e-10)
    assert one.sum() == pytest.approx(width, rel=1e-9)


def test_a_sector_across_the_date_line_is_shared_by_both_sides():
    shared = overlap_by_longitude([175.0], [187.0], *sectors(36))
    assert shared[0, 35] == 5.0 and shared[0, 0] == 7.0 and shared.sum() == 12.0


@given(COUNTS, COUNTS)
def test_shares_sum_to_one(count, other):
    shares = share_of_overlap(overlap_by_area(*rows(count), *rows(other)))
    np.testing.assert_allclose(shares.sum(axis=1), 1.0, rtol=1e-12)


@given(COUNTS, COUNTS, COUNTS, COUNTS, st.sampled_from([-180.0, 0.0, -182.5]))
def test_areas_of_a_grid_become_those_of_another(lat, lon, new_lat, new_lon, west):
    old = np.linspace(-90.0, 90.0, lat + 1), west + np.linspace(0.0, 360.0, lon + 1)
    new = np.linspace(-90.0, 90.0, new_lat + 1), np.linspace(-180.0, 180.0, new_lon + 1)
    moved = regridded(grid_area(*old), *old, *new)
    np.testing.assert_allclose(moved, grid_area(*new), rtol=1e-9)
    assert moved.sum() == pytest.approx(4.0 * np.pi * EARTH_RADIUS**2, rel=1e-12)


def test_amounts_of_several_times_keep_their_sums():
    amounts = np.random.default_rng(0).normal(size=(3, 2, 12, 10))
    old = np.linspace(-90.0, 90.0, 13), np.linspace(0.0, 360.0, 11)
    new = np.linspace(-90.0, 90.0, 25), np.linspace(-180.0, 180.0, 37)
    moved = regridded(amounts, *old, *new)
    assert moved.shape == (3, 2, 24, 36)
    np.testing.assert_allclose(moved.sum(axis=(2, 3)), amounts.sum(axis=(2, 3)), atol=1e-12)


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ([(0.0, 0.0), (10.0, 10.0), (0.0, 10.0)], None),
        ([(0.0, 0.0), (0.0, 10.0), (5.0, 6.0)], (0, 2)),
        ([(0.0, 355.0), (0.0, -355.0)], None),
        ([(0.0, 356.0), (0.0, -356.0)], (0, 1)),
        ([(0.0, 0.0), (0.0, 9.95)], None),  # rounded coordinates
        ([(0.0, 0.0), (50.0, 0.0), (0.0, 360.0)], (0, 2)),
        ([], None),
    ],
)
def test_cells_that_overlap_are_named(places, expected):
    latitude, longitude = np.array(places).reshape(-1, 2).T
    assert first_overlap(latitude, longitude, np.full((len(places), 2), 5.0)) == expected


def test_points_overlap_only_where_they_are_the_same():
    assert first_overlap([0.0, 0.0], [0.0, 1e-6], np.zeros((2, 2))) is None
    assert first_overlap([0.0, 0.0], [-180.0, 180.0], np.zeros((2, 2))) == (0, 1)
