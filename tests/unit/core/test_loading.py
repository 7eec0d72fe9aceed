"""What is wrong with a package is found on loading it, named, and harms no other."""

import sys
from importlib.metadata import Distribution, EntryPoint
from types import ModuleType

import pytest
from packaging.specifiers import SpecifierSet

import ccdas_framework
from ccdas_framework import ObservationOperator, hookimpl
from ccdas_framework.core.errors import PluginError
from ccdas_framework.core.loading import load_registry
from ccdas_framework.core.version import INTERFACE_VERSION, VERSION, admits, range_wanted


class Rain(ObservationOperator):
    """A component."""


class Described(Distribution):
    """An installed package with a name, a version and requirements."""

    def __init__(self, name, version, requires=()):
        lines = [f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {r}" for r in requires)]
        self.text = "\n".join(["Metadata-Version: 2.1", *lines, "", ""])

    def read_text(self, filename):
        return self.text if filename == "METADATA" else None

    def locate_file(self, path):
        return path


@pytest.fixture
def packaged(monkeypatch):
    """Entry point of a package whose module has these attributes."""

    def make(name, package="ccdas-obs-rain", version="0.3.0", requires=(), **attributes):
        module = ModuleType(f"fake_{name}")
        vars(module).update(attributes)
        monkeypatch.setitem(sys.modules, module.__name__, module)
        entry = EntryPoint(name, module.__name__, "ccdas_framework")
        return entry._for(Described(package, version, requires))

    return make


def operators(**supplied):
    return lambda: supplied


def left_out(registry):
    return {p.name: p.problem for p in registry.plugins if p.problem}


# -- names ----------------------------------------------------------------------------------------


def test_a_name_that_two_packages_supply_is_told_with_both(packaged):
    one = packaged("a", "ccdas-obs-rain", "0.3.0", observation_operators=operators(rain=Rain))
    other = packaged("b", "drops", "2.0", observation_operators=operators(rain=Rain))
    with pytest.warns(UserWarning) as warned:
        registry = load_registry(found=[one, other])
    told = (
        "observation operator 'rain' is supplied by plugin 'a' of ccdas-obs-rain 0.3.0 and by "
        "plugin 'b' of drops 2.0, so that it is taken from none of them. Uninstall the package "
        "whose one you do not want."
    )
    assert [str(w.message) for w in warned] == [told]
    with pytest.raises(PluginError) as refused:
        registry.component("observation_operators", "rain")
    assert str(refused.value) == told


def test_a_plugin_of_the_same_name_in_another_package_is_another_plugin(packaged, monkeypatch):
    one = packaged("obs", "alpha", observation_operators=operators(rain=Rain))
    monkeypatch.setitem(sys.modules, "fake_first", sys.modules["fake_obs"])
    one = EntryPoint("obs", "fake_first", "ccdas_framework")._for(one.dist)
    other = packaged("obs", "beta", observation_operators=operators(snow=Rain))
    registry = load_registry(found=[one, other])
    assert left_out(registry) == {}
    assert set(registry.components["observation_operators"]) == {"rain", "snow"}


def test_what_ships_cannot_be_replaced_by_a_package(packaged):
    from ccdas_framework import builtin
    from ccdas_framework.optimisers.lbfgsb import Lbfgsb

    rival = packaged("rival", "aaa", optimisers=operators(lbfgsb=Lbfgsb))
    with pytest.warns(UserWarning, match="'lbfgsb' is already supplied by ccdas-framework 0"):
        registry = load_registry([builtin], found=[rival])
    assert registry.origin["optimisers", "lbfgsb"] == "ccdas-framework"


# -- versions -------------------------------------------------------------------------------------


def test_a_plugin_for_another_interface_is_refused_by_name_with_the_range_it_needs(packaged):
    late = packaged(
        "rain", requires=["numpy>=1.26", "ccdas-framework<9.1,>=9.0"],
        observation_operators=operators(rain=Rain),
    )  # fmt: skip
    with pytest.warns(UserWarning) as warned:
        registry = load_registry(found=[late])
    told = str(warned[0].message)
    assert "plugin 'rain' of ccdas-obs-rain 0.3.0 was left out: it is made for" in told
    assert f"ccdas-framework >=9.0,<9.1, but {VERSION} is installed" in told
    with pytest.raises(PluginError, match=r"failed to load: it is made for ccdas-framework >=9\.0"):
        registry.component("observation_operators", "rain")


def test_a_plugin_for_another_interface_is_not_even_imported(packaged):
    late = packaged("rain", requires=["ccdas-framework>=9.0"])
    del sys.modules["fake_rain"]
    with pytest.warns(UserWarning, match="it is made for"):  # not: no module named fake_rain
        load_registry(found=[late])


@pytest.mark.parametrize(
    "requires",
    [(), ["numpy>=1.26"], [f"ccdas-framework>={INTERFACE_VERSION}"], ["ccdas_framework"],
     ["ccdas-framework>=9; extra == 'later'"]],
)  # fmt: skip
def test_a_plugin_whose_range_has_this_version_is_loaded(packaged, requires):
    made = packaged("rain", requires=requires, observation_operators=operators(rain=Rain))
    assert left_out(load_registry(found=[made])) == {}


@pytest.mark.parametrize(
    "wanted",
    [">=0.1,<0.2", "~=0.1.2", "~=0.1", "==0.1.*", "!=0.1.3", "==0.1", ">0.1.0", "<=0.1.3", "<1",
     "!=0.1.*", ""],
)  # fmt: skip
def test_ranges_hold_the_versions_that_pip_says_they_do(wanted):
    for version in ("0.0.9", "0.1.0", "0.1", "0.1.2", "0.1.3", "0.1.10", "0.2.0", "0.10.0", "1.0"):
        assert admits(wanted, version) == SpecifierSet(wanted).contains(version), version


def test_the_range_is_read_from_the_requirements_of_a_package():
    assert range_wanted(["ccdas-framework[jax]<0.2,>=0.1"]) == ">=0.1,<0.2"
    assert range_wanted(["CCDAS.Framework (>=0.1) ; python_version > '3'"]) == ">=0.1"
    assert range_wanted(["ccdas-framework-extras<0.2"]) == ""


def test_the_interface_has_the_version_of_the_framework():
    from importlib.metadata import version

    assert ccdas_framework.__version__ == VERSION == version("ccdas-framework")
    assert VERSION.startswith(INTERFACE_VERSION + ".")


# -- what a package can get wrong -----------------------------------------------------------------


def marked(name):
    def function():
        return {}

    function.__name__ = name
    return hookimpl(function)


@pytest.mark.parametrize(
    ("attributes", "told"),
    [
        ({"observation_operator": marked("observation_operator")},
         "'observation_operator' is marked with @hookimpl, but there is no such hook. Did you "
         "mean 'observation_operators'"),
        ({"observation_operators": lambda: [Rain]}, "returns list; expected a dict by name"),
        ({"observation_operators": operators(rain=Rain.__name__)},
         "'rain' is 'Rain'; expected a class that derives from ObservationOperator"),
        ({"process_models": operators(rain=Rain)}, "expected a class that derives from Process"),
        ({"recipes": operators(rain=3)}, "recipe 'rain' is no function, but 3"),
        ({"recipe_observations": operators(demo=len)}, "recipe 'demo'; expected a dict of"),
        ({"priors": lambda: sys.exit("no licence")}, "SystemExit: no licence"),
        ({"priors": lambda: sys.exit("no\n licence")}, "SystemExit: no licence"),  # in one line
        ({"observation_operators": lambda: {3: Rain}}, "observation operator 3 has no usable name"),
        ({"observation_operators": lambda: {"rain,snow": Rain}}, "expected letters, digits, '_'"),
        ({"recipe_observations": lambda: {"demo": {"../rain": len}}}, "has no usable name"),
    ],
)  # fmt: skip
def test_a_slip_in_a_package_is_told_in_a_sentence(packaged, attributes, told):
    good = packaged("good", "fine", observation_operators=operators(snow=Rain))
    bad = packaged("bad", "poor", **attributes)
    with pytest.warns(UserWarning) as warned:
        registry = load_registry(found=[bad, good])
    assert len(warned) == 1 and told in str(warned[0].message)
    assert set(left_out(registry)) == {"bad"}
    assert registry.component("observation_operators", "snow") is Rain


def test_nothing_of_a_package_stays_where_its_second_hook_is_wrong(packaged):
    half = packaged(
        "half", observation_operators=operators(rain=Rain), engines=operators(rain=Rain)
    )
    with pytest.warns(UserWarning, match="derives from Engine"):
        registry = load_registry(found=[half])
    assert not registry.components["observation_operators"]
    assert not registry.origin and not registry.manager.get_plugins()


def test_the_order_in_which_packages_are_found_does_not_matter(packaged, monkeypatch):
    from ccdas_framework.core import loading

    one = packaged("z", "alpha", observation_operators=operators(rain=Rain))
    other = packaged("a", "beta", observation_operators=operators(rain=Rain))
    for found in ([one, other], [other, one]):
        monkeypatch.setattr(loading, "entry_points", lambda group, found=found: found)
        with pytest.warns(UserWarning, match="by plugin 'z' of alpha 0.3.0 and by plugin 'a' of"):
            assert "rain" not in load_registry().components["observation_operators"]


def test_commands_come_from_packages_that_can_be_imported(packaged, monkeypatch):
    from ccdas_framework.core import loading

    good, late = packaged("good"), packaged("late", requires=["ccdas-framework>=9.0"])
    broken = EntryPoint("bad", "no_such_module_of_ccdas", "ccdas_framework")
    monkeypatch.setattr(loading, "entry_points", lambda group: [broken, late, good])
    assert [name for name, _ in loading.modules()] == ["good"]
