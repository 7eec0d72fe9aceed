"""Derivatives of BETHY by the engines, against central differences."""

import numpy as np
import pytest
from ccdas_models_bethy import Bethy

from ccdas_framework.engines.autograd_engine import AutogradEngine

TYPES = list(range(1, 14))
DAYS = 12
FIELDS = ("gpp", "nep", "lai", "transpiration", "runoff", "snow", "relative_soil_moisture")


@pytest.fixture(scope="module")
def problem(forcing, weather, prior):
    """Model, drivers, parameters (name, column) and a weighted sum of its fields."""
    model = Bethy(n_h=6)
    drivers = model.prepare(
        forcing(TYPES, DAYS, lead=2, **weather(np.linspace(-75.0, 80.0, 13), DAYS))
    )
    parameters = prior(model, TYPES)
    names = sorted(parameters)
    x = np.stack([parameters[name] + np.zeros(13) for name in names])
    weights = np.random.default_rng(3).normal(size=(len(FIELDS), DAYS, 13))

    def cost_of(xp):
        def cost(x, drivers):
            fields = model.run(dict(zip(names, x, strict=True)), drivers, xp)
            terms = zip(weights, FIELDS, strict=True)
            return sum(xp.sum(weight * fields[name]) for weight, name in terms)

        return cost

    return drivers, names, x, cost_of


@pytest.fixture(scope="module")
def gradient(problem):
    """By autograd."""
    drivers, _, x, cost_of = problem
    engine = AutogradEngine()
    value, gradient = engine.value_and_grad(cost_of(engine.xp))(x, drivers)
    assert np.isfinite(value)
    return np.asarray(gradient)


def test_no_gradient_is_missing(gradient, problem):
    assert np.all(np.isfinite(gradient))
    unmoved = [n for n, row in zip(problem[1], gradient, strict=True) if not np.any(row)]
    assert unmoved == []


def test_gradient_agrees_with_differences_for_each_parameter(gradient, problem, xp):
    drivers, names, x, cost_of = problem
    cost = cost_of(xp)
    generator = np.random.default_rng(4)
    for row, name in enumerate(names):
        direction = x[row] * generator.choice([-1.0, 1.0], 13)
        best = np.inf
        for step in (1e-4, 1e-5):
            shift = np.zeros_like(x)
            shift[row] = step * direction
            difference = (cost(x + shift, drivers) - cost(x - shift, drivers)) / (2.0 * step)
            best = min(best, abs(difference - gradient[row] @ direction))
        # 1e-5 of the derivative, or what rounding of the cost leaves at the smaller step
        floor = 1e-12 * abs(cost(x, drivers)) / 1e-5
        assert best <= 1e-5 * abs(gradient[row] @ direction) + floor, name


@pytest.mark.science  # compiling takes longer than all the other tests together
def test_the_engines_agree(gradient, problem):
    pytest.importorskip("jax")
    from ccdas_framework.engines.jax_engine import JaxEngine

    drivers, _, x, cost_of = problem
    engine = JaxEngine()
    _, by_jax = engine.value_and_grad(cost_of(engine.xp))(x, drivers)
    assert np.allclose(by_jax, gradient, rtol=1e-8, atol=1e-9 * np.abs(gradient).max())
