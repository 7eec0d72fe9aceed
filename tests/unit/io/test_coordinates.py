"""The grid of a file: names and order of its axes, edges of its cells, and grids without any."""

import numpy as np
import pytest
import xarray as xr
from findings import codes, raises_finding
from hypothesis import given, settings
from hypothesis import strategies as st

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


def read(data, extent="cells"):
    """The grid of a dataset, and its findings."""
    file = file_of(data)
    return read_grid(file, extent), codes(file.findings)


def test_gaussian_latitudes_have_cells_up_to_their_midpoints():
    latitude = np.degrees(np.arcsin(np.polynomial.legendre.leggauss(32)[0]))
    grid, findings = read(grid_of(latitude, np.arange(0.0, 360.0, 10.0)))
    assert findings == []
    middle = 0.5 * (latitude[1:] + latitude[:-1])
    np.testing.assert_allclose(grid.latitude.edges[1:-1], middle, rtol=1e-12)


def test_half_rows_at_the_poles_have_their_own_height_in_any_extent():
    for extent in EXTENTS:
        grid, findings = read(grid_of(GEOS_CHEM_4X5, np.arange(-180.0, 180.0, 5.0)), extent)
        assert findings == []
        np.testing.assert_allclose(grid.latitude.edges[:3], [-90.0, -88.0, -84.0], atol=1e-9)


REGIONS = {
    "Greenwich": (-20.0, -10.0, 0.0, 10.0),
    "the date line": (165.0, 175.0, 185.0, 195.0),
    "no meridian": (30.0, 40.0, 50.0, 60.0),
    "half the globe": tuple(np.arange(90.0, 271.0, 10.0)),
}
SPELLINGS = {
    "-180..180": lambda lon: (lon + 180.0) % 360.0 - 180.0,
    "0..360": lambda lon: lon % 360.0,
    "sorted 0..360": lambda lon: np.sort(lon % 360.0),
    "backwards": lambda lon: lon[::-1],
    "shuffled": lambda lon: np.random.default_rng(3).permutation(lon % 360.0),
    "one turn back": lambda lon: lon - 360.0,
    "single precision": lambda lon: (lon % 360.0).astype("float32"),
}


@pytest.mark.parametrize("extent", EXTENTS)
@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("region", REGIONS)
def test_a_region_has_its_extent_however_its_longitudes_are_written(region, spelling, extent):
    plain = np.array(REGIONS[region])
    longitude = SPELLINGS[spelling](plain)
    grid, findings = read(grid_of([10.0, 20.0, 30.0], longitude), extent)
    assert findings == []
    np.testing.assert_allclose(grid.width, 10.0, rtol=1e-12)
    expected = grid_area(np.arange(5.0, 36.0, 10.0), np.arange(len(plain) + 1) * 10.0)
    np.testing.assert_allclose(grid.area, expected, rtol=1e-12)
    np.testing.assert_allclose(np.diff(grid.edges[1]), 10.0, rtol=1e-12)
    # each cell lies around its own centre, in the order of the file
    offset = (grid.longitude.lower + 5.0 - longitude + 180.0) % 360.0 - 180.0
    np.testing.assert_allclose(offset, 0.0, atol=1e-9)


@settings(deadline=None)
@given(
    st.floats(-180.0, 180.0), st.integers(2, 36), st.randoms(use_true_random=False),
    st.lists(st.integers(-1, 0), min_size=36, max_size=36),
)  # fmt: skip
def test_cells_are_the_same_in_any_order_and_turn(first, count, random, turns):
    plain = first + 10.0 * np.arange(count)
    order = list(range(count))
    random.shuffle(order)
    grid, findings = read(grid_of([0.0, 10.0], (plain + 360.0 * np.array(turns[:count]))[order]))
    assert findings == []
    np.testing.assert_allclose(grid.width, 10.0, atol=1e-9)
    assert len(grid.edges[1]) == count + 1


def test_a_dataset_across_greenwich_is_turned_west_to_east_with_its_cells():
    turned, grid = regular_grid(grid_of([0.0, 10.0], [0.0, 10.0, 340.0, 350.0]), "f.nc")
    np.testing.assert_array_equal(turned["number"], [[2, 3, 0, 1], [6, 7, 4, 5]])
    np.testing.assert_array_equal(turned["longitude"], [340.0, 350.0, 360.0, 370.0])
    np.testing.assert_array_equal(grid.edges[1], [335.0, 345.0, 355.0, 365.0, 375.0])


@pytest.mark.parametrize("extent", EXTENTS)
@pytest.mark.parametrize(
    "bounds",
    [
        [[335, 345], [345, 355], [355, 5], [5, 15]],
        [[335, 345], [345, 355], [-5, 5], [5, 15]],
        [[-25, -15], [-15, -5], [-5, 5], [5, 15]],
        [[345, 335], [355, 345], [5, 355], [15, 5]],
    ],
)
def test_bounds_are_the_same_modulo_a_turn(bounds, extent):
    data = with_bounds(grid_of([0.0, 10.0], [340.0, 350.0, 0.0, 10.0]), "longitude", bounds)
    grid, findings = read(data, extent)
    assert findings == []
    np.testing.assert_array_equal(grid.width, 10.0)
    np.testing.assert_array_equal(grid.edges[1], [335.0, 345.0, 355.0, 365.0, 375.0])


@pytest.mark.parametrize("bounds", [[0.0, 360.0], [-180.0, 180.0]])
def test_one_cell_may_go_around_the_globe(bounds):
    data = with_bounds(grid_of([0.0, 10.0], [sum(bounds) / 2.0]), "longitude", [bounds])
    grid, findings = read(data)
    assert findings == [] and grid.width.tolist() == [360.0]


@pytest.mark.parametrize(
    ("name", "bounds", "code"),
    [
        ("latitude", [[-5.0, 5.0], [4.0, 15.0]], "overlapping-cells"),
        ("longitude", [[-5.0, 5.0], [4.0, 15.0]], "overlapping-cells"),
        ("longitude", [[-200.0, 5.0], [5.0, 175.0]], "wrong-bounds"),
        ("longitude", [[-170.0, 5.0], [5.0, 200.0]], "wrong-bounds"),
        ("longitude", [[-175.0, 5.0], [5.0, 188.0]], "overlapping-cells"),
        ("latitude", [[5.0, 15.0], [-5.0, 5.0]], "wrong-bounds"),
        ("latitude", [[-5.0, 5.0], [5.0, np.nan]], "wrong-bounds"),
        ("latitude", [[-9999.0, 5.0], [5.0, 15.0]], "wrong-bounds"),
        ("longitude", [[-5.0, 5.0], [5.0, 9.97e36]], "wrong-bounds"),
        ("longitude", [[0.0, 0.0], [10.0, 10.0]], "wrong-bounds"),
        ("longitude", [[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]], "wrong-dimensions"),
    ],
)
def test_wrong_bounds_are_refused(name, bounds, code):
    data = with_bounds(grid_of([0.0, 10.0], [0.0, 10.0]), name, bounds)
    grid, findings = read(data)
    assert grid is None
    place = name if code == "overlapping-cells" else f"{name}_bnds"
    assert findings == [(code, f"f.nc: {place}")]


@pytest.mark.parametrize("extent", EXTENTS)
@pytest.mark.parametrize(
    ("name", "centres"),
    [
        ("longitude", [0.0, 10.0, 30.0, 40.0]),  # a column is missing
        ("longitude", [340.0, 350.0, 10.0, 20.0]),
        ("longitude", [0.0, 10.0, 10.0, 20.0]),  # a column is there twice
        ("longitude", np.arange(0.0, 361.0, 10.0)),  # the first column again at the end
        ("longitude", np.arange(-180.0, 181.0, 10.0)),
        ("longitude", np.arange(0.0, 358.0, 7.0)),  # the last cell overlaps the first
        ("latitude", [0.0, 10.0, 30.0, 40.0]),
        ("latitude", [40.0, 30.0, 10.0, 0.0]),
        ("latitude", [0.0, 10.0, 10.0, 20.0]),
        ("latitude", [-60.0, 0.0, 70.0]),
    ],
)
def test_uneven_steps_and_doubled_cells_are_refused_without_bounds(name, centres, extent):
    axes = {"latitude": [0.0, 10.0], "longitude": [0.0, 10.0], name: np.asarray(centres)}
    grid, findings = read(grid_of(**axes), extent)
    assert grid is None and findings == [("uneven-grid", f"f.nc: {name}")]


def test_a_missing_column_is_read_with_its_bounds():
    centres = np.array([0.0, 10.0, 30.0, 40.0])
    bounds = np.stack([centres - 5.0, centres + 5.0], axis=1)
    grid, findings = read(with_bounds(grid_of([0.0, 10.0], centres), "longitude", bounds))
    assert findings == [] and grid.width.tolist() == [10.0] * 4


RIGHT_UNITS = {
    "degrees_north": ("degrees_east", 1.0, 1.0),
    "degreeN": ("degreeE", 1.0, 1.0),
    "degrees": ("degree", 1.0, 1.0),
    "decimal degrees north (-90..90)": ("decimal degrees east (-180..180)", 1.0, 1.0),
    "degrees_south": ("degrees_west", -1.0, -1.0),
    "degreesS": ("degreesW", -1.0, -1.0),
    "Degrees South": ("degree_w", -1.0, -1.0),
    "radians": ("rad", np.pi / 180.0, np.pi / 180.0),
    "radian": ("radians_west", np.pi / 180.0, -np.pi / 180.0),
}


@pytest.mark.parametrize("extent", [*EXTENTS, "points"])
@pytest.mark.parametrize("units", RIGHT_UNITS)
def test_the_units_of_coordinates_are_read(units, extent):
    other, north, east = RIGHT_UNITS[units]
    latitude, longitude = np.array([10.0, 20.0, 30.0]), np.array([-20.0, -10.0, 0.0, 10.0])
    data = grid_of(latitude * north, longitude * east)
    data["latitude"].attrs["units"], data["longitude"].attrs["units"] = units, other
    turned, grid = regular_grid(data, "f.nc", extent)
    plain, expected = regular_grid(grid_of(latitude, longitude), "f.nc", extent)
    for axis, sound in (
        (grid.latitude, expected.latitude), (grid.longitude, expected.longitude),
    ):  # fmt: skip
        for name in ("centres", "ascending", "lower", "upper"):
            found = getattr(axis, name)
            np.testing.assert_allclose(found, getattr(sound, name), atol=1e-12)
    np.testing.assert_allclose(turned["longitude"], plain["longitude"], atol=1e-12)
    np.testing.assert_allclose(turned["latitude"], plain["latitude"], atol=1e-12)
    same = slice(None) if north > 0 else slice(None, None, -1)
    assert turned["number"].values.shape == plain["number"].values[same].shape


def test_bounds_have_the_units_of_their_axis():
    data = grid_of([10.0, 20.0], np.radians([350.0, 0.0]))
    data["longitude"].attrs["units"] = "radians"
    data = with_bounds(data, "longitude", np.radians([[345.0, 355.0], [355.0, 365.0]]))
    grid, findings = read(data)
    assert findings == []
    np.testing.assert_allclose(grid.width, 10.0, rtol=1e-12)


@pytest.mark.parametrize("name", ["latitude", "longitude"])
@pytest.mark.parametrize("units", ["m", "km", "1", "degC", "K", "days since 2010-01-01", "%"])
def test_units_that_are_no_angle_are_refused(name, units):
    data = grid_of([0.0, 10.0], [0.0, 10.0])
    data[name].attrs["units"] = units
    assert read(data) == (None, [("wrong-units", f"f.nc: {name}")])


def test_the_units_and_names_of_the_other_axis_are_refused():
    data = grid_of([0.0, 10.0], [0.0, 10.0])
    data["latitude"].attrs["units"] = "degrees_east"
    data["longitude"].attrs["standard_name"] = "grid_longitude"
    assert read(data) == (
        None, [("wrong-units", "f.nc: latitude"), ("wrong-coordinate", "f.nc: longitude")]
    )  # fmt: skip


@pytest.mark.parametrize("extent", [*EXTENTS, "points"])
@pytest.mark.parametrize(
    ("name", "value"),
    [("latitude", 91.0), ("latitude", np.nan), ("longitude", -999.0), ("longitude", np.inf)],
)
def test_places_off_the_globe_are_refused(name, value, extent):
    data = grid_of(**{"latitude": [0.0, 10.0], "longitude": [0.0, 10.0], name: [0.0, value]})
    assert read(data, extent) == (None, [("out-of-range", f"f.nc: {name}")])


def test_text_is_no_coordinate():
    data = grid_of([0.0, 10.0], np.array(["a", "b"]))
    assert read(data) == (None, [("not-numeric", "f.nc: longitude")])


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
