"""Leaf area, cover and litter."""

import numpy as np
import pytest
from ccdas_models_bethy.phenology import cover, leaf_area, litter
from hypothesis import given
from hypothesis import strategies as st

DIGITS = 1e-6


def test_growth_of_a_temperature_and_daylight_canopy(xp):
    warm = leaf_area.above_threshold(11.0, 10.0, 2.0, "standard", xp)
    light = leaf_area.above_threshold(11.0, 10.5, 0.5, "standard", xp)
    assert (warm, light) == pytest.approx((0.6914625, 0.8413447), rel=DIGITS)
    theta = {"xi": 0.5, "k_L": 0.1}
    rate, limit = leaf_area.growth(warm * light, 5.0, {"group_a": np.array(0.0)}, theta, xp)
    assert rate == pytest.approx(0.3327033, rel=DIGITS)
    assert limit == pytest.approx(4.371449, rel=DIGITS)
    assert leaf_area.relaxed(2.0, limit, rate, xp) == pytest.approx(2.671161, rel=DIGITS)


def test_water_limit(xp):
    limited = leaf_area.water_limited(100.0, 2.0, 3.0, 30.0, 5.0, xp)
    assert limited == pytest.approx(2.0750179, rel=DIGITS)


def test_published_code_has_a_wider_spread(xp):
    standard = leaf_area.above_threshold(12.0, 10.0, 2.0, "standard", xp)
    code = leaf_area.above_threshold(12.0, 10.0, 2.0 * np.sqrt(2.0), "code", xp)
    assert code < standard + 1e-12
    same = leaf_area.above_threshold(12.0, 10.0, 2.0 / np.sqrt(2.0), "standard", xp)
    assert leaf_area.above_threshold(12.0, 10.0, 2.0, "code", xp) == pytest.approx(same, rel=1e-12)


@given(area=st.floats(0.0, 8.0), record=st.floats(0.0, 8.0))
def test_cover_is_between_none_and_all(area, record, xp):
    highest, covered = cover.updated(area, record, np.exp(-1.0 / cover.MEMORY), xp)
    assert highest >= max(area, record) * 0.999
    # the smooth maximum overshoots by 1e-5 of its square root at most
    assert 0.0 <= covered <= 1.01


@given(
    area=st.floats(1e-6, 8.0),
    limit=st.floats(0.0, 8.0),
    rate=st.floats(1e-3, 1.0),
    form=st.sampled_from(("shedding", "code")),
)
def test_leaves_always_give_some_litter(area, limit, rate, form, xp):
    assert litter.litter_rate(area, limit, rate, 1.0, 15.0, form, xp) > 0.0
