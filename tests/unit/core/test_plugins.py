"""Plugins are loaded one by one; a broken one is named and stops nothing."""

import sys
from importlib.metadata import EntryPoint
from types import ModuleType

import pytest

from ccdas_framework import Engine, ProcessModel
from ccdas_framework.core.errors import PluginError, UnknownComponent
from ccdas_framework.core.loading import load_registry


@pytest.fixture
def entry(monkeypatch):
    """Make a module importable and give its entry point."""

    def make(name, **hooks):
        module = ModuleType(f"fake_{name}")
        for hook, supplied in hooks.items():
            setattr(module, hook, supplied if callable(supplied) else lambda s=supplied: s)
        monkeypatch.setitem(sys.modules, module.__name__, module)
        return EntryPoint(name, module.__name__, "ccdas_framework")

    return make


class Lake(ProcessModel):
    """A component."""


class Pond(ProcessModel):
    """Another."""


class Pump(Engine):
    """One of another kind."""


def test_components_are_found_by_kind_and_name(entry):
    registry = load_registry(found=[entry("water", process_models={"lake": Lake, "pond": Pond})])
    assert registry.component("process_models", "pond") is Pond
    assert registry.plugins[0].components == {"process_models": ("lake", "pond")}


def test_an_unknown_name_gets_a_hint_and_what_is_installed(entry):
    registry = load_registry(found=[entry("water", process_models={"lake": Lake, "pond": Pond})])
    with pytest.raises(UnknownComponent) as caught:
        registry.component("process_models", "lakee")
    assert "no process model named 'lakee'. Did you mean 'lake'?" in str(caught.value)
    assert "Installed: lake, pond." in str(caught.value)


def test_a_plugin_that_cannot_be_imported_is_left_out_with_a_warning(entry):
    broken = EntryPoint("swamp", "no_such_module_of_ccdas", "ccdas_framework")
    with pytest.warns(UserWarning, match=r"plugin 'swamp' of unknown was left out: ModuleNotFound"):
        registry = load_registry(found=[broken, entry("water", process_models={"lake": Lake})])
    assert registry.component("process_models", "lake") is Lake
    assert [p.name for p in registry.plugins if p.problem] == ["swamp"]


def test_asking_for_a_broken_plugin_gives_its_error(entry):
    broken = EntryPoint("obs_swamp", "no_such_module_of_ccdas", "ccdas_framework")
    with pytest.warns(UserWarning):
        registry = load_registry(found=[broken])
    with pytest.raises(PluginError, match="failed to load: ModuleNotFoundError") as caught:
        registry.component("observation_operators", "swamp")
    assert isinstance(caught.value.__cause__, ModuleNotFoundError)


def test_a_hook_that_raises_stops_only_its_own_plugin(entry):
    def explode():
        raise RuntimeError("no licence")

    found = [entry("bad", process_models=explode), entry("good", process_models={"lake": Lake})]
    with pytest.warns(UserWarning, match="no licence"):
        registry = load_registry(found=found)
    assert registry.component("process_models", "lake") is Lake


def test_a_name_that_two_plugins_supply_is_taken_from_neither(entry):
    first = entry("water", process_models={"lake": Lake})
    second = entry("rival", process_models={"pond": Pond, "lake": Pond}, engines={"e": Pump})
    for found in ([first, second], [second, first]):
        with pytest.warns(UserWarning, match="process model 'lake' is supplied by plugin"):
            registry = load_registry(found=found)
        with pytest.raises(PluginError) as refused:
            registry.component("process_models", "lake")
        assert all(words in str(refused.value) for words in ("'water'", "'rival'", "Uninstall"))
        assert registry.components["process_models"] == {"pond": Pond}
        assert registry.components["engines"] == {"e": Pump}


def test_what_ships_inside_is_registered_by_the_same_hooks():
    from ccdas_framework import builtin

    registry = load_registry([builtin], found=[])
    assert {"gauss_newton", "lbfgsb"} <= set(registry.components["optimisers"])
    assert {"autograd", "jax"} <= set(registry.components["engines"])
    assert "gaussian" in registry.components["priors"]


def test_a_broken_plugin_is_meant_only_by_a_whole_word_of_its_name():
    broken = EntryPoint("obs_smos", "no_such_module_of_ccdas", "ccdas_framework")
    with pytest.warns(UserWarning):
        registry = load_registry(found=[broken])
    with pytest.raises(UnknownComponent, match="no observation operator named 'sm'") as caught:
        registry.component("observation_operators", "sm")
    # it may still be the reason
    assert "Failed to load: obs_smos (ModuleNotFoundError" in str(caught.value)
    with pytest.raises(PluginError, match="belongs to plugin 'obs_smos'"):
        registry.component("observation_operators", "smos")


def test_observations_that_plugins_add_to_a_recipe_are_gathered(entry):
    def make(places, data):
        """Nothing."""

    first = entry("a", recipe_observations={"demo": {"pond": make}})
    second = entry("b", recipe_observations={"demo": {"lake": make}, "own": {"pond": make}})
    registry = load_registry(found=[first, second])
    assert {r: set(s) for r, s in registry.recipe_observations.items()} == {
        "demo": {"pond", "lake"}, "own": {"pond"},
    }  # fmt: skip
    rival = entry("c", recipe_observations={"demo": {"pond": make}})
    with pytest.warns(UserWarning, match="observations of a recipe 'demo: pond' is supplied by"):
        registry = load_registry(found=[first, rival])
    with pytest.raises(PluginError, match="by plugin 'a' of unknown and by plugin 'c' of unknown"):
        registry.recipe_observations["demo"]["pond"](None, None)


def test_a_recipe_of_a_plugin_stands_beside_those_that_ship(entry):
    from ccdas_framework import builtin

    def marsh(out, data):
        """A marsh."""

    registry = load_registry([builtin], found=[entry("wet", recipes={"marsh": marsh})])
    assert registry.recipes["marsh"] is marsh
    registry.require_one("recipes", "marsh")
    assert {"demo", "ten_sites"} <= set(registry.recipes)


def test_a_recipe_that_two_plugins_supply_is_refused(entry):
    def marsh(out, data):
        """A marsh."""

    found = [entry("wet", recipes={"marsh": marsh}), entry("damp", recipes={"marsh": marsh})]
    with pytest.warns(UserWarning, match="recipe 'marsh' is supplied by"):
        registry = load_registry(found=found)
    assert "marsh" not in registry.recipes
    with pytest.raises(PluginError, match=r"plugin 'wet' .* plugin 'damp' .* taken from none"):
        registry.require_one("recipes", "marsh")
