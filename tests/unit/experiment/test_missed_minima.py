"""Chains that agree with each other and left out a minimum are marked, and others are not."""

import numpy as np
import pytest
from attrs import frozen

from ccdas_framework import Budget, Ensemble, Sampler, SamplingStart
from ccdas_framework.experiment.missed_minima import DOUBT
from ccdas_framework.experiment.sampler_runs import draw
from ccdas_framework.testing import KNOWN_PROBLEMS, CountedProblem, known_problem


@frozen(eq=False)
class Given(Sampler):
    """A sampler whose chains mixed on given parts of the posterior.

    Args:
        parts: mean and sd of each part.
        r_hat: of all parameters.
    """

    parts: tuple[tuple[float, float], ...]
    r_hat: float = 1.0
    needs = frozenset({"density"})
    exact = True

    def sample(self, problem, start, callback, generator, budget, earlier=None):
        count = len(problem.control)
        parts = [m + s * generator.standard_normal((2, 500, count)) for m, s in self.parts]
        x = np.concatenate(parts, axis=1)
        density = -np.array([[problem.problem.cost(each) for each in chain] for chain in x])
        diagnostics = {
            "r_hat": np.full(count, self.r_hat),
            "effective_sample_size": np.full(count, 900.0),
        }
        return Ensemble(problem.control, x, density, exact=True, diagnostics=diagnostics)


def drawn(known, *parts, seed=1, r_hat=1.0):
    problem = CountedProblem(known.problem(), Budget(model_runs=50.0))
    start = SamplingStart(problem.prior.mean, problem.prior.covariance.dense(), "optimum")
    sampler, generator = Given(parts, r_hat), np.random.default_rng(seed)
    return draw(sampler, problem, start, lambda e: None, generator), generator


def square(p, xp):
    return p**2


def tilted(p, xp):
    return p**2 + 0.3 * p


TILTED = known_problem(tilted, [2.0], sd=0.3, prior_mean=[0.0])
AWAY = known_problem(square, [2.0], sd=0.3, prior_mean=[0.8])
LEFT, RIGHT = (-1.4, 0.11), (1.4, 0.11)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(
    ("known", "part"),
    [
        (KNOWN_PROBLEMS["two_minima"], LEFT),
        (KNOWN_PROBLEMS["two_minima"], RIGHT),
        (TILTED, (-1.57, 0.1)),
        (AWAY, RIGHT),
    ],
)
def test_chains_at_one_of_two_minima_are_marked(known, part, seed):
    ensemble, _ = drawn(known, part, seed=seed)
    assert ensemble.doubts == (DOUBT,) and ensemble.mixed is False
    assert len(ensemble.remarks) == 1 and "x1" in ensemble.remarks[0]


def test_chains_at_both_minima_are_not_marked():
    ensemble, _ = drawn(KNOWN_PROBLEMS["two_minima"], LEFT, RIGHT)
    assert ensemble.doubts == () and ensemble.mixed is True


def test_a_minimum_without_weight_is_none():
    """At x = -2 the cost is 12 more than at 2, by the prior."""
    ensemble, _ = drawn(known_problem(square, [4.0], sd=0.3, prior_mean=[3.0]), (2.0, 0.07))
    assert ensemble.mixed is True


@pytest.mark.parametrize(
    "name", ["rank_deficient", "strong_correlation", "log_normal_observed", "bound_at_optimum"]
)
def test_one_minimum_is_not_taken_for_another(name):
    known = KNOWN_PROBLEMS[name]
    count = len(known.start)
    mean, sd = known.answer.mean[:count], known.answer.sd[:count]  # functions of x follow
    ensemble, _ = drawn(known, (mean, sd))
    assert ensemble.mixed is True


def test_the_search_is_outside_the_budget_and_leaves_the_random_numbers():
    ensemble, generator = drawn(KNOWN_PROBLEMS["two_minima"], RIGHT)
    assert ensemble.counts == {} and ensemble.numbers["other_minima_runs"] >= 1
    unmixed, other = drawn(KNOWN_PROBLEMS["two_minima"], RIGHT, r_hat=1.5)
    assert "other_minima_runs" not in unmixed.numbers  # marked already
    assert generator.random() == other.random()
