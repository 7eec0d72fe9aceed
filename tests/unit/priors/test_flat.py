"""No prior term."""

import numpy as np
import pytest
from toy import toy_problem

from ccdas_framework.core.errors import InvalidInput
from ccdas_framework.engines.autograd_engine import AutogradEngine
from ccdas_framework.priors import Flat


@pytest.fixture(scope="module")
def problem():
    return toy_problem(AutogradEngine())


def test_the_cost_without_prior_term_is_that_of_the_observations(problem):
    x = np.linspace(-0.5, 0.5, len(problem.control))
    flat = problem.with_prior(Flat.for_control(problem.control))
    before, after = problem.cost_terms(x), flat.cost_terms(x)
    assert after["prior"] == 0.0
    assert before["prior"] == pytest.approx(0.5 * x @ x, rel=1e-14)
    assert flat.cost(x) == pytest.approx(before["water"] + before["loss"], rel=1e-14)


def test_the_gradient_lacks_that_of_the_prior(problem):
    x = np.linspace(-0.5, 0.5, len(problem.control))
    flat = problem.with_prior(Flat.for_control(problem.control))
    difference = problem.value_and_gradient(x)[1] - flat.value_and_gradient(x)[1]
    np.testing.assert_allclose(difference, x, atol=1e-9)


def test_nothing_is_drawn_from_it(problem):
    with pytest.raises(InvalidInput, match="no samples"):
        Flat.for_control(problem.control).sample(np.random.default_rng(1), 3)
