"""Second derivatives of BETHY with its observation operators."""

import numpy as np
import pytest
from conftest import make_engine
from cuts import ALL, few_parameters

from ccdas_framework.posterior import exact_hessian

SYMMETRIC = 1e-10  # of the largest entry: rounding alone
DIFFERENCES = 1e-5  # central ones of gradients, step 1e-4 prior sd
STEP = 1e-4


def point(problem):
    return np.random.default_rng(41).normal(0.0, 0.3, len(problem.control))


def differences(problem, x, directions):
    """(g(x + h v) - g(x - h v)) / 2h of each direction."""
    return np.stack(
        [
            (
                problem.value_and_gradient(x + STEP * v)[1]
                - problem.value_and_gradient(x - STEP * v)[1]
            )
            / (2.0 * STEP)
            for v in directions
        ]
    )


def test_hessian_products_of_bethy_are_symmetric_and_those_of_differences():
    """Two cells, a month, and three directions that mix all parameters."""
    problem = few_parameters(ALL, "autograd", grid__cells=2, time__days=31).build()
    x = point(problem)
    directions = np.random.default_rng(42).normal(size=(3, len(x)))
    products = problem.hessian_vectors(x, directions)
    inner = products @ directions.T
    assert np.abs(inner - inner.T).max() <= SYMMETRIC * np.abs(inner).max()
    assert np.abs(inner[0, 1]) > 1e-3 * np.abs(inner).max()  # symmetry says something
    expected = differences(problem, x, directions)
    gap = np.linalg.norm(products - expected, axis=1) / np.linalg.norm(products, axis=1)
    assert np.all(gap <= DIFFERENCES)
    # second derivatives of the model are in it, not the prior term alone
    assert np.abs(products - directions).max() > 1e-2


@pytest.mark.science
def test_the_exact_hessian_of_bethy_agrees_between_engines_and_with_differences():
    """Three cells and forty days: every entry."""
    make_engine("jax")
    first, second = (
        few_parameters(ALL, engine, compute__blocks=2).build() for engine in ("autograd", "jax")
    )
    x = point(second)
    hessian, asymmetry = exact_hessian(second, x)
    assert asymmetry <= SYMMETRIC
    expected = differences(second, x, np.eye(len(x)))
    gap = np.abs(hessian - expected)
    assert gap.max() <= DIFFERENCES * np.abs(hessian).max()
    columns = np.linalg.norm(hessian, axis=0)
    assert np.all(np.linalg.norm(gap, axis=0) <= DIFFERENCES * columns)
    v = np.random.default_rng(43).normal(size=len(x))
    np.testing.assert_allclose(first.hessian_vector(x, v), hessian @ v, rtol=1e-7, atol=1e-9)
