"""Grids of files: how they meet the poles and the date line, and which cannot be read."""

import numpy as np
import pytest
import xarray as xr
from ccdas_transport.grid import EARTH_RADIUS, TransportGrid, box_area, regridded
from ccdas_transport.regular_grid import latitude_edges, sorted_with_edges

GEOS_CHEM_4X5 = np.array([-89.0, *np.arange(-86.0, 87.0, 4.0), 89.0])  # 46 latitudes


def grid_of(latitude, longitude, names=("latitude", "longitude")):
    """A dataset of ones on a grid."""
    ones = np.ones((len(latitude), len(longitude)))
    return xr.Dataset({"one": (names, ones)}, coords={names[0]: latitude, names[1]: longitude})


def test_half_boxes_at_the_poles_are_seen_from_their_centres():
    """GEOS-Chem 4 by 5: edges at -90, -88, -84, ... 88, 90."""
    edges = latitude_edges(GEOS_CHEM_4X5)
    np.testing.assert_allclose(edges, [-90.0, *np.arange(-88.0, 89.0, 4.0), 90.0], atol=1e-9)


def test_centres_on_the_poles_are_those_of_half_boxes():
    """LMDZ and MERRA: -90, -88, ...: edges at -90, -89, -87, ..."""
    edges = latitude_edges(np.arange(-90.0, 91.0, 2.0))
    np.testing.assert_allclose(edges, [-90.0, *np.arange(-89.0, 90.0, 2.0), 90.0], atol=1e-9)


def test_whole_boxes_end_at_the_poles():
    edges = latitude_edges(np.arange(-87.5, 90.0, 5.0))
    np.testing.assert_allclose(edges, np.arange(-90.0, 91.0, 5.0), atol=1e-9)


def test_a_part_of_the_globe_ends_where_its_boxes_end():
    np.testing.assert_allclose(latitude_edges(np.array([40.5, 41.5])), [40.0, 41.0, 42.0])


@pytest.mark.parametrize(
    "centres", [[-89.0, -85.0, -80.0, -70.0], [-89.0, -84.0, -80.0, -76.0], [0.0, 1.0, 3.0]]
)
def test_uneven_latitudes_have_no_edges(centres):
    assert latitude_edges(np.array(centres)) is None


def test_the_transport_grid_can_have_the_boxes_of_geos_chem():
    grid = TransportGrid(4.0, 5.0, half_polar_boxes=True, centred_on_date_line=True)
    np.testing.assert_allclose(grid.latitude, GEOS_CHEM_4X5, atol=1e-9)
    np.testing.assert_allclose(grid.longitude, np.arange(-180.0, 180.0, 5.0), atol=1e-9)
    assert grid.area.sum() == pytest.approx(4 * np.pi * EARTH_RADIUS**2, rel=1e-12)


def test_a_half_polar_grid_gives_and_takes_mass_without_loss():
    """From GEOS-Chem's boxes to those of TM2 and back; sums to rounding."""
    theirs = TransportGrid(4.0, 5.0, half_polar_boxes=True, centred_on_date_line=True)
    mass = np.random.default_rng(1).random(theirs.area.shape)
    ours = TransportGrid()
    there = regridded(mass, theirs.latitude_edges, theirs.longitude_edges, ours)
    back = regridded(there, ours.latitude_edges, ours.longitude_edges, theirs)
    assert there.sum() == pytest.approx(mass.sum(), rel=1e-12)
    assert back.sum() == pytest.approx(mass.sum(), rel=1e-12)


def test_an_even_flux_stays_even_on_another_grid():
    theirs = TransportGrid(4.0, 5.0, half_polar_boxes=True, centred_on_date_line=True)
    moved = regridded(theirs.area, theirs.latitude_edges, theirs.longitude_edges, TransportGrid())
    np.testing.assert_allclose(moved, TransportGrid().area, rtol=1e-12)


def test_a_file_is_turned_south_to_north_and_its_short_names_are_known():
    data = grid_of(GEOS_CHEM_4X5[::-1], np.arange(-180.0, 180.0, 5.0), ("lat", "lon"))
    data, north, east = sorted_with_edges(data, "f.nc")
    assert data["one"].dims == ("latitude", "longitude")
    np.testing.assert_allclose(data["latitude"], GEOS_CHEM_4X5)
    assert len(north) == 47 and len(east) == 73
    area = box_area(north, east).sum()
    assert area == pytest.approx(4 * np.pi * EARTH_RADIUS**2, rel=1e-12)


def test_bounds_go_before_centres():
    data = grid_of([-45.0, 20.0, 65.0], [-90.0, 90.0])
    data["latitude"].attrs["bounds"] = "lat_bnds"
    data["lat_bnds"] = (("latitude", "nv"), [[-90.0, 0.0], [0.0, 40.0], [40.0, 90.0]])
    _, north, _ = sorted_with_edges(data, "f.nc")
    np.testing.assert_allclose(north, [-90.0, 0.0, 40.0, 90.0])


@pytest.mark.parametrize(
    ("latitude", "longitude", "expected"),
    [
        ([10.0, 20.0, 50.0], [0.0, 10.0], ("uneven-grid", "f.nc: latitude")),
        ([10.0, 20.0], np.arange(0.0, 400.0, 10.0), ("uneven-grid", "f.nc: longitude")),
        ([10.0, 120.0], [0.0, 10.0], ("coordinate-out-of-range", "f.nc: latitude")),
        ([10.0], [0.0, 10.0], ("missing-bounds", "f.nc: latitude")),
    ],
)
def test_what_is_no_grid_is_refused_in_a_sentence(latitude, longitude, expected, refusal):
    with refusal(*expected):
        sorted_with_edges(grid_of(latitude, longitude), "f.nc")


def test_a_file_without_longitudes_is_refused(refusal):
    data = xr.Dataset({"x": ("latitude", [1.0])}, coords={"latitude": [1.0]})
    data["latitude"].attrs["bounds"] = "b"
    data["b"] = (("latitude", "nv"), [[0.0, 2.0]])
    with refusal("missing-coordinate", "f.nc: longitude"):
        sorted_with_edges(data, "f.nc")


def test_bounds_with_gaps_are_refused(refusal):
    data = grid_of([0.0, 10.0], [0.0, 10.0])
    data["latitude"].attrs["bounds"] = "b"
    data["b"] = (("latitude", "nv"), [[-5.0, 4.0], [5.0, 15.0]])
    with refusal("uneven-grid", "f.nc: latitude"):
        sorted_with_edges(data, "f.nc")
