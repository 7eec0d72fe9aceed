"""The public suite over every registered process model."""

from functools import partial

import pytest
from conformance.registered import component, forcing_for, title, variants

from ccdas_framework.installed import registry
from ccdas_framework.testing import Case, checks_for

KIND = "process_models"
MATTERS = "every parameter changes something"  # on a case that has all classes
LONG = ("derivatives do not jump", "values and derivatives stay finite")
# settings under which a declaration changes
FURTHER = {
    "bethy": (
        {"humidity_wetness": "cell"},
        {"hydrology": "bucket"},
        {"dayint": 1, "n_h": 6},
        {"layer_exchange": "ccdas"},
    ),
}


def case(model, **size):
    return Case(forcing_for(model, **size))


def checks():
    """Runs on three cells and forty days."""
    for name, settings in variants(KIND, FURTHER):
        model = component(KIND, name, settings)
        for check in checks_for(model, engines=(), case=partial(case, model)):
            if check.stage != "derivatives" and check.name != MATTERS:
                yield pytest.param(check, id=title(name, settings, check))


def derivative_checks():
    """With the default settings, on two cells and twelve days."""
    for name, settings in variants(KIND, {}):
        model = component(KIND, name, settings)
        for check in checks_for(model, case=partial(case, model, days=12, cells=2)):
            # compiling the gradient of a large model, or following it along lines, takes a minute
            long = check.engine == "jax" or check.name in LONG
            marks = [pytest.mark.science] if long else []
            if check.engine or check.stage == "derivatives":
                yield pytest.param(check, id=title(name, settings, check), marks=marks)


def checks_as_installed():
    """On the case that the model brings, or that the suite makes: what `ccdas check` does."""
    for name, settings in variants(KIND, {}):
        model = registry().component(KIND, name)()
        for check in checks_for(model, engines=()):
            if check.stage != "derivatives":
                yield pytest.param(check, id=title(name, settings, check))


@pytest.mark.parametrize("check", list(checks()))
def test_conforms(check):
    check()


@pytest.mark.parametrize("check", list(checks_as_installed()))
def test_conforms_as_it_is_installed(check):
    check()


@pytest.mark.parametrize("check", list(derivative_checks()))
def test_derivatives_conform(check):
    check()
