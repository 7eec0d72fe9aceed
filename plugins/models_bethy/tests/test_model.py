"""The model as a component: declarations, settings and properties of complete runs."""

import numpy as np
import pytest
from attrs import evolve
from ccdas_models_bethy import Bethy, process_models
from hypothesis import given, settings
from hypothesis import strategies as st

from ccdas_framework import InvalidInput

ALL_TYPES = list(range(1, 14))
LATITUDES = np.linspace(-70.0, 80.0, 13)


@pytest.fixture(scope="module")
def run(forcing, weather, prior, xp):
    """Function that runs a model, over all plant types by default."""

    def fields(model, days=60, lead=10, types=ALL_TYPES, changes=None, **more):
        series = weather(LATITUDES[: len(types)], days) | {"lead": lead} | more
        inputs = forcing(types, days, **series)
        parameters = prior(model, types) | (changes or {})
        return model.run(parameters, model.prepare(inputs), xp)

    return fields


@pytest.fixture(scope="module")
def default(run):
    return run(Bethy(n_h=8))


def test_the_hook_names_the_model():
    assert process_models() == {"bethy": Bethy}


def test_fields_are_as_declared(default):
    model = Bethy(n_h=8)
    assert set(default) == {variable.name for variable in model.provides}
    for variable in model.provides:
        values = default[variable.name]
        assert values.shape == (60, 13)
        assert np.all(np.isfinite(values)), variable.name
        lower, upper = variable.valid_range
        assert lower <= values.min() and values.max() <= upper, variable.name


def test_soil_respires_over_the_window_only(default):
    for name in ("nep", "heterotrophic_respiration"):
        assert np.all(default[name][:10] == 0.0)
    alive = default["gpp"].sum(axis=0) > 1.0
    assert alive.any()
    assert np.all(default["heterotrophic_respiration"][10:, alive] != 0.0)


def test_the_window_sink_is_one_minus_beta_of_npp(run):
    beta = np.linspace(0.7, 1.3, 13)
    fields = run(Bethy(n_h=8), changes={"beta": beta})
    npp = fields["npp"][10:]
    total, rounding = npp.sum(axis=0), 1e-9 * np.abs(npp).sum()
    sink = fields["nep"].sum(axis=0)
    productive, losing = npp.mean(axis=0) * 365.0 > 10.0, npp.mean(axis=0) * 365.0 < -0.1
    assert productive.any()
    assert np.allclose(sink[productive], ((1.0 - beta) * total)[productive], atol=rounding)
    assert np.allclose(sink[losing], total[losing], atol=rounding)


def test_a_dark_mild_winter_leaves_a_forest_alive_and_its_soil_without_litter(run):
    """60 days of window at 6 degC and 5 W m-2 after a year with a summer."""
    days, lead = 425, 365
    season = -np.cos(2.0 * np.pi * np.arange(days)[:, None] / 365.0)
    dark = np.arange(days)[:, None] >= lead
    mean = np.where(dark, 6.0, 8.0 + 9.0 * season)
    weather = {"tasmin": mean - 4.0, "tasmax": mean + 4.0, "pr": 2.0, "types": [5]}
    weather |= {"rsds": np.where(dark, 5.0, 120.0 + 100.0 * season), "latitude": 62.0}
    fields = run(Bethy(n_h=6), days=days, lead=lead, **weather)
    window = {name: values[lead:].sum(axis=0) for name, values in fields.items()}
    assert np.all(fields["npp"].sum(axis=0) > 100.0)
    assert np.all(window["npp"] < 0.0)
    assert np.all(window["gpp"] > 5.0)  # the plants are not switched off
    assert np.all(fields["heterotrophic_respiration"] == 0.0)
    np.testing.assert_allclose(window["nep"], window["npp"], rtol=1e-12)


def test_a_column_that_never_produces_has_no_fluxes(run):
    dark = {"rsds": 0.0, "tasmin": 8.0, "tasmax": 16.0, "types": [5], "latitude": 50.0}
    fields = run(Bethy(n_h=6), days=90, lead=30, **dark)
    for name in ("gpp", "npp", "nep", "autotrophic_respiration", "heterotrophic_respiration"):
        assert np.all(np.abs(fields[name]) < 1e-6), name


def test_carbon_adds_up(default):
    npp = default["gpp"] - default["autotrophic_respiration"]
    assert np.allclose(npp, default["npp"], atol=1e-12)
    nep = default["npp"] - default["heterotrophic_respiration"]
    assert np.allclose(nep[10:], default["nep"][10:], atol=1e-12)


@settings(max_examples=5, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    hydrology=st.sampled_from(("two_layer", "bucket")),
    snow=st.sampled_from(("simple", "density")),
    n_h=st.sampled_from((6, 8)),
)
def test_water_closes_on_each_day(seed, hydrology, snow, n_h, forcing, weather, prior, xp):
    model = Bethy(n_h=n_h, hydrology=hydrology, snow=snow)
    inputs = forcing(ALL_TYPES, 20, **weather(LATITUDES, 20, seed))
    theta = {k: v + np.zeros(13) for k, v in prior(model, ALL_TYPES).items()}
    drivers = model.prepare(inputs)
    stores = ("surface_water", "root_water", "bucket_water", "leaf_water", "snow")

    def recorded(step, state, xs, parameters, xp):
        held, out = [], []
        for day in range(20):
            today = {k: {n: v[day] for n, v in group.items()} for k, group in xs.items()}
            held.append(sum(state[name] for name in stores if name in state))
            state, fields = step(state, today, parameters, xp)
            assert all(np.all(state[name] >= -1e-12) for name in stores if name in state)
            out.append(fields)
        held.append(sum(state[name] for name in stores if name in state))
        fields = {name: np.stack([day[name] for day in out]) for name in out[0]}
        return state, fields | {"held": np.stack(held[1:])[:, None] - np.stack(held[:-1])[:, None]}

    fields = model.simulate(theta, drivers, evolve(xp, scan=recorded))
    lost = fields["evapotranspiration"] + fields["runoff"]
    # 1e-9 mm a day on stores of some hundred millimetres
    assert np.allclose(fields["held"], inputs.fields["pr"] - lost, atol=1e-9)


def test_scalars_and_columns_of_them_give_the_same(run):
    model = Bethy(n_h=8)
    plain = run(model, days=15)
    spread = {p.name: np.full(13, p.mean) for p in model.parameters if p.index is None}
    arrays = run(model, days=15, changes=spread)
    assert all(np.array_equal(plain[name], arrays[name]) for name in plain)


def test_parameters_outside_the_loop_change_nothing_inside(run):
    model = Bethy(n_h=8)
    before = run(model, days=15)
    changes = {p.name: 1.1 * np.asarray(p.mean[0] if isinstance(p.mean, tuple) else p.mean)
               for p in model.parameters if not p.in_loop}  # fmt: skip
    changes["beta"] = np.full(13, 1.1)
    after = run(model, days=15, changes=changes)
    assert np.array_equal(before["transpiration"], after["transpiration"])
    assert np.array_equal(before["lai"], after["lai"])
    assert not np.allclose(before["nep"], after["nep"])


@pytest.mark.parametrize(
    "change",
    [
        {"hydrology": "bucket"},
        {"snow": "density"},
        {"interception": "code"},
        {"canopy_temperature": "code"},
        {"litter": "code"},
        {"normal_cdf": "code"},
        {"renormalise_shortwave": False},
        {"humidity_aridity": False},
        {"humidity_wetness": "cell"},
        {"latent_heat_sublimation": 3.834e6},
        {"surface_depth": 0.05},
        {"leaf_lifetime": 2.0},
        {"share_bucket": False},
        {"dayint": 4},
        {"n_h": 6},
    ],
    ids=lambda change: next(iter(change)),
)
def test_each_setting_gives_finite_fields_and_matters(change, run):
    # two columns a cell, one of trees and one of herbs, so that sharing has something to share
    cells = {"cell": np.arange(12) // 2, "fraction": np.full(12, 0.5), "types": [1, 9, 2, 10] * 3}
    cells["latitude"], cells["lead"] = np.array([-30.0, 0.0, 20.0, 45.0, 55.0, 62.0]), 0
    cells |= {"tasmin": -8.0, "tasmax": 7.0, "pr": 0.8, "rsds": 160.0, "days": 30}
    plain, changed = run(Bethy(n_h=8), **cells), run(Bethy(**({"n_h": 8} | change)), **cells)
    assert all(np.all(np.isfinite(values)) for values in changed.values())
    results = set(changed) - {"surface_layer_thickness"}  # a setting itself
    assert any(not np.array_equal(plain[name], changed[name]) for name in results)


def test_the_thickness_of_the_surface_layer_is_a_field_for_operators(run):
    for depth in (0.04, 0.1):
        fields = run(Bethy(n_h=8, surface_depth=depth), types=[2, 9], days=3, lead=0)
        np.testing.assert_array_equal(fields["surface_layer_thickness"], np.full((3, 2), depth))
    assert "surface_layer_thickness" not in run(Bethy(n_h=8, hydrology="bucket"), 3, 0, [2])


def test_in_constant_weather_an_interval_stays_close_to_single_days(run):
    steady = {"tasmin": 10.0, "tasmax": 20.0, "pr": 5.0, "rsds": 180.0, "days": 45, "lead": 0}
    steady |= {"types": [4, 9, 5], "latitude": np.array([45.0, 50.0, 55.0]), "first_day": 130}
    # leaves that grow from next to nothing change within the week
    daily, weekly = (run(Bethy(n_h=8, dayint=d, start="ccdas"), **steady) for d in (1, 7))
    assert weekly["gpp"].shape == daily["gpp"].shape  # the last interval is cut
    # leaves and soil move within the week but the cycle does not: a few per cent
    assert np.allclose(weekly["gpp"].mean(0), daily["gpp"].mean(0), rtol=0.05)


def test_eight_steps_are_close_to_twenty_four(run):
    hourly, coarse = (run(Bethy(n_h=n), days=40, lead=0)["gpp"].sum(0) for n in (24, 8))
    growing = hourly > 40.0  # gC m-2 over 40 days
    # annual sums of stated climates are within 2.4 %; short runs of single days a little more
    assert np.allclose(coarse[growing], hourly[growing], rtol=0.05)


def test_measured_humidity_in_the_forcing_is_used(run):
    wet, dry = (run(Bethy(n_h=8), days=15, vp=vp)["transpiration"].sum() for vp in (900.0, 300.0))
    assert dry != wet
    ignored = run(Bethy(n_h=8, humidity="tmin"), days=15, vp=300.0)
    assert np.array_equal(ignored["gpp"], run(Bethy(n_h=8, humidity="tmin"), days=15)["gpp"])


def test_missing_humidity_is_refused(run):
    with pytest.raises(InvalidInput) as error:
        run(Bethy(humidity="forcing"), days=2)
    assert (error.value.code, error.value.where) == ("missing-variable", "forcing: vp")


def test_more_co2_means_more_uptake(run):
    warm = {"tasmin": 15.0, "tasmax": 27.0, "rsds": 220.0, "days": 15, "lead": 0}
    warm["latitude"] = np.linspace(-30.0, 30.0, 13)
    low, high = (run(Bethy(n_h=8), co2=c, **warm)["gpp"].sum(0) for c in (380.0, 450.0))
    c3 = np.array([t != 10 for t in ALL_TYPES])
    assert np.all(high[c3] > low[c3])


def test_wind_and_pressure_are_used(run):
    plain = run(Bethy(n_h=8), days=10, lead=0)["evapotranspiration"]
    for change in ({"sfcWind": 6.0}, {"ps": 85000.0}):
        changed = run(Bethy(n_h=8), days=10, lead=0, **change)["evapotranspiration"]
        assert not np.allclose(plain, changed)


def test_a_column_sees_its_cell_only_in_the_published_humidity_scheme(run):
    cells = {
        "cell": np.array([0, 0]),
        "fraction": np.array([0.5, 0.5]),
        "types": [4, 9],
        "days": 20,
    }
    cells |= {"latitude": np.array([45.0]), "tasmin": 8.0, "tasmax": 21.0, "pr": 0.5, "rsds": 210.0}
    for wetness, moves in (("column", False), ("cell", True)):
        model = Bethy(n_h=8, humidity_wetness=wetness)
        assert model.couples == wetness
        before = run(model, **cells)
        thirsty = run(model, changes={"V_m": np.array([35.0, 90.0])}, **cells)
        assert np.array_equal(before["gpp"][:, 0], thirsty["gpp"][:, 0]) != moves


def test_polar_night_dry_desert_and_frost_are_finite(run):
    extremes = {"types": [5, 11, 9, 1], "latitude": np.array([80.0, -77.0, 25.0, 0.0])}
    extremes |= {"pr": np.array([1.0, 0.0, 0.0, 40.0]), "rsds": np.array([0.0, 0.0, 340.0, 30.0])}
    extremes |= {"tasmin": np.array([-55.0, -40.0, 30.0, 22.0])}
    extremes |= {"tasmax": np.array([-45.0, -30.0, 48.0, 23.0]), "days": 120}
    for fields in (run(Bethy(n_h=8), **extremes), run(Bethy(n_h=8, snow="density"), **extremes)):
        assert all(np.all(np.isfinite(values)) for values in fields.values())


def test_an_unknown_plant_type_is_refused(run):
    with pytest.raises(InvalidInput) as error:
        run(Bethy(), days=2, types=[14])
    assert (error.value.code, error.value.where) == ("unknown-class", "grid: column_class")


def test_an_impossible_soil_is_refused(forcing):
    inputs = forcing([4], 3)
    inputs.static["theta_wp"][:] = 0.4
    with pytest.raises(InvalidInput) as error:
        Bethy().prepare(inputs)
    assert (error.value.code, error.value.where) == ("wrong-soil", "forcing: theta_wp")


@pytest.mark.parametrize("change", [{"theta_wp": -0.01}, {"theta_fc": 0.0}, {"theta_sat": 1.2}])
def test_water_contents_that_no_soil_has_are_refused(forcing, change):
    inputs = forcing([4], 3)
    for name, value in change.items():
        inputs.static[name][:] = value
    with pytest.raises(InvalidInput) as error:
        Bethy().prepare(inputs)
    assert error.value.code == "wrong-soil"


def test_lengths_and_names_of_settings_are_checked():
    for wrong in ({"n_h": 5}, {"dayint": 0}, {"snow": "none"}, {"surface_depth": -1.0}):
        with pytest.raises(ValueError):
            Bethy(**wrong)


def test_drivers_hold_arrays_only(forcing):
    def check(tree):
        for value in tree.values():
            if isinstance(value, dict):
                check(value)
            else:
                assert isinstance(value, np.ndarray)

    check(Bethy(humidity_wetness="cell").prepare(forcing([4, 9], 5)))


@pytest.mark.parametrize(
    "wrong",
    [
        {"share_bucket": "no"},
        {"humidity_aridity": 0},
        {"renormalise_shortwave": "false"},
        {"leaf_lifetime": "long"},
        {"dayint": 2.0},
        {"spin_up_years": 1.5},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_settings_of_another_type_are_refused(wrong):
    with pytest.raises(TypeError) as error:
        Bethy(**wrong)
    assert next(iter(wrong)) in str(error.value)
