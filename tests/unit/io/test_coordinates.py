"""The grid of a file: names and order of its axes, edges of its cells, and grids without any."""

import numpy as np
import pytest
import xarray as xr
from findings import codes, raises_finding

from ccdas_framework.core.errors import Findings
from ccdas_framework.grids import EARTH_RADIUS, grid_area
from ccdas_framework.io.coordinates import coordinate_name, read_axis, read_grid, regular_grid
from ccdas_framework.io.netcdf import InputFile

GEOS_CHEM_4X5 = np.array([-89.0, *np.arange(-86.0, 87.0, 4.0), 89.0])  # 46 latitudes
SPHERE = 4.0 * np.pi * EARTH_RADIUS**2
EXTENTS = ("cells", "adjoining")


def grid_of(latitude, longitude, names=("latitude", "longitude")):
    """A dataset with the number of each cell on a grid."""
    number = np.arange(len(latitude) * len(longitude)).reshape(len(latitude), len(longitude))
    axes = {names[0]: latitude, names[1]: longitude}
    return xr.Dataset({"number": (names, number)}, coords=axes)


def file_of(data):
    return InputFile("f.nc", data, Findings())


def with_bounds(data, name, bounds):
    data[name].attrs["bounds"] = f"{name}_bnds"
    data[f"{name}_bnds"] = ((name, "nv"), bounds)
    return data


@pytest.mark.parametrize(
    ("name", "attributes"),
    [
        ("latitude", {}),
        ("lat", {}),
        ("y", {"units": "degrees_north"}),
        ("rows", {"standard_name": "latitude"}),
    ],
)
def test_an_axis_is_recognised_by_name_units_or_standard_name(name, attributes):
    data = grid_of([0.0, 1.0], [0.0, 1.0], (name, "longitude"))
    data[name].attrs.update(attributes)
    assert coordinate_name(data, "latitude") == name


@pytest.mark.parametrize("extent", EXTENTS)
@pytest.mark.parametrize("down", [False, True])
def test_the_cells_of_a_global_file_cover_the_sphere(extent, down):
    latitude = np.arange(-87.5, 90.0, 5.0)[:: -1 if down else 1]
    findings = Findings()
    grid = read_grid(
        InputFile("f.nc", grid_of(latitude, np.arange(0.0, 360.0, 10.0)), findings), extent
    )
    assert not len(findings) and grid.shape == (36, 36)
    assert grid.area.sum() == pytest.approx(SPHERE, rel=1e-12)
    np.testing.assert_allclose(grid.latitude.edges, np.arange(-90.0, 91.0, 5.0), atol=1e-9)
    np.testing.assert_array_equal(grid.latitude.lower < grid.latitude.centres, True)
    np.testing.assert_allclose(grid.half_width, [[2.5, 5.0]] * 36 * 36, atol=1e-9)


def test_centres_of_cells_are_east_and_west_of_greenwich():
    grid = read_grid(file_of(grid_of([10.0, 20.0], [0.0, 120.0, 240.0])))
    latitude, longitude = grid.centres
    assert latitude.tolist() == [10.0] * 3 + [20.0] * 3
    assert longitude.tolist() == [0.0, 120.0, -120.0] * 2


def test_a_dataset_is_turned_south_to_north_with_its_cells():
    data = grid_of(GEOS_CHEM_4X5[::-1], np.arange(-180.0, 180.0, 5.0), ("lat", "lon"))
    turned, grid = regular_grid(data, "f.nc")
    assert turned["number"].dims == ("latitude", "longitude")
    np.testing.assert_array_equal(turned["latitude"], GEOS_CHEM_4X5)
    np.testing.assert_array_equal(turned["number"], data["number"][::-1])
    assert [len(edges) for edges in grid.edges] == [47, 73]
    assert grid_area(*grid.edges).sum() == pytest.approx(SPHERE, rel=1e-12)
    np.testing.assert_allclose(grid.area[::-1], grid_area(*grid.edges), rtol=1e-9)


def test_longitudes_begin_at_any_meridian():
    axis = read_axis(file_of(grid_of([0.0, 1.0], [5.0, 95.0, 185.0, 275.0])), "longitude")
    assert axis.order.tolist() == [0, 1, 2, 3]
    assert axis.order_from(-180.0).tolist() == [2, 3, 0, 1]


@pytest.mark.parametrize("extent", EXTENTS)
def test_bounds_go_before_centres(extent):
    data = grid_of([65.0, 20.0, -45.0], [-90.0, 90.0])
    data = with_bounds(data, "latitude", [[90.0, 40.0], [40.0, 0.0], [0.0, -95.0]])
    grid = read_grid(file_of(data), extent)
    np.testing.assert_array_equal(grid.latitude.edges, [-90.0, 0.0, 40.0, 90.0])


def test_uneven_centres_have_cells_up_to_their_midpoints():
    grid = read_grid(file_of(grid_of([10.0, 20.0, 50.0], [0.0, 10.0])))
    np.testing.assert_array_equal(grid.latitude.edges, [5.0, 15.0, 35.0, 65.0])


@pytest.mark.parametrize(
    ("latitude", "longitude", "code", "name"),
    [
        ([10.0, 20.0, 50.0], [0.0, 10.0], "uneven-grid", "latitude"),
        ([10.0, 20.0], np.arange(0.0, 400.0, 10.0), "uneven-grid", "longitude"),
        ([10.0, 120.0], [0.0, 10.0], "out-of-range", "latitude"),
        ([10.0], [0.0, 10.0], "missing-bounds", "latitude"),
    ],
)
def test_what_is_no_regular_grid_is_refused(latitude, longitude, code, name):
    with raises_finding(code, f"f.nc: {name}"):
        regular_grid(grid_of(latitude, longitude), "f.nc")


def test_a_file_without_longitudes_is_refused():
    data = xr.Dataset({"x": ("latitude", [1.0, 2.0])}, coords={"latitude": [1.0, 2.0]})
    with raises_finding("missing-coordinate", "f.nc: longitude"):
        regular_grid(data, "f.nc")


def test_curvilinear_coordinates_are_refused():
    data = xr.Dataset(coords={n: (("y", "x"), np.ones((2, 2))) for n in ("lat", "lon")})
    findings = Findings()
    assert read_grid(InputFile("/data/f.nc", data, findings)) is None
    assert codes(findings) == [
        ("missing-coordinate", "f.nc: latitude"), ("missing-coordinate", "f.nc: longitude"),
    ]  # fmt: skip


def test_bounds_with_gaps_are_refused_where_cells_have_to_join():
    data = with_bounds(grid_of([0.0, 10.0], [0.0, 10.0]), "latitude", [[-5.0, 4.0], [5.0, 15.0]])
    with raises_finding("gaps-in-bounds", "f.nc: latitude"):
        regular_grid(data, "f.nc")
    cells = read_grid(file_of(data))
    np.testing.assert_array_equal(cells.latitude.upper, [4.0, 15.0])
