"""Correlations of a Gaussian prior: each pair of two parameters once, and a matrix with a root."""

import numpy as np
import pytest
from findings import codes, raises_finding

from ccdas_framework.core.control import Control
from ccdas_framework.core.covariance import Dense
from ccdas_framework.core.errors import InvalidExperiment, InvalidInput
from ccdas_framework.core.parameters import Parameter
from ccdas_framework.priors import Gaussian

PLACE = "prior.correlations"
CONTROL = Control.of({"toy": [Parameter(name, "1", 1.0, 0.5) for name in "abcd"]})


def prior(*correlations):
    return Gaussian.for_control(CONTROL, correlations)


@pytest.mark.parametrize(
    ("correlations", "code"),
    [
        ([("toy.a", "toy.a", 0.5)], "correlated-with-itself"),
        ([("toy.a", "toy.a", 1.0)], "correlated-with-itself"),
        ([("toy.a", "toy.b", 0.5), ("toy.a", "toy.b", 0.2)], "repeated-pair"),
        ([("toy.a", "toy.b", 0.5), ("toy.b", "toy.a", 0.5)], "repeated-pair"),
        ([("toy.a", "toy.e", 0.5)], "unknown-parameter"),
        ([("toy.a", "toy.b", np.nan)], "wrong-value"),
        ([("toy.a", "toy.b", True)], "wrong-value"),
        ([("toy.a", "toy.b", 1.5)], "wrong-value"),
        ([("toy.a", "toy.b")], "wrong-value"),
    ],
)
def test_a_wrong_pair_is_refused(correlations, code):
    with raises_finding(code, PLACE, InvalidExperiment):
        prior(*correlations)


def test_all_wrong_pairs_are_reported_together():
    with pytest.raises(InvalidExperiment) as error:
        prior(("toy.a", "toy.a", 0.5), ("toy.b", "toy.c", 0.1), ("toy.c", "toy.b", 0.1))
    assert codes(error) == [("correlated-with-itself", PLACE), ("repeated-pair", PLACE)]


@pytest.mark.parametrize(
    "correlations",
    [
        [("toy.a", "toy.b", 1.0)],
        [("toy.a", "toy.b", -1.0)],
        [("toy.a", "toy.b", 1.0 - 1e-16)],
        # three, of which two fix the third up to rounding
        [("toy.a", "toy.b", 0.6), ("toy.b", "toy.c", 0.8), ("toy.a", "toy.c", 0.0)],
        [("toy.a", "toy.b", 0.9), ("toy.b", "toy.c", 0.9), ("toy.a", "toy.c", -0.9)],
    ],
)
def test_singular_correlations_are_refused(correlations):
    with raises_finding("not-positive-definite", PLACE, InvalidInput):
        prior(*correlations)


def test_strong_correlations_are_accepted():
    matrix = prior(("toy.a", "toy.b", 1.0 - 1e-12)).covariance.dense()
    assert matrix[0, 1] == matrix[1, 0] == 1.0 - 1e-12


def test_variances_of_other_units_make_no_matrix_singular():
    scale = np.array([1e-9, 1.0, 1e9])
    correlation = np.array([[1.0, 0.5, 0.1], [0.5, 1.0, 0.3], [0.1, 0.3, 1.0]])
    covariance = Dense(correlation * np.outer(scale, scale))
    np.testing.assert_allclose(covariance.sd, scale, rtol=1e-14)


def test_a_singular_matrix_that_rounding_lets_through_is_refused():
    factor = np.random.default_rng(1).normal(size=(40, 39))
    with pytest.raises(ValueError):
        Dense(factor @ factor.T + 1e-15 * np.eye(40))
