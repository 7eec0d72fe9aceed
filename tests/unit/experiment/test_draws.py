"""Draws of samplers on known problems: interruptions, and moments where runs fail."""

import numpy as np
import pytest
from attrs import frozen

from ccdas_framework import Budget, BudgetSpent, CcdasError, Ensemble, Sampler
from ccdas_framework.experiment.draw_moments import moments_of_finite, values_of_draws
from ccdas_framework.experiment.sampler_runs import draw
from ccdas_framework.experiment.sampling_starts import prior_start
from ccdas_framework.testing import KNOWN_PROBLEMS, CountedProblem


@frozen(eq=False)
class Anew(Sampler):
    """A sampler that cannot continue, and ends before it has drawn anything."""

    end: type = BudgetSpent
    needs = frozenset({"density"})
    exact = True

    def sample(self, problem, start, callback, generator, budget, earlier=None):
        assert earlier is None
        raise self.end("cost")


@frozen(eq=False)
class Resuming(Anew):
    """The same of a sampler that can."""

    resumes = True

    def sample(self, problem, start, callback, generator, budget, earlier=None):
        assert earlier is not None
        raise self.end("cost")


@pytest.mark.parametrize("end", [BudgetSpent, KeyboardInterrupt])
def test_a_sampler_that_begins_anew_drops_the_draws_of_an_interruption(end):
    """They are of another stretch of random numbers, and their evaluations are not in the count."""
    problem = KNOWN_PROBLEMS["rank_deficient"].problem()
    earlier = Ensemble(problem.control, np.ones((1, 7, 4)), np.zeros((1, 7)), exact=True)

    def drawn(sampler):
        counted, generator = CountedProblem(problem, Budget()), np.random.default_rng(1)
        return draw(sampler, counted, prior_start(problem), lambda e: None, generator, earlier)

    assert len(drawn(Resuming(end)).draws) == 7
    with pytest.raises(CcdasError if end is BudgetSpent else KeyboardInterrupt) as caught:
        drawn(Anew(end))
    assert end is KeyboardInterrupt or caught.value.code == "budget-too-small"


def test_moments_of_no_finite_value_are_nan_without_a_warning():
    values = np.array([[1.0, np.nan, 2.0], [3.0, np.nan, np.nan]])
    with np.errstate(all="raise"):
        mean, sd = moments_of_finite(values)
    np.testing.assert_array_equal(mean, [2.0, np.nan, 2.0])
    np.testing.assert_array_equal(sd, [np.sqrt(2.0), np.nan, np.nan])


def test_values_of_draws_whose_runs_all_fail_are_nan():
    problem = KNOWN_PROBLEMS["raising_model"].problem()  # below -0.84
    draws = np.array([[-2.0], [0.5], [-1.0]])
    values = values_of_draws(problem, draws, problem.streams)["y"]
    np.testing.assert_allclose(values[:, 0], [np.nan, 0.5, np.nan])
    assert np.isnan(values_of_draws(problem, draws[::2], problem.streams)["y"]).all()
