"""Known problems whose function is called directly, and runs of a sampler on them."""

from __future__ import annotations

import numpy as np
import pytest

from ccdas_framework import Budget, SamplingStart
from ccdas_framework.problem.counted_problem import CountedProblem


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
