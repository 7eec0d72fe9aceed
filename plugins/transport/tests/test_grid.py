"""Cells on the transport grid: mass is conserved, wherever they lie."""

import numpy as np
import pytest
from ccdas_transport.grid import TransportGrid, cell_shares, regridded
from ccdas_transport.land_cover import land_share
from hypothesis import given
from hypothesis import strategies as st

from ccdas_framework.grids import EARTH_RADIUS

GRID = TransportGrid()
GEOS_CHEM_4X5 = np.array([-89.0, *np.arange(-86.0, 87.0, 4.0), 89.0])  # 46 latitudes


def shares(latitude, longitude, half):
    one = np.array([latitude]), np.array([longitude]), np.array([half])
    return cell_shares(*one, GRID)[0]


def test_the_default_grid_is_that_of_tm2():
    assert GRID.area.shape == (24, 36)
    assert GRID.area.sum() == pytest.approx(4 * np.pi * EARTH_RADIUS**2, rel=1e-12)


@given(st.floats(-90, 90), st.floats(-180, 360), st.floats(0, 10), st.floats(0, 20))
def test_the_shares_of_a_cell_sum_to_one(latitude, longitude, tall, wide):
    assert shares(latitude, longitude, (tall, wide)).sum() == pytest.approx(1.0, rel=1e-9)


def test_a_box_of_the_grid_lies_in_itself():
    assert shares(48.75, 15.0, (3.75, 5.0))[18, 19] == pytest.approx(1.0, rel=1e-12)


def test_a_tower_lies_in_the_box_around_it():
    assert shares(61.85, 24.29, (0.0, 0.0))[20, 20] == pytest.approx(1.0, rel=1e-12)


def test_a_cell_across_the_date_line_is_shared_by_both_sides():
    share = shares(3.75, 180.0, (1.0, 2.0))
    assert share[12, 0] == pytest.approx(0.5) and share[12, 35] == pytest.approx(0.5)


def test_shares_follow_area_not_degrees():
    share = shares(75.0, 5.0, (3.75, 1.0))
    south = np.sin(np.deg2rad(75.0)) - np.sin(np.deg2rad(71.25))
    north = np.sin(np.deg2rad(78.75)) - np.sin(np.deg2rad(75.0))
    assert share[21, 18] == pytest.approx(south / (south + north), rel=1e-12)
    assert share[22, 18] == pytest.approx(north / (south + north), rel=1e-12)


def test_regridding_keeps_the_sum():
    mass = np.random.default_rng(0).random((2, 18, 40))
    regridded_mass = regridded(mass, np.linspace(-90, 90, 19), np.linspace(0, 360, 41), GRID)
    np.testing.assert_allclose(regridded_mass.sum(axis=(1, 2)), mass.sum(axis=(1, 2)), rtol=1e-12)


def test_a_step_that_leaves_a_rest_is_refused():
    with pytest.raises(ValueError):
        TransportGrid(7.0, 10.0)


def test_three_tenths_of_the_earth_are_land():
    """29 % with ice; the mask counts lakes as sea, and percent are rounded."""
    share = (land_share(GRID) * GRID.area).sum() / GRID.area.sum()
    assert share == pytest.approx(0.29, abs=0.005)


def test_the_transport_grid_can_have_the_boxes_of_geos_chem():
    grid = TransportGrid(4.0, 5.0, half_polar_boxes=True, centred_on_date_line=True)
    np.testing.assert_allclose(grid.latitude, GEOS_CHEM_4X5, atol=1e-9)
    np.testing.assert_allclose(grid.longitude, np.arange(-180.0, 180.0, 5.0), atol=1e-9)
    assert grid.area.sum() == pytest.approx(4 * np.pi * EARTH_RADIUS**2, rel=1e-12)


def test_a_half_polar_grid_gives_and_takes_mass_without_loss():
    """From GEOS-Chem's boxes to those of TM2 and back; sums to rounding."""
    half_polar = TransportGrid(4.0, 5.0, half_polar_boxes=True, centred_on_date_line=True)
    mass = np.random.default_rng(1).random(half_polar.area.shape)
    default = TransportGrid()
    regular = regridded(mass, half_polar.latitude_edges, half_polar.longitude_edges, default)
    back = regridded(regular, default.latitude_edges, default.longitude_edges, half_polar)
    assert regular.sum() == pytest.approx(mass.sum(), rel=1e-12)
    assert back.sum() == pytest.approx(mass.sum(), rel=1e-12)


def test_an_even_flux_stays_even_on_another_grid():
    half_polar = TransportGrid(4.0, 5.0, half_polar_boxes=True, centred_on_date_line=True)
    moved = regridded(
        half_polar.area, half_polar.latitude_edges, half_polar.longitude_edges, TransportGrid()
    )
    np.testing.assert_allclose(moved, TransportGrid().area, rtol=1e-12)
