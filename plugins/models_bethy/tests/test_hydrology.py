"""Stores and balances of water."""

import numpy as np
import pytest
from ccdas_models_bethy.hydrology import (
    EXCHANGES,
    SNOW_SCHEMES,
    bucket,
    interception,
    snow_density,
    stores,
    two_layer,
)
from ccdas_models_bethy.hydrology.capacity import shared_capacity
from hypothesis import given, settings
from hypothesis import strategies as st

CLOSED = 1e-9  # mm d-1


def soil_of(soil, w_max):
    """Site and water parameters of one column."""
    fields = ("theta_sat", "theta_fc", "theta_wp", "campbell_b", "saturated_conductivity")
    site = {field: np.array([getattr(soil, field)]) for field in fields}
    site |= {"w_max": np.array([w_max]), "root_profile": np.array([0.96])}
    theta = {"s_rd": 1.0, "s_b": 1.0, "s_K": 1.0, "s_D": 1.0, "k_ex": 2.0, "b_i": 0.3}
    return site, {name: np.array([value]) for name, value in theta.items()}


def test_drainage_over_a_day(xp):
    drained = stores.drained(0.8 * 18.52, 18.52, 320.0, 12.0, xp) / 18.52
    assert drained == pytest.approx(0.6172769, rel=1e-6)


def test_evaporation_factor_of_lee_and_pielke(xp):
    assert two_layer.evaporation_factor(0.5, xp) == pytest.approx(0.25, rel=1e-12)
    assert two_layer.evaporation_factor(0.8, xp) == pytest.approx(0.8181356, rel=1e-6)


@settings(max_examples=60, deadline=None)
@given(
    texture=st.integers(0, 10),
    w_max=st.floats(20.0, 500.0),
    top=st.floats(0.0, 1.0),
    root=st.floats(0.0, 1.0),
    water=st.floats(0.0, 300.0),
    potential=st.floats(0.0, 10.0),
    demand=st.floats(0.0, 10.0),
    bare=st.floats(0.0, 1.0),
    exchange=st.sampled_from(sorted(EXCHANGES)),
)
def test_two_layers_close_and_stay_within_their_size(
    texture, w_max, top, root, water, potential, demand, bare, exchange, soils, xp
):
    site, theta = soil_of(soils[sorted(soils)[texture]], w_max)
    size = two_layer.capacities(theta, site, 0.04, exchange)
    dry = 0.5 * size["surface_wilting"]
    state = {
        "surface_water": dry + top * (size["surface_saturated"] - dry),
        "root_water": 0.98 * size["root_wilting"]
        + root * (size["root_saturated"] - 0.98 * size["root_wilting"]),
    }
    wetness = two_layer.status(state, size, xp)
    after, out = two_layer.balance(state, wetness, size, water, bare, potential, demand, theta, xp)
    change = sum(after.values()) - sum(state.values())
    assert change == pytest.approx(water - sum(out.values()), abs=CLOSED)
    assert 0.0 < after["surface_water"] <= size["surface_saturated"] + CLOSED
    assert 0.0 < after["root_water"] <= size["root_saturated"] + CLOSED
    assert -1e-15 <= wetness["relative"] <= 1.0 + 1e-15


@settings(max_examples=60, deadline=None)
@given(
    w_max=st.floats(20.0, 500.0),
    fill=st.floats(0.0, 1.0),
    water=st.floats(0.0, 300.0),
    potential=st.floats(0.0, 10.0),
    demand=st.floats(-1.0, 10.0),
)
def test_bucket_closes_and_stays_within_its_size(w_max, fill, water, potential, demand, soils, xp):
    site, theta = soil_of(soils["loam"], w_max)
    size = bucket.capacities(theta, site, 0.04, "campbell")
    state = {
        "bucket_water": fill * size["size"],
        "evaporation_water": fill * size["evaporation_size"],
    }
    after, out = bucket.balance(state, {}, size, water, 1.0, potential, demand, theta, xp)
    change = after["bucket_water"] - state["bucket_water"]
    assert change == pytest.approx(water - sum(out.values()), abs=CLOSED)
    assert np.all(after["bucket_water"] >= 0.0)
    # the smooth floor of the bucket is 0.1/e mm above it where all of it is asked for
    assert np.all(after["bucket_water"] <= size["size"] + 0.1 / np.e)
    assert np.all(after["evaporation_water"] >= 0.0)


def test_evaporation_bucket_is_five_millimetres():
    assert bucket.capped_size(np.array(100.0)) == pytest.approx(5.0, rel=1e-5)


@settings(max_examples=60, deadline=None)
@given(
    held=st.floats(0.0, 1.0),
    rain=st.floats(0.0, 100.0),
    wet=st.floats(0.0, 20.0),
    leaf_area=st.floats(1e-6, 8.0),
    cover=st.floats(0.004, 1.0),
    form=st.sampled_from(("cover", "code")),
)
def test_leaves_close_and_never_owe_water(held, rain, wet, leaf_area, cover, form, xp):
    fraction = interception.intercepted_fraction(leaf_area, cover, form, xp)
    capacity = 0.1 * leaf_area
    store = held * capacity
    after, through, evaporated = interception.leaf_water_balance(
        store, rain, wet, fraction, capacity, xp
    )
    assert after - store == pytest.approx(rain - through - evaporated, abs=CLOSED)
    # rounding of sums of size rain
    assert after >= -1e-12
    assert evaporated >= -1e-12


def test_published_interception_falls_with_leaf_area(xp):
    thin, dense = (interception.intercepted_fraction(a, 1.0, "code", xp) for a in (1.0, 5.0))
    assert dense < thin
    thin, dense = (interception.intercepted_fraction(a, 1.0, "cover", xp) for a in (1.0, 5.0))
    assert dense > thin


@settings(max_examples=60, deadline=None)
@given(
    scheme=st.sampled_from(sorted(SNOW_SCHEMES)),
    snow=st.floats(0.0, 500.0),
    rain=st.floats(0.0, 80.0),
    temperature=st.floats(-40.0, 25.0),
    potential=st.floats(0.0, 5.0),
)
def test_snow_closes_and_keeps_a_sensible_albedo(scheme, snow, rain, temperature, potential, xp):
    scheme = SNOW_SCHEMES[scheme]
    state = scheme.initial(np.array([0.2])) | {"snow": np.array([snow])}
    after, out = scheme.update(state, rain, np.array([temperature]), potential, 0.15, xp)
    left = out["rain"] + out["melt"] + out["sublimation"]
    assert after["snow"] - snow == pytest.approx(rain - left, abs=CLOSED)
    assert np.all(after["snow"] >= 0.0)
    assert np.all((after["snow_albedo"] > 0.1) & (after["snow_albedo"] <= 0.81))


def test_fresh_snow_is_denser_when_warm_and_all_snow_settles(xp):
    cold, warm = (snow_density.fresh_density(np.array(t), xp) for t in (-20.0, -2.0))
    assert cold == pytest.approx(10.0 + 26.67, rel=1e-12)
    assert warm == pytest.approx(50.0 + 1.7 * 13.0**1.5, rel=1e-12)
    assert snow_density.compacted(100.0, 50.0, -5.0, xp) > 100.0


def test_a_low_sun_brightens_old_snow(xp):
    state = {"snow_albedo": np.array([0.6])}
    low, high = (snow_density.albedo(state, np.array([[mu]]), 0.0, xp) for mu in (0.1, 0.5))
    assert 0.6 < high < low <= 1.0


def test_trees_and_herbs_divide_the_soil_of_their_cell():
    capacity = np.array([100.0, 100.0, 80.0])
    fraction = np.array([0.6, 0.3, 1.0])
    cell, classes = np.array([0, 0, 1]), np.array([4, 9, 9])
    shared = shared_capacity(capacity, fraction, cell, classes)
    assert (fraction * shared)[:2].sum() == pytest.approx((fraction * capacity)[:2].sum())
    assert shared[1] / shared[0] == pytest.approx(0.3)
    assert shared[2] == 80.0  # herbs alone keep theirs
