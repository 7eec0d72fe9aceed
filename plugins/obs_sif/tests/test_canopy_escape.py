"""Escape of fluorescence from a canopy: closed forms, limits, and photons followed one by one."""

import numpy as np
import pytest
from ccdas_obs_sif.canopy_escape import (
    exponential_escape,
    shoot_escape,
    shoot_scattering,
    two_stream_escape,
)
from hypothesis import given
from hypothesis import strategies as st

LAYERS = (1, 2, 3)
SHARES = st.floats(0.0, 0.99)


def escape(leaf_area, scattering, soil_albedo, clumping=1.0):
    """Of the three layers, shape (3,)."""
    return np.array(
        [two_stream_escape(leaf_area, n, scattering, soil_albedo, clumping, np) for n in LAYERS]
    )


@pytest.mark.parametrize("leaf_area", [0.5, 3.0, 8.0])
@pytest.mark.parametrize("clumping", [1.0, 0.5])
def test_where_nothing_is_lost_every_photon_escapes(leaf_area, clumping):
    """w = 1 over white ground; 1 - w of 1e-10 loses 1e-5 a meeting at most."""
    np.testing.assert_allclose(escape(leaf_area, 1.0 - 1e-10, 1.0, clumping), 1.0, atol=1e-4)


@pytest.mark.parametrize("leaf_area", [0.5, 3.0, 8.0])
def test_over_black_ground_leaves_that_absorb_nothing_lose_to_the_ground(leaf_area):
    """w = 1, r = 0: E(x) = (1 + L - x)/(2 + L)."""
    middle = (np.array(LAYERS) - 0.5) / 3.0 * leaf_area
    expected = (1.0 + leaf_area - middle) / (2.0 + leaf_area)
    np.testing.assert_allclose(escape(leaf_area, 1.0 - 1e-9, 0.0), expected, rtol=1e-4)


@pytest.mark.parametrize("leaf_area", [0.01, 3.0, 8.0])
def test_half_of_the_emission_of_black_leaves_over_black_ground_goes_down(leaf_area):
    """w = r = 0: half of exp(-x), the mean over the layer."""
    edges = np.linspace(0.0, leaf_area, 4)
    mean = (np.exp(-edges[:-1]) - np.exp(-edges[1:])) / np.diff(edges)
    np.testing.assert_allclose(escape(leaf_area, 0.0, 0.0), 0.5 * mean, rtol=1e-5)


@pytest.mark.parametrize("soil_albedo", [0.0, 0.2, 0.8])
def test_a_canopy_without_leaves_loses_to_the_ground_alone(soil_albedo):
    expected = np.full(3, 0.5 * (1.0 + soil_albedo))
    np.testing.assert_allclose(escape(0.0, 0.84, soil_albedo), expected, rtol=1e-5)


@given(st.floats(0.0, 20.0), SHARES, st.floats(0.0, 1.0), st.floats(0.2, 1.0))
def test_escape_is_a_share_and_upper_layers_lose_less(leaf_area, scattering, soil, clumping):
    """Where the ground reflects less than a deep canopy would, as soil does under leaves."""
    found = escape(leaf_area, scattering, soil, clumping)
    assert np.all((found >= 0.0) & (found <= 1.0 + 1e-9))
    h = np.sqrt(1.0 - shoot_scattering(scattering, clumping))
    if soil <= (1.0 - h) / (1.0 + h):
        assert np.all(np.diff(found) <= 1e-9)


@given(st.floats(0.0, 10.0), st.floats(0.0, 0.9), st.floats(0.0, 0.9))
def test_brighter_leaves_and_ground_let_more_escape(leaf_area, scattering, soil):
    least = escape(leaf_area, scattering, soil)
    assert np.all(escape(leaf_area, scattering + 0.05, soil) >= least - 1e-12)
    assert np.all(escape(leaf_area, scattering, soil + 0.05) >= least - 1e-12)


@pytest.mark.parametrize(("scattering", "soil_albedo"), [(0.84, 0.2), (0.5, 0.6), (0.95, 0.0)])
def test_photons_followed_one_by_one_escape_as_often(scattering, soil_albedo):
    """40,000 photons a layer; 5 standard errors of a share of one half are 0.0125."""
    random = np.random.default_rng(1)
    leaf_area = 4.0
    for layer, expected in zip(LAYERS, escape(leaf_area, scattering, soil_albedo), strict=True):
        depth = (layer - 1 + random.random(40_000)) / 3.0 * leaf_area
        up = random.random(len(depth)) < 0.5
        escaped = 0
        while len(depth):
            path = random.exponential(size=len(depth))
            depth = np.where(up, depth - path, depth + path)
            escaped += (depth < 0.0).sum()
            at_ground, inside = depth > leaf_area, (depth >= 0.0) & (depth <= leaf_area)
            survives = random.random(len(depth)) < np.where(at_ground, soil_albedo, scattering)
            kept = (at_ground | inside) & survives
            up = np.where(at_ground, True, random.random(len(depth)) < 0.5)[kept]
            depth = np.minimum(depth[kept], leaf_area)
        assert escaped / 40_000 == pytest.approx(expected, abs=0.0125)


def test_shoots_of_scots_pine_scatter_less_than_their_needles():
    """Recollision probability 0.47: w 0.53/(1 - 0.47 w), and all escapes where nothing is lost."""
    assert shoot_scattering(0.84, 0.53) == pytest.approx(0.84 * 0.53 / (1 - 0.47 * 0.84), rel=1e-14)
    assert shoot_scattering(1.0, 0.53) == shoot_escape(1.0, 0.53) == pytest.approx(1.0, rel=1e-14)
    assert shoot_escape(0.0, 0.53) == pytest.approx(0.53, rel=1e-14)
    assert shoot_scattering(0.84, 1.0) == 0.84 and shoot_escape(0.84, 1.0) == 1.0


def test_a_photon_of_a_shoot_is_lost_in_it_or_leaves_it():
    """It is absorbed at a meeting with 1 - w; meetings follow a geometric series of 1 - c."""
    w, c = 0.7, 0.6
    lost = sum((1.0 - c) * (1.0 - w) * ((1.0 - c) * w) ** n for n in range(200))
    assert lost + shoot_escape(w, c) == pytest.approx(1.0, rel=1e-12)


def test_the_series_meets_the_ratio_where_it_replaces_it():
    """Leaf areas on both sides of the limit; the slope between them is that of the exact form."""
    near = escape(0.149, 0.84, 0.2), escape(0.151, 0.84, 0.2)
    np.testing.assert_allclose(near[0], near[1], rtol=1e-3)
    around = [escape(L, 0.84, 0.2) for L in (0.1498, 0.1499, 0.15, 0.1501, 0.1502)]
    slopes = np.diff(around, axis=0)
    np.testing.assert_allclose(slopes[0], slopes[-1], rtol=1e-2)


def test_the_published_form_sends_all_emission_upwards():
    escaping = [exponential_escape(3.0, n, np) for n in LAYERS]
    np.testing.assert_allclose(escaping, np.exp([-0.15, -0.45, -0.75]), rtol=1e-14)
    assert exponential_escape(0.0, 3, np) == 1.0
