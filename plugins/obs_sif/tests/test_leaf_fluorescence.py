"""The fate of absorbed photons: stated values, limits, and a budget that closes."""

import numpy as np
import pytest
from ccdas_obs_sif.leaf_fluorescence import (
    FLUORESCENCE,
    PHOTOCHEMISTRY,
    QUENCHING,
    fluorescence_yield,
    heat_loss,
    light_saturation,
    quenching,
)
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("chi", "expected"), [(0.9680, 0.01173), (0.5510, 0.01249), (0.1901, 0.01333)]
)
def test_yield_of_a_leaf_in_weak_and_strong_light(chi, expected):
    """C3 leaf at 25 degC in 100, 500 and 1500 umol m-2 s-1; stated to four digits."""
    assert fluorescence_yield(chi, 25.0, "general", np) == pytest.approx(expected, abs=6e-6)


def test_weak_light_leaves_what_open_centres_do():
    """chi = 1: K_f/(K_f + K_d + K_p), but for the little quenching of the smooth limit."""
    loss = heat_loss(25.0, np)
    open_ = FLUORESCENCE / (FLUORESCENCE + loss + PHOTOCHEMISTRY)
    assert loss == pytest.approx(0.8273, rel=1e-12)
    assert fluorescence_yield(1.0, 25.0, "general", np) == pytest.approx(open_, rel=1e-4)


@pytest.mark.parametrize("kind", QUENCHING)
def test_quenching_ends_at_its_largest_rate(kind):
    assert quenching(1.0, kind, np) == pytest.approx(QUENCHING[kind][0], rel=1e-14)
    assert quenching(0.0, kind, np) == 0.0
    x = np.linspace(0.0, 1.0, 50)
    assert np.all(np.diff(quenching(x, kind, np)) > 0.0)


def test_cold_leaves_lose_no_less_than_the_least():
    """0.03 T + 0.0773 meets 0.087 at 0.32 degC."""
    np.testing.assert_allclose(heat_loss(np.array([-30.0, -1.0]), np), 0.087, rtol=1e-12)
    assert heat_loss(30.0, np) == pytest.approx(0.9773, rel=1e-12)


def test_saturation_is_what_electron_transport_leaves():
    assert light_saturation(np.array([0.3, 0.7]), np) == pytest.approx([0.7, 0.3], abs=1e-13)
    ends = light_saturation(np.array([-0.5, 0.0, 1.0, 1.5]), np)
    assert np.all((ends >= 0.0) & (ends <= 1.0))
    assert ends[2] == ends[3] == pytest.approx(0.01 / np.e, rel=1e-6)


@given(st.floats(0.0, 1.0), st.floats(-30.0, 50.0), st.sampled_from(tuple(QUENCHING)))
def test_a_photon_has_one_fate(chi, temperature, kind):
    """phi_p + phi_f + phi_d + phi_n = 1, with phi_d : phi_n : phi_f = K_d : K_n : K_f."""
    emitted = fluorescence_yield(chi, temperature, kind, np)
    loss = heat_loss(temperature, np)
    used = chi * PHOTOCHEMISTRY / (FLUORESCENCE + loss + PHOTOCHEMISTRY)
    wasted = (loss + quenching(light_saturation(chi, np), kind, np)) / FLUORESCENCE * emitted
    assert used + emitted + wasted == pytest.approx(1.0, abs=1e-12)
    assert 0.0 < emitted < 0.4
