"""What the suite tries registered components on: three cells of the demonstration."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from ccdas_framework.core.control import Control
from ccdas_framework.core.errors import Findings
from ccdas_framework.engines.namespace import numpy_namespace
from ccdas_framework.experiment.recipe_inputs import begin
from ccdas_framework.installed import registry
from ccdas_framework.io import read_forcing, read_observations
from ccdas_framework.problem.connections import connection_problems
from ccdas_framework.testing import Case

# settings that keep the trials short and make do without a long lead or real values
SHORT = {
    "bethy": {"n_h": 8, "dayint": 5},
    "vod": {"biomass_memory": "window_mean"},
    "sm": {"forest_fraction": 1.0},
}


def variants(kind, further):
    """(name, settings) of all that is registered: as it is, and with further settings."""
    names = sorted(registry().components[kind])
    return [(name, {}) for name in names] + [
        (name, settings) for name in names for settings in further.get(name, ())
    ]


def component(kind, name, settings):
    return registry().component(kind, name)(**{**SHORT.get(name, {}), **settings})


def title(name, settings, check):
    return "-".join([name, *(f"{k}={v}" for k, v in settings.items()), repr(check)])


@cache
def inputs():
    """Two months of the demonstration's input, in a folder that goes with the process."""
    folder = TemporaryDirectory(prefix="conformance")
    period = {"start": "2010-06", "end": "2010-07"}
    added = registry().recipe_observations.get("demo")
    return folder, begin("demo", Path(folder.name), None, period, added=added)


@cache
def forcing_for(model, days=35, cells=3):
    """Forcing of a few cells for a model, with five days before the window."""
    findings = Findings()
    forcing = read_forcing(
        inputs()[1].folder / "forcing.nc", model.requires, days=days, lead_days=5,
        spin_up_years=0, cells=cells, findings=findings,
    )  # fmt: skip
    assert not findings
    return forcing


@cache
def prior_fields():
    """All fields of the model at its prior on the three cells, and the forcing they come from."""
    model = component("process_models", "bethy", {"n_h": 6})
    forcing = forcing_for(model)
    control = Control.of({"bethy": model.parameters})
    index = control.index(forcing.domain.grid.column_class)
    parameters = control.unpack(np.zeros(len(control)), index)["bethy"]
    return model, forcing, model.run(parameters, model.prepare(forcing), numpy_namespace())


def operator_case(name, operator):
    """The stream's file of the demonstration, and fields of the model."""
    model, forcing, fields = prior_fields()
    assert connection_problems("bethy", model, {name: operator}) == ()
    findings = Findings()
    _, recipe = inputs()
    recipe.write(name, operator)
    observations = read_observations(recipe.folder / f"{name}.nc", operator.observes, findings)
    assert not findings
    return Case(forcing, observations, fields)
