"""Perturbed twins spread as the covariance says: a nonlinear toy, and BETHY near a truth."""

import numpy as np
import pytest
from attrs import evolve
from conftest import make_engine
from cuts import ALL, demo_cut
from scipy.stats import chi2
from toy import toy_problem

from ccdas_framework import Diagonal
from ccdas_framework.posterior import gauss_newton_posterior, whitened_by_stream
from ccdas_framework.priors import Gaussian

TWINS = 150
SURE = 1e-4  # chance that a test with another seed would fail for no reason
NARROW = 0.2  # prior sd of x: over such a distance the toy is nearly linear


@pytest.fixture(scope="module")
def problem():
    found = toy_problem(make_engine("jax"))
    count = len(found.control)
    return evolve(found, prior=Gaussian(np.zeros(count), Diagonal(np.full(count, NARROW))))


def minimum(problem, values, mean, start):
    """Least cost for these observed values and prior mean, by full Gauss-Newton steps."""
    x = start
    for _ in range(20):
        simulated, jacobians = problem.derivatives(x)
        whitened = whitened_by_stream(problem, jacobians)
        posterior = gauss_newton_posterior(x, problem.prior, whitened)
        gradient = problem.prior.covariance.solve(x - mean)
        for name, stream in problem.streams.items():
            misfit = stream.whiten(values[name] - simulated[name], np)
            gradient = gradient - whitened[name].T @ misfit
        step = posterior.covariance @ gradient
        x = x - step
        if np.max(np.abs(step) / posterior.sd) < 1e-4:
            return x
    raise AssertionError("no minimum in 20 steps")


def check_spread(moved, posterior):
    """Deviations (twin, control) are of N(0, A): chi-squared as a whole and one by one."""
    twins, size = moved.shape
    distance = np.einsum("di,ij,dj->", moved, np.linalg.inv(posterior.covariance), moved)
    low, high = chi2.ppf([SURE / 2, 1.0 - SURE / 2], twins * size)
    assert low < distance < high
    ratio = np.sum(moved**2, axis=0) / posterior.sd**2
    low, high = chi2.ppf([SURE / 2 / size, 1.0 - SURE / 2 / size], twins)
    assert np.all((low < ratio) & (ratio < high))
    # the prior alone would be far outside
    prior_variance = np.diag(posterior.prior_covariance)
    assert np.min(np.sum(moved**2, axis=0) / prior_variance) < low


def test_the_spread_of_perturbed_twins_is_the_posterior_covariance(problem):
    """Truth fixed; prior mean and observations drawn around it: x_a - x_t ~ N(0, A)."""
    generator = np.random.default_rng(11)
    truth = generator.normal(0.0, NARROW, len(problem.control))
    simulated, jacobians = problem.derivatives(truth)
    whitened = whitened_by_stream(problem, jacobians)
    posterior = gauss_newton_posterior(truth, problem.prior, whitened)
    assert posterior.constrained >= 3  # the test would say nothing of a prior that stays as it is
    deviations = []
    for _ in range(TWINS):
        mean = truth + NARROW * generator.normal(size=len(truth))
        values = {
            name: simulated[name] + stream.sd * generator.normal(size=len(stream.values))
            for name, stream in problem.streams.items()
        }
        deviations.append(minimum(problem, values, mean, mean) - truth)
    check_spread(np.array(deviations), posterior)


@pytest.mark.science
def test_the_spread_of_perturbed_twins_of_bethy_is_the_posterior_covariance():
    """As above with all three streams; perturbations of a tenth of an sd, where BETHY is linear."""
    small, twins = 0.1, 30
    make_engine("jax")
    problem = demo_cut(ALL, "jax", grid__cells=12, time__days=90).build()
    generator = np.random.default_rng(12)
    truth = generator.normal(0.0, 0.3, len(problem.control))
    simulated, jacobians = problem.derivatives(truth)
    whitened = whitened_by_stream(problem, jacobians)
    posterior = gauss_newton_posterior(truth, problem.prior, whitened)
    assert posterior.constrained >= 5
    deviations = []
    for _ in range(twins):
        mean = truth + small * generator.normal(size=len(truth))
        values = {
            name: simulated[name] + small * stream.sd * generator.normal(size=len(stream.values))
            for name, stream in problem.streams.items()
        }
        deviations.append((minimum(problem, values, mean, truth) - truth) / small)
    check_spread(np.array(deviations), posterior)
