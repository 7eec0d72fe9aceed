"""Rows of latitude: sums are kept, and a pattern says where along them an amount is."""

import numpy as np
import pytest

from ccdas_framework import along_rows
from ccdas_framework.io.rows import row_shares


def test_a_row_is_shared_in_proportion_to_its_degrees():
    shares = row_shares([0.0], [2.0], [-90.0, 0.5, 90.0])
    np.testing.assert_allclose(shares, [[0.25], [0.75]], rtol=1e-12)


def test_amounts_lie_where_the_pattern_is_and_evenly_where_it_is_empty():
    """By hand: one month, two hemispheres of 6 and 8, on boxes of 45 by 180 degrees."""
    pattern = [[3.0, 1.0], [0.0, 0.0], [0.0, 5.0], [1.0, 1.0]]
    laid = along_rows([[6.0, 8.0]], [-90.0, 0.0], [0.0, 90.0], pattern)
    expected = [[2.25, 0.75], [1.5, 1.5], [0.0, 4.0], [2.0, 2.0]]
    np.testing.assert_allclose(laid, [expected], rtol=1e-12)


@pytest.mark.parametrize("changes", [False, True], ids=["one pattern", "a pattern each month"])
def test_rows_of_any_height_keep_their_sum(changes):
    """Those of LMDZ: 180/95 degrees, the polar ones cut in half."""
    random = np.random.default_rng(0)
    centre, half = np.linspace(-90.0, 90.0, 96), 90.0 / 95.0
    south, north = np.maximum(centre - half, -90.0), np.minimum(centre + half, 90.0)
    amounts = random.normal(size=(3, 96))
    pattern = random.random((3, 180, 36) if changes else (180, 36)) * (random.random(36) > 0.5)
    laid = along_rows(amounts, south, north, pattern)
    assert laid.shape == (3, 180, 36)
    np.testing.assert_allclose(laid.sum(axis=(1, 2)), amounts.sum(axis=1), rtol=1e-12)
    shares = laid / laid.sum(axis=2, keepdims=True)
    expected = np.broadcast_to(pattern / pattern.sum(axis=-1, keepdims=True), laid.shape)
    np.testing.assert_allclose(shares, expected, rtol=1e-9)
