"""The climate and vegetation that ship with the package look like the Earth's."""

import numpy as np
import pytest
from ccdas_recipes import climate, weather
from ccdas_recipes.demo import FOLDER, demo_climate


@pytest.fixture(scope="module")
def table():
    return demo_climate()


@pytest.fixture(scope="module")
def vegetated(table):
    share = np.bincount(table.column_cell, weights=table.column_fraction)
    return share * table.area


def near(table, latitude, longitude):
    return int(np.hypot(table.latitude - latitude, table.longitude - longitude).argmin())


def test_it_is_small():
    assert (FOLDER / "demo_climate.nc").stat().st_size < 300e3


def test_cells_and_columns_are_as_many_as_the_grid_should_have(table):
    assert 230 <= len(table.number) <= 270
    assert 520 <= len(table.column_cell) <= 630


def test_the_cells_hold_nearly_all_vegetation(vegetated):
    assert (
        78e12 < vegetated.sum() < 95e12
    )  # m2; land without ice and desert less what is bare in it


def test_fractions_are_shares(table):
    total = np.bincount(table.column_cell, weights=table.column_fraction)
    assert table.column_fraction.min() > 0.0
    assert total.max() <= 1.0 + 1e-6
    assert total.min() > 0.07


def test_the_vegetated_land_is_as_warm_and_wet_as_measured(table, vegetated):
    assert 12.0 < np.average(table.tas.mean(axis=0), weights=vegetated) < 15.0  # degC
    mean = np.average(table.pr.mean(axis=0) * 365.0, weights=vegetated)
    assert 950.0 < mean < 1200.0  # mm; all land 860, and plants cover the wetter part of it
    assert 170.0 < np.average(table.rsds.mean(axis=0), weights=vegetated) < 205.0  # W m-2


@pytest.mark.parametrize(("low", "high", "sign"), [(45.0, 60.0, 1.0), (-45.0, -20.0, -1.0)])
def test_summer_is_in_july_in_the_north_and_in_january_in_the_south(table, low, high, sign):
    cells = (table.latitude > low) & (table.latitude < high)
    assert cells.any()
    assert np.all(sign * (table.tas[6] - table.tas[0])[cells] > 0.0)
    assert np.all(sign * (table.rsds[6] - table.rsds[0])[cells] > 0.0)


def test_the_monsoon_comes_in_summer(table):
    india = near(table, 18.75, 75.0)
    assert table.pr[6, india] > 10.0 * table.pr[0, india]


@pytest.mark.parametrize(
    ("latitude", "longitude", "kind"),
    [(-3.75, -65.0, 1), (3.75, 25.0, 1), (63.75, 45.0, 5), (71.25, 95.0, 11), (26.25, 75.0, 13),
     (11.25, -5.0, 10), (48.75, 95.0, 9), (-26.25, 125.0, 8)],
)  # fmt: skip
def test_places_have_their_typical_vegetation(table, latitude, longitude, kind):
    columns = table.column_cell == near(table, latitude, longitude)
    assert table.column_class[columns][table.column_fraction[columns].argmax()] == kind


def test_forests_are_as_large_as_counted(table):
    area = np.bincount(
        table.column_class, weights=table.column_fraction * table.area[table.column_cell]
    )
    assert 10e12 < area[1] < 19e12  # m2; evergreen tropical forest, FAO (2020): 18e12 in all
    assert 8e12 < area[5] < 16e12  # boreal and temperate conifers
    assert 10e12 < area[13] < 19e12  # cropland, FAO: 15e12


def test_the_diurnal_range_is_large_in_deserts_and_small_in_the_rain_forest(table):
    spread = climate.diurnal_range_from_clearness(weather.monthly_clearness(table)).mean(axis=0)
    assert spread[near(table, -26.25, 125.0)] > 12.0  # K
    assert spread[near(table, -3.75, -65.0)] < 10.0
    assert spread.min() >= 4.0 and spread.max() <= 15.0
