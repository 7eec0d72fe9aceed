"""Properties of complete runs: carbon and water close, limits, the start, refusals."""

import numpy as np
import pytest
from ccdas_models_dalec import Dalec, process_models
from ccdas_models_dalec.water import remaining_stress, runoff, water_stress
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ccdas_framework import InvalidInput
from ccdas_framework.engines.autograd_engine import AutogradEngine

ALL_TYPES = tuple(range(1, 14))
POOLS = ("labile", "foliage", "root", "wood", "litter", "soil")


def total_carbon(fields):
    return sum(fields[f"{name}_carbon"] for name in POOLS)


def test_the_hook_names_the_model():
    assert process_models() == {"dalec": Dalec}


@pytest.mark.parametrize("model", [Dalec(), Dalec(start="pools"), Dalec(water="none")])
def test_pools_change_by_net_production_less_heterotrophic_respiration(model, run):
    fields = run(model, ALL_TYPES)
    carbon = total_carbon(fields)
    change = carbon[1:] - carbon[:-1]
    # rounding of pools of some 10^4 gC m-2
    np.testing.assert_allclose(change, fields["nep"][:-1], atol=1e-9)
    net = fields["npp"] - fields["heterotrophic_respiration"]
    np.testing.assert_allclose(fields["nep"], net, atol=1e-12)
    grown = fields["gpp"] - fields["autotrophic_respiration"]
    np.testing.assert_allclose(fields["npp"], grown, atol=1e-12)


def test_water_changes_by_rain_less_losses(run, climate):
    fields = run(Dalec(), ALL_TYPES)
    rain = climate(ALL_TYPES).fields["pr"]
    change = fields["available_water"][1:] - fields["available_water"][:-1]
    expected = rain - fields["evapotranspiration"] - fields["runoff"]
    np.testing.assert_allclose(change, expected[:-1], atol=1e-10)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6))
@example(seed=0)  # soil that dries out altogether
def test_no_parameter_empties_a_pool_below_zero(seed, run, prior):
    generator = np.random.default_rng(seed)
    model = Dalec()
    extreme = {
        name: value * np.exp(generator.normal(0.0, 1.5, np.shape(value)))
        for name, value in prior(model, ALL_TYPES).items()
    }
    for name in ("f_auto", "f_fol", "f_lab", "f_roo"):
        extreme[name] = np.clip(extreme[name], 0.001, 0.999)
    extreme["c_lf"] = 1.0 + np.maximum(extreme["c_lf"] - 1.0, 1e-3)
    fields = run(model, ALL_TYPES, changes=extreme, pr=generator.gamma(0.2, 10.0, (730, 13)))
    for name, values in fields.items():
        assert np.isfinite(values).all(), name
    for name in (*(f"{pool}_carbon" for pool in POOLS), "available_water", "gpp", "lai"):
        assert fields[name].min() >= 0.0, name


def test_with_water_in_plenty_the_pool_limits_nothing(run):
    plenty = {"W_0": 1e5, "q_foc": 1e12, "omega": 1e-3}
    wet = run(Dalec(), changes=plenty, pr=50.0)
    np.testing.assert_allclose(wet["gpp"], run(Dalec(water="none"))["gpp"], rtol=1e-4)


def test_without_rain_plants_stop(run):
    dry = run(Dalec(), pr=0.0, days=1460, lead=0)
    last = slice(-365, None)
    assert np.all(dry["gpp"][last].sum(axis=0) < 0.1 * dry["gpp"][:365].sum(axis=0))
    assert np.all(dry["available_water"][-1] < 0.1 * dry["available_water"][0])


def test_transpiration_is_production_times_deficit_over_efficiency(run, climate):
    """0.01 (es(Tmin) + es(Tmax))/2 - es(Tmin) hPa, where no vapour pressure is measured."""
    fields, weather = run(Dalec(), (4,)), climate((4,)).fields

    def saturated(t):
        return 6.108 * np.exp(17.27 * t / (t + 237.3))

    deficit = 0.5 * (saturated(weather["tasmax"]) - saturated(weather["tasmin"]))
    expected = fields["gpp"] * deficit / 20.0
    np.testing.assert_allclose(fields["evapotranspiration"], expected, rtol=1e-9)


def test_in_a_repeated_year_a_start_in_balance_stays_in_balance(run):
    """In the second year of the window, after ten of spin-up that settle the leaves."""
    fields = run(Dalec(), (4, 5, 9), days=12 * 365, lead=10 * 365)
    year = slice(-365, None)
    net, production = fields["nep"][year].sum(axis=0), fields["npp"][year].sum(axis=0)
    assert np.all(production > 100.0)
    assert np.all(np.abs(net) < 0.02 * production)


@pytest.mark.parametrize("name", ["s_woo", "s_som"])
def test_more_carbon_than_in_balance_is_a_source(name, run):
    balanced = run(Dalec(), days=1460, lead=1095)["nep"][-365:].sum(axis=0)
    more = run(Dalec(), days=1460, lead=1095, changes={name: 1.5})["nep"][-365:].sum(axis=0)
    assert np.all(more < balanced)


def test_the_published_start_is_taken_as_it_is(run, prior):
    model = Dalec(start="pools")
    fields, priors = run(model), prior(model, (4, 5, 9))
    for name, parameter in (("soil", "C_som"), ("wood", "C_woo"), ("foliage", "C_fol")):
        np.testing.assert_array_equal(fields[f"{name}_carbon"][0], priors[parameter])


def test_evergreen_leaves_last_and_deciduous_ones_do_not(run):
    lai = run(Dalec(), (4, 5), days=1460, lead=365)["lai"][-365:]
    assert lai[:, 0].min() < 0.2 * lai[:, 0].max()
    assert lai[:, 1].min() > 0.5 * lai[:, 1].max()
    assert 150 < np.argmax(lai[:, 0]) + 1 < 300


def test_seasons_are_half_a_year_apart_in_the_two_hemispheres(run):
    lai = run(Dalec(), (4, 4), latitude=[45.0, -45.0], days=1460, lead=365)["lai"][-730:]
    np.testing.assert_allclose(lai[182:547, 1], lai[:365, 0], rtol=0.05, atol=0.02)


def test_light_is_absorbed_as_beer_says(run):
    fields = run(Dalec(extinction=0.6))
    np.testing.assert_allclose(fields["fapar"], 1.0 - np.exp(-0.6 * fields["lai"]), rtol=1e-12)


def test_decay_doubles_with_ln_2_over_theta_degrees(run):
    """At k = 0 in the limit of small rates the respired share is k exp(Theta T)."""
    slow = {"k_lit": 1e-7, "k_dec": 1e-7, "k_som": 1e-9, "Theta": np.log(2.0) / 10.0}
    model = Dalec(start="pools")
    cold, warm = (
        run(model, changes=slow, tasmin=t, tasmax=t, days=30, lead=0) for t in (5.0, 15.0)
    )
    ratio = warm["heterotrophic_respiration"][0] / cold["heterotrophic_respiration"][0]
    np.testing.assert_allclose(ratio, 2.0, rtol=1e-5)


def test_dry_soil_stops_and_wet_soil_frees_photosynthesis():
    stress = water_stress(np.array([0.0, 1e-3, 50.0, 1e6]), 50.0, np)
    np.testing.assert_allclose(stress, [0.0, 2e-5, 0.8173, 1.0], rtol=1e-3)
    assert remaining_stress(80.0, 1e-12, 0.7, np) == pytest.approx(0.7)
    # where a day could use up the water tenfold, it uses no more than there is
    assert remaining_stress(1.0, 10.0, 1.0, np) * 10.0 == pytest.approx(1.0, rel=1e-3)


def test_runoff_is_the_square_of_water_over_its_focal_point_and_never_all_of_it():
    assert runoff(10.0, 1e6, np) == pytest.approx(1e-4, rel=1e-4)
    assert runoff(1e4, 1.0, np) < 1e4


@pytest.mark.parametrize("engine", ["autograd", "jax"])
def test_polar_night_and_desert_have_finite_gradients(engine, climate, prior):
    if engine == "jax":
        pytest.importorskip("jax")
        from ccdas_framework.engines.jax_engine import JaxEngine as Engine
    else:
        Engine = AutogradEngine
    engine, model, types = Engine(), Dalec(), (5, 11, 10)
    weather = climate(types, days=90, lead=0, latitude=[80.0, 70.0, 25.0], pr=0.0, rsds=[0, 0, 340])
    weather.fields["tasmin"][:] = [-50.0, -30.0, 30.0]
    weather.fields["tasmax"][:] = [-50.0, -20.0, 47.0]
    base = prior(model, types)
    names = sorted(base)
    x = np.stack([base[name] + np.zeros(3) for name in names])

    def cost(x, drivers):
        fields = model.run(dict(zip(names, x, strict=True)), drivers, engine.xp)
        return sum(engine.xp.sum(fields[v.name] ** 2) for v in model.provides)

    value, gradient = engine.value_and_grad(cost)(x, model.prepare(weather))
    assert np.isfinite(value)
    assert np.isfinite(np.asarray(gradient)).all()


def test_an_unknown_plant_type_is_refused(climate):
    with pytest.raises(InvalidInput) as error:
        Dalec().prepare(climate((14,)))
    assert (error.value.code, error.value.where) == ("unknown-class", "grid: column_class")


def test_settings_are_checked():
    for wrong in ({"start": "cold"}, {"water": "lots"}, {"co2": -1.0}, {"extinction": 0.0}):
        with pytest.raises(ValueError):
            Dalec(**wrong)
    with pytest.raises(TypeError) as error:
        Dalec(spin_up_years=2.5)
    assert "'spin_up_years'" in str(error.value)
