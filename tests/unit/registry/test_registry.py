"""Plugins are loaded one by one; a broken one is named and stops nothing."""

import pytest

from ccdas_framework import Engine, ObservationOperator, ProcessModel, builtin_plugins
from ccdas_framework.core.errors import PluginError, UnknownComponent


class Lake(ProcessModel):
    """A component."""


class Pond(ProcessModel):
    """Another."""


class Pump(Engine):
    """One of another kind."""


class Gauge(ObservationOperator):
    """An operator."""


def supplies(**components):
    return lambda: components


def plugin(name, package="ccdas-obs-rain 0.3.0"):
    return f"plugin '{name}' of {package}"


def failure(registry, kind, name):
    """Code and place of the error that a request for a component raises."""
    with pytest.raises((PluginError, UnknownComponent)) as error:
        registry.component(kind, name)
    return error.value.code, error.value.where


def test_components_are_registered_by_kind_and_name(entry_point, load):
    models = supplies(lake=Lake, pond=Pond)
    registry, _ = load(entry_point("water", process_models=models))
    assert registry.component("process_models", "pond") is Pond
    assert registry.plugins[0].components == {"process_models": ("lake", "pond")}


def test_an_unknown_name_is_an_error_of_its_own(entry_point, load):
    registry, _ = load(entry_point("water", process_models=supplies(lake=Lake)))
    assert failure(registry, "process_models", "lakee") == (
        "unknown-component", "process model 'lakee'",
    )  # fmt: skip


def test_a_plugin_that_cannot_be_imported_is_left_out_with_a_warning(
    entry_point, broken_entry_point, load
):
    water = entry_point("water", process_models=supplies(lake=Lake))
    registry, warned = load(broken_entry_point("swamp"), water)
    assert warned == [("broken-plugin", plugin("swamp", "broken 1.0"))]
    assert registry.component("process_models", "lake") is Lake
    assert [p.name for p in registry.plugins if p.problem] == ["swamp"]


def test_a_request_for_a_broken_plugin_raises_its_error(broken_entry_point, load):
    registry, _ = load(broken_entry_point("obs_swamp"))
    with pytest.raises(PluginError) as error:
        registry.component("observation_operators", "swamp")
    assert error.value.code == "broken-plugin"
    assert isinstance(error.value.__cause__, ModuleNotFoundError)


@pytest.mark.parametrize(
    ("entry", "name"),
    [("smos", "smos"), ("obs_smos", "smos"), ("obs-smos", "smos"), ("obs_smos", "obs_smos")],
)
def test_a_broken_plugin_is_blamed_for_the_name_of_its_entry_point(
    broken_entry_point, load, entry, name
):
    registry, _ = load(broken_entry_point(entry))
    assert failure(registry, "observation_operators", name)[0] == "broken-plugin"


@pytest.mark.parametrize(
    ("entry", "name"),
    [("sif-plots", "sif"), ("obs_sif_plots", "sif"), ("obs_smos", "sm"), ("models_sif", "sif")],
)
def test_a_broken_plugin_is_not_blamed_for_a_part_of_its_name(
    broken_entry_point, load, entry, name
):
    registry, _ = load(broken_entry_point(entry))
    assert failure(registry, "observation_operators", name)[0] == "unknown-component"


def test_a_broken_plugin_is_blamed_for_the_names_that_it_declared(entry_point, load):
    half = entry_point(
        "half", observation_operators=supplies(rain=Gauge), engines=supplies(pump=Gauge)
    )
    registry, _ = load(half)
    assert failure(registry, "observation_operators", "rain")[0] == "broken-plugin"
    assert failure(registry, "engines", "pump")[0] == "broken-plugin"
    assert failure(registry, "observation_operators", "pump")[0] == "unknown-component"


def test_a_hook_that_raises_stops_only_its_plugin(entry_point, load):
    def explode():
        raise RuntimeError("no licence")

    good = entry_point("good", process_models=supplies(lake=Lake))
    registry, warned = load(entry_point("bad", process_models=explode), good)
    assert warned == [("broken-plugin", plugin("bad"))]
    assert registry.component("process_models", "lake") is Lake


def test_a_name_that_two_plugins_supply_is_taken_from_neither(entry_point, load):
    first = entry_point("water", process_models=supplies(lake=Lake))
    second = entry_point(
        "rival", process_models=supplies(pond=Pond, lake=Pond), engines=supplies(e=Pump)
    )
    for entries in ([first, second], [second, first]):
        registry, warned = load(*entries)
        contested = "contested-name", "process model 'lake'"
        assert warned == [contested]
        assert failure(registry, "process_models", "lake") == contested
        assert registry.components["process_models"] == {"pond": Pond}
        assert registry.components["engines"] == {"e": Pump}


def test_the_framework_registers_its_components_by_the_same_hooks(load):
    registry, warned = load(built_in=[builtin_plugins])
    assert not warned
    assert {"gauss_newton", "lbfgsb"} <= set(registry.components["optimisers"])
    assert {"autograd", "jax"} <= set(registry.components["engines"])
    assert "gaussian" in registry.components["priors"]


def test_the_manager_calls_the_hooks_of_all_loaded_plugins(entry_point, load):
    half = entry_point("half", process_models=supplies(bog=Gauge))
    registry, _ = load(entry_point("water", process_models=supplies(lake=Lake)), half)
    assert registry.manager.hook.process_models() == [{"lake": Lake}]


def test_observations_that_plugins_add_to_a_recipe_are_gathered(entry_point, load):
    def observations(places, data):
        """Nothing."""

    first = entry_point("a", recipe_observations=supplies(demo={"pond": observations}))
    second = entry_point(
        "b", recipe_observations=supplies(demo={"lake": observations}, bog={"pond": observations})
    )
    registry, _ = load(first, second)
    assert {r: set(s) for r, s in registry.recipe_observations.items()} == {
        "demo": {"pond", "lake"}, "bog": {"pond"},
    }  # fmt: skip
    rival = entry_point("c", recipe_observations=supplies(demo={"pond": observations}))
    registry, warned = load(first, rival)
    contested = "contested-name", "observations of a recipe 'demo: pond'"
    assert warned == [contested]
    with pytest.raises(PluginError) as error:
        registry.recipe_observations["demo"]["pond"](None, None)
    assert (error.value.code, error.value.where) == contested


def test_a_recipe_of_a_plugin_is_registered_by_name(entry_point, load):
    def marsh(out, data):
        """A marsh."""

    wet = entry_point("wet", recipes=supplies(marsh=marsh))
    registry, _ = load(wet, built_in=[builtin_plugins])
    assert registry.recipes["marsh"] is marsh
    registry.require_one("recipes", "marsh")
    assert registry.origin["recipes", "marsh"] == "ccdas-obs-rain"


def test_an_experiment_of_a_plugin_is_the_path_of_its_file(entry_point, load, tmp_path):
    wet = entry_point("wet", experiments=supplies(marsh=tmp_path / "marsh.toml"))
    registry, warned = load(wet)
    assert registry.experiments == {"marsh": tmp_path / "marsh.toml"}
    assert not warned


def test_an_experiment_that_is_no_path_leaves_its_plugin_out(entry_point, load):
    registry, warned = load(entry_point("wet", experiments=supplies(marsh="marsh.toml")))
    assert not registry.experiments
    assert [code for code, _ in warned] == ["wrong-component"]


def test_an_experiment_that_two_plugins_supply_is_refused(entry_point, load, tmp_path):
    path = tmp_path / "marsh.toml"
    wet, damp = (entry_point(name, experiments=supplies(marsh=path)) for name in ("wet", "damp"))
    registry, warned = load(wet, damp)
    assert warned == [("contested-name", "experiment 'marsh'")]
    assert not registry.experiments


def test_a_recipe_that_two_plugins_supply_is_refused(entry_point, load):
    def marsh(out, data):
        """A marsh."""

    wet, damp = (entry_point(name, recipes=supplies(marsh=marsh)) for name in ("wet", "damp"))
    registry, warned = load(wet, damp)
    assert warned == [("contested-name", "recipe 'marsh'")]
    assert "marsh" not in registry.recipes
    with pytest.raises(PluginError) as error:
        registry.require_one("recipes", "marsh")
    assert error.value.code == "contested-name"
