"""Priors whose density is that of their mean and covariance, and others."""

import numpy as np
import pytest
from attrs import evolve

from ccdas_framework import Dense, Diagonal
from ccdas_framework.core.errors import InvalidInput
from ccdas_framework.core.gaussian_prior import is_gaussian, require_gaussian_prior
from ccdas_framework.priors import Flat, Gaussian
from ccdas_framework.testing import known_problem_named


class Laplace(Gaussian):
    """The same mean and covariance, with the density exp(-|x|)."""

    def negative_log_density(self, x, xp):
        return xp.sum(xp.abs(x - self.mean))


class Shifted(Gaussian):
    """A density with a constant of its own, as a normalised one has."""

    def negative_log_density(self, x, xp):
        return 12.5 + Gaussian.negative_log_density(self, x, xp)


APART = np.abs(np.subtract.outer(range(4), range(4)))
GAUSSIAN = (
    Gaussian(np.zeros(3), Diagonal(np.ones(3))),
    Gaussian([1.0, -2.0, 0.5, 0.0], Dense(0.7**APART)),
    Gaussian([1e3, 0.0], Diagonal([1e-6, 1e6])),
    Shifted(np.ones(2), Diagonal([1.0, 2.0])),
    Flat(np.zeros(3)),
)
OTHERS = (
    Laplace(np.zeros(3), Diagonal(np.ones(3))),
    known_problem_named("funnel").prior,
)


@pytest.mark.parametrize("prior", GAUSSIAN)
def test_a_gaussian_prior_is_one_whatever_its_scale_and_constant(prior):
    assert is_gaussian(prior)
    require_gaussian_prior(prior, "the method")


@pytest.mark.parametrize("prior", OTHERS)
def test_another_density_is_refused_with_its_place(prior):
    assert not is_gaussian(prior)
    with pytest.raises(InvalidInput) as refused:
        require_gaussian_prior(prior, "the method")
    assert (refused.value.code, refused.value.where) == ("prior-not-gaussian", "prior")


def test_one_parameter_of_the_funnel_is_gaussian():
    assert is_gaussian(evolve(known_problem_named("funnel").prior, count=1))
