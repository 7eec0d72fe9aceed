"""Derivatives of the operator, three ways, by both engines and for every average of NPP."""

import numpy as np
import pytest
from ccdas_obs_vod.biomass_memory import MEMORIES
from ccdas_obs_vod.lband_vod import LbandVod

from ccdas_framework.engines.autograd_engine import AutogradEngine
from ccdas_framework.engines.namespace import numpy_namespace

XP = numpy_namespace()


@pytest.fixture(params=["autograd", "jax"])
def engine(request):
    if request.param == "autograd":
        return AutogradEngine()
    pytest.importorskip("jax")
    from ccdas_framework.engines.jax_engine import JaxEngine

    return JaxEngine()


@pytest.mark.parametrize("memory", MEMORIES)
def test_derivatives_agree_three_ways(engine, memory, domain, fields, parameters, monthly):
    operator = LbandVod(biomass_memory=memory, mask_frozen=False)
    at = dict(operator.prepare(monthly(1), domain, None).at)
    names = sorted(parameters)
    columns = domain.grid.columns
    fields = {name: fields[name] for name in ("npp", "lai")}

    def simulate(v, fields, base, at, xp=engine.xp):
        """Each row of v: a relative change of npp, lai, and the parameters in every column."""
        changed = {"npp": fields["npp"] * (1 + v[0]), "lai": fields["lai"] * (1 + v[1])}
        changed_parameters = {name: base[name] * (1 + v[2 + i]) for i, name in enumerate(names)}
        return operator.observe(changed, changed_parameters, at, xp)

    def by_numpy(v):
        return simulate(v, fields, parameters, at, XP)

    random = np.random.default_rng(2)
    v = 0.1 * random.standard_normal((2 + len(names), columns))
    t = random.standard_normal(v.shape)
    constants = (fields, {k: np.asarray(p, float) for k, p in parameters.items()}, at)
    value, tangent = engine.pushforward(simulate)(v, t[None], *constants)
    tangent = np.asarray(tangent[0])
    np.testing.assert_allclose(value, by_numpy(v), rtol=1e-12)

    # central differences: truncation h^2 and rounding eps/h are both near 1e-10
    h = 1e-5
    np.testing.assert_allclose(
        (by_numpy(v + h * t) - by_numpy(v - h * t)) / (2 * h), tangent, rtol=1e-6, atol=1e-8
    )
    # Taylor remainder falls with the square of the step
    remainder = [
        np.linalg.norm(by_numpy(v + s * t) - by_numpy(v) - s * tangent) for s in (1e-2, 1e-3)
    ]
    assert 80 < remainder[0] / remainder[1] < 125
    w = random.standard_normal(len(tangent))
    gradient = np.asarray(engine.pullback(simulate)(v, *constants)[1](w))
    assert np.isfinite(gradient).all()
    assert np.sum(tangent * w) == pytest.approx(np.sum(t * gradient), rel=1e-10)
