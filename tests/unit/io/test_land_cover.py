"""Climates, land cover classes and soils."""

import numpy as np
import pytest

from ccdas_framework import igbp_number, main_climate, plant_types_of_igbp
from ccdas_framework.core.errors import InvalidInput

# Monthly normals of 1991-2020 or near, rounded to whole degC and mm, with the published class
STATIONS = {
    "A": ([26, 26, 26, 26, 27, 27, 27, 28, 28, 28, 28, 27],
          [287, 295, 319, 320, 246, 118, 75, 64, 76, 104, 169, 246]),  # Manaus, Am
    "B": ([14, 16, 18, 22, 27, 33, 35, 34, 32, 25, 18, 13],
          [23, 23, 25, 8, 3, 1, 27, 24, 16, 15, 16, 24]),  # Phoenix, BWh
    "C": ([4, 5, 9, 13, 18, 23, 25, 25, 20, 14, 9, 4],
          [39, 46, 54, 67, 65, 63, 50, 61, 73, 85, 95, 60]),  # Mantua, Cfa
    "D": ([-7, -7, -3, 3, 9, 14, 17, 15, 10, 5, 0, -4],
          [50, 37, 34, 35, 47, 65, 77, 75, 55, 63, 60, 55]),  # Jyvaskyla, Dfc
    "E": ([-11, -12, -12, -8, -2, 3, 7, 6, 2, -4, -7, -9],
          [22, 28, 29, 16, 13, 18, 18, 30, 25, 20, 22, 25]),  # Svalbard, ET
}  # fmt: skip


@pytest.mark.parametrize("expected", STATIONS)
def test_the_main_climate_of_a_station_is_the_published_one(expected):
    temperature, rain = (np.array(values, float) for values in STATIONS[expected])
    assert main_climate(temperature, rain) == expected


def test_summer_rain_makes_a_drier_climate_than_winter_rain():
    """450 mm at 15 degC: the limits are 300 mm with winter rain and 580 mm with summer rain."""
    season = np.cos(2 * np.pi * (np.arange(12) - 6) / 12)
    temperature = 15.0 + 10.0 * season
    summer = np.where(season > 0.1, 90.0, 0.0)
    assert summer.sum() == 450.0
    assert main_climate(temperature, summer) == "B"
    assert main_climate(temperature, np.roll(summer, 6)) == "C"


def test_the_hemisphere_does_not_matter():
    temperature, rain = (np.array(values, float) for values in STATIONS["B"])
    assert main_climate(np.roll(temperature, 6), np.roll(rain, 6)) == "B"


@pytest.mark.parametrize(("code", "number"), [("ENF", 1), (" gra ", 10), ("12", 12)])
def test_classes_are_codes_or_numbers(code, number):
    assert igbp_number(code, "sites.csv") == number


@pytest.mark.parametrize("code", ["", "ENV", "19", "-1"])
def test_another_class_is_refused(code):
    with pytest.raises(InvalidInput) as error:
        igbp_number(code, "sites.csv: X")
    assert (error.value.code, error.value.where) == ("unknown-class", "sites.csv: X")


def test_deciduous_broadleaves_of_the_tropics_are_another_type():
    assert plant_types_of_igbp(4, "C", 13.0, 3.0, 40.0, 0.0) == {4: 1.0}
    assert plant_types_of_igbp(4, "A", 26.0, 24.0, 5.0, 0.0) == {2: 1.0}
