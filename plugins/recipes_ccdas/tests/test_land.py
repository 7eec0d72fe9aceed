"""Grid, regions, vegetation types and soil classes."""

import numpy as np
import pytest
from ccdas_recipes import maps, optical_depth, plant_types
from ccdas_recipes.cell_grid import TM2, CellGrid
from ccdas_recipes.continents import region

from ccdas_framework import (
    InvalidInput,
    plant_types_of_igbp,
    soil_hydraulic_properties,
    soil_texture_class,
)
from ccdas_framework.grids import EARTH_RADIUS
from ccdas_framework.io.land_cover import BARE, FORESTS
from ccdas_framework.io.soil_properties import SOIL_CLASSES

GRIDS = pytest.mark.parametrize("grid", [TM2, CellGrid(2.0, 2.0), CellGrid(0.5, 0.5)], ids=str)


@GRIDS
def test_cells_cover_the_sphere(grid):
    assert grid.cell_area().sum() == pytest.approx(4.0 * np.pi * EARTH_RADIUS**2, rel=1e-12)


@GRIDS
def test_a_place_lies_in_the_cell_whose_edges_enclose_it(grid):
    columns = grid.shape[1]
    for latitude, longitude in ((51.0, 13.6), (-89.9, -180.0), (90.0, 179.9), (0.0, 0.0)):
        number = grid.cell_of(latitude, longitude)
        assert abs(grid.latitudes[number // columns] - latitude) <= 0.5 * grid.latitude_step
        assert abs(grid.longitudes[number % columns] - longitude) <= 0.5 * grid.longitude_step


@GRIDS
def test_sums_over_cells_keep_the_total_of_a_map(grid):
    fine = np.random.default_rng(1).random((360, 720))
    assert grid.cell_sum(fine).sum() == pytest.approx(fine.sum(), rel=1e-12)


@GRIDS
def test_the_mean_of_a_constant_map_is_the_constant_where_something_weighs(grid):
    weight = np.zeros((360, 720))
    weight[200:, 100:] = 2.0
    mean = grid.cell_mean(np.full((360, 720), 7.0), weight)
    assert np.allclose(mean[np.isfinite(mean)], 7.0, rtol=1e-12)
    assert np.array_equal(np.isfinite(mean), grid.cell_sum(weight) > 0.0)


@pytest.mark.parametrize(("steps", "where"), [
    ((7.0, 7.5), "longitude_step"), ((0.25, 1.0), "longitude_step"), ((10.0, 8.0), "latitude_step"),
    ((10.0, 0.0), "latitude_step"), ((-2.0, 2.0), "longitude_step"),
    ((np.nan, 2.0), "longitude_step"),
])  # fmt: skip
def test_cells_that_do_not_fill_the_globe_are_refused(steps, where):
    with pytest.raises(InvalidInput) as error:
        CellGrid(*steps)
    assert (error.value.code, error.value.where) == ("wrong-value", f"inputs.settings.{where}")


@pytest.mark.parametrize(
    ("latitude", "longitude", "name"),
    [
        (50, 10, "Europe"), (0, 20, "Africa"), (60, 100, "Asia"), (-25, 135, "Australia"),
        (-5, -60, "South America"), (45, -100, "North America"), (10, 78, "Asia"),
        (-20, 47, "Africa"), (64, -18, "Europe"),
    ],
)  # fmt: skip
def test_each_cell_belongs_to_a_continent(latitude, longitude, name):
    assert region(latitude, longitude) == name


def test_shares_of_a_land_cover_class_add_up_to_one_or_nothing():
    for igbp in range(19):
        for koppen in plant_types.KOPPEN:
            for coldest, mean in ((-30.0, -5.0), (-5.0, 8.0), (22.0, 25.0)):
                shares = plant_types_of_igbp(igbp, koppen, mean, coldest, 10.0, 0.3)
                assert sum(shares.values()) in (0.0, pytest.approx(1.0))
                assert all(1 <= kind <= 13 for kind in shares)


def test_trees_have_the_share_of_the_forest_map_in_classes_other_than_forest():
    for igbp in range(1, 19):
        for koppen in plant_types.KOPPEN:
            for mean in (-5.0, 8.0, 25.0):
                types = plant_types_of_igbp(igbp, koppen, mean, -5.0, 10.0, 0.3, forest=0.35)
                trees = sum(share for kind, share in types.items() if kind <= 6)
                if igbp in BARE:
                    assert types == {}
                else:
                    assert trees == pytest.approx(1.0 if igbp in FORESTS else 0.35)
                    assert sum(types.values()) == pytest.approx(1.0)


def test_without_a_map_of_forests_only_savannas_have_trees():
    for igbp, trees in ((8, 0.4), (9, 0.4), (10, 0.0), (12, 0.0), (14, 0.0)):
        shares = plant_types_of_igbp(igbp, "C", 8.0, -5.0, 10.0, 0.3)
        assert sum(share for kind, share in shares.items() if kind <= 6) == pytest.approx(trees)


def test_the_coast_has_the_class_of_the_land_next_to_it():
    igbp = np.full((96, 144), np.nan)
    igbp[60, 40], igbp[60, 41], igbp[60, 60] = 12.0, 17.0, 2.0  # cropland, its coast; a forest
    igbp[60, 58], igbp[10, 0] = 17.0, 17.0
    classes = maps.coast_as_inland(igbp)
    assert classes[60, 41] == 12.0
    assert classes[60, 58] == 2.0
    assert np.isfinite(classes[10, 0])
    assert np.array_equal(np.isfinite(classes), np.isfinite(igbp))


def test_gaps_are_filled_across_the_date_line():
    values = np.full((96, 144), np.nan)
    values[48, 0], values[48, 100] = 0.2, 0.9
    filled = maps.fill_from_nearest(values, np.isfinite(values), np.ones_like(values, bool))
    assert filled[48, 143] == 0.2
    assert filled[48, 90] == 0.9
    assert np.isfinite(filled).all()


def test_a_cell_of_one_depth_has_that_depth():
    np.testing.assert_allclose(
        optical_depth.of_cells(np.full((360, 720), 0.7), TM2), 0.7, rtol=1e-12
    )


def test_a_cell_half_wooded_is_clearer_than_one_with_half_the_biomass_everywhere():
    """exp(-VOD) = (1 + exp(-VOD_w)) / 2, less than the depth of the mean biomass."""
    wooded = np.tile(np.array([0.0, 200.0]), (360, 360))  # Mg ha-1, columns in turn
    of_wood = optical_depth.optical_depth(200.0, 0.0, 0.04, 1.0)
    patches = optical_depth.of_cells(optical_depth.optical_depth(wooded, 0.0, 0.04, 1.0), TM2)
    np.testing.assert_allclose(patches, -np.log(0.5 * (1.0 + np.exp(-of_wood))), rtol=1e-12)
    assert np.all(patches < optical_depth.optical_depth(100.0, 0.0, 0.04, 1.0))


def test_leaves_have_the_prior_means_of_the_operator():
    """A cell of one type has the optical depth per leaf area that the operator expects there."""
    priors = pytest.importorskip("ccdas_obs_vod.priors")
    of_one_type = optical_depth.leaf_coefficient(np.eye(13))
    np.testing.assert_allclose(of_one_type, priors.LEAF_DEPTH["class"], rtol=1e-12)
    half_trees = np.zeros(13)
    half_trees[[4, 8]] = 3.0
    assert optical_depth.leaf_coefficient(half_trees) == pytest.approx(0.05)
    assert optical_depth.leaf_coefficient(np.zeros(13)) == 0.0


def test_at_most_three_types_stay_and_no_area_is_lost():
    shares = np.random.default_rng(2).dirichlet(np.ones(13)) * 0.8
    leading = plant_types.leading_types(shares)
    assert len(leading) <= 3
    assert sum(share for _, share in leading) == pytest.approx(0.8, rel=1e-12)


def test_a_merged_type_goes_to_its_likest():
    shares = np.zeros(13)
    shares[[0, 8, 12, 9]] = 0.4, 0.3, 0.2, 0.05  # C4 grass is one too many
    assert dict(plant_types.leading_types(shares))[9] == pytest.approx(0.35)


@pytest.mark.parametrize(
    ("sand", "silt", "clay", "name"),
    [
        (0.92, 0.05, 0.03, "sand"), (0.82, 0.12, 0.06, "loamy sand"),
        (0.65, 0.25, 0.10, "sandy loam"), (0.40, 0.40, 0.20, "loam"),
        (0.20, 0.65, 0.15, "silt loam"), (0.60, 0.15, 0.25, "sandy clay loam"),
        (0.33, 0.34, 0.33, "clay loam"), (0.10, 0.57, 0.33, "silty clay loam"),
        (0.52, 0.06, 0.42, "sandy clay"), (0.06, 0.47, 0.47, "silty clay"),
        (0.20, 0.20, 0.60, "clay"),
    ],
)  # fmt: skip
def test_texture_classes_are_those_of_the_triangle(sand, silt, clay, name):
    assert soil_texture_class(sand, silt, clay) == name


def test_soil_holds_more_at_saturation_than_at_field_capacity_than_at_wilting():
    held = soil_hydraulic_properties(list(SOIL_CLASSES))
    assert np.all(held["theta_wp"] < held["theta_fc"])
    assert np.all(held["theta_fc"] < held["theta_sat"])
