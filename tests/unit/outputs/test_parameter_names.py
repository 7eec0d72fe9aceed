"""Names of parameters in words."""

from typing import ClassVar

import pytest
from assembling import assemble
from attrs import evolve, frozen
from toy import CellWater, Reservoir, toy_forcing, toy_observations

from ccdas_framework.engines.autograd_engine import AutogradEngine
from ccdas_framework.outputs.parameter_names import (
    label_names,
    parameter_names,
    parameter_processes,
)
from ccdas_framework.priors import Gaussian

RATE, GAIN, *OTHERS = Reservoir.parameters


@frozen
class NamedReservoir(Reservoir):
    """The reservoir with names of its classes and of two parameters."""

    class_names: ClassVar = {1: "sand", 2: "loam", 3: "clay", 4: "peat"}
    parameters = (
        evolve(RATE, long_name="outflow rate", process="outflow"),
        evolve(GAIN, long_name="share of the inflow", process="inflow"),
        *OTHERS,
    )


@pytest.fixture(scope="module")
def problem():
    forcing = toy_forcing()
    return assemble(
        model_name="reservoir", model=NamedReservoir(), operators={"water": CellWater()},
        observations={"water": toy_observations(forcing)["water"]}, forcing=forcing,
        engine=AutogradEngine(), prior=Gaussian.for_control,
    )  # fmt: skip


def test_a_parameter_in_words_has_the_names_of_its_classes(problem):
    names = dict(zip(problem.control.names, parameter_names(problem), strict=True))
    assert names["reservoir.k[2]"] == "outflow rate, loam"
    assert names["reservoir.k[3,4]"] == "outflow rate, clay and peat"
    assert names["reservoir.gain"] == "share of the inflow"
    assert names["reservoir.share"] == ""  # it declares no name


def test_a_process_is_the_declared_one_or_what_an_operator_observes(problem):
    process = dict(zip(problem.control.names, parameter_processes(problem), strict=True))
    assert process["reservoir.k[1]"] == "outflow"
    assert process["reservoir.base[1]"] == ""
    assert process["water.scale"] == "observation of water"


def test_many_labels_are_the_first_and_a_count():
    names = {1: "sand", 2: "loam", 3: "clay"}
    assert label_names((1, 2, 3), names) == "sand, loam and clay"
    assert label_names((1, 2, 3, 4), names) == "sand and 3 more"
    assert label_names(("tower",), {}) == "tower"
