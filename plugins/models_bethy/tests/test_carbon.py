"""Respiration of plants and of the soil."""

import numpy as np
import pytest
from ccdas_models_bethy.carbon import plant, soil
from hypothesis import given, settings
from hypothesis import strategies as st

THETA = {"Q10f": 1.5, "Q10s": 1.5, "k_f0": 0.66, "kappa": 1.0, "f_s": 0.2, "beta": 0.9}

FORMS = ("optimum", "ccdas")


def columns(*values):
    return np.array(values)[:, None]


def test_fast_decay_rate(xp):
    # al = 0.5 corresponds to this w_rel
    moisture = soil.moisture_response((0.5 - 1e-4) / (1.0 - 2e-4), 1.0, "ccdas", xp)
    rate = soil.decay_rate(10.0, moisture, 1.5, xp) * 0.66 / 365.0
    assert rate == pytest.approx(0.00135752, rel=5e-6)


def test_decay_has_a_plateau_and_a_fifth_of_it_in_dry_soil(xp):
    """RothC: no limit above 0.556 of the available water, linear below, 0.2 in dry soil."""
    filling = np.array([0.0, 0.139, 0.278, 0.417, 0.7, 0.9, 1.0])
    response = soil.moisture_response(filling, 1.0, "optimum", xp)
    expected = [0.2, 0.4, 0.6, 0.8, 1.0, 1.0, 1.0]
    assert np.allclose(response, expected, atol=2e-4)


@given(filling=st.floats(0.0, 1.0), exponent=st.floats(0.1, 5.0), form=st.sampled_from(FORMS))
def test_moist_soil_decays_no_slower_than_dry_soil(filling, exponent, form, xp):
    drier, moister = (
        soil.moisture_response(w, exponent, form, xp) for w in (0.9 * filling, filling)
    )
    assert 0.0 < drier <= moister <= 1.0 + 1e-12


def test_four_day_window(xp):
    npp = columns(1.0, 2.0, 3.0, 2.0)
    fluxes = soil.soil_fluxes(
        npp,
        columns(1.0, 1.0, 2.0, 1.0),
        columns(5.0, 10.0, 15.0, 10.0),
        columns(0.5, 0.6, 0.7, 0.6),
        THETA,
        "ccdas",
        xp,
    )
    digits = 1e-6
    fast = (1.060131, 1.557450, 2.224876, 1.557543)
    slow = (0.1325163, 0.1946871, 0.2781095, 0.1946871)
    nep = (-0.1926468, 0.2478633, 0.4970141, 0.2477695)
    assert fluxes["litter_scale"][0] == pytest.approx(1.6, rel=digits)
    assert fluxes["fast_pool"][0, 0] == pytest.approx(1195.41480, rel=digits)
    assert fluxes["fast"][:, 0] == pytest.approx(fast, rel=digits)
    assert fluxes["slow_scale"][0] == pytest.approx(0.2161821, rel=digits)
    assert fluxes["slow"][:, 0] == pytest.approx(slow, rel=digits)
    total = npp - fluxes["fast"] - fluxes["slow"]
    assert total[:, 0] == pytest.approx(nep, rel=2e-6)
    assert total.sum() == pytest.approx(0.8, rel=1e-12)


@settings(max_examples=40, deadline=None)
@given(
    days=st.integers(1, 400),
    seed=st.integers(0, 10**6),
    beta=st.floats(0.5, 1.5),
    form=st.sampled_from(FORMS),
)
def test_budgets_of_the_window(days, seed, beta, form, xp):
    generator = np.random.default_rng(seed)
    npp = generator.uniform(-1.0, 8.0, (days, 1)) + 1.5
    litter = generator.uniform(0.01, 3.0, (days, 1))
    temperature = generator.uniform(-20.0, 35.0, (days, 1))
    wetness = generator.uniform(0.0, 1.0, (days, 1))
    theta = THETA | {"beta": beta}
    fluxes = soil.soil_fluxes(npp, litter, temperature, wetness, theta, form, xp)
    nep = npp - fluxes["fast"] - fluxes["slow"]
    assert nep.sum() == pytest.approx((1.0 - beta) * npp.sum(), abs=1e-8 * np.abs(npp).sum())
    assert (fluxes["litter_scale"] * litter).sum() == pytest.approx(npp.sum(), rel=1e-12)


@settings(max_examples=60, deadline=None)
@given(
    days=st.integers(1, 400),
    seed=st.integers(0, 10**6),
    level=st.floats(-6.0, 6.0),
    spread=st.floats(0.0, 3.0),
    form=st.sampled_from(FORMS),
)
def test_pools_and_litter_are_never_negative(days, seed, level, spread, form, xp):
    generator = np.random.default_rng(seed)
    npp = level + spread * generator.normal(size=(days, 1))
    litter = generator.uniform(0.01, 3.0, (days, 1))
    temperature = generator.uniform(-40.0, 35.0, (days, 1))
    wetness = generator.uniform(0.0, 1.0, (days, 1))
    fluxes = soil.soil_fluxes(npp, litter, temperature, wetness, THETA, form, xp)
    assert all(np.isfinite(values).all() for values in fluxes.values())
    assert np.all(fluxes["litter_scale"] >= 0.0)
    assert np.all(fluxes["fast_pool"] >= 0.0)
    # the loss of a day is a difference of pools: rounding of the larger
    assert np.all(fluxes["fast"] >= -1e-12 * fluxes["fast_pool"].max())
    production = npp.mean() * 365.0
    respired = np.sum(fluxes["fast"] + fluxes["slow"])
    if production <= -0.1:
        assert np.all(fluxes["litter_scale"] == 0.0) and respired == 0.0
    elif production >= 4.0:
        assert respired == pytest.approx(THETA["beta"] * npp.sum(), rel=1e-8)


@settings(max_examples=20, deadline=None)
@given(days=st.integers(1, 300), seed=st.integers(0, 10**6))
def test_fast_pool_is_the_periodic_solution_of_its_recursion(days, seed, xp):
    generator = np.random.default_rng(seed)
    litter = generator.uniform(0.0, 5.0, (days, 2))
    rate = generator.uniform(1e-4, 0.05, (days, 2))
    pool, loss = soil.fast_pool(litter, rate, xp)
    after = pool * np.exp(-rate) + litter * (1.0 - np.exp(-rate)) / rate
    # summing over days loses some digits where a short window makes the pool large
    assert np.allclose(after, np.roll(pool, -1, axis=0), rtol=1e-9)
    assert np.allclose(pool + litter - loss, after, rtol=1e-9)


def test_fast_pool_holds_where_decay_would_underflow(xp):
    pool, loss = soil.fast_pool(np.ones((8000, 1)), np.full((8000, 1), 0.3), xp)
    assert np.allclose(loss, 1.0, rtol=1e-12)
    assert np.all(np.isfinite(pool))


def test_plant_respiration():
    maintenance = plant.maintenance_respiration(0.4, 0.4)
    assert maintenance == 1.0
    assert plant.net_primary_production(5.0, maintenance, 0.2) == pytest.approx(3.2)


@pytest.mark.parametrize("width", [1.0, 20.0])
def test_a_barren_column_fades_over_the_width_of_the_switch(xp, width):
    """1/(1 + e) where NPP is one width below zero, a half at zero, all but e^-5 at five widths."""
    yearly = np.array([-1.0, 0.0, 5.0]) * width
    npp = np.broadcast_to(yearly / 365.0, (3, 3))
    expected = 1.0 / (1.0 + np.exp([1.0, 0.0, -5.0]))
    np.testing.assert_allclose(soil.living(npp, width, xp), expected, rtol=1e-10)
