"""Start of the run: state before the first day, spin-up of cover, and capacity of the root zone."""

import numpy as np
import pytest
from ccdas_models_bethy import Bethy
from ccdas_models_bethy.hydrology.capacity import climate_capacity, mean_evaporation
from ccdas_models_bethy.meteorology.temperature import lagged
from ccdas_models_bethy.phenology.cover import MEMORY, MEMORY_AT_START, daily_fading

YEAR = 365


@pytest.fixture(scope="module")
def dry_places(forcing, weather, prior, xp):
    """Cover from the window on (time, column) under plants with a water limit.

    By start, years of spin-up, share of the rain that falls, and years of the window.
    """
    types, latitude = [2, 3, 7, 9, 10, 13], [10.0, -35.0, 30.0, 45.0, 15.0, 40.0]

    def window(start, years, rain=0.3, length=1):
        model = Bethy(n_h=6, dayint=5, start=start)
        year = weather(latitude, YEAR, seed=3)
        series = {
            name: np.tile(values, (years + length, 1)) for name, values in year.items()
            if name != "latitude"
        }  # fmt: skip
        series["pr"] = rain * series["pr"]
        inputs = forcing(
            types, YEAR * (years + length), lead=YEAR * years, latitude=np.array(latitude), **series
        )
        theta = prior(model, types)
        fields = model.run(theta, model.prepare(inputs), xp)
        return fields["cover"][YEAR * years :]

    return window


def test_two_years_from_an_equilibrium_start_give_the_cover_of_thirty(dry_places):
    reference = dry_places("ccdas", 30).mean(0)  # after fifteen the driest still loses cover
    equilibrium, published = (dry_places(start, 2).mean(0) for start in ("equilibrium", "ccdas"))
    # cover falls for a decade after the published start
    assert np.max(np.abs(published - reference)) > 0.1
    # a place with a cover of 0.02 still forgets its start
    assert np.max(np.abs(equilibrium - reference)) < 0.05
    assert np.max(np.abs(equilibrium - reference)[reference > 0.1]) < 0.03
    assert abs(np.mean(equilibrium - reference)) < 0.015


def test_the_memory_of_cover_lengthens_steadily_to_the_window():
    memory = -1.0 / np.log(daily_fading(1000, 730, "equilibrium"))
    steps = np.diff(memory)
    assert memory[0] == pytest.approx(MEMORY_AT_START)
    assert np.allclose(steps[:729], steps[0]) and steps[0] > 0.0
    assert np.allclose(memory[730:], MEMORY)
    for factor in (daily_fading(1000, 730, "ccdas"), daily_fading(100, 0, "equilibrium")):
        assert np.allclose(-1.0 / np.log(factor), MEMORY)


def test_cover_of_crops_does_not_swing_after_an_equilibrium_start(dry_places):
    """With a memory that became longer at once, crops lost 2 % in the first year of the window."""
    crops = dry_places("equilibrium", 2, rain=0.6, length=2)[:, -1].reshape(2, YEAR).mean(axis=1)
    assert abs(crops[1] / crops[0] - 1.0) < 0.005


def test_soil_without_memory_has_the_temperature_of_the_air():
    air = np.random.default_rng(1).normal(10.0, 5.0, (50, 2))
    assert lagged(air, 0.0) is air
    assert np.allclose(lagged(np.full((50, 2), 7.0), 20.0), 7.0, rtol=1e-12)


def test_a_season_reaches_the_soil_later_and_smaller():
    """A filter of 20 d: amplitude 1/sqrt(1 + (20 w)^2), phase atan(20 w), w = 2 pi/365 d-1."""
    day, memory = np.arange(5 * YEAR), 20.0
    w = 2.0 * np.pi / YEAR
    soil = lagged(np.cos(w * day)[:, None], memory)[-YEAR:, 0]
    amplitude, phase = 1.0 / np.hypot(1.0, memory * w), np.arctan(memory * w)
    expected = amplitude * np.cos(w * day[-YEAR:] - phase)
    assert np.allclose(soil, expected, atol=0.01)


def test_evaporation_is_limited_by_rain_and_by_its_potential():
    rain = np.array([[0.01, 1.0, 3.0, 50.0]])
    demand = np.full((1, 4), 3.0)
    evaporation = mean_evaporation(rain, demand)
    assert np.all(evaporation < np.minimum(rain[0], demand[0]))
    assert evaporation[[0, 3]] == pytest.approx([0.01, 3.0], rel=0.02)


def test_a_dry_season_is_outlasted_by_what_it_lacks():
    """Half a year of rain 6, half a year without, demand 3 of a potential of 4 mm d-1."""
    day = np.arange(2 * YEAR) % YEAR
    rain = np.where(day < 182, 6.0, 0.0)[:, None]
    potential = np.full((2 * YEAR, 1), 4.0)
    demand = mean_evaporation(rain, potential)
    assert climate_capacity(rain, potential) == pytest.approx(183 * demand, rel=1e-9)
    assert climate_capacity(rain + 9.0, potential) == 0.0
    assert climate_capacity(rain[:100], potential[:100]) == 0.0
