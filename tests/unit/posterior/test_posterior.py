"""What a posterior promises, whatever the problem."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from toy import toy_problem

from ccdas_framework.core.covariance import Dense, Diagonal
from ccdas_framework.posterior import (
    NoPosterior,
    Posterior,
    Spectrum,
    draws_inside,
    exact_hessian,
    gauss_newton_posterior,
    null_space_of,
)
from ccdas_framework.posterior.spectrum import spectrum
from ccdas_framework.priors import Gaussian
from ccdas_framework.priors.flat import Flat

SIZE = 4
numbers = st.floats(-30.0, 30.0, allow_nan=False).map(lambda v: 0.0 if abs(v) < 1e-6 else v)
rows = st.integers(1, 6).flatmap(lambda n: arrays(float, (n, SIZE), elements=numbers))


@st.composite
def priors(draw):
    factor = draw(arrays(float, (SIZE, SIZE), elements=st.floats(-1.0, 1.0)))
    return Gaussian(np.zeros(SIZE), Dense(factor @ factor.T + 0.1 * np.eye(SIZE)))


@given(prior=priors(), first=rows, second=rows)
@settings(deadline=None, max_examples=200)
def test_adding_a_stream_never_increases_a_variance(prior, first, second):
    """Of no parameter and of no combination: A_few - A_many is positive semidefinite."""
    x = np.zeros(SIZE)
    few = gauss_newton_posterior(x, prior, {"first": first})
    many = gauss_newton_posterior(x, prior, {"first": first, "second": second})
    scale = np.max(prior.covariance.dense())  # rounding is a share of what is subtracted from
    assert np.all(many.sd**2 <= few.sd**2 + 1e-12 * scale)
    assert np.linalg.eigvalsh(few.covariance - many.covariance)[0] >= -1e-12 * scale
    assert many.constrained >= few.constrained


@given(prior=priors(), first=rows)
@settings(deadline=None, max_examples=100)
def test_a_posterior_is_symmetric_and_positive_and_no_wider_than_its_prior(prior, first):
    actual = gauss_newton_posterior(np.zeros(SIZE), prior, {"first": first})
    scale = np.max(prior.covariance.dense())
    np.testing.assert_allclose(actual.covariance, actual.covariance.T, atol=1e-13 * scale)
    assert np.linalg.eigvalsh(actual.covariance)[0] > 0.0
    assert np.all(actual.eigenvalues >= 1.0)
    assert np.all(np.diff(actual.eigenvalues) <= 0.0)
    assert np.all(np.abs(actual.correlation) <= 1.0 + 1e-12)
    assert np.all(actual.uncertainty_reduction >= -1e-12)


def test_without_streams_the_posterior_is_the_prior():
    prior = Gaussian(np.zeros(2), Dense([[1.0, 0.4], [0.4, 2.0]]))
    actual = gauss_newton_posterior(np.zeros(2), prior, {})
    np.testing.assert_allclose(actual.covariance, prior.covariance.dense(), rtol=1e-14)
    assert actual.constrained == 0


# -- noise and negative curvature -----------------------------------------------------------------


def spectrum_of(*eigenvalues):
    return Spectrum(np.array(eigenvalues), np.eye(len(eigenvalues)), np.eye(len(eigenvalues)))


def test_eigenvalues_below_the_noise_level_become_one():
    cleaned, noise = spectrum_of(50.0, 1.3, 1.15, 1.0, 0.8).cleaned()
    assert noise == pytest.approx(1.2)
    np.testing.assert_array_equal(cleaned.eigenvalues, [50.0, 1.3, 1.0, 1.0, 1.0])


def test_nothing_is_cleaned_where_no_eigenvalue_is_below_one():
    cleaned, noise = spectrum_of(5.0, 1.0).cleaned()
    assert noise == 1.0
    np.testing.assert_array_equal(cleaned.eigenvalues, [5.0, 1.0])


def test_negative_curvature_is_no_minimum():
    prior = Gaussian(np.zeros(2), Diagonal([1.0, 1.0]))
    actual = spectrum(prior.covariance, np.diag([4.0, -0.5]))
    assert actual.negative
    with pytest.raises(NoPosterior, match=r"negative curvature \(smallest eigenvalue -0.5"):
        actual.cleaned()[0].posterior(np.zeros(2), "exact")


def test_a_flat_direction_of_a_flat_prior_is_no_negative_curvature():
    prior = Flat(np.zeros(2)).covariance
    with pytest.raises(NoPosterior, match="leave 1 of 2 directions undetermined"):
        spectrum(prior, np.diag([4.0, -1e-15])).cleaned()[0].posterior(np.zeros(2), "exact")
    with pytest.raises(NoPosterior, match="negative curvature"):
        spectrum(prior, np.diag([4.0, -1e-3])).cleaned()[0].posterior(np.zeros(2), "exact")


def test_the_exact_hessian_of_a_nonlinear_problem_is_symmetric_and_that_of_differences(engine):
    problem = toy_problem(engine, blocks=2)
    x = np.random.default_rng(4).normal(0.0, 0.5, len(problem.control))
    hessian, asymmetry = exact_hessian(problem, x)
    assert asymmetry <= 1e-10
    step = 1e-5
    columns = [
        (problem.value_and_gradient(x + step * e)[1] - problem.value_and_gradient(x - step * e)[1])
        / (2.0 * step)
        for e in np.eye(len(x))
    ]
    scale = np.abs(hessian).max()
    np.testing.assert_allclose(hessian, columns, atol=1e-7 * scale)


def test_a_wrong_second_derivative_is_refused(autograd):
    problem = toy_problem(autograd)

    class Lopsided:
        def hessian_vectors(self, x, directions):
            rows = problem.hessian_vectors(x, directions)
            rows[0, 1] += 1e-3 * np.abs(rows).max()
            return rows

    with pytest.raises(NoPosterior, match="second derivatives are not symmetric"):
        exact_hessian(Lopsided(), np.zeros(len(problem.control)))


# -- draws and the null space  ------------------------------------------------------------------


def test_draws_outside_the_bounds_are_drawn_again(autograd):
    control = toy_problem(autograd, changes={"reservoir.base": {"bounds": (0.05, 0.3)}}).control
    count = len(control)
    wide = Posterior(np.zeros(count), np.eye(count), np.eye(count), np.ones(count))
    actual, repeated = draws_inside(wide, control, np.random.default_rng(1), 40)
    assert actual.shape == (40, count)
    assert repeated > 0
    assert not any(control.outside(x) for x in actual)
    again, _ = draws_inside(wide, control, np.random.default_rng(1), 40)
    np.testing.assert_array_equal(again, actual)


def test_a_posterior_outside_the_bounds_gives_no_draws(autograd):
    control = toy_problem(autograd, changes={"reservoir.base": {"bounds": (0.05, 0.3)}}).control
    count = len(control)
    x = np.zeros(count)
    x[[n for n, name in enumerate(control.names) if "base" in name]] = 50.0
    narrow = Posterior(x, 1e-4 * np.eye(count), np.eye(count), np.ones(count))
    with pytest.raises(NoPosterior, match=r"only 0 of 1000 draws .* reservoir.base"):
        draws_inside(narrow, control, np.random.default_rng(1), 1)


def test_combinations_have_an_element_of_their_own():
    rows = np.array([[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 2.0, 0.0]])
    actual = null_space_of({"one": rows}, 4)
    np.testing.assert_array_equal(actual.observed, [True, True, True, False])
    assert actual.parameters("abcd") == ("d",)
    (direction,) = actual.combinations
    np.testing.assert_allclose(
        np.abs(direction), [np.sqrt(0.5), np.sqrt(0.5), 0.0, 0.0], atol=1e-14
    )
    assert set(actual.described("abcd")) <= {
        "0.71 a - 0.71 b",
        "- 0.71 a + 0.71 b",
        "0.71 b - 0.71 a",
        "- 0.71 b + 0.71 a",
    }


def test_without_observations_nothing_is_seen():
    actual = null_space_of({}, 3)
    assert not actual.observed.any() and not len(actual.combinations)
