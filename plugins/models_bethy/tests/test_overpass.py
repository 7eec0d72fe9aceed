"""Light, its use and the temperature of leaves at the hour of a satellite."""

import numpy as np
import pytest
from ccdas_models_bethy import Bethy
from ccdas_models_bethy.constants import PHOTON_ENERGY
from ccdas_models_bethy.overpass import diffuse_fapar
from ccdas_models_bethy.photosynthesis import leaf
from ccdas_models_bethy.photosynthesis.electrons import actual_transport, photochemistry
from ccdas_models_bethy.photosynthesis.temperature import darkness, leaf_rates
from hypothesis import given
from hypothesis import strategies as st

TYPES = list(range(1, 14))
ENZYMES = {
    "a_JV": 1.96, "k_25": 140.0, "E_R": 45000.0, "E_V": 58520.0, "E_O": 35948.0, "E_C": 59356.0,
    "E_k": 50967.0, "alpha_q": 0.28, "alpha_i": 0.04, "K_C": 460.0, "K_O": 0.33, "g_t": 1.7,
}  # fmt: skip
CO2, PRESSURE = 400e-6, 101325.0  # mol mol-1, Pa
ONE, LEAF = np.ones(1), np.ones((1, 1, 1))


def unstressed_leaf(temperature, light, xp, c4=False):
    """A (mol m-2 s-1), stomata (m s-1), rates and parameters of one leaf of V_m 60, C4 of 8."""
    theta = {name: value * ONE for name, value in ENZYMES.items()}
    theta["V_m"] = (8.0 if c4 else 60.0) * ONE
    ratio = theta["f_ci"] = (0.37 if c4 else 0.65) * ONE  # the published constants
    air, is_c4 = temperature * ONE[None], ONE * c4 > 0.5
    rates = leaf_rates(air, np.ones((1, 1)), darkness(1e-3 * ONE[None], xp), theta, is_c4, xp)
    gross = leaf.unstressed(light * LEAF, rates, CO2 * ONE, theta, is_c4, xp)
    arguments = (gross, rates, air, PRESSURE * ONE, CO2 * ONE, ratio)
    return gross, leaf.stomatal_conductance(*arguments, xp), rates, theta


def chi_of_leaf(temperature, light, xp, c4=False, share=1.0):
    """chi of the second pass at a share of the conductance of the first."""
    _, stomata, rates, theta = unstressed_leaf(temperature, light, xp, c4)
    stomata, air, is_c4 = share * stomata, temperature * ONE[None], ONE * c4 > 0.5
    gross = leaf.at_conductance(
        light * LEAF, rates, stomata, air, PRESSURE * ONE, CO2 * ONE, theta, is_c4, xp
    )
    chi = photochemistry(
        gross, light * LEAF, stomata, rates["dark_respiration"], rates["compensation"],
        air[:, None], PRESSURE, CO2, theta, is_c4, xp,
    )  # fmt: skip
    return float(chi.item())


@pytest.mark.parametrize(("light", "expected"), [(100, 0.9680), (500, 0.5510), (1500, 0.1901)])
def test_share_of_light_used_at_a_fixed_internal_co2(light, expected, xp):
    """C3 leaf, V_m 60, 25 degC, c_i 260 umol mol-1; stated to four decimals."""
    gross = unstressed_leaf(25.0, 1e-6 * light, xp)[0].item()
    compensation = 1.7e-6 * 25.0
    used = actual_transport(gross, 260e-6 - compensation, compensation)
    assert used / (0.28e-6 * light) == pytest.approx(expected, abs=6e-5)


def test_transport_carries_uptake_and_photorespiration():
    """Without photorespiration four electrons a CO2; at c_i = 4 Gam* the double of that."""
    assert actual_transport(1e-5, 300e-6, 0.0) == pytest.approx(4e-5, rel=1e-14)
    assert actual_transport(1e-5, 3 * 40e-6, 40e-6) == pytest.approx(8e-5, rel=1e-14)


@pytest.mark.parametrize("c4", [False, True])
def test_in_weak_light_all_of_it_is_used(c4, xp):
    # the smooth minima leave 0.17 alpha I/V_m of C4, 0.01 J_E/J_C of C3
    assert chi_of_leaf(25.0, 1e-6, xp, c4) == pytest.approx(1.0, abs=6e-3)


def test_closed_stomata_leave_light_unused(xp):
    open_, closed = (chi_of_leaf(25.0, 5e-4, xp, share=share) for share in (1.0, 0.25))
    assert closed < 0.8 * open_


@given(
    temperature=st.floats(-20.0, 50.0),
    light=st.floats(0.0, 2e-3),
    c4=st.booleans(),
    share=st.floats(1e-4, 1.0),
)
def test_never_more_than_all_light_is_used(temperature, light, c4, share, xp):
    chi = chi_of_leaf(temperature, light, xp, c4, share)
    assert -0.01 <= chi <= 1.001


def test_fields_of_layers_add_up_to_those_of_the_canopy(forcing, weather, prior, xp):
    inputs = forcing(TYPES, 40, **weather(np.linspace(-60.0, 65.0, 13), 40))
    fields = {}
    for model in (Bethy(n_h=8), Bethy(n_h=8, dayint=5), Bethy(n_h=8, overpass_hour=10)):
        run = model.run(prior(model, TYPES), model.prepare(inputs), xp)
        fields[model.dayint, model.overpass_hour] = run
    for interval in (1, 5):
        of = fields[interval, 13]
        layers = sum(of[f"apar_layer_{n}"] for n in (1, 2, 3))
        np.testing.assert_allclose(PHOTON_ENERGY * layers, of["apar"], rtol=1e-12, atol=1e-12)
    morning, noon = fields[1, 10], fields[1, 13]
    assert np.all(morning["canopy_temperature"].mean(0) < noon["canopy_temperature"].mean(0))
    np.testing.assert_array_equal(morning["fapar"], noon["fapar"])  # at 13 h whatever passes
    np.testing.assert_array_equal(noon["precipitation"], inputs.fields["pr"])
    # lower layers get less light and use more of it
    assert np.all(noon["photochemistry_layer_1"] <= noon["photochemistry_layer_3"] + 1e-9)


def test_an_overpass_between_the_steps_of_the_day_is_refused():
    with pytest.raises(ValueError) as error:
        Bethy(n_h=8, overpass_hour=14)
    assert "'overpass_hour'" in str(error.value)
    assert Bethy(n_h=24, overpass_hour=14).overpass_hour == 14


@pytest.mark.parametrize(("leaf_area", "soil"), [(0.5, 0.1), (2.0, 0.2), (5.0, 0.6)])
def test_diffuse_absorption_is_the_closed_form_of_two_fluxes(leaf_area, soil, xp):
    """Reflectance R and transmittance T of a layer of isotropic leaves over a soil of albedo r,

        R = w/2 sinh(h L)/D,  T = h/D,  D = h cosh(h L) + (1 - w/2) sinh(h L),  h^2 = 1 - w

    Source: Meador and Weaver (1980), J. Atmos. Sci. 37, 630-643.
    """
    w, r = 0.12, 0.92 * soil - 0.015
    h = np.sqrt(1.0 - w)
    down = h * np.cosh(h * leaf_area) + (1.0 - w / 2.0) * np.sinh(h * leaf_area)
    back, through = w / 2.0 * np.sinh(h * leaf_area) / down, h / down
    echo = 1.0 - r * back  # light that goes to and fro between leaves and soil
    reflected, absorbed = back + through**2 * r / echo, through * (1.0 - r) / echo
    fapar = diffuse_fapar(leaf_area * ONE, ONE, soil * ONE, xp)[0]
    assert fapar == pytest.approx(1.0 - reflected - absorbed, rel=1e-12)


def test_diffuse_absorption_grows_with_leaf_area_to_its_limit(xp):
    one = ONE
    fapar = [diffuse_fapar(area * one, one, 0.15 * one, xp)[0] for area in (1e-6, 1.0, 3.0, 12.0)]
    assert fapar[0] < 1e-5
    assert np.all(np.diff(fapar) > 0.0)
    # semi-infinite canopy: (1 - h)/(1 + h) is reflected, h = sqrt(1 - 0.12)
    h = np.sqrt(0.88)
    assert fapar[-1] == pytest.approx(1.0 - (1.0 - h) / (1.0 + h), abs=1e-3)
    half = diffuse_fapar(1.0 * one, 0.5 * one, 0.15 * one, xp)[0]
    dense = diffuse_fapar(2.0 * one, one, 0.15 * one, xp)[0]
    assert half == pytest.approx(0.5 * dense, rel=1e-12)  # two of leaves over half the ground
