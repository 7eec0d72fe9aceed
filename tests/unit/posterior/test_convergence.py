"""The Newton decrement and the spectrum where the observations are far more precise than x_b."""

import numpy as np
import pytest
from findings import raises_finding

from ccdas_framework.core.covariance import Dense, Diagonal
from ccdas_framework.posterior import newton_decrement
from ccdas_framework.posterior.gauss_newton_covariance import gauss_newton_spectrum
from ccdas_framework.posterior.spectrum import spectrum

GENERATOR = np.random.default_rng(4)


def test_a_negative_quadratic_form_is_an_error():
    with raises_finding("negative-quadratic-form", "posterior covariance"):
        newton_decrement(np.array([0.0, 1.0]), np.diag([1.0, -1e-30]))


def test_a_zero_gradient_has_no_distance():
    assert newton_decrement(np.zeros(2), np.eye(2)) == 0.0
    assert newton_decrement(np.zeros(2), np.eye(2), np.eye(2)) == 0.0


def test_a_gradient_that_is_not_finite_has_a_distance_that_is_not_finite():
    assert not np.isfinite(newton_decrement(np.array([np.nan, 1.0]), np.eye(2), np.eye(2)))


@pytest.mark.parametrize("hessian", [10.0, 1e6])
def test_the_quadratic_form_counts_where_it_has_digits(hessian):
    factor = GENERATOR.normal(size=(6, 4))
    found = spectrum(Diagonal(np.ones(4)), hessian * factor.T @ factor, add_prior=True)
    gradient = GENERATOR.normal(size=4)
    expected = float(np.sqrt(gradient @ found.covariance() @ gradient))
    assert found.decrement(gradient) == expected  # to the last bit


@pytest.mark.parametrize(
    ("sd", "rounding"), [(1e-6, 1e-3), (1e-9, 1e-3), (1e-12, 1e-3), (1e-15, 0.5)]
)
@pytest.mark.parametrize("seed", range(5))
def test_the_decrement_of_very_precise_observations(sd, rounding, seed):
    """J = |x|^2 / 2 + |r + K x|^2 / 2, so that the decrement is about |r| in the range of K."""
    generator = np.random.default_rng(seed)
    rows = generator.normal(size=(3, 8)) / sd
    residual = generator.normal(size=3) / sd
    found = gauss_newton_spectrum(Diagonal(np.ones(8)), {"s": rows})
    assert found.decrement(rows.T @ residual) == pytest.approx(
        np.linalg.norm(residual), rel=rounding
    )


@pytest.mark.parametrize("sd", [1e-5, 1e-8, 1e-11])
def test_very_precise_observations_leave_other_directions_alone(sd):
    prior = Dense([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 4.0]])
    whitened = {"sum": np.array([[1.0, 1.0, 0.0]]) / sd, "third": np.array([[0.0, 0.0, 0.5]])}
    found = gauss_newton_spectrum(prior, whitened)
    expected = np.array([[0.5, -0.5, 0.0], [-0.5, 0.5, 0.0], [0.0, 0.0, 2.0]])
    np.testing.assert_allclose(found.covariance(), expected, atol=1e-6)
    np.testing.assert_allclose(found.eigenvalues, [1.0 + 2.0 / sd**2, 2.0, 1.0], rtol=1e-6)


@pytest.mark.parametrize("sd", [1e-3, 1e-8, 1e-12])
def test_the_sd_of_a_target_is_never_lost_to_rounding(sd):
    rows = np.array([[1.0, 1.0, 1.0]]) / sd
    found = gauss_newton_spectrum(Diagonal(np.ones(3)), {"sum": rows}).posterior(
        np.zeros(3), "exact"
    )
    _, posterior = found.target_sd(np.ones((1, 3)))
    assert posterior[0] == pytest.approx(sd, rel=1e-3)
