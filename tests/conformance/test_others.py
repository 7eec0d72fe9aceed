"""The public suite over every registered prior, optimiser, sampler and engine."""

import numpy as np
import pytest

from ccdas_framework import Dense
from ccdas_framework.core.errors import CcdasError
from ccdas_framework.installed import registry
from ccdas_framework.priors import Gaussian
from ccdas_framework.testing import checks_for, small_control

# settings that keep the samplings short
SHORT = {
    "emcee": {"warm_up": 60, "draws": 120},
    "nuts": {"chains": 2, "warm_up": 60, "draws": 120},
}


def components():
    """Name and instance; an engine that is not installed is left out."""
    actual = registry().components
    for name, cls in actual["priors"].items():
        yield name, cls.for_control(small_control())
    for kind in ("optimisers", "samplers", "engines"):
        for name, cls in actual[kind].items():
            try:
                yield name, cls(**SHORT.get(name, {}))
            except CcdasError:
                continue


@pytest.mark.parametrize(
    "check",
    [
        pytest.param(check, id=f"{name}-{check!r}")
        for name, component in components()
        for check in checks_for(component)
    ],
)
def test_conforms(check):
    check()


def test_a_prior_with_correlations_conforms():
    """And one that is not centred, as a run leaves it for the next."""
    apart = np.abs(np.subtract.outer(range(4), range(4)))
    prior = Gaussian([0.1, -0.2, 0.3, 0.0], Dense(0.5 * 0.4**apart))
    for check in checks_for(prior, engines=("autograd",)):
        check()
