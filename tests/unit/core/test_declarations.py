"""What a component forgot to declare is told before anything is made of it."""

import pytest
from attrs import frozen

from ccdas_framework import ObservationOperator, Parameter, ProcessModel, Variable
from ccdas_framework.core.declarations import undeclared

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


def places(findings):
    return [(finding.code, finding.where) for finding in findings]


def test_an_operator_that_declares_all_has_no_findings():
    assert undeclared(Whole()) == ()


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ({"requires": LAI}, "a tuple of Variable, as in `requires = (Variable(...),)`"),
        ({"observes": "lai"}, "a Variable"),
        ({"parameters": (LAI,)}, "a tuple of Parameter, as in `parameters = (Parameter(...),)`"),
        ({"gives": ("lai",)}, "a tuple of Variable, as in `gives = (Variable(...),)`"),
        ({"scope": "cells"}, "'cell' or 'domain'"),
    ],
)
def test_a_slip_of_a_declaration_is_one_finding(declared, expected):
    (finding,) = undeclared(changed(**declared))
    assert (finding.code, finding.where) == ("wrong-declaration", next(iter(declared)))
    assert finding.message.endswith(f"expected {expected}.")


def test_all_missing_declarations_are_found_together():
    attributes = ("requires", "provides", "parameters")
    assert places(undeclared(Silent())) == [("missing-declaration", name) for name in attributes]


def test_other_parts_of_an_operator_may_be_properties():
    undeclaring = changed(parameters=property(lambda self: (Parameter("a", "1", 1.0, 0.1),)))
    assert undeclared(undeclaring) == ()
