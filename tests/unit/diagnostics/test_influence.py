"""What each stream did adds up to what happened."""

import numpy as np
import pytest
from toy import toy_problem

from ccdas_framework.diagnostics import (
    TargetChange,
    attributed_shifts,
    fits_of,
    nonlinearity,
    target_shifts,
)
from ccdas_framework.optimisers.gauss_newton import GaussNewton
from ccdas_framework.posterior import gauss_newton_posterior, whitened_by_stream

from .linear import COUNTS, SDS, X_B, Linear


@pytest.fixture
def linear():
    return Linear()


@pytest.fixture
def innovations(linear):
    return linear.draw(np.random.default_rng(3))


def test_the_shift_by_a_stream_is_the_closed_form(linear, innovations):
    fits, posterior = linear.solved(innovations)
    shifts = attributed_shifts(fits, posterior, X_B)
    for name in COUNTS:
        gain = linear.A @ linear.jacobian[name].T / SDS[name] ** 2
        np.testing.assert_allclose(shifts[name], gain @ innovations[name], atol=1e-10)
    np.testing.assert_allclose(sum(shifts.values()), posterior.x - X_B, atol=1e-10)


def test_the_shift_by_a_stream_is_what_changes_where_its_innovation_vanishes(linear, innovations):
    fits, posterior = linear.solved(innovations)
    _, without = linear.solved({**innovations, "b": np.zeros(COUNTS["b"])})
    shift = attributed_shifts(fits, posterior, X_B)["b"]
    np.testing.assert_allclose(shift, posterior.x - without.x, atol=1e-10)


def test_a_linear_problem_has_no_nonlinearity(linear, innovations):
    fits, posterior = linear.solved(innovations)
    assert nonlinearity(fits[0], posterior.x - X_B) == pytest.approx(0.0, abs=1e-10)


def test_in_a_nonlinear_problem_shifts_add_up_but_for_what_the_gradient_leaves(autograd):
    problem = toy_problem(autograd)
    optimiser = GaussNewton(gradient_reduction=1e-3)
    x_b, x = problem.prior.mean, optimiser.minimise(problem, problem.prior.mean, lambda _: None).x
    after, jacobians = problem.derivatives(x)
    whitened = whitened_by_stream(problem, jacobians)
    posterior = gauss_newton_posterior(x, problem.prior, whitened)
    fits = fits_of(problem, problem.simulate(x_b), after, whitened)
    shifts = attributed_shifts(fits, posterior, x_b)
    assert max(nonlinearity(fit, x - x_b) for fit in fits) > 0.1
    remainder = posterior.covariance @ problem.value_and_gradient(x)[1]
    assert 1e-6 < np.abs(remainder).max() < 0.5  # it stopped early: there is something to leave
    np.testing.assert_allclose(sum(shifts.values()) + remainder, x - x_b, atol=1e-10)


def test_what_streams_do_to_targets_and_the_rest_add_up(linear, innovations):
    fits, posterior = linear.solved(innovations)
    shifts = attributed_shifts(fits, posterior, X_B)
    sensitivity = np.array([[1.0, 0.0, 2.0, 0.0], [0.0, -1.0, 0.0, 0.5]])
    increment = sensitivity @ (posterior.x - X_B)
    bent = np.array([0.0, 0.3])  # what a linear target would not do
    change = TargetChange("npp", ["north", "south"], "PgC yr-1", np.ones(2), 1.0 + increment + bent,
                          sensitivity)  # fmt: skip
    actual = target_shifts([change], shifts)
    assert actual["region"] == ["north", "south"]
    assert actual["quantity"] == ["npp", "npp"]
    for change, shift in zip(actual["target_shift"], shifts.values(), strict=True):
        np.testing.assert_allclose(change, sensitivity @ shift, atol=1e-12)
    np.testing.assert_allclose(actual["target_rest"], bent, atol=1e-10)
