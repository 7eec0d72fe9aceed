"""Leaf photosynthesis of both pathways, in both passes."""

import numpy as np
import pytest
from ccdas_models_bethy.photosynthesis import leaf
from ccdas_models_bethy.photosynthesis.temperature import darkness, leaf_rates
from hypothesis import given
from hypothesis import strategies as st

ENZYMES = {
    "a_JV": 1.96, "k_25": 140.0, "E_R": 45000.0, "E_V": 58520.0, "E_O": 35948.0, "E_C": 59356.0,
    "E_k": 50967.0, "alpha_q": 0.28, "alpha_i": 0.04, "K_C": 460.0, "K_O": 0.33, "g_t": 1.7,
}  # fmt: skip
CO2, PRESSURE = 400e-6, 101325.0  # mol mol-1, Pa


def both_passes(temperature, light, capacity, c4, xp, share=1.0):
    """A (mol m-2 s-1), R_d, g_s (m s-1) of pass 1; A of pass 2 at a share of g_s; all rates."""
    one = np.ones(1)
    theta = {name: value * one for name, value in ENZYMES.items()} | {"V_m": capacity * one}
    ratio = theta["f_ci"] = (0.37 if c4 else 0.65) * one  # the published constants
    hour = temperature * one[None]
    shade = darkness(1e-3 * one[None], xp)
    rates = leaf_rates(hour, np.ones((1, 1)), shade, theta, one * c4 > 0.5, xp)
    absorbed = light * np.ones((1, 1, 1))
    gross = leaf.unstressed(absorbed, rates, CO2 * one, theta, one * c4 > 0.5, xp)
    stomata = leaf.stomatal_conductance(gross, rates, hour, PRESSURE * one, CO2 * one, ratio, xp)
    second = leaf.at_conductance(
        absorbed, rates, share * stomata, hour, PRESSURE * one, CO2 * one, theta, one * c4 > 0.5, xp
    )
    values = gross, rates["dark_respiration"], stomata, second
    return tuple(float(v.ravel()[0]) for v in values), rates, ratio


@pytest.mark.parametrize(
    ("temperature", "light", "gross", "respiration", "stomata", "second", "quarter"),
    [
        (5, 500, 4.923, 0.089, 1.268, 4.859, 2.656),
        (15, 500, 8.962, 0.176, 2.375, 8.845, 4.414),
        (25, 100, 4.272, 0.330, 1.112, 4.238, 2.245),
        (25, 500, 12.159, 0.330, 3.307, 11.867, 5.698),
        (25, 1500, 12.585, 0.330, 3.427, 12.394, 5.896),
        (35, 1500, 15.158, 0.595, 4.209, 14.838, 6.855),
    ],
)
def test_c3_leaf(temperature, light, gross, respiration, stomata, second, quarter, xp):
    rates = both_passes(temperature, 1e-6 * light, 60.0, False, xp)[0]
    expected = (1e-6 * gross, 1e-6 * respiration, 1e-3 * stomata, 1e-6 * second)
    assert np.array(rates) == pytest.approx(expected, rel=6e-4, abs=6e-10)  # three decimals
    closed = both_passes(temperature, 1e-6 * light, 60.0, False, xp, share=0.25)[0][3]
    assert closed == pytest.approx(1e-6 * quarter, rel=6e-4)


@pytest.mark.parametrize(
    ("temperature", "light", "gross", "respiration", "stomata", "second"),
    [
        (15, 500, 3.390, 0.089, 0.543, 3.332),
        (25, 500, 7.250, 0.168, 1.111, 7.087),
        (25, 1500, 7.755, 0.168, 1.187, 7.575),
        (35, 1500, 16.086, 0.303, 2.534, 15.693),
    ],
)
def test_c4_leaf(temperature, light, gross, respiration, stomata, second, xp):
    rates = both_passes(temperature, 1e-6 * light, 8.0, True, xp)[0]
    expected = (1e-6 * gross, 1e-6 * respiration, 1e-3 * stomata, 1e-6 * second)
    assert np.array(rates) == pytest.approx(expected, rel=1e-3, abs=6e-10)


@given(temperature=st.floats(-20.0, 50.0), light=st.floats(0.0, 2e-3), c4=st.booleans())
def test_uptake_is_bounded_by_its_enzyme(temperature, light, c4, xp):
    (gross, _, stomata, second), rates, ratio = both_passes(temperature, light, 60.0, c4, xp)
    internal = CO2 * float(ratio[0])
    capacity, drive = rates["carboxylation"].item(), internal - rates["compensation"].item()
    limit = capacity * drive / (internal + rates["michaelis"].item())
    if c4:
        limit = rates["pep"].item() * internal
    # the smooth minimum of equal rates lies below both; at a negative one it may reach 1 % beyond
    assert gross <= limit + 0.02 * abs(limit) + 1e-12
    assert stomata >= 4e-5 * (1.0 - 1e-12)
    assert np.isfinite(second)


@given(temperature=st.floats(0.5, 45.0), light=st.floats(1e-5, 2e-3), c4=st.booleans())
def test_closing_stomata_never_raises_uptake(temperature, light, c4, xp):
    (_, respiration, _, open_), _, _ = both_passes(temperature, light, 60.0, c4, xp)
    half = both_passes(temperature, light, 60.0, c4, xp, share=0.5)[0][3]
    if open_ > respiration:  # where leaves lose carbon, closing keeps it in
        assert half <= open_ + 1e-12


def test_in_the_dark_nothing_is_taken_up(xp):
    (gross, respiration, _, second), _, _ = both_passes(20.0, 0.0, 60.0, False, xp)
    assert abs(gross) < 1e-11  # the radicand floor, 1e-12 mol m-2 s-1, against rates of 1e-6
    assert abs(second) < 1e-11
    assert respiration > 0.0
