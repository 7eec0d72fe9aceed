"""More observations never increase a posterior variance, of no parameter and no target."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from line import line_problem
from toy import toy_problem

from ccdas_framework.posterior import gauss_newton_posterior, whitened_by_stream

PRECISION = st.floats(-2.0, 1.0)  # power of ten by which errors are smaller


@pytest.fixture(scope="module", params=["linear", "nonlinear"])
def known(request, autograd):
    """A problem, a point, and what each stream says there."""
    problem = line_problem(autograd) if request.param == "linear" else toy_problem(autograd)
    x = np.random.default_rng(4).normal(0.0, 0.5, len(problem.control))
    return problem, x, whitened_by_stream(problem, problem.derivatives(x)[1])


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_superset_of_the_observations_knows_all_at_least_as_well(known, data):
    problem, x, whitened = known
    fewer, more = {}, {}
    for name, rows in whitened.items():
        scaled = rows * 10.0 ** data.draw(PRECISION)
        many = data.draw(st.integers(0, len(rows)))
        few = data.draw(st.integers(0, many))
        more[name], fewer[name] = scaled[:many], scaled[:few]
    before = gauss_newton_posterior(x, problem.prior, fewer).covariance
    after = gauss_newton_posterior(x, problem.prior, more).covariance
    targets = np.random.default_rng(5).normal(size=(3, len(x)))  # any linear combination
    for sensitivity in (np.eye(len(x)), targets):
        variances = [np.einsum("ti,ij,tj->t", sensitivity, c, sensitivity) for c in (before, after)]
        # the Hessian's largest eigenvalue, below 1e6, rounds its smallest, 1, to 1e-9 or better
        assert np.all(variances[1] <= variances[0] * (1 + 1e-9))
