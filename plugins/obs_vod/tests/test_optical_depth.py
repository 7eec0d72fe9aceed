"""The equations of optical depth: closed-form values, limits and the mean of a cell."""

import numpy as np
import pytest
from ccdas_obs_vod.optical_depth import (
    biomass,
    cell_vod,
    smooth_maximum,
    vod_from_biomass,
)
from hypothesis import given
from hypothesis import strategies as st

from ccdas_framework.engines.namespace import numpy_namespace

A, B = 0.81759, 0.0087253
XP = numpy_namespace()


def vod(npp, tau, vod_per_lai=0.0, lai=0.0):
    """With the carbon fraction of 0.5 of the published system."""
    return vod_from_biomass(biomass(npp, tau, 0.5), lai, A, B, vod_per_lai, np)


@pytest.mark.parametrize(
    ("npp", "tau", "vod_per_lai", "lai", "expected"),
    [
        (1000.0, 8.0, 0.0, 0.0, 0.7760640),
        (500.0, 0.25, 0.1, 2.0, 0.2178315),
        (700.0, 5.5, 0.0, 0.0, 0.4836709),
    ],
)
def test_reference_values_of_a_column(npp, tau, vod_per_lai, lai, expected):
    """The tolerance is half a unit of the seventh decimal, the last of the expected values."""
    assert vod(npp, tau, vod_per_lai, lai) == pytest.approx(expected, abs=5e-8)


def test_biomass_follows_from_production_and_turnover():
    assert biomass(1000.0, 8.0, 0.5) == pytest.approx(160.0, rel=1e-14)
    assert biomass(700.0, 5.5, 0.5) == pytest.approx(77.0, rel=1e-14)
    assert biomass(1000.0, 4.7) == pytest.approx(100.0, rel=1e-14)  # 4.7 kgC m-2 of 47 % carbon


@pytest.mark.parametrize(
    ("agb", "expected"),
    [(50, 0.3363348), (100, 0.5865631), (150, 0.7508390), (300, 0.9859121), (400, 1.0561211)],
)
def test_wood_saturates_as_the_fitted_curve_does(agb, expected):
    assert vod_from_biomass(agb, 0.0, A, B, 0.0, np) == pytest.approx(expected, abs=5e-8)


def test_no_wood_exceeds_the_saturation_value():
    assert (
        vod_from_biomass(1e9, 0.0, A, B, 0.0, np) < A * np.pi / 2 == pytest.approx(1.2843, abs=5e-5)
    )


def test_a_cell_has_the_mean_transmissivity_of_its_columns():
    mixed = cell_vod(np.array([1.0, 0.1]), np.array([0.6, 0.4]), np.array([0, 0]), np.zeros(1), XP)
    assert mixed[0] == pytest.approx(0.5401469, abs=5e-8)


def test_bare_ground_is_transparent():
    mixed = cell_vod(np.array([0.8]), np.array([0.0]), np.array([0]), np.ones(1), XP)
    assert mixed[0] == pytest.approx(0.0, abs=1e-15)


@given(st.floats(0, 1000), st.floats(0.1, 100))
def test_optical_depth_grows_with_biomass(agb, more):
    assert vod_from_biomass(agb + more, 1.0, A, B, 0.1, np) > vod_from_biomass(
        agb, 1.0, A, B, 0.1, np
    )


@given(
    st.lists(st.floats(0.0, 3.0), min_size=3, max_size=3),
    st.lists(st.floats(0.0, 1.0), min_size=3, max_size=3),
)
def test_a_mixture_lies_between_its_parts(depths, weights):
    share = np.array(weights) / max(sum(weights), 1.0)
    bare = np.array([max(1.0 - share.sum(), 0.0)])
    mixed = cell_vod(np.array(depths), share, np.zeros(3, dtype=int), bare, XP)[0]
    parts = [*depths, 0.0] if bare[0] > 0 else depths
    assert min(parts) - 1e-12 <= mixed <= max(parts) + 1e-12


def test_the_smooth_maximum_is_zero_below_zero_and_the_value_far_above():
    x = np.array([-1e6, -2.0, 0.0, 1000.0])
    np.testing.assert_allclose(
        smooth_maximum(x, 0.0, 1.0, np), [0, 0, np.exp(-1), 1000], atol=1e-15
    )
    assert smooth_maximum(0.05, 0.0, 0.1, np) == pytest.approx(0.0723130, abs=5e-8)
    assert smooth_maximum(-0.2, 0.0, 0.1, np) == 0.0
