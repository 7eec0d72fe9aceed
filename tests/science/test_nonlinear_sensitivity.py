"""What moves the optimum of a nonlinear problem: found again after a small perturbation."""

import numpy as np
import pytest
from attrs import evolve
from conftest import make_engine
from toy import toy_problem

from ccdas_framework.optimisers.gauss_newton import GaussNewton
from ccdas_framework.posterior import exact_hessian, exact_spectrum
from ccdas_framework.posterior.fixed_inputs import sensitivity_to_fixed_input
from ccdas_framework.posterior.sensitivity import sensitivity_to_observations

CHANGES = {f"reservoir.{name}": {"active": False} for name in ("base", "wet", "share")}


def found(problem, x0):
    optimiser = GaussNewton(gradient_reduction=1e-13, cost_change=0.0, iterations=60)
    return optimiser.minimise(problem, x0, lambda _: None).x


@pytest.fixture(scope="module")
def at_optimum():
    problem = toy_problem(make_engine("autograd"), blocks=2, changes=CHANGES)
    x = found(problem, problem.prior.mean)
    # Newton steps with the exact Hessian end where differences of gradients see nothing more
    for _ in range(3):
        x = x - np.linalg.solve(exact_hessian(problem, x)[0], problem.value_and_gradient(x)[1])
    return problem, x, exact_spectrum(problem, x)[0].posterior(x, "exact")


def again(problem, x):
    """The optimum beside x, by Newton steps."""
    hessian, _ = exact_hessian(problem, x)
    for _ in range(6):
        x = x - np.linalg.solve(hessian, problem.value_and_gradient(x)[1])
    return x


def test_an_observation_moves_the_optimum(at_optimum):
    problem, x, posterior = at_optimum
    _, jacobians = problem.derivatives(x)
    gain = sensitivity_to_observations(problem, posterior, jacobians)["water"]
    stream = problem.streams["water"]
    ends = []
    for by in (-1e-4, 1e-4):
        values = stream.values + by * np.eye(len(stream.values))[7]
        moved = {**problem.streams, "water": stream.with_values(values)}
        ends.append(again(problem.with_streams(moved, {}), x))
    expected = (ends[1] - ends[0]) / 2e-4
    scale = np.max(np.abs(expected))
    assert scale > 1e-3
    np.testing.assert_allclose(gain[:, 7], expected, atol=1e-5 * scale)  # order step^2


def test_a_weight_of_an_operator_moves_the_optimum(at_optimum):
    """Areas of the sum over cells, which change K: both terms are needed and both are there."""
    problem, x, posterior = at_optimum
    stream = problem.streams["loss"]
    along = [np.asarray(part.at["area"])[None] for part in stream.parts]
    both = sensitivity_to_fixed_input(problem, posterior, "loss", "area", along, step=1e-4)[:, 0]
    one = sensitivity_to_fixed_input(problem, posterior, "loss", "area", along)[:, 0]
    ends = []
    for by in (-1e-4, 1e-4):
        parts = tuple(
            evolve(part, at={**part.at, "area": (1.0 + by) * part.at["area"]})
            for part in stream.parts
        )
        moved = {**problem.streams, "loss": evolve(stream, parts=parts)}
        ends.append(again(problem.with_streams(moved, {}), x))
    expected = (ends[1] - ends[0]) / 2e-4
    scale = np.max(np.abs(expected))
    np.testing.assert_allclose(both, expected, atol=1e-5 * scale)
    assert np.max(np.abs(one - expected)) > 1e-4 * scale  # what is neglected without `step`
