"""Light and nitrogen in the canopy."""

import numpy as np
import pytest
from ccdas_models_bethy.canopy import nitrogen, two_stream
from ccdas_models_bethy.meteorology import solar
from hypothesis import given
from hypothesis import strategies as st


def absorption(leaf_area, cosine, xp, cover=1.0, beam=0.6, soil=0.1):
    """Absorbed PAR of each layer, one column and hour."""
    one = np.ones(1)
    layers = two_stream.layer_absorption(
        leaf_area * one, cover * one, cosine * one[None], beam * one[None], soil * one, xp
    )
    return layers[0, :, 0]


@pytest.mark.parametrize(
    ("leaf_area", "cosine", "layers", "total"),
    [
        (1.0, 0.4, (0.29394, 0.20632, 0.14662), 0.64688),
        (3.0, 0.4, (0.63383, 0.21607, 0.07669), 0.92659),
        (6.0, 0.4, (0.84897, 0.10166, 0.01336), 0.96399),
        (1.0, 0.7, (0.22565, 0.17638, 0.13963), 0.54165),
        (3.0, 0.7, (0.52307, 0.24118, 0.11518), 0.87943),
    ],
)
def test_layer_absorption(leaf_area, cosine, layers, total, xp):
    absorbed = absorption(leaf_area, cosine, xp)
    assert absorbed == pytest.approx(layers, abs=6e-6)  # five stated decimals
    assert absorbed.sum() == pytest.approx(total, abs=1.1e-5)


def test_half_the_ground_covered(xp):
    absorbed = absorption(2.0, 0.7, xp, cover=0.5)
    assert absorbed == pytest.approx((0.196644, 0.117948, 0.072674), abs=6e-7)


@pytest.mark.parametrize(
    ("leaf_area", "cosine", "reflected", "soil"),
    [(1.0, 0.4, 0.04295, 0.31017), (6.0, 0.4, 0.03400, 0.00200), (1.0, 0.7, 0.04176, 0.41658)],
)
def test_reflected_and_soil_absorbed(leaf_area, cosine, reflected, soil, xp):
    top, bottom = (two_stream.net_par(z, leaf_area, cosine, 0.6, 0.1, xp) for z in (0.0, 1.0))
    assert (1.0 - top, bottom) == pytest.approx((reflected, soil), abs=6e-6)


@given(
    leaf_area=st.floats(0.01, 12.0),
    cosine=st.floats(0.01, 1.0),
    beam=st.floats(0.0, 1.0),
    soil=st.floats(0.02, 0.7),
)
def test_energy_closes_and_each_layer_absorbs(leaf_area, cosine, beam, soil, xp):
    cosine = float(two_stream.beam_cosine(np.array(cosine), xp))
    layers = absorption(leaf_area, cosine, xp, beam=beam, soil=soil)
    top, bottom = (two_stream.net_par(z, leaf_area, cosine, beam, soil, xp) for z in (0.0, 1.0))
    assert layers.sum() + (1.0 - top) + bottom == pytest.approx(1.0, abs=1e-10)
    assert np.all(layers > 0.0)
    # the soil's own reflection is part of the net flux, so the light it gets is not negative
    assert bottom >= -1e-12


def test_nitrogen_falls_through_a_dense_tree_canopy(xp):
    noon = sum(solar.sun_angles(50.0, 172))
    profile = nitrogen.nitrogen_profile(np.array([5.0]), noon, np.array([1.0]), xp)
    assert profile[:, 0] == pytest.approx((1.0, 0.595847, 0.436704), abs=1e-6)


def test_grass_has_no_nitrogen_profile(xp):
    profile = nitrogen.nitrogen_profile(np.array([5.0]), 0.9, np.array([0.0]), xp)
    assert np.all(profile == 1.0)
