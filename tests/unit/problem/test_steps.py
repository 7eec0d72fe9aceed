"""The differences engine: steps in prior sd, and a gradient that comes from the Jacobian."""

import numpy as np
import pytest
from attrs import evolve, field, frozen
from toy import Reservoir, toy_problem, with_model

from ccdas_framework.core.parameters import Parameter
from ccdas_framework.engines.differences import DifferencesEngine
from ccdas_framework.problem.jacobian import perturbation_size

X = np.random.default_rng(3).normal(0.0, 0.3, 10)


@frozen
class Scaled(Reservoir):
    """The reservoir with `gain` and `base` in a unit in which they are `unit` times smaller."""

    unit: float = 1.0
    calls: list = field(factory=list)

    @property
    def parameters(self):
        gain = Parameter("gain", "1", 0.5 * self.unit, 0.1 * self.unit, "log")
        changed = {
            "gain": gain,
            "base": evolve(super().parameters[2], mean=(0.1 * self.unit, 0.2 * self.unit),
                           sd=0.05 * self.unit, otherwise=0.1 * self.unit),
        }  # fmt: skip
        return tuple(changed.get(p.name, p) for p in super().parameters)

    def run(self, parameters, drivers, xp):
        self.calls.append(1)
        own = {name: parameters[name] / self.unit for name in ("gain", "base")}
        return super().run({**parameters, **own}, drivers, xp)


def problem_of(engine, unit=1.0, **layout):
    """The toy with the scaled reservoir, and the model itself."""
    from assembling import assemble
    from toy import CellWater, TotalLoss, toy_forcing, toy_observations

    from ccdas_framework.priors import Gaussian

    forcing, model = toy_forcing(), Scaled(unit=unit)
    return assemble(
        model_name="reservoir", model=model, operators={"water": CellWater(), "loss": TotalLoss()},
        observations=toy_observations(forcing), forcing=forcing, engine=engine,
        prior=Gaussian.for_control, **layout,
    )  # fmt: skip


@pytest.mark.parametrize("unit", [1.0, 1e-4, 1e-5, 1e-12, 1e9])
def test_columns_of_parameters_in_any_unit_are_exact(autograd, unit):
    expected = problem_of(autograd, unit).jacobian(X)
    actual = problem_of(DifferencesEngine(), unit).jacobian(X)
    size = np.abs(expected).max(axis=0)
    assert np.all(np.abs(actual - expected).max(axis=0) <= 1e-6 * size)


@pytest.mark.parametrize("blocks", [1, 3])
@pytest.mark.parametrize("unit", [1.0, 1e-5])
def test_the_gradient_is_that_of_the_exact_engine(autograd, unit, blocks):
    expected_cost, expected = problem_of(autograd, unit).value_and_gradient(X)
    cost, gradient = problem_of(DifferencesEngine(), unit, blocks=blocks).value_and_gradient(X)
    assert cost == pytest.approx(expected_cost, rel=1e-12)
    np.testing.assert_allclose(gradient, expected, rtol=1e-6, atol=1e-6 * np.abs(expected).max())


def test_a_gradient_takes_as_many_runs_as_a_jacobian():
    problem = problem_of(DifferencesEngine())
    calls = problem.model.calls
    calls.clear()
    problem.jacobian(X)
    of_jacobian = len(calls)
    calls.clear()
    problem.value_and_gradient(X)
    assert len(calls) == of_jacobian < 50


@pytest.mark.parametrize("couples", ["column", "cell"])
def test_exact_derivatives_do_not_depend_on_the_size_of_a_perturbation(
    engine, couples, monkeypatch
):
    problem = toy_problem(engine, couples=couples)
    sized = problem.jacobian(X)
    monkeypatch.setattr("ccdas_framework.problem.jacobian.perturbation_size", np.ones_like)
    alone = with_model(problem, problem.model)
    np.testing.assert_array_equal(alone.jacobian(X), sized)


def test_sizes_are_powers_of_two_near_a_prior_sd():
    slope = np.array([6e-6, -2e-5, 3.0, 0.0, np.inf, np.nan, 1e-300])
    size = perturbation_size(slope)
    assert np.all(np.frexp(size)[0] == 0.5)
    usable = [0, 1, 2, 6]
    ratio = np.abs(slope[usable]) / size[usable]
    assert np.all((ratio > 0.7) & (ratio < 1.42))
    np.testing.assert_array_equal(size[3:6], 1.0)
