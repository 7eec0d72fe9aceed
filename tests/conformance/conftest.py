"""The domain that every component is tried on: three cells of the demonstration."""

import numpy as np
import pytest
from attrs import frozen

from ccdas_framework.core.assemble import control_of
from ccdas_framework.inputs import prepare
from ccdas_framework.io import read_forcing


@pytest.fixture(scope="session")
def inputs(tmp_path_factory):
    """Two months of the demonstration's input files."""
    folder = tmp_path_factory.mktemp("conformance")
    prepare("demo", folder, None, {"start": "2010-06", "end": "2010-07"})
    return folder


@pytest.fixture(scope="session")
def forcing_for(inputs):
    """Forcing of three cells for a model, with five days before the window."""

    def read(model, days=35, cells=3):
        problems = []
        forcing = read_forcing(
            inputs / "forcing.nc", model.requires, days=days, lead_days=5, spin_up_years=0,
            cells=cells, problems=problems,
        )  # fmt: skip
        assert problems == []
        return forcing

    return read


@frozen(eq=False)
class Case:
    """A model on its forcing, and random numbers to try it with.

    Args:
        model: M.
        forcing: on the small domain.
        drivers: what it prepared.
        control: its active parameters.
        index: of the columns.
        x: a point near the prior.
        weights: field -> random weights.
    """

    model: object
    forcing: object
    drivers: object
    control: object
    index: object
    x: np.ndarray
    weights: dict

    def fields(self, x, xp):
        """All fields from the control vector."""
        parameters = self.control.unpack(x, self.index, xp)["model"]
        return self.model.run(parameters, self.drivers, xp)

    def total(self, xp):
        """A random linear combination of all fields, as a function of x and the drivers."""

        def function(x, drivers):
            parameters = self.control.unpack(x, self.index, xp)["model"]
            fields = self.model.run(parameters, drivers, xp)
            return sum(xp.sum(weight * fields[name]) for name, weight in self.weights.items())

        return function


@pytest.fixture(scope="session")
def case_of(forcing_for):
    """A model ready to be tried."""

    def make(model, **size):
        forcing = forcing_for(model, **size)
        control = control_of("model", model, {})
        generator = np.random.default_rng(11)
        shape = (forcing.domain.days, forcing.domain.grid.columns)
        weights = {v.name: generator.normal(size=shape) for v in model.provides}
        x = generator.normal(0.0, 0.2, len(control))
        index = control.index(forcing.domain.grid.column_class)
        return Case(model, forcing, model.prepare(forcing), control, index, x, weights)

    return make
