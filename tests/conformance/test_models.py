"""The public suite over every registered process model."""

from functools import partial

import pytest
from conformance.registered import forcing_for, made, title, variants

from ccdas_framework.testing import Case, checks_for

KIND = "process_models"
# settings under which a declaration changes
FURTHER = {
    "bethy": ({"humidity_wetness": "cell"}, {"hydrology": "bucket"}, {"dayint": 1, "n_h": 6}),
}


def case(model, **size):
    return Case(forcing_for(model, **size))


def checks():
    """Runs on three cells and forty days."""
    for name, settings in variants(KIND, FURTHER):
        model = made(KIND, name, settings)
        for check in checks_for(model, engines=(), case=partial(case, model)):
            yield pytest.param(check, id=title(name, settings, check))


def derivative_checks():
    """With the default settings, on two cells and twelve days."""
    for name, settings in variants(KIND, {}):
        model = made(KIND, name, settings)
        for check in checks_for(model, case=partial(case, model, days=12, cells=2)):
            # compiling the gradient of a large model takes a minute: `make science` does it
            marks = [pytest.mark.science] if check.engine == "jax" else []
            if check.engine:
                yield pytest.param(check, id=title(name, settings, check), marks=marks)


@pytest.mark.parametrize("check", list(checks()))
def test_conforms(check):
    check()


@pytest.mark.parametrize("check", list(derivative_checks()))
def test_derivatives_conform(check):
    check()
