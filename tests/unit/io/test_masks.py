"""Regions of a file, averaged over the area of cells."""

import numpy as np
import pytest
import xarray as xr
from findings import codes

from ccdas_framework import Grid
from ccdas_framework.core.errors import Findings
from ccdas_framework.io.mask_files import read_masks


def grid(latitude, longitude, half):
    count = len(latitude)
    return Grid(
        latitude=latitude,
        longitude=longitude,
        area=np.ones(count),
        region=np.array(["land"] * count),
        half_width=np.full((count, 2), half),
        column_cell=np.arange(count),
        column_fraction=np.ones(count),
        column_class=np.ones(count, int),
    )


def write(path, values, attrs=None, name="region", descending=False, east=False, **coords):
    """A map of 1 degree; by default longitudes -180..180 and rising latitudes."""
    latitude = np.arange(-89.5, 90.0)
    longitude = np.arange(0.5, 360.0) if east else np.arange(-179.5, 180.0)
    north, around = np.meshgrid(latitude, (longitude + 180) % 360 - 180, indexing="ij")
    array = values(north, around)
    if descending:
        latitude, array = latitude[::-1], array[..., ::-1, :]
    dims = ("region", "lat", "lon") if array.ndim == 3 else ("lat", "lon")
    axes = {
        "lat": ("lat", latitude, {"units": "degrees_north"}),
        "lon": ("lon", longitude, {"units": "degrees_east"}),
    }
    xr.Dataset({name: (dims, array, attrs or {})}, coords={**axes, **coords}).to_netcdf(path)
    return path


def continents(north, east):
    """1 west of Greenwich, 2 east of it, 12 (sea) south of 60 S, 0 north of 80 N."""
    found = np.where(east < 0.0, 1, 2)
    return np.where(north < -60.0, 12, np.where(north > 80.0, 0, found)).astype("int8")


NAMES = {"flag_values": np.array([1, 2, 12], "int8"), "flag_meanings": "far_west far_east sea"}


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("east", [False, True])
def test_a_cell_across_a_border_belongs_to_both_by_area(tmp_path, descending, east):
    path = write(tmp_path / "m.nc", continents, NAMES, descending=descending, east=east)
    findings = Findings()
    masks = read_masks(path, None, (), findings)
    assert not findings
    assert masks.names == ("far west", "far east", "sea")
    assert masks.numbers == (1, 2, 12)
    # centres at 5 W and 2 E with cells 10 degrees wide: all west; three tenths west
    found = masks.of_cells(grid(np.array([0.0, 45.0]), np.array([-5.0, 2.0]), 5.0))
    np.testing.assert_allclose(found[0], [1.0, 0.3], atol=1e-12)
    np.testing.assert_allclose(found.sum(axis=0), 1.0, atol=1e-12)


def test_areas_count_and_not_degrees(tmp_path):
    path = write(tmp_path / "m.nc", lambda n, e: np.where(n > 60.0, 1, 2).astype("int8"))
    masks = read_masks(path, "region", (), Findings())
    found = masks.of_cells(grid(np.array([60.0]), np.array([0.0]), 10.0))[0, 0]
    sine = np.sin(np.radians([50.0, 60.0, 70.0]))
    assert found == pytest.approx((sine[2] - sine[1]) / (sine[2] - sine[0]), rel=1e-12)


def test_what_is_left_out_does_not_count_so_that_a_coast_is_all_land(tmp_path):
    path = write(tmp_path / "m.nc", continents, NAMES)
    coast = grid(np.array([-60.0, 80.0]), np.array([-50.0, 50.0]), 5.0)
    with_sea = read_masks(path, None, (), Findings()).of_cells(coast)
    assert 0.5 < with_sea[0, 0] < 0.6  # the northern half is wider
    findings = Findings()
    land = read_masks(path, None, (12,), findings)
    assert not findings and land.names == ("far west", "far east")
    # 0 does not count either
    np.testing.assert_allclose(land.of_cells(coast), [[1.0, 0.0], [0.0, 1.0]], atol=1e-12)


def test_a_cell_outside_all_regions_is_in_none(tmp_path):
    path = write(tmp_path / "m.nc", continents, NAMES)
    found = read_masks(path, None, (12,), Findings()).of_cells(
        grid(np.array([-80.0]), np.zeros(1), 2.0)
    )
    np.testing.assert_array_equal(found, 0.0)


def test_across_the_date_line(tmp_path):
    path = write(tmp_path / "m.nc", lambda n, e: np.where(e < 0.0, 1, 2).astype("int8"))
    masks = read_masks(path, None, (), Findings())
    found = masks.of_cells(grid(np.zeros(2), np.array([179.0, -178.0]), 4.0))
    np.testing.assert_allclose(found[0], [3.0 / 8.0, 6.0 / 8.0], atol=1e-12)


def test_shares_are_averaged_where_they_are_known(tmp_path):
    def shares(north, east):
        first = np.where(east < 0.0, np.nan, 0.25)
        return np.stack([first, 1.0 - first])

    labels = ("region", np.array(["wet", "dry"], dtype=object))
    path = write(tmp_path / "m.nc", shares, region=labels, name="share")
    masks = read_masks(path, None, (), Findings())
    assert masks.names == ("wet", "dry") and masks.numbers is None
    found = masks.of_cells(grid(np.zeros(2), np.array([0.0, -90.0]), 5.0))
    np.testing.assert_allclose(found, [[0.25, 0.0], [0.75, 0.0]], atol=1e-12)


def test_a_point_lies_in_the_region_of_its_box(tmp_path):
    path = write(tmp_path / "m.nc", continents, NAMES)
    masks = read_masks(path, None, (), Findings())
    found = masks.of_cells(grid(np.array([52.17]), np.array([5.74]), 0.01))
    np.testing.assert_allclose(found[:, 0], [0.0, 1.0, 0.0], atol=1e-12)


def test_a_file_without_usable_regions_is_refused(tmp_path):
    path = write(tmp_path / "m.nc", continents, NAMES)

    def refused(*arguments):
        findings = Findings()
        assert read_masks(*arguments, findings) is None
        return codes(findings)

    assert refused(tmp_path / "none.nc", None, ()) == [("missing-file", "none.nc")]
    assert refused(path, "regoin", ()) == [("missing-variable", "m.nc: regoin")]
    assert refused(path, None, (13,)) == [("unknown-region", "m.nc: region")]
    odd = write(tmp_path / "odd.nc", lambda n, e: n / 10.0, name="height")
    assert refused(odd, None, ()) == [("out-of-range", "odd.nc: height")]
    xr.Dataset({"a": ("x", np.ones(3))}).to_netcdf(tmp_path / "flat.nc")
    assert refused(tmp_path / "flat.nc", None, ()) == [
        ("missing-coordinate", "flat.nc: latitude"),
        ("missing-coordinate", "flat.nc: longitude"),
    ]


def region_map(path, longitude, units="degrees_east", order=slice(None)):
    """A map of four columns of 10 degrees, numbered from the west, at these longitudes."""
    latitude = np.arange(-5.0, 6.0, 10.0)
    data = xr.Dataset(
        {"region": (("lat", "lon"), np.tile([1, 2, 3, 4], (2, 1)))},
        coords={"lat": latitude, "lon": ("lon", longitude, {"units": units})},
    )
    data.isel(lon=order).to_netcdf(path)
    return path


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [2, 3, 0, 1], [3, 0, 2, 1]])
@pytest.mark.parametrize("middle", [0.0, 180.0])
def test_a_map_across_greenwich_or_the_date_line_is_the_same_in_any_order(tmp_path, middle, order):
    plain = middle + np.array([-15.0, -5.0, 5.0, 15.0])
    cells = grid(np.zeros(5), (plain[[0, 0, 1, 2, 3]] + [-15.0, 2.0, 5.0, 5.0, 20.0]), 5.0)
    sound = read_masks(region_map(tmp_path / "a.nc", plain), None, (), Findings()).of_cells(cells)
    np.testing.assert_allclose(sound[:, 2], [0.0, 0.5, 0.5, 0.0], atol=1e-12)
    for longitude, units in (
        (plain % 360.0, "degrees_east"),
        ((plain + 180.0) % 360.0 - 180.0, "degrees_east"),
        (-plain, "degrees_west"),
        (np.radians(plain), "radians"),
    ):
        findings = Findings()
        path = region_map(tmp_path / "b.nc", longitude, units, order)
        masks = read_masks(path, None, (), findings)
        assert not findings
        np.testing.assert_allclose(masks.of_cells(cells), sound, atol=1e-12)


@pytest.mark.parametrize(
    ("longitude", "units", "code"),
    [
        ([0.0, 10.0, 30.0, 40.0], "degrees_east", "uneven-grid"),
        ([0.0, 90.0, 180.0, 360.0], "degrees_east", "uneven-grid"),
        ([0.0, 10.0, 20.0, 30.0], "km", "wrong-units"),
    ],
)
def test_a_map_of_unknown_cells_is_refused(tmp_path, longitude, units, code):
    findings = Findings()
    path = region_map(tmp_path / "a.nc", np.array(longitude), units)
    assert read_masks(path, None, (), findings) is None
    assert codes(findings) == [(code, "a.nc: lon")]


@pytest.mark.parametrize(
    ("kind", "sea"), [("int16", 9999), ("int32", -9999), ("float32", 1e20), ("uint8", 255)]
)
def test_numbers_that_mark_the_sea_do_not_count(tmp_path, kind, sea):
    def marked(north, east):
        found = continents(north, east).astype(kind)
        found[north < -60.0] = sea
        return found

    plain, findings = read_masks(write(tmp_path / "a.nc", continents), None, (12,), []), Findings()
    found = read_masks(write(tmp_path / "b.nc", marked), None, (), findings)
    assert codes(findings) == [] and found.names == plain.names == ("1", "2")
    np.testing.assert_array_equal(found.shares, plain.shares)
    named = read_masks(tmp_path / "b.nc", None, (sea,) if sea == 9999 else (), Findings())
    np.testing.assert_array_equal(named.shares, plain.shares)


def test_flags_of_a_map_may_be_text(tmp_path):
    text = {"flag_values": "1b, 2b, 12b", "flag_meanings": "far_west, far_east, sea"}
    findings = Findings()
    masks = read_masks(write(tmp_path / "m.nc", continents, text), None, (), findings)
    assert not findings
    assert masks.names == ("far west", "far east", "sea")


def test_a_share_that_rounding_leaves_above_one_is_one(tmp_path):
    def shares(north, east):
        return np.where(east < 0.0, 1.0 + 1e-7, 0.5)

    findings = Findings()
    masks = read_masks(write(tmp_path / "m.nc", shares), None, (), findings)
    assert not findings
    assert np.max(masks.shares) == 1.0
