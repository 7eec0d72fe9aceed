"""Known problems, and runs of samplers and optimisers on them."""

from __future__ import annotations

import numpy as np
import pytest

from ccdas_framework import Budget, SamplingStart
from ccdas_framework.engines.autograd_engine import AutogradEngine
from ccdas_framework.optimisers.counted_search import minimise
from ccdas_framework.problem.counted_problem import CountedProblem
from ccdas_framework.testing import known_problem


class DirectProblem:
    """A known problem without an engine: its function is called for each member.

    A test of statistics runs thousands of members, which takes a hundredth of the time so.
    """

    def __init__(self, known, function=None):
        problem = known.problem()
        self.function = function or known.function
        self.control, self.prior, self.streams = problem.control, problem.prior, problem.streams
        self.runs = 0
        self.seen = []

    def simulate(self, x):
        self.runs += 1
        self.seen.append(np.array(x))
        return {"y": np.asarray(self.function(self.control.physical(x), np), float)}

    def whitened_misfits(self, simulated):
        stream = self.streams["y"]
        return np.asarray(stream.whiten(stream.values - simulated["y"], np))


@pytest.fixture
def direct():
    """Known problem, and another function if any -> a problem that calls the function."""
    return DirectProblem


@pytest.fixture
def sampled():
    """Method, problem, seed -> the ensemble of a run."""

    def run(method, problem, seed=1, budget=None, callback=lambda e: None, earlier=None):
        budget = Budget() if budget is None else budget
        counted = CountedProblem(problem, budget)
        start = SamplingStart(problem.prior.mean, problem.prior.covariance.dense(), "prior")
        generator = np.random.default_rng(seed)
        return method.sample(counted, start, callback, generator, budget, earlier)

    return run


def assembled(known):
    """The assembled problem."""
    return known.problem(AutogradEngine())


def bowl_of(n, **keys):
    """J = |x|^2 / 2 + |x - 1|^2 / (2 * 0.01), whose minimum is 1 / 1.01."""
    return known_problem(np.eye(n), np.ones(n), sd=0.1, prior_mean=np.zeros(n), **keys)


class Replaced:
    """A problem with other costs, which are appended to `seen` where it is a list."""

    def __init__(self, problem, cost_terms, seen):
        self._problem, self._cost_terms, self._seen = problem, cost_terms, seen

    def __getattr__(self, name):
        if name in ("costs", "simulate_many"):  # the members one by one
            raise AttributeError(name)
        return getattr(self._problem, name)

    def cost_terms(self, x):
        terms = (self._cost_terms or self._problem.cost_terms)(x)
        if self._seen is not None:
            self._seen.append(sum(terms.values()))
        return terms

    def cost(self, x):
        return float(sum(self.cost_terms(x).values()))

    def value_and_gradient(self, x):
        cost, gradient = self._problem.value_and_gradient(x)
        if self._seen is not None:
            self._seen.append(cost)
        return cost, gradient


def minimised(optimiser, known, *, budget=None, seed=1, earlier=(), cost_terms=None, seen=None):
    """Result of an optimiser on a known problem.

    Args:
        cost_terms: from the known problem, another function of x in place of its cost.
        seen: list that receives every cost that is evaluated.
    """
    problem = assembled(known)
    if cost_terms is not None or seen is not None:
        problem = Replaced(problem, cost_terms and cost_terms(known), seen)
    return minimise(
        optimiser, problem, known.start, lambda iteration: None, tuple(earlier),
        budget=budget or Budget(), generator=np.random.default_rng(seed),
    )  # fmt: skip


@pytest.fixture(scope="session")
def counted():
    return assembled


@pytest.fixture(scope="session")
def bowl():
    return bowl_of


@pytest.fixture(scope="session")
def run():
    return minimised
