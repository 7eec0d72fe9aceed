"""Radiation budget, demand and water stress at one stated state of the air."""

import numpy as np
import pytest
from ccdas_models_bethy.energy import evaporation
from ccdas_models_bethy.energy.aerodynamics import drag
from ccdas_models_bethy.energy.radiation import net_longwave, radiation_budget
from ccdas_models_bethy.meteorology import humidity
from hypothesis import given
from hypothesis import strategies as st

HOUR = 3600.0  # s h-1
DIGITS = 2e-6  # rounding of the stated values


@pytest.fixture(scope="module")
def air(xp):
    """25 °C, ea 2000 Pa, sea level, 600 W m-2, FAPAR 0.85, LAI 3, trees of 15 m."""
    saturation = humidity.saturation_vapour_pressure(25.0, xp)
    heat = humidity.latent_heat(25.0, xp)
    longwave = net_longwave(25.0, 2000.0, 0.3, 0.64, xp)
    budget = radiation_budget(600.0, longwave, 0.85, 0.15, 3.0, 1.0, xp)
    exchange = {
        "slope": humidity.saturation_slope(25.0, saturation, xp),
        "psychrometer": humidity.psychrometer(101325.0, heat),
        "aerodynamic": 3.0 * drag(15.0),
        "heat": heat,
    }
    density = humidity.air_density(101325.0, 25.0)
    deficit = saturation - 2000.0
    energy = evaporation.evaporative_energy(
        exchange["slope"], budget["canopy"], density, deficit, exchange["aerodynamic"]
    )
    demand = evaporation.penman_monteith(energy, conductance=0.01, **exchange)
    return {
        "exchange": exchange,
        "density": density,
        "deficit": deficit,
        "longwave": longwave,
        "budget": budget,
        "energy": energy,
        "demand": demand,
    }


def stressed(air, wetness, xp):
    """sig, rat, b_e, G_c, E, T_v at a relative soil moisture."""
    exchange, demand = air["exchange"], air["demand"]
    slope, gamma, wind = (exchange[k] for k in ("slope", "psychrometer", "aerodynamic"))
    met = evaporation.met_demand(demand, 0.5 / HOUR * wetness, xp)
    ratio = evaporation.conductance_ratio(met, slope, gamma, 0.01, wind)
    stress = evaporation.stress_parameter(ratio, air["deficit"], xp)
    conductance = 0.01 / (1.0 + stress * air["deficit"])
    actual = evaporation.penman_monteith(air["energy"], conductance=conductance, **exchange)
    temperature = evaporation.canopy_temperature(
        25.0,
        air["budget"],
        air["longwave"],
        600.0,
        actual,
        exchange["heat"],
        air["density"],
        wind,
        "closure",
    )
    return met, ratio, stress, conductance, actual, temperature


def test_aerodynamic_conductance_grows_with_height():
    for height, expected in ((15.0, 0.16681), (30.0, 0.1936), (1.0, 0.0494)):
        assert 3.0 * drag(height) == pytest.approx(expected, abs=1e-4)  # cut after four decimals


def test_radiation_budget(air):
    budget = air["budget"]
    assert air["density"] == pytest.approx(1.183902, rel=DIGITS)
    assert air["exchange"]["psychrometer"] == pytest.approx(67.08635, rel=DIGITS)
    assert air["longwave"] == pytest.approx(-50.7083, rel=DIGITS)
    assert budget["ground_heat"] == pytest.approx(16.5345, rel=4e-6)
    assert (budget["canopy"], budget["soil"]) == pytest.approx((355.7611, 86.9961), rel=DIGITS)


def test_potential_evaporation(air, xp):
    exchange = air["exchange"]
    heat, slope, gamma = (exchange[k] for k in ("heat", "slope", "psychrometer"))
    soil = evaporation.equilibrium_evaporation(slope, air["budget"]["soil"], heat, gamma, xp)
    assert air["demand"] * HOUR == pytest.approx(0.3205808, rel=DIGITS)
    assert soil * HOUR == pytest.approx(0.0946234, rel=DIGITS)
    assert air["energy"] / (heat * (slope + gamma)) * HOUR == pytest.approx(1.723374, rel=DIGITS)


@pytest.mark.parametrize(
    ("wetness", "expected"),
    [
        (0.6, (0.8748246, 1.175786, 1.5045e-4, 0.008506039, 0.2804820, 25.83365)),
        (0.2, (0.3106352, 3.726367, None, 0.002685260, 0.09964247, 26.45132)),
    ],
)
def test_water_stress(air, wetness, expected, xp):
    computed = list(stressed(air, wetness, xp))
    computed[4] *= HOUR
    for value, stated in zip(computed, expected, strict=True):
        if stated is not None:
            # b_e is stated to five digits (half a unit is 3.4e-5), the rest to six or seven
            assert value == pytest.approx(stated, rel=3.4e-5 if stated < 1e-3 else DIGITS)


@given(wetness=st.floats(0.0, 1.0))
def test_evaporation_never_exceeds_demand(air, wetness, xp):
    met, _, stress, _, actual, _ = stressed(air, wetness, xp)
    assert 0.0 < met <= 1.0001
    assert stress >= 0.0
    assert actual <= air["demand"]


def test_the_published_canopy_temperature_divides_shortwave_alone(air):
    state = (
        air["longwave"], 600.0, 1e-4, air["exchange"]["heat"], air["density"],
        air["exchange"]["aerodynamic"],
    )  # fmt: skip
    closed, code = (
        evaporation.canopy_temperature(25.0, air["budget"], *state, form)
        for form in ("closure", "code")
    )
    budget = air["budget"]
    gap = budget["longwave_gap"]
    exchange = air["longwave"] - budget["ground_heat"]
    extra = gap * exchange + budget["canopy_absorption"] * 600.0 * gap / (1.0 - gap)
    resistance = air["density"] * 1005.46 * air["exchange"]["aerodynamic"]
    assert code - closed == pytest.approx(extra / resistance, rel=1e-9)
    assert np.isfinite(code)
