"""Areas on the sphere have closed forms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccdas_framework.grids import (
    EARTH_RADIUS,
    cell_area,
    great_circle_distance,
    grid_area,
    wrapped_longitude,
)

SPHERE = 4.0 * np.pi * EARTH_RADIUS**2
STEPS = st.integers(1, 60)


def test_the_globe_as_one_cell_has_the_area_of_the_sphere():
    assert cell_area(-90.0, 90.0, 360.0) == pytest.approx(SPHERE, rel=1e-15)


def test_half_of_a_hemisphere_lies_south_of_30_degrees():
    """sin 30 = 1/2."""
    assert cell_area(0.0, 30.0, 360.0) == pytest.approx(SPHERE / 4.0, rel=1e-15)


@given(STEPS, STEPS)
def test_the_cells_of_a_global_grid_cover_the_sphere(rows, columns):
    area = grid_area(np.linspace(-90.0, 90.0, rows + 1), np.linspace(-180.0, 180.0, columns + 1))
    assert area.shape == (rows, columns)
    assert area.sum() == pytest.approx(SPHERE, rel=1e-12)


@given(STEPS, STEPS)
def test_cells_and_grids_have_the_same_area_to_rounding(rows, columns):
    lat, lon = np.linspace(-90.0, 90.0, rows + 1), np.linspace(0.0, 360.0, columns + 1)
    cells = cell_area(lat[:-1, None], lat[1:, None], np.diff(lon)[None, :])
    np.testing.assert_allclose(cells, grid_area(lat, lon), rtol=1e-12)  # a few cancelled digits


@given(st.floats(-90.0, 90.0), st.floats(-90.0, 90.0), st.floats(0.0, 360.0))
def test_hemispheres_mirror_each_other(one, other, width):
    south, north = sorted((one, other))
    np.testing.assert_array_equal(cell_area(south, north, width), cell_area(-north, -south, width))


def test_a_small_cell_at_the_equator_is_a_square_of_its_arcs():
    arc = EARTH_RADIUS * np.radians(0.01)
    assert cell_area(-0.005, 0.005, 0.01) == pytest.approx(arc**2, rel=1e-8)


@given(st.floats(-720.0, 720.0))
def test_a_wrapped_longitude_is_the_same_meridian(longitude):
    wrapped = wrapped_longitude(longitude)
    assert -180.0 <= wrapped <= 180.0
    turns = (longitude - wrapped) / 360.0
    assert turns == pytest.approx(round(float(turns)), abs=1e-12)


@given(st.floats(-180.0, 180.0))
def test_longitudes_east_and_west_of_greenwich_are_not_changed(longitude):
    assert wrapped_longitude(longitude) == longitude


@given(st.floats(-90.0, 90.0), st.floats(-360.0, 360.0))
def test_the_antipode_is_half_a_circumference_away(latitude, longitude):
    distance = great_circle_distance(latitude, longitude, -latitude, longitude + 180.0)
    assert distance == pytest.approx(np.pi * EARTH_RADIUS, rel=1e-7)  # the arcsine is steep at 1


def test_a_degree_of_a_meridian_and_of_a_parallel():
    """At small angles a parallel is shorter by cos(latitude)."""
    degree = EARTH_RADIUS * np.pi / 180.0
    assert great_circle_distance(60.0, 7.0, 61.0, 7.0) == pytest.approx(degree, rel=1e-12)
    small = great_circle_distance(60.0, 7.0, 60.0, 7.0 + 1e-5)
    assert small == pytest.approx(0.5e-5 * degree, rel=1e-9)


def test_distances_cross_the_date_line():
    across = great_circle_distance(10.0, 179.5, 10.0, -179.5)
    assert across == pytest.approx(great_circle_distance(10.0, 0.0, 10.0, 1.0), rel=1e-12)
