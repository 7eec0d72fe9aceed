"""Rows of latitude: sums are conserved, and a pattern says where along them an amount is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccdas_framework.grids import distribute_zonally, row_shares

WEIGHTS = ("area", "degrees")


def test_by_degrees_a_row_is_shared_in_proportion_to_its_degrees():
    shares = row_shares([0.0], [2.0], [-90.0, 0.5, 90.0], weight="degrees")
    np.testing.assert_allclose(shares, [[0.25], [0.75]], rtol=1e-12)


def test_by_area_half_of_a_hemisphere_lies_south_of_30_degrees():
    """sin 30 = 1/2; by degrees it is a third."""
    shares = row_shares([0.0], [90.0], [0.0, 30.0, 90.0], weight="area")
    np.testing.assert_allclose(shares, [[0.5], [0.5]], rtol=1e-12)
    shares = row_shares([0.0], [90.0], [0.0, 30.0, 90.0], weight="degrees")
    np.testing.assert_allclose(shares, [[1.0 / 3.0], [2.0 / 3.0]], rtol=1e-12)


@pytest.mark.parametrize("weight", WEIGHTS)
@given(st.integers(1, 40), st.integers(1, 40))
def test_the_shares_of_a_row_add_up_to_one(weight, count, other):
    rows, edges = np.linspace(-90.0, 90.0, count + 1), np.linspace(-90.0, 90.0, other + 1)
    shares = row_shares(rows[:-1], rows[1:], edges, weight=weight)
    assert shares.shape == (other, count)
    np.testing.assert_allclose(shares.sum(axis=0), 1.0, rtol=1e-10)


@pytest.mark.parametrize("weight", WEIGHTS)
def test_amounts_lie_where_the_pattern_is_and_evenly_where_it_is_empty(weight):
    """By hand: one month, two hemispheres of 6 and 8, on cells of 90 by 180 degrees."""
    pattern = [[3.0, 1.0], [0.0, 0.0]]
    amounts = distribute_zonally([[6.0, 8.0]], [-90.0, 0.0], [0.0, 90.0], pattern, weight=weight)
    np.testing.assert_allclose(amounts, [[[4.5, 1.5], [4.0, 4.0]]], rtol=1e-12)


def test_an_amount_even_per_degree_is_halved_at_45_degrees():
    """By hand: one month, two hemispheres of 6 and 8, on cells of 45 by 180 degrees."""
    pattern = [[3.0, 1.0], [0.0, 0.0], [0.0, 5.0], [1.0, 1.0]]
    amounts = distribute_zonally([[6.0, 8.0]], [-90.0, 0.0], [0.0, 90.0], pattern, weight="degrees")
    expected = [[2.25, 0.75], [1.5, 1.5], [0.0, 4.0], [2.0, 2.0]]
    np.testing.assert_allclose(amounts, [expected], rtol=1e-12)


def test_an_amount_even_per_area_is_divided_by_the_sine_of_latitude():
    amounts = distribute_zonally([[1.0]], [0.0], [90.0], np.ones((4, 1)), weight="area")
    sine = np.sqrt(0.5)
    np.testing.assert_allclose(amounts[0, :, 0], [0.0, 0.0, sine, 1.0 - sine], atol=1e-15)


@pytest.mark.parametrize("weight", WEIGHTS)
@pytest.mark.parametrize("changes", [False, True], ids=["one pattern", "a pattern each month"])
def test_rows_of_any_height_keep_their_sum(changes, weight):
    """Those of LMDZ: 180/95 degrees, the polar ones cut in half."""
    random = np.random.default_rng(0)
    centre, half = np.linspace(-90.0, 90.0, 96), 90.0 / 95.0
    south, north = np.maximum(centre - half, -90.0), np.minimum(centre + half, 90.0)
    amounts = random.normal(size=(3, 96))
    pattern = random.random((3, 180, 36) if changes else (180, 36)) * (random.random(36) > 0.5)
    cells = distribute_zonally(amounts, south, north, pattern, weight=weight)
    assert cells.shape == (3, 180, 36)
    np.testing.assert_allclose(cells.sum(axis=(1, 2)), amounts.sum(axis=1), rtol=1e-12)
    shares = cells / cells.sum(axis=2, keepdims=True)
    expected = np.broadcast_to(pattern / pattern.sum(axis=-1, keepdims=True), cells.shape)
    np.testing.assert_allclose(shares, expected, rtol=1e-9)
