"""Directions, correlations and parameters that ended where they should not."""

import numpy as np
import pytest

from ccdas_framework import Diagonal, Parameter
from ccdas_framework.core.control import Control
from ccdas_framework.diagnostics import at_bounds, directions, strong_correlations
from ccdas_framework.posterior import combination, gauss_newton_posterior
from ccdas_framework.priors import Gaussian

from .linear import Linear


def posterior_of(rows):
    rows = np.asarray(rows, float)
    count = rows.shape[1]
    prior = Gaussian(np.zeros(count), Diagonal(np.ones(count)))
    return gauss_newton_posterior(np.zeros(count), prior, {"s": rows})


def test_an_observed_sum_is_the_one_direction_that_is_seen():
    eigenvalues, components = directions(posterior_of([[3.0, 3.0, 0.0]]))
    np.testing.assert_allclose(eigenvalues, [19.0, 1.0, 1.0], rtol=1e-10)
    np.testing.assert_allclose(components[0], [0.5**0.5, 0.5**0.5, 0.0], atol=1e-10)


def test_eigenvalues_are_those_of_the_posterior_also_with_a_correlated_prior():
    posterior = Linear().posterior
    eigenvalues, _ = directions(posterior)
    np.testing.assert_allclose(eigenvalues, posterior.eigenvalues, rtol=1e-10)


def test_along_a_direction_the_hessian_has_its_eigenvalue():
    posterior = Linear().posterior
    eigenvalues, components = directions(posterior)
    hessian = np.linalg.inv(posterior.covariance)
    for value, component in zip(eigenvalues, components, strict=True):
        v = component * posterior.prior_sd
        assert v @ hessian @ v == pytest.approx(value, rel=1e-10)
        assert v @ np.linalg.solve(posterior.prior_covariance, v) == pytest.approx(1.0, rel=1e-10)


def test_a_direction_is_told_by_its_largest_components():
    component = np.array([0.04, -0.6, 0.8, 0.1, 0.06])
    told = combination(component, ["a", "b", "c", "d", "e"], most=2)
    assert told == "0.80 c - 0.60 b + ..."
    assert combination(np.array([0.0, -1.0]), ["a", "b"]) == "- 1.00 b"


def test_an_observed_difference_correlates_two_parameters():
    covariance = posterior_of([[10.0, -10.0, 0.0], [0.0, 0.0, 1.0]]).covariance
    ((first, second, value),) = strong_correlations(covariance, ["a", "b", "c"])
    assert (first, second) == ("a", "b")
    assert value == pytest.approx(100.0 / 101.0, rel=1e-10)  # A = (I + K^T K)^-1 by hand


def test_correlations_are_told_the_strongest_first():
    covariance = np.eye(4)
    covariance[0, 1] = covariance[1, 0] = -0.92
    covariance[2, 3] = covariance[3, 2] = 0.97
    actual = strong_correlations(covariance, list("abcd"))
    assert [(i, j) for i, j, _ in actual] == [("c", "d"), ("a", "b")]
    assert strong_correlations(covariance, list("abcd"), least=0.98) == []


def test_a_parameter_at_its_guard_rail_is_found():
    parameters = (
        Parameter("rail", "1", 1.0, 0.5, bounds=(0.0, 2.0)),
        Parameter("free", "1", 1.0, 0.5),
        Parameter("low", "1", 1.0, 0.5, bounds=(0.0, 2.0)),
    )
    control = Control.of({"model": parameters})
    assert at_bounds(control, np.array([2.0, 9.0, -1.9])).tolist() == [True, False, False]
    assert at_bounds(control, np.array([0.0, 0.0, -2.0])).tolist() == [False, False, True]
