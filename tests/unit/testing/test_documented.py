"""Every check of the suite is explained, and nothing is explained that is no check."""

import re
from pathlib import Path

from c_reservoir import BlackReservoir, NativeReservoir
from conformance.mutants import Leafy
from conformance.mutants_of_samplers import Walk
from toy import CellWater, Reservoir, TotalLoss

from ccdas_framework import Variable
from ccdas_framework.engines.autograd_engine import AutogradEngine
from ccdas_framework.optimisers.lbfgsb import Lbfgsb
from ccdas_framework.priors import Gaussian
from ccdas_framework.testing import STAGES, checks_for, small_control

PAGE = Path(__file__).parents[3] / "docs" / "conformance.md"


class Giving(CellWater):
    """An operator that derives a field and computes a number."""

    gives = (Variable("stock", "mm", ("time", "column")),)
    scalars = (Variable("total", "mm"),)


class Windy(Reservoir):
    """A model with optional forcing."""

    requires = (*Reservoir.requires, Variable("wind", "m s-1", ("time", "cell"), optional=True))


OF = ("autograd", "jax", "autograd and jax", "differences", "push", "pull", "push and pull")
EVERY_KIND = (
    Windy(), Leafy(), Giving(), TotalLoss(), Gaussian.for_control(small_control()), Lbfgsb(),
    Walk(), AutogradEngine(), BlackReservoir(), NativeReservoir(),
)  # fmt: skip


def checks():
    """Name and stage of every check; the engine at the end of a name is left out."""
    for component in EVERY_KIND:
        for check in checks_for(component):
            name = re.sub(rf" \(({'|'.join(OF)})\)$", "", check.name)
            yield re.sub(r"(are those of) (autograd|jax)$", r"\1", name), check.stage


def test_every_check_is_explained_and_every_explanation_is_of_a_check():
    rows = set(re.findall(r"^\| `([^`]+)` \| ([^|]+) \|", PAGE.read_text(), re.MULTILINE))
    assert rows == set(checks())


def test_every_stage_is_named():
    commands = (PAGE.parent / "commands.md").read_text()
    (named,) = re.findall(r"stage by stage: ([^.]+)\.", commands)
    assert tuple(re.split(r",\s+", named)) == STAGES
