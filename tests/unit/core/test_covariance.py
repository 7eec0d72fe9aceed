"""Covariances whiten: the half square of a whitened residual is r^T C^-1 r / 2."""

import numpy as np
import pytest

from ccdas_framework import Dense, Diagonal, half_square


@pytest.fixture(params=["diagonal", "dense"])
def covariance(request):
    if request.param == "diagonal":
        return Diagonal([0.5, 2.0, 1.5])
    a = np.random.default_rng(1).normal(size=(3, 3))
    return Dense(a @ a.T + np.eye(3))


def test_the_whitened_half_square_is_the_quadratic_form(covariance):
    r = np.array([1.0, -2.0, 0.5])
    expected = 0.5 * r @ np.linalg.solve(covariance.dense(), r)
    assert half_square(covariance.whiten(r, np), np) == pytest.approx(expected, rel=1e-13)


def test_the_columns_of_a_matrix_are_whitened_like_vectors(covariance):
    columns = np.random.default_rng(2).normal(size=(3, 4))
    together = covariance.whiten(columns, np)
    for n in range(4):
        np.testing.assert_allclose(together[:, n], covariance.whiten(columns[:, n], np), rtol=1e-13)


def test_the_sd_is_the_root_of_the_diagonal(covariance):
    np.testing.assert_allclose(covariance.sd**2, np.diag(covariance.dense()), rtol=1e-14)


@pytest.mark.parametrize("bad", [0.0, -0.3])
def test_a_zero_or_negative_sd_is_refused_with_its_position(bad):
    with pytest.raises(ValueError) as error:
        Diagonal([1.0, 0.1, bad])
    assert "2" in str(error.value)


def test_an_unknown_sd_is_allowed():
    assert np.isnan(Diagonal([1.0, np.nan]).sd[1])


def test_a_matrix_that_is_no_covariance_is_refused():
    with pytest.raises(ValueError, match="symmetric"):
        Dense([[1.0, 0.5], [0.0, 1.0]])
    with pytest.raises(ValueError) as error:
        Dense([[1.0, 2.0], [2.0, 1.0]])
    assert "-1" in str(error.value)  # the smallest eigenvalue
