"""Soil that dries out completely: no water is negative, and nothing is NaN."""

import numpy as np
import pytest
from ccdas_models_bethy import Bethy
from ccdas_models_bethy.hydrology import stores
from hypothesis import given
from hypothesis import strategies as st

from ccdas_framework.engines.autograd_engine import AutogradEngine


@pytest.fixture(scope="module", params=["autograd", "jax"])
def engine(request):
    """Each engine in turn."""
    if request.param == "autograd":
        return AutogradEngine()
    pytest.importorskip("jax", reason="the extra `jax` is not installed")
    from ccdas_framework.engines.jax_engine import JaxEngine

    return JaxEngine()


@given(water=st.floats(0.0, 1.0), minimum=st.floats(0.0, 0.2), demand=st.floats(0.0, 20.0))
def test_a_store_gives_no_more_than_it_holds_above_zero(water, minimum, demand, xp):
    left = water - stores.taken(np.array(water), np.array(minimum), np.array(demand), xp)
    assert left >= min(water, 0.0) - 1e-9


@pytest.mark.parametrize("wilting", [0.0, 0.001])
@pytest.mark.parametrize("exchange", ["campbell", "ccdas"])
def test_a_soil_that_holds_hardly_any_water_at_wilting_dries_out_with_finite_gradients(
    engine, forcing, prior, xp, exchange, wilting
):
    """Thirty rainless days empty both layers, then it rains."""
    model = Bethy(n_h=8, layer_exchange=exchange)
    rain = np.where(np.arange(40) < 30, 0.0, 5.0)[:, None]
    inputs = forcing([9, 4], 40, soil="sand", tasmin=20.0, tasmax=38.0, rsds=330.0, pr=rain)
    inputs.static["theta_wp"][:] = wilting
    parameters, drivers = prior(model, [9, 4]), model.prepare(inputs)

    def water(scale):
        fields = model.run({**parameters, "s_rd": 0.01 * scale}, drivers, engine.xp)
        lost = sum(fields[n] for n in ("evapotranspiration", "runoff"))
        return engine.xp.sum(fields["soil_moisture"]) + engine.xp.sum(lost)

    value, slope = engine.value_and_grad(water)(np.array(1.0))
    assert np.isfinite(value) and np.isfinite(slope)
    fields = model.run({**parameters, "s_rd": np.array(0.01)}, drivers, xp)
    assert all(np.isfinite(values).all() for values in fields.values())
    assert fields["soil_moisture"].min() > -1e-9 and fields["soil_moisture"][29].max() < 0.01
