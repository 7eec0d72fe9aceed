"""`ccdas check`: lines, exit codes, and a stranger's component without a fixture of its own."""

from importlib.metadata import EntryPoint
from types import SimpleNamespace
from typing import ClassVar

import pytest
from c_reservoir import BlackReservoir
from conformance.mutants import Leafy
from findings import raises_finding
from unit.cli import wordings

from ccdas_framework import builtin_plugins, installed
from ccdas_framework.core.errors import CcdasWarning
from ccdas_framework.priors import Flat
from ccdas_framework.registry.loading import load_registry
from ccdas_framework.testing import checks_for

JUMPS = "derivatives do not jump"


class Kinked(Leafy):
    """An operator with a kink."""

    def depth(self, lai, parameters, xp):
        return super().depth(lai, parameters, xp) + xp.maximum(lai - 4.0, 0.0)


class Foreseen(Kinked):
    """One whose author knows of it."""

    known_failures: ClassVar = {JUMPS: "the canopy closes at a leaf area of four"}


class Mended(Leafy):
    """One whose author forgot that it is mended."""

    known_failures = Foreseen.known_failures


@pytest.fixture
def strangers(monkeypatch):
    """A plugin of these operators, as if it were installed; and no second engine, for speed."""
    operators = {"leafy": Leafy, "kinked": Kinked, "foreseen": Foreseen, "mended": Mended}
    plugin = SimpleNamespace(
        __name__="strangers",
        observation_operators=lambda: operators,
        priors=lambda: {"gauss_newton": Flat},
    )
    registry = load_registry([builtin_plugins, plugin], entries=[])
    monkeypatch.setattr(installed, "_REGISTRY", [registry])
    monkeypatch.setattr(
        "ccdas_framework.testing.checks_for",
        lambda made, engines=("autograd",): checks_for(made, engines=engines),
    )


def states(said):
    """State of each check by its name."""
    rows = [line.split(maxsplit=1) for line in said.splitlines() if line[:1].strip()]
    return {row[1].split("  ")[-1].strip(): row[0] for row in rows if len(row) > 1}


def test_a_component_that_conforms_ends_with_exit_code_0(ccdas, strangers):
    code, said, _ = ccdas("check", "leafy")
    assert code == 0
    lines = said.splitlines()
    assert lines[0] == wordings.LOADS
    assert all(line.startswith("PASS") for line in lines[:-2])
    assert "'leafy'" in lines[-1] and lines[-1].split()[-2:] == ["0", "failed"]


def test_one_that_does_not_ends_with_exit_code_1_and_says_where(ccdas, strangers):
    code, said, _ = ccdas("check", "kinked", "--kind", "observation-operator")
    assert code == 1
    assert states(said)[JUMPS] == "FAIL"
    assert "`maximum`" in said and "test_check.py:" in said
    assert said.split()[-2:] == ["1", "failed"]


def test_a_failure_that_is_expected_is_none(ccdas, strangers):
    code, said, _ = ccdas("check", "foreseen")
    assert code == 0
    assert states(said)[JUMPS] == "expected"
    assert Foreseen.known_failures[JUMPS] in said
    assert said.split()[-2:] == ["0", "failed"]


def test_an_expected_failure_that_passes_is_one(ccdas, strangers):
    code, said, _ = ccdas("check", "mended")
    assert code == 1
    assert states(said)[JUMPS] == "FAIL"


def test_settings_are_those_of_the_component(ccdas):
    code, _, error = ccdas("check", "vod", "--set", "leaf_group=class")
    assert code == 2 and "'leaf_group'" in error
    code, _, _ = ccdas("check", "gaussian", "--set", "correlation=1")
    assert code == 2 and ccdas.findings == [("wrong-setting", "prior 'gaussian'")]


def test_an_unknown_name_is_a_sentence_and_exit_code_2(ccdas):
    for arguments, finding in (
        (("vodd",), ("unknown-component", "vodd")),
        (("vod", "--kind", "operator"), ("unknown-kind", "--kind")),
        (("vod", "--kind", "engine"), ("unknown-component", "engine 'vod'")),
    ):
        code, _, _ = ccdas("check", *arguments)
        assert code == 2 and ccdas.findings == [finding]


def test_a_name_that_two_kinds_have_asks_for_the_kind(ccdas, strangers):
    code, _, error = ccdas("check", "gauss_newton")
    assert code == 2 and ccdas.findings == [("several-kinds", "--kind")]
    assert "--kind prior" in error


def test_a_plugin_that_failed_to_load_fails_the_first_stage(ccdas, monkeypatch):
    broken = EntryPoint("obs_swamp", "no_such_module_of_ccdas", "ccdas_framework")
    with pytest.warns(CcdasWarning):
        registry = load_registry([builtin_plugins], entries=[broken])
    monkeypatch.setattr(installed, "_REGISTRY", [registry])
    code, said, _ = ccdas("check", "swamp")
    assert code == 1
    assert said.startswith(wordings.LOADS_NOT)
    assert "'obs_swamp'" in said and wordings.IMPORT_ERROR in said


@pytest.mark.parametrize(
    ("engine", "code"), [("jax", "not-differentiable"), ("jaxx", "unknown-component")]
)
def test_an_engine_that_the_suite_cannot_use_is_refused(engine, code):
    from ccdas_framework.cli.check import _engine

    if engine == "jax":
        pytest.importorskip("jax")
    with raises_finding(code, "--engine"):
        _engine(engine, "reservoir", BlackReservoir())
    assert _engine("differences", "reservoir", BlackReservoir()) == "differences"
