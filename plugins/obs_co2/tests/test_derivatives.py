"""Derivatives of the operator, three ways, by both engines."""

import numpy as np
import pytest
from ccdas_obs_co2.operator import Co2Transport

from ccdas_framework.engines.namespace import numpy_namespace


@pytest.fixture(params=["autograd", "jax"])
def engine(request):
    if request.param == "autograd":
        from ccdas_framework.engines.autograd_engine import AutogradEngine

        return AutogradEngine()
    pytest.importorskip("jax")
    from ccdas_framework.engines.jax_engine import JaxEngine

    return JaxEngine()


def test_derivatives_agree_three_ways(engine, make_domain, monthly, nep):
    """Linear in NEP and all parameters, so differences of any step are exact to rounding."""
    domain = make_domain("2010-01-01", "2010-12-31")
    operator = Co2Transport()
    at = dict(operator.prepare(monthly(["2010-03", "2010-11"]), domain, None).at)

    def simulated(v, at, xp=engine.xp):
        land = operator.observe({"nep": v["nep"]}, {}, at, xp)
        return operator.complete(land, v, at, xp)

    random = np.random.default_rng(3)
    v = {
        "nep": nep(domain),
        "c_0": np.array(380.0),
        "fossil_scale": np.array(1.02),
        "land_use_scale": np.array(0.8),
        "ocean_adjustment": np.array([0.1, -0.3, 0.2]),
    }
    t = {name: np.asarray(random.standard_normal(np.shape(value))) for name, value in v.items()}
    stacked = {name: value[None] for name, value in t.items()}
    value, tangent = engine.pushforward(simulated)(v, stacked, at)
    value, tangent = np.asarray(value), np.asarray(tangent)[0]
    for step in (1.0, 1e-2):
        regridded_mass = simulated({k: v[k] + step * t[k] for k in v}, at, numpy_namespace())
        np.testing.assert_allclose(regridded_mass - value, step * tangent, rtol=1e-9, atol=1e-10)
    w = random.standard_normal(len(tangent))
    gradient = engine.pullback(simulated)(v, at)[1](w)
    product = sum(np.sum(gradient[name] * t[name]) for name in v)
    assert np.isfinite(gradient["nep"]).all()
    assert float(product) == pytest.approx(float(tangent @ w), rel=1e-10)
