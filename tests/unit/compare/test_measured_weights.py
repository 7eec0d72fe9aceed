"""Measured costs of derivatives, on a machine whose load changes."""

import time

import numpy as np
import pytest

from ccdas_framework.compare.measured_weights import measured_weights
from ccdas_framework.testing import KNOWN_PROBLEMS

UNIT = 0.01  # seconds of a run


class Loaded:
    """A problem of which most evaluations wait for another process."""

    def __init__(self):
        self.prior = KNOWN_PROBLEMS["strong_correlation"].prior
        self.calls = 0

    def _wait(self, units):
        self.calls += 1
        time.sleep(UNIT * (units if self.calls % 6 == 4 else units + 5))

    def cost(self, x):
        self._wait(1)
        return 0.0

    def value_and_gradient(self, x):
        self._wait(4)
        return 0.0, np.zeros(2)

    def simulate_and_jacobian(self, x):
        self._wait(8)
        return {}, np.zeros((1, 2))


def test_a_weight_is_that_of_the_evaluations_that_nothing_delays():
    found = measured_weights(Loaded())
    # a sleep ends late and never early; a median would be 9/6 and 13/6
    assert found["measured_gradient_weight"] == pytest.approx(4.0, rel=0.35)
    assert found["measured_jacobian_weight"] == pytest.approx(8.0, rel=0.35)


class Keeping:
    """A problem that keeps the results of the points where it was evaluated."""

    def __init__(self):
        self.prior = KNOWN_PROBLEMS["strong_correlation"].prior
        self.kept = set()

    def _wait(self, x, units):
        if x.tobytes() not in self.kept:
            time.sleep(UNIT * units)
        self.kept.add(x.tobytes())

    def cost(self, x):
        self._wait(x, 1)
        return 0.0

    def value_and_gradient(self, x):
        self._wait(x, 4)
        return 0.0, np.zeros(2)

    def simulate_and_jacobian(self, x):
        self._wait(x, 8)
        return {}, np.zeros((1, 2))


def test_results_that_the_problem_keeps_are_not_measured():
    found = measured_weights(Keeping())
    assert found["measured_gradient_weight"] == pytest.approx(4.0, rel=0.35)
    assert found["measured_jacobian_weight"] == pytest.approx(8.0, rel=0.35)
