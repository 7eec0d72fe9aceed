"""An error in a package is found on loading it, named, and harms no other package."""

import sys
from importlib.metadata import version

import pytest
from packaging.specifiers import SpecifierSet

import ccdas_framework
from ccdas_framework import ObservationOperator, builtin_plugins, hookimpl
from ccdas_framework.core.errors import PluginError
from ccdas_framework.optimisers.lbfgsb import Lbfgsb
from ccdas_framework.registry import loading
from ccdas_framework.registry.loading import load_registry
from ccdas_framework.registry.version import INTERFACE_VERSION, VERSION, admits, required_range


class Rain(ObservationOperator):
    """A component."""


def operators(**supplied):
    return lambda: supplied


def failed(registry):
    return {p.name: p.problem for p in registry.plugins if p.problem}


# -- names ----------------------------------------------------------------------------------------


def test_a_contested_name_is_reported_with_its_plugins_and_the_remedy(entry_point):
    """The one message of this folder that users act on word by word."""
    one = entry_point("a", "ccdas-obs-rain", "0.3.0", observation_operators=operators(rain=Rain))
    other = entry_point("b", "drops", "2.0", observation_operators=operators(rain=Rain))
    with pytest.warns(UserWarning) as warned:
        registry = load_registry(entries=[one, other])
    with pytest.raises(PluginError) as error:
        registry.component("observation_operators", "rain")
    assert [str(w.message) for w in warned] == [str(error.value)]
    assert "plugin 'a' of ccdas-obs-rain 0.3.0 and by plugin 'b' of drops 2.0" in str(error.value)


def test_a_plugin_of_the_same_name_in_another_package_is_another_plugin(entry_point, load):
    one = entry_point("obs", "alpha", observation_operators=operators(rain=Rain))
    other = entry_point("obs", "beta", observation_operators=operators(snow=Rain))
    registry, warned = load(one, other)
    assert not failed(registry) and not warned
    assert set(registry.components["observation_operators"]) == {"rain", "snow"}


def test_a_package_cannot_replace_a_component_of_the_framework(entry_point, load):
    rival = entry_point("rival", "aaa", optimisers=operators(lbfgsb=Lbfgsb))
    registry, warned = load(rival, built_in=[builtin_plugins])
    assert warned == [("reserved-name", "plugin 'rival' of aaa 0.3.0")]
    assert registry.origin["optimisers", "lbfgsb"] == "ccdas-framework"


# -- versions -------------------------------------------------------------------------------------


def test_a_plugin_for_another_interface_is_refused_with_the_range_that_it_requires(
    entry_point, load
):
    late = entry_point(
        "rain", requires=["numpy>=1.26", "ccdas-framework<9.1,>=9.0"],
        observation_operators=operators(rain=Rain),
    )  # fmt: skip
    registry, warned = load(late)
    assert warned == [("interface-version", "plugin 'rain' of ccdas-obs-rain 0.3.0")]
    with pytest.raises(PluginError) as error:
        registry.component("observation_operators", "rain")
    assert error.value.code == "broken-plugin" and ">=9.0,<9.1" in str(error.value)


def test_a_plugin_for_another_interface_is_not_even_imported(entry_point, load):
    late = entry_point("rain", requires=["ccdas-framework>=9.0"])
    del sys.modules[late.value]
    _, warned = load(late)
    assert [code for code, _ in warned] == ["interface-version"]  # not "broken-plugin"


@pytest.mark.parametrize(
    "requires",
    [(), ["numpy>=1.26"], [f"ccdas-framework>={INTERFACE_VERSION}"], ["ccdas_framework"],
     ["ccdas-framework>=9; extra == 'later'"], ["ccdas-framework>=9; python_version < '3'"]],
)  # fmt: skip
def test_a_plugin_whose_range_has_this_version_is_loaded(entry_point, load, requires):
    point = entry_point("rain", requires=requires, observation_operators=operators(rain=Rain))
    assert not failed(load(point)[0])


@pytest.mark.parametrize(
    "version_range",
    [">=0.1,<0.2", "~=0.1.2", "~=0.1", "==0.1.*", "!=0.1.3", "==0.1", ">0.1.0", "<=0.1.3", "<1",
     "!=0.1.*", ""],
)  # fmt: skip
def test_ranges_hold_the_versions_that_pip_says_they_do(version_range):
    for number in ("0.0.9", "0.1.0", "0.1", "0.1.2", "0.1.3", "0.1.10", "0.2.0", "0.10.0", "1.0"):
        assert admits(version_range, number) == SpecifierSet(version_range).contains(number), number


@pytest.mark.parametrize(
    ("version_range", "inside"),
    [(">=0.2", False), ("<0.2", False), (">=0.1,<0.2", False), (">=0.1", True), (">=0.2rc1", True)],
)
def test_a_release_candidate_comes_before_its_release(version_range, inside):
    assert admits(version_range, "0.2.0rc1") == inside


def test_a_development_version_is_in_the_range_of_its_interface():
    assert admits(">=0.1,<0.2", "0.1.3.dev4")


def test_the_range_is_read_from_the_requirements_of_a_package():
    assert required_range(["ccdas-framework[jax]<0.2,>=0.1"]) == ">=0.1,<0.2"
    assert required_range(["CCDAS.Framework (>=0.1) ; python_version > '3'"]) == ">=0.1"
    assert required_range(["ccdas-framework-extras<0.2"]) == ""
    assert required_range(["no requirement at all", "ccdas-framework>=0.1"]) == ">=0.1"


def test_the_interface_has_the_version_of_the_framework():
    assert ccdas_framework.__version__ == VERSION == version("ccdas-framework")
    assert VERSION.startswith(INTERFACE_VERSION + ".")


# -- errors of a package --------------------------------------------------------------------------


def marked(name, **options):
    def function():
        return {}

    function.__name__ = name
    return hookimpl(**options)(function)


@pytest.mark.parametrize(
    ("attributes", "code"),
    [
        ({"observation_operator": marked("observation_operator")}, "unknown-hook"),
        ({"rain": marked("rain", specname="observation_operator")}, "unknown-hook"),
        ({"observation_operators": hookimpl(lambda settings: {})}, "wrong-hook"),
        ({"observation_operators": lambda: [Rain]}, "wrong-hook-result"),
        ({"observation_operators": lambda: None}, "wrong-hook-result"),
        ({"observation_operators": operators(rain=Rain.__name__)}, "wrong-component"),
        ({"process_models": operators(rain=Rain)}, "wrong-component"),
        ({"recipes": operators(rain=3)}, "wrong-component"),
        ({"recipe_observations": operators(demo=len)}, "wrong-hook-result"),
        ({"priors": lambda: sys.exit("no licence")}, "broken-plugin"),
        ({"observation_operators": lambda: {3: Rain}}, "unusable-name"),
        ({"observation_operators": lambda: {"rain,snow": Rain}}, "unusable-name"),
        ({"recipe_observations": lambda: {"demo": {"../rain": len}}}, "unusable-name"),
    ],
)  # fmt: skip
def test_an_error_in_a_package_is_named_and_harms_no_other(entry_point, load, attributes, code):
    good = entry_point("good", "fine", observation_operators=operators(snow=Rain))
    registry, warned = load(entry_point("bad", "poor", **attributes), good)
    assert warned == [(code, "plugin 'bad' of poor 0.3.0")]
    assert set(failed(registry)) == {"bad"}
    assert registry.component("observation_operators", "snow") is Rain


def test_the_reason_of_a_failure_is_one_line_with_the_type_of_the_exception(entry_point, load):
    point = entry_point("bad", priors=lambda: sys.exit("no\n licence"))
    assert failed(load(point)[0]) == {"bad": "SystemExit: no licence"}


def test_a_submodule_with_the_name_of_a_hook_is_no_hook(entry_point, load):
    registry, warned = load(entry_point("rain", "ccdas-rain", commands=sys, priors=3))
    assert not warned and registry.plugins[0].components == {}


def test_a_hook_may_have_another_name_in_its_module(entry_point, load):
    def supplied():
        return {"rain": Rain}

    point = entry_point("rain", mine=hookimpl(specname="observation_operators")(supplied))
    assert load(point)[0].component("observation_operators", "rain") is Rain


def test_nothing_of_a_package_remains_if_its_second_hook_is_wrong(entry_point, load):
    half = entry_point(
        "half", observation_operators=operators(rain=Rain), engines=operators(rain=Rain)
    )
    registry, warned = load(half)
    assert [code for code, _ in warned] == ["wrong-component"]
    assert not registry.components["observation_operators"]
    assert not registry.origin and not registry.manager.get_plugins()


def test_the_order_of_the_packages_does_not_matter(entry_point, monkeypatch):
    one = entry_point("z", "alpha", observation_operators=operators(rain=Rain))
    other = entry_point("a", "beta", observation_operators=operators(rain=Rain))
    messages = set()
    for entries in ([one, other], [other, one]):
        monkeypatch.setattr(loading, "entry_points", lambda group, entries=entries: entries)
        with pytest.warns(UserWarning) as warned:
            assert "rain" not in load_registry().components["observation_operators"]
        messages.add(str(warned[0].message))
    assert len(messages) == 1


def test_commands_come_from_packages_that_can_be_imported(
    entry_point, broken_entry_point, monkeypatch
):
    good, late = entry_point("good"), entry_point("late", requires=["ccdas-framework>=9.0"])
    entries = [broken_entry_point("bad"), late, good]
    monkeypatch.setattr(loading, "entry_points", lambda group: entries)
    assert [name for name, _ in loading.plugin_modules()] == ["good"]
