"""The prior keeps the rules of the framework, and its covariance is what it says."""

import numpy as np
import pytest
from ccdas_priors_kindred.kindred import Kindred, equicorrelated

from ccdas_framework import Dense, InvalidInput
from ccdas_framework.testing import checks_for, small_control

NAMES = ("model.rate[1]", "model.rate[2]", "model.rate[3]", "model.depth")


class Control:
    """As much of a control vector as the prior looks at."""

    names = NAMES

    def __len__(self):
        return len(self.names)


@pytest.mark.parametrize("check", checks_for(Kindred.for_control(small_control())), ids=repr)
def test_conforms(check):
    check()


def test_elements_of_one_parameter_are_correlated_and_others_are_not():
    found = Kindred.for_control(Control(), correlation=0.3).covariance.dense()
    np.testing.assert_allclose(found[:3, :3], 0.7 * np.eye(3) + 0.3, rtol=1e-12)
    np.testing.assert_array_equal(found[3], [0.0, 0.0, 0.0, 1.0])


def test_without_correlation_it_is_a_plain_gaussian():
    x = np.array([0.5, -1.0, 2.0, 0.3])
    found = Kindred.for_control(Control(), correlation=0.0).negative_log_density(x, np)
    np.testing.assert_allclose(found, 0.5 * np.sum(x**2), rtol=1e-12)


def test_moving_all_elements_together_costs_less_than_moving_one_apart():
    prior = Kindred.for_control(Control(), correlation=0.5)
    together = prior.negative_log_density(np.array([1.0, 1.0, 1.0, 0.0]), np)
    apart = prior.negative_log_density(np.array([1.0, -1.0, 1.0, 0.0]), np)
    # 1^T B^-1 1 = n / (1 + (n - 1) r) for n alike
    np.testing.assert_allclose(together, 0.5 * 3.0 / 2.0, rtol=1e-12)
    assert together < apart


def test_draws_have_the_covariance():
    prior = Kindred(np.zeros(2), Dense(equicorrelated(["a", "a"], 0.6)))
    draws = prior.sample(np.random.default_rng(1), 40_000)
    # the error of a correlation from n draws is about (1 - r^2) / sqrt(n) = 0.003
    np.testing.assert_allclose(np.corrcoef(draws.T)[0, 1], 0.6, atol=0.015)


@pytest.mark.parametrize("correlation", [1.0, -0.1, "half", True])
def test_a_correlation_that_no_prior_can_have_is_refused(correlation):
    with pytest.raises(InvalidInput, match="from 0 up to, and without, 1"):
        Kindred.for_control(Control(), correlation)
