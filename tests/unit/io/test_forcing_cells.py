"""Cells of forcing files: where they lie, how far they reach, and what they are called."""

import numpy as np
import pytest

from .files import cells_file, grid_file


def sorted_by_place(forcing):
    """Arrays of a forcing in the order of its places."""
    grid = forcing.domain.grid
    order = np.lexsort([np.round(grid.longitude, 6), np.round(grid.latitude, 6)])
    by_cell = [grid.latitude, grid.longitude, grid.area, *grid.half_width.T]
    return [a[order] for a in by_cell] + [forcing.fields["tasmin"][:, order]]


@pytest.mark.parametrize(
    "longitude",
    [(340.0, 350.0, 0.0, 10.0), (340.0, 350.0, 360.0, 370.0), (10.0, 0.0, -10.0, -20.0)],
)
def test_a_region_across_greenwich_is_the_same_in_0_to_360(forcing_of, longitude):
    plain = grid_file(30, longitude=(-20.0, -10.0, 0.0, 10.0))
    around = plain.assign_coords(lon=("lon", np.array(longitude), {"units": "degrees_east"}))
    if longitude[0] == 10.0:
        around = plain.sortby("lon", ascending=False)
    expected, _ = forcing_of(plain, spin_up_years=0)
    for dataset in (around, around.isel(lon=[2, 0, 3, 1]), around.isel(lat=[1, 0])):
        forcing, findings = forcing_of(dataset, spin_up_years=0)
        assert findings == []
        for found, sound in zip(sorted_by_place(forcing), sorted_by_place(expected), strict=True):
            np.testing.assert_allclose(found, sound, rtol=1e-12, atol=1e-12)


def test_a_grid_in_radians_is_that_in_degrees(forcing_of):
    plain = grid_file(30)
    radians = plain.assign_coords(
        {n: (n, np.radians(plain[n].values), {"units": "radians"}) for n in ("lat", "lon")}
    )
    expected, _ = forcing_of(plain, spin_up_years=0)
    forcing, findings = forcing_of(radians, spin_up_years=0)
    assert findings == []
    for found, sound in zip(sorted_by_place(forcing), sorted_by_place(expected), strict=True):
        np.testing.assert_allclose(found, sound, rtol=1e-12, atol=1e-12)


def test_a_grid_with_a_missing_column_is_refused(finding_about):
    dataset = grid_file(30, longitude=(0.0, 10.0, 30.0, 40.0))
    assert finding_about(dataset) == ("uneven-grid", "forcing.nc: lon")


def test_half_widths_are_read_in_their_units(forcing_of):
    plain = cells_file(30)
    dataset = plain.copy()
    for name in ("latitude_half_width", "longitude_half_width"):
        dataset[name] = ("cell", np.radians(plain[name].values), {"units": "radians"})
    forcing, findings = forcing_of(dataset, spin_up_years=0)
    assert findings == []
    np.testing.assert_allclose(forcing.domain.grid.half_width, [[3.75, 5.0]] * 2, rtol=1e-12)


@pytest.mark.parametrize(
    ("name", "values", "units", "code"),
    [
        ("latitude_half_width", [3.75, 91.0], "degrees", "out-of-range"),
        ("longitude_half_width", [5.0, 200.0], "degrees", "out-of-range"),
        ("longitude_half_width", [5.0, -5.0], "degrees", "out-of-range"),
        ("longitude_half_width", [5.0, np.nan], "degrees", "out-of-range"),
        ("longitude_half_width", [50.0, 50.0], "km", "wrong-units"),
        ("latitude", [0.0, 95.0], "degrees_north", "out-of-range"),
        ("longitude", [0.0, -999.0], "degrees_east", "out-of-range"),
        ("longitude", [0.0, 5.0], "km", "wrong-units"),
        ("area", [1e12, 9.97e36], "m2", "out-of-range"),
        ("area", [1e12, -1.0], "m2", "out-of-range"),
    ],
)
def test_wrong_places_and_extents_of_cells_are_refused(finding_about, name, values, units, code):
    dataset = cells_file(30)
    dataset[name] = ("cell", np.array(values), {"units": units})
    assert finding_about(dataset) == (code, f"forcing.nc: {name}")


@pytest.mark.parametrize(
    "name", ["longitude", "area", "region", "latitude_half_width", "column_fraction"]
)
def test_a_variable_of_cells_or_columns_on_other_dimensions_is_refused(finding_about, name):
    dataset = cells_file(30)
    text = dataset[name].dtype.kind == "O"
    dataset[name] = ("place", np.array(["a"] * 3, object) if text else np.full(3, 0.5))
    dataset[name].attrs["units"] = {"area": "m2", "column_fraction": "1"}.get(name, "degrees")
    assert finding_about(dataset) == ("wrong-dimensions", f"forcing.nc: {name}")


@pytest.mark.parametrize("name", ["latitude", "longitude"])
@pytest.mark.parametrize(("dims", "shape"), [((), ()), (("cell", "corner"), (2, 4))])
def test_places_of_no_or_two_dimensions_are_refused(finding_about, name, dims, shape):
    dataset = cells_file(30)
    dataset[name] = (dims, np.full(shape, 5.0), {"units": "degrees"})
    assert finding_about(dataset) == ("wrong-dimensions", f"forcing.nc: {name}")


@pytest.mark.parametrize("name", ["area", "region"])
def test_a_variable_of_a_grid_on_other_dimensions_is_refused(finding_about, name):
    dataset = grid_file(30)
    dataset[name] = ("lat", np.ones(2), {"units": "m2"})
    assert finding_about(dataset) == ("wrong-dimensions", f"forcing.nc: {name}")


@pytest.mark.parametrize(
    "places",
    [
        ([0.0, 0.0], [5.0, 5.0]),
        ([0.0, 0.0], [0.0, 5.0]),
        ([0.0, 0.0], [358.0, -358.0]),
        ([0.0, 5.0], [-179.0, 179.0]),
    ],
)
def test_cells_that_overlap_are_refused(finding_about, places):
    dataset = cells_file(30)
    dataset["latitude"], dataset["longitude"] = (("cell", np.array(axis)) for axis in places)
    assert finding_about(dataset) == ("overlapping-cells", "forcing.nc: latitude, longitude")


def test_boxes_around_towers_may_overlap_but_each_is_there_once(forcing_of):
    dataset = cells_file(30)
    dataset["longitude"] = ("cell", [0.0, 0.01])
    dataset["latitude"] = ("cell", [0.0, 0.0])
    for axis in ("latitude", "longitude"):
        dataset[f"{axis}_half_width"] = ("cell", [0.05, 0.05])
    assert forcing_of(dataset, spin_up_years=0)[1] == []
    dataset["longitude"] = ("cell", [0.0, 0.0])
    assert forcing_of(dataset)[1] == [("overlapping-cells", "forcing.nc: latitude, longitude")]


def test_names_of_regions_lose_blanks_and_must_be_utf_8(forcing_of):
    dataset = cells_file(30)
    dataset["region"] = ("cell", np.array([b"Asia  ", b"Europe"]))
    forcing, findings = forcing_of(dataset, spin_up_years=0)
    assert findings == [] and forcing.domain.grid.region.tolist() == ["Asia", "Europe"]
    dataset["region"] = ("cell", np.array([b"Asia  ", "Réunion".encode("latin-1")]))
    assert forcing_of(dataset)[1] == [("wrong-encoding", "forcing.nc: region")]
