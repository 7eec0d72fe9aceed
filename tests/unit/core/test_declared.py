"""What a component forgot to declare is told before anything is made of it."""

import pytest
from attrs import frozen

from ccdas_framework import InvalidInput, ObservationOperator, Parameter, ProcessModel, Variable
from ccdas_framework.core.declared import chosen, undeclared

LAI = Variable("lai", "m2 m-2", ("time", "column"))


@frozen
class Whole(ObservationOperator):
    """An operator that declares what it has to."""

    observes = LAI
    requires = (LAI,)

    def prepare(self, observations, domain, prior_fields): ...

    def observe(self, fields, parameters, at, xp): ...


@frozen
class Silent(ProcessModel):
    """A model that declares nothing."""

    def prepare(self, forcing): ...

    def run(self, parameters, drivers, xp): ...


def changed(**declared):
    return frozen(type("Changed", (Whole,), declared))()


def test_nothing_is_said_of_an_operator_that_declares_what_it_has_to():
    assert undeclared(Whole()) == []


@pytest.mark.parametrize(
    ("declared", "told"),
    [
        ({"requires": LAI}, "Changed declares `requires` as Variable("),  # no comma, no tuple
        ({"observes": "lai"}, "`observes` as 'lai'; expected a Variable."),
        ({"parameters": (LAI,)}, "expected a tuple of Parameter, as in `parameters = (Parameter"),
        ({"gives": ("lai",)}, "expected a tuple of Variable"),
        ({"scope": "cells"}, "`scope` as 'cells'; expected 'cell' or 'domain'."),
    ],
)
def test_a_slip_of_a_declaration_is_one_sentence(declared, told):
    (said,) = undeclared(changed(**declared))
    assert told in said


def test_all_that_is_missing_is_told_together():
    said = undeclared(Silent())
    assert said[0] == "Silent does not declare `requires`; its interface, ProcessModel, does."
    assert [name for name in ("requires", "provides", "parameters") if name in " ".join(said)] == [
        "requires", "provides", "parameters",
    ]  # fmt: skip
    assert len(said) == 3


def test_other_parts_of_an_operator_may_be_properties():
    made = changed(parameters=property(lambda self: (Parameter("a", "1", 1.0, 0.1),)))
    assert undeclared(made) == []


def test_a_field_that_is_declared_and_not_given_is_told_with_the_model():
    fields = {"lai": 1.0, "gpp": 2.0}
    assert chosen(fields, ("gpp",), "trees") == {"gpp": 2.0}
    with pytest.raises(InvalidInput, match="model 'trees' declares 'npp' in `provides`"):
        chosen(fields, ("gpp", "npp"), "trees")
