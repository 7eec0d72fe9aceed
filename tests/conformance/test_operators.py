"""The public suite over every registered observation operator, on both engines."""

from functools import partial

import numpy as np
import pytest
from conformance.registered import component, operator_case, title, variants

from ccdas_framework.engines.namespace import numpy_namespace
from ccdas_framework.installed import registry
from ccdas_framework.testing import checks_for
from ccdas_framework.testing.prepared_components import prepare_operator

KIND = "observation_operators"
# settings that change the equation or what `prepare` hands on
FURTHER = {
    "vod": ({"priors": "ccdas"}, {"biomass_memory": "running_mean"}),
    "co2": ({"local_term": True},),
    "sm": (
        {"product": "in_situ", "depth": 0.1},
        {"product": "in_situ", "depth": 0.1, "depth_comparison": "layers"},
    ),
    "fapar": ({"product": "bihemispherical"},),
    "sif": ({"quenching": "drought", "escape": "exponential"},),
}
VARIANTS = variants(KIND, FURTHER)


def checks():
    for name, settings in VARIANTS:
        operator = component(KIND, name, settings)
        for check in checks_for(operator, case=partial(operator_case, name, operator)):
            # compiling second derivatives takes seconds; of the variants `make science` does it
            long = settings and check.name == "Hessian is symmetric (jax)"
            marks = [pytest.mark.science] if long else []
            yield pytest.param(check, id=title(name, settings, check), marks=marks)


def checks_as_installed():
    """On the case that the operator brings, or that the suite makes: what `ccdas check` does."""
    for name, settings in variants(KIND, {}):
        operator = registry().component(KIND, name)()
        for check in checks_for(operator, engines=("autograd",)):
            yield pytest.param(check, id=title(name, settings, check))


@pytest.mark.parametrize("check", list(checks_as_installed()))
def test_conforms_as_it_is_installed(check):
    check()


@pytest.mark.parametrize("check", list(checks()))
def test_conforms(check):
    check()


@pytest.mark.parametrize(("name", "settings"), VARIANTS, ids=str)
def test_a_scalar_parameter_may_come_as_an_array_over_columns(name, settings):
    """More than an operator has to take: the operators that ship do."""
    operator, xp = component(KIND, name, settings), numpy_namespace()
    trial = prepare_operator(operator, operator_case(name, operator))
    grid = trial.blocks[0].domain.grid
    inputs = trial.inputs[0]
    scalars = trial.parameters(trial.x)
    arrays = {n: v + np.zeros(grid.columns) if np.ndim(v) == 0 else v for n, v in scalars.items()}
    narrow, broad = (
        operator.complete(
            operator.observe(trial.fields[0], parameters, inputs, xp), parameters, inputs, xp
        )
        for parameters in (scalars, arrays)
    )
    np.testing.assert_allclose(broad, narrow, rtol=1e-13)
