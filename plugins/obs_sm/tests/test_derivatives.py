"""Derivatives of the operator, three ways, by both engines."""

import numpy as np
import pytest
from ccdas_obs_sm.soil_moisture import SoilMoisture

from ccdas_framework import numpy_namespace
from ccdas_framework.engines.autograd_engine import AutogradEngine


@pytest.fixture(params=["autograd", "jax"])
def engine(request):
    if request.param == "autograd":
        return AutogradEngine()
    pytest.importorskip("jax")
    from ccdas_framework.engines.jax_engine import JaxEngine

    return JaxEngine()


@pytest.mark.parametrize("depth", [None, 0.1])
def test_derivatives_agree_three_ways(engine, domain, fields, observed, together, depth):
    """Linear in the field, so differences and Taylor remainder are exact to rounding."""
    operator, xp = SoilMoisture(product="in_situ", depth=depth), numpy_namespace()
    parameters = {"T_z": 24.0}
    observations = together(observed(1, "x"), observed(2, "y", length=5))
    places = dict(operator.prepare(observations, domain, lambda: fields).at)

    def simulate(theta, at):
        return operator.observe({"soil_moisture": theta}, parameters, at, engine.xp)

    random = np.random.default_rng(1)
    theta = fields["soil_moisture"]
    v = random.standard_normal(theta.shape)
    value, tangent = engine.pushforward(simulate)(theta, v[None], places)
    w = random.standard_normal(len(value))
    _, pull = engine.pullback(simulate)(theta, places)
    perturbed = operator.observe({"soil_moisture": theta + v}, parameters, places, xp)
    np.testing.assert_allclose(perturbed - np.asarray(value), tangent[0], atol=1e-11)
    gradient = np.asarray(pull(w))
    assert np.sum(np.asarray(tangent[0]) * w) == pytest.approx(np.sum(gradient * v), rel=1e-10)
    assert np.isfinite(gradient).all()
